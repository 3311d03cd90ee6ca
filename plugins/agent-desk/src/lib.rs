//! What agents key at their phones: requirement R3, from the Dutch instruction cards of an
//! out-of-hours GP post ("Inloggen op het toestel", "Aanmelden bij een wachtrij", "Pauze
//! deactiveren", "Inloggen op de mobiele telefoon").

mod settings;

pub use settings::{Codes, Settings, Texts};

use strowger_sdk::{
    prelude::*,
    reads::{AgentStatus, Authority},
    types::{AgentAction, RefusalReason, Target},
};

/// The flow.
pub struct Desk;

impl Script for Desk {
    type Settings = Settings;

    const FIELDS: Option<&'static [&'static str]> = Some(&[]);

    fn check(settings: &Settings) -> Result<(), String> {
        let Codes { log_in, queue, pause, end_pause } = &settings.codes;
        for code in [log_in, queue, pause, end_pause, &settings.mobile_prefix] {
            if code.is_empty()
                || !code.chars().all(|key| key.is_ascii_digit() || matches!(key, '*' | '#'))
            {
                return Err(format!("codes: {code:?} is not made of digits, * and #"));
            }
        }
        match settings.tries {
            0 => Err("tries: 0 would let nobody log in; give at least 1".into()),
            _ => Ok(()),
        }
    }

    async fn run(call: Call, settings: &'static Settings) -> Result<Ending, Failure> {
        call.answer().await?;
        let (said, ending) = desk(&call, settings).await;
        call.play(said.as_str()).await;
        call.hang_up_all();
        Ok(ending.into())
    }
}

/// What is said at the end, and the outcome on the record.
type End = (&'static String, &'static str);

async fn desk(call: &Call, s: &'static Settings) -> End {
    let Some(phone) = Phone::of(call, s) else { return (&s.texts.impossible, "no-phone") };
    let dialled = call.dialled();
    let keyed = dialled.strip_prefix(&s.mobile_prefix).unwrap_or(dialled);

    // "Druk op Log in | out (of toets *1). Toets uw persoonlijke extensie (3 of 4 cijfers) in,
    // gevolgd door hekje."
    if keyed == s.codes.log_in {
        log_in_or_out(call, s, &phone).await
    // "Deactiveer dan de pauze op uw toestel met de code: *49."
    } else if keyed == s.codes.end_pause {
        let done = as_agent_here(call, s, &phone, AgentAction::Ready).await;
        done.map_or_else(|end| end, |()| (&s.texts.pause_ended, "pause-ended"))
    } else if let Some(reason) = keyed.strip_prefix(&s.codes.pause).and_then(|rest| reason(s, rest))
    {
        let done = as_agent_here(call, s, &phone, AgentAction::Pause(reason)).await;
        done.map_or_else(|end| end, |()| (&s.texts.paused, "paused"))
    // "Toets *48*[wachtrijcode] in (2 of 3 cijfers)." The same code leaves the queue.
    } else if let Some(code) = keyed.strip_prefix(&s.codes.queue) {
        join_or_leave(call, s, &phone, code).await
    } else {
        (&s.texts.unknown_code, "unknown-code")
    }
}

/// The phone that an agent calls from.
struct Phone {
    /// As the host knows it.
    words: String,
}

impl Phone {
    /// A desk phone is the endpoint that the PBX has authenticated; an emergency mobile, which
    /// calls in from outside, the number that it shows.
    fn of(call: &Call, s: &Settings) -> Option<Self> {
        let arrival = call.arrival()?;
        let words = match call.dialled().starts_with(&s.mobile_prefix) {
            false => arrival.endpoint.clone()?,
            true => arrival.caller.clone()?,
        };
        Some(Self { words })
    }

    fn target(&self) -> Target {
        let words = self.words.clone();
        if words.starts_with('+') {
            Target::Number(words)
        } else if words.chars().all(|key| key.is_ascii_digit() || matches!(key, '*' | '#')) {
            Target::Extension(words)
        } else {
            Target::Address(words)
        }
    }

