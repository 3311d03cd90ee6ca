//! Who reports, and for which departments that is good.

use crate::settings::{Department, Settings};
use strowger_sdk::{
    prelude::*,
    reads::{AgentStatus, Authority},
    types::{AgentAction, RefusalReason},
};

/// Who reports.
pub(crate) struct Reporter {
    /// For which departments.
    pub(crate) departments: Vec<&'static Department>,
    /// The contact of the site whose telephone it is, if it is one's.
    pub(crate) contact: Option<String>,
}

impl Reporter {
    /// By the number, the telephone of a department, or a contact, for the departments that the
    /// contact belongs to; an agent of the site at an own telephone, or anywhere with a PIN, for all.
    /// None: nobody whom the line knows.
    pub(crate) async fn of(call: &Call, s: &'static Settings) -> Option<Self> {
        if let Some(known) = call.caller().and_then(|number| Self::by_number(call, s, number)) {
            return Some(known);
        }
        let agent = agent(call, s).await?;
        call.note("reporter", agent);
        Some(Self { departments: s.departments.iter().collect(), contact: None })
    }

    fn by_number(call: &Call, s: &'static Settings, number: &str) -> Option<Self> {
        let of = |is: &dyn Fn(&Department) -> bool| {
            let departments: Vec<_> = s.departments.iter().filter(|it| is(it)).collect();
            Some(departments).filter(|departments| !departments.is_empty())
        };
        // A number may be written with spaces.
        let is_this = |phone: &String| phone.split_whitespace().collect::<String>() == number;
        if let Some(departments) = of(&|it| it.phones.iter().any(is_this)) {
            call.note("reporter", &departments[0].name);
            return Some(Self { departments, contact: None });
        }
        let contact = call.contact(number)?;
        let departments = of(&|it| contact.tags.contains(&it.name))?;
        call.note("reporter", &contact.id);
        Some(Self { departments, contact: Some(contact.id) })
    }
}

async fn agent(call: &Call, s: &'static Settings) -> Option<String> {
    let endpoint = call.arrival().and_then(|arrival| arrival.endpoint.clone());
    let here = endpoint.and_then(|endpoint| call.agent_at(&endpoint));
    if let Some(agent) = here.filter(|agent| call.authority_over(agent) == Authority::Enough) {
        return Some(agent);
    }
    for _ in 0..s.tries {
        let keyed = call.gather(&s.texts.extension).until('#');
        let keyed = keyed.first_within(secs(10)).next_within(secs(5)).await.ok()?.digits;
        if keyed.is_empty() {
            return None;
        }
        match call.agent_named(&keyed) {
            Some(agent) => return prove(call, s, &agent).await.then_some(agent),
            None => {
                call.play(&s.texts.unknown_extension).await;
            }
        }
    }
    None
}

/// Whether the caller knows the agent's PIN.
async fn prove(call: &Call, s: &'static Settings, agent: &str) -> bool {
    match call.authority_over(agent) {
        Authority::Enough => return true,
        Authority::Nothing => return false,
        Authority::Proof => {}
    }
    for _ in 0..s.tries {
        let pin = call.gather(&s.texts.pin).secret(true).until('#');
        let pin = pin.first_within(secs(10)).next_within(secs(5)).await;
        let Some(proof) = pin.ok().and_then(|pin| pin.proof) else { return false };
        match call.set_agent(agent, as_it_is(call, agent), Some(proof)).await {
            Ok(()) => return true,
            Err(Failure::Refused(refusal)) if refusal.reason == RefusalReason::Invalid => {
                call.play(&s.texts.wrong_pin).await;
            }
            Err(_) => return false,
        }
    }
    false
}

/// What leaves an agent as the agent is: a proof is only ever spent by an order.
fn as_it_is(call: &Call, agent: &str) -> AgentAction {
    match call.agent(agent) {
        None | Some(AgentStatus::LoggedOut) => AgentAction::LogOut,
        Some(AgentStatus::Paused) => AgentAction::Pause(None),
        Some(_) => AgentAction::Ready,
    }
}
