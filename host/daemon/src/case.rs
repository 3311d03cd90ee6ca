//! A case that somebody notes after a call: by `strowger cases add`, or over the control socket.

use strowger_exchange::Clock;
use strowger_flows::LoadedFlow;
use strowger_model::{CallId, Case, CaseKind, command::Field};

/// A case that is noted now, still without its number.
///
/// # Errors
/// If the site has no such kind; the sentence says which there are.
pub fn new_case(
    flow: &LoadedFlow,
    kind: CaseKind,
    call: Option<CallId>,
    fields: Vec<Field>,
) -> Result<Case, String> {
    let Some(rule) = flow.site.cases.get(&kind) else {
        let known: Vec<&str> = flow.site.cases.keys().map(CaseKind::as_str).collect();
        return Err(match known.is_empty() {
            true => "the site file has no kinds of cases; see [cases]".to_owned(),
            false => format!("there is no kind of case {kind:?}, only {}", known.join(", ")),
        });
    };
    let opened = Clock::system().now();
    Ok(Case {
        // Of cases that a step noted, the id has two numbers behind the call's.
        id: CallId::next(opened.0, None).to_string(),
        kind,
        call,
        flow: flow.name.clone(),
        opened,
        due: flow.site.due(opened, rule.term),
        by_day: rule.term.is_by_day(),
        fields,
        closed: None,
    })
}