    /// Who has logged in here, or whose phone it is, if that agent is logged in.
    fn agent(&self, call: &Call) -> Option<String> {
        call.agent_at(&self.words).filter(|agent| {
            call.agent(agent).is_some_and(|status| status != AgentStatus::LoggedOut)
        })
    }
}

/// Nothing behind the code is no reason; what is not in the settings is another code.
fn reason(s: &Settings, rest: &str) -> Option<Option<String>> {
    match rest.strip_prefix('*') {
        Some(digit) => s.pause_reasons.get(digit).map(|reason| Some(reason.clone())),
        None => rest.is_empty().then_some(None),
    }
}

async fn log_in_or_out(call: &Call, s: &'static Settings, phone: &Phone) -> End {
    for _ in 0..s.tries {
        let Ok(keyed) = call
            .gather(&s.texts.extension)
            .until('#')
            .first_within(secs(10))
            .next_within(secs(5))
            .await
        else {
            break;
        };
        let Some(agent) = call.agent_named(&keyed.digits) else {
            call.play(&s.texts.unknown_extension).await;
            continue;
        };
        call.note("agent", &agent);
        if phone.agent(call).as_ref() == Some(&agent) {
            let done = with_authority(call, s, &agent, AgentAction::LogOut).await;
            return done.map_or_else(|end| end, |()| (&s.texts.logged_out, "logged-out"));
        }
        let done = with_authority(call, s, &agent, AgentAction::LogIn(phone.target())).await;
        return done.map_or_else(|end| end, |()| (&s.texts.logged_in, "logged-in"));
    }
    (&s.texts.impossible, "unknown-extension")
}

async fn join_or_leave(call: &Call, s: &'static Settings, phone: &Phone, code: &str) -> End {
    let Some(agent) = phone.agent(call) else { return (&s.texts.not_logged_in, "not-logged-in") };
    call.note("agent", &agent);
    let (action, end): (fn(String) -> AgentAction, End) = match call.in_queue(&agent, code) {
        None => return (&s.texts.unknown_code, "unknown-code"),
        // "U hoort de melding: U bent nu lid van de gekozen wachtrij."
        Some(false) => (AgentAction::Join, (&s.texts.joined, "joined")),
        Some(true) => (AgentAction::Leave, (&s.texts.left, "left")),
    };
    let done = with_authority(call, s, &agent, action(code.to_owned())).await;
    done.map_or_else(|refused| refused, |()| end)
}

/// Something that whoever is logged in at this phone does.
async fn as_agent_here(
    call: &Call,
    s: &'static Settings,
    phone: &Phone,
    action: AgentAction,
) -> Result<(), End> {
    let Some(agent) = phone.agent(call) else {
        return Err((&s.texts.not_logged_in, "not-logged-in"));
    };
    call.note("agent", &agent);
    with_authority(call, s, &agent, action).await
}

/// Acts for an agent: at once at the agent's own phone, elsewhere with the agent's PIN.
async fn with_authority(
    call: &Call,
    s: &'static Settings,
    agent: &str,
    action: AgentAction,
) -> Result<(), End> {
    let impossible = Err((&s.texts.impossible, "not-permitted"));
    match call.authority_over(agent) {
        Authority::Enough => call.set_agent(agent, action, None).await.or(impossible),
        Authority::Nothing => impossible,
        Authority::Proof => {
            for _ in 0..s.tries {
                let pin = call
                    .gather(&s.texts.pin)
                    .secret(true)
                    .until('#')
                    .first_within(secs(10))
                    .next_within(secs(5))
                    .await;
                let Some(proof) = pin.ok().and_then(|pin| pin.proof) else { break };
                match call.set_agent(agent, action.clone(), Some(proof)).await {
                    Ok(()) => return Ok(()),
                    Err(Failure::Refused(refusal)) if refusal.reason == RefusalReason::Invalid => {
                        call.play(&s.texts.wrong_pin).await;
                    }
                    Err(_) => return impossible,
                }
            }
            Err((&s.texts.impossible, "wrong-pin"))
        }
    }
}

strowger_sdk::export!(Desk, schema = "../settings.schema.json");

#[cfg(test)]
mod tests;
