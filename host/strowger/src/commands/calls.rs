//! `strowger calls`: who is up, who waits where and for how long; and what can be done with one.

use crate::{
    args::{self, CallsDo},
    commands::{
        floor::{clock, or_none, sheet},
        reach::reach,
        sheet::Sheet,
        when,
    },
};
use anstream::println;
use anyhow::Result;
use std::io::stdout;
use strowger_api::{
    Host,
    v1::{Call, CallNow, SendOn},
};
use strowger_daemon::masked;
use strowger_model::FlowName;

pub(crate) fn calls(args: &args::Calls) -> Result<bool> {
    let (host, runtime) = reach(&args.host)?;
    match &args.action {
        None => {
            let calls = runtime.block_on(host.calls())?;
            match args.json {
                true => println!("{}", serde_json::to_string_pretty(&calls)?),
                false => call_sheet(&calls, args.numbers).table(&mut stdout().lock())?,
            }
        }
        Some(CallsDo::TakeOut { call }) => {
            runtime.block_on(host.take_out(*call))?;
            println!("{call}: waits no longer");
        }
        Some(CallsDo::Send { call, to }) => {
            runtime.block_on(host.send_on(*call, SendOn { to: to.clone() }))?;
            println!("{call}: sent on to {to}");
        }
    }
    Ok(true)
}

const CALL: [&str; 8] =
    ["call", "since", "caller", "dialled", "flow", "waits for", "waited", "with"];

/// Of a caller's number, the last three digits, unless it is wanted whole.
fn call_sheet(calls: &[Call], numbers: bool) -> Sheet {
    let row = |Call { call, flow, arrived, now, .. }: &Call| {
        let mut row = vec![call.to_string(), when::local(*arrived)];
        let Some(CallNow { caller, dialled, waits_for, waited, rings, talks_with, behind }) = now
        else {
            row.extend(["?", "?", flow.as_str(), "?", "?", "?"].map(str::to_owned));
            return row;
        };
        let caller = match (numbers, caller) {
            (true, Some(caller)) => caller.clone(),
            (_, caller) => masked(caller.as_deref()),
        };
        let rings = rings.iter().map(|agent| format!("{agent} (rings)"));
        let with: Vec<String> = talks_with.iter().cloned().chain(rings).collect();
        let some = |text: String| or_none(Some(text.as_str()).filter(|text| !text.is_empty()));
        row.extend([
            caller,
            dialled.clone(),
            behind_fronts(flow, behind),
            some(waits_for.join(", ")),
            waited.map_or("-".to_owned(), clock),
            some(with.join(", ")),
        ]);
        row
    };
    sheet(&CALL, calls.iter().map(row))
}

fn behind_fronts(flow: &FlowName, fronts: &[FlowName]) -> String {
    match fronts.iter().map(FlowName::as_str).collect::<Vec<_>>().join(", ") {
        none if none.is_empty() => flow.to_string(),
        fronts => format!("{flow} (behind {fronts})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use strowger_model::Timestamp;

    #[test]
    fn a_line_for_each_call_without_the_callers_number() {
        let now = CallNow {
            caller: Some("+32470123456".to_owned()),
            dialled: "+3292000100".to_owned(),
            waits_for: vec!["helpdesk".to_owned(), "an".to_owned()],
            waited: Some(Duration::from_secs(75)),
            rings: vec!["an".into()],
            talks_with: Vec::new(),
            behind: vec!["meldtekst".into(), "vcare-hap".into()],
        };
        let call = Call {
            call: "038g0xwfyg000".parse().unwrap(),
            flow: "reception".into(),
            version: "b2".to_owned(),
            arrived: Timestamp(0),
            now: Some(now),
        };
        let late = Call { now: None, ..call.clone() };
        let rows = call_sheet(&[call.clone(), late], false).0;
        assert_eq!(
            rows[1][2..],
            [
                "...456",
                "+3292000100",
                "reception (behind meldtekst, vcare-hap)",
                "helpdesk, an",
                "1:15",
                "an (rings)"
            ]
        );
        assert_eq!(rows[2][2..], ["?", "?", "reception", "?", "?", "?"]);
        assert_eq!(call_sheet(&[call], true).0[1][2], "+32470123456");
    }
}
