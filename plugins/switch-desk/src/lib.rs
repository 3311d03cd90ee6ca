//! Turning a switch by telephone: requirement R2. "Enkel geautoriseerde medewerkers kunnen deze
//! doorschakelingen activeren." Whoever calls from an own phone, or proves who it is with a PIN, hears
//! where the switch stands and where it will stand, and confirms. If somebody else turns it meanwhile,
//! it is asked again.

mod settings;

pub use settings::{Settings, Texts};

use strowger_sdk::{
    prelude::*,
    reads::{Authority, SiteSwitch},
    types::{RefusalReason, SetSwitch},
};

/// The flow.
pub struct SwitchDesk;

impl Script for SwitchDesk {
    type Settings = Settings;

    const FIELDS: Option<&'static [&'static str]> = Some(&["switch", "from", "to"]);

    fn check(settings: &Settings) -> Result<(), String> {
        let keys = |text: &str| text.chars().all(|key| key.is_ascii_digit() || "*#".contains(key));
        match (&settings.code, settings.tries) {
            (code, _) if code.is_empty() || !keys(code) => {
                Err(format!("code: {code:?} is not made of digits, * and #"))
            }
            (_, 0) => Err("tries: 0 would let nobody turn a switch; give at least 1".into()),
            _ => Ok(()),
        }
    }

    async fn run(call: Call, settings: &'static Settings) -> Result<Ending, Failure> {
        call.answer().await?;
        let (said, ending) = desk(&call, settings).await;
        call.play(said).await;
        call.hang_up_all();
        Ok(ending.into())
    }
}

/// What is said at the end, and the outcome on the record.
type End = (Prompt, &'static str);

async fn desk(call: &Call, s: &'static Settings) -> End {
    let Some((mut switch, position)) = meant(call, s) else {
        return ((&s.texts.unknown_code).into(), "unknown-code");
    };
    let Some(agent) = who(call, s).await else {
        return ((&s.texts.not_permitted).into(), "unknown-extension");
    };
    call.note("agent", &agent);
    call.note("switch", &switch.name);
    let mut pin = match call.authority_to_turn(&switch.name, &agent) {
        Authority::Nothing => return ((&s.texts.not_permitted).into(), "not-permitted"),
        Authority::Enough => None,
        Authority::Proof => Some(Pin { tries: s.tries, proof: None }),
    };
    loop {
        if position == switch.position {
            return (filled(&s.texts.same, &switch, &position), "same");
        }
        let confirm = call.gather(filled(&s.texts.confirm, &switch, &position)).digits(1);
        let pressed = confirm.first_within(secs(10)).await;
        if !pressed.is_ok_and(|pressed| pressed.digits == s.confirm_key) {
            return ((&s.texts.cancelled).into(), "cancelled");
        }
        match turn(call, s, &switch, &position, &agent, &mut pin).await {
            Ok(()) => {
                call.note("turned", format!("{} -> {position}", switch.position));
                return (filled(&s.texts.done, &switch, &position), "turned");
            }
            Err(NotTurned::Changed(now)) => switch = now,
            Err(NotTurned::Never(end)) => return end,
        }
    }
}

/// The PIN of an agent at somebody else's phone.
struct Pin {
    /// How often it may still be keyed.
    tries: u8,
    /// Keyed, and not used yet.
    proof: Option<String>,
}

/// Why the switch is not turned.
enum NotTurned {
    /// Somebody else has turned it since it was said where it stands.
    Changed(SiteSwitch),
    Never(End),
}

/// The switch and the position that are keyed: `*55*CODE*POSITION#`. The positions are numbered from
/// 1; the tenth is 0.
fn meant(call: &Call, s: &Settings) -> Option<(SiteSwitch, String)> {
    let dialled = call.dialled();
    let keyed = dialled.strip_prefix(&s.mobile_prefix).unwrap_or(dialled);
    let (code, number) = keyed.strip_prefix(&s.code)?.trim_end_matches('#').split_once('*')?;
    let switch = call.switch_named(code)?;
    let index = match number.parse::<usize>().ok()? {
        0 => 9,
        number => number - 1,
    };
    let position = switch.positions.get(index)?.clone();
    Some((switch, position))
}

/// The agent who has logged in at this phone, or whose phone it is; else whose extension is keyed.
async fn who(call: &Call, s: &'static Settings) -> Option<String> {
    let endpoint = call.arrival().and_then(|arrival| arrival.endpoint.clone());
    if let Some(agent) = endpoint.and_then(|endpoint| call.agent_at(&endpoint)) {
        return Some(agent);
    }
    for _ in 0..s.tries {
        let keyed = call.gather(&s.texts.extension).until('#');
        let keyed = keyed.first_within(secs(10)).next_within(secs(5)).await.ok()?;
        match call.agent_named(&keyed.digits) {
            Some(agent) => return Some(agent),
            None => {
                call.play(&s.texts.unknown_extension).await;
            }
        }
    }
    None
}

/// Turns the switch, if it still stands where the agent was told.
async fn turn(
    call: &Call,
    s: &'static Settings,
    switch: &SiteSwitch,
    position: &str,
    agent: &str,
    pin: &mut Option<Pin>,
) -> Result<(), NotTurned> {
    let never = |why| NotTurned::Never(((&s.texts.not_permitted).into(), why));
    loop {
        if let Some(pin) = pin.as_mut().filter(|pin| pin.proof.is_none()) {
            pin.tries = pin.tries.checked_sub(1).ok_or_else(|| never("wrong-pin"))?;
            let keyed = call.gather(&s.texts.pin).secret(true).until('#');
            let keyed = keyed.first_within(secs(10)).next_within(secs(5)).await;
            pin.proof = keyed.ok().and_then(|keyed| keyed.proof);
            if pin.proof.is_none() {
                return Err(never("wrong-pin"));
            }
        }
        match call.switch_named(&switch.name) {
            Some(now) if now.position != switch.position => return Err(NotTurned::Changed(now)),
            _ => {}
        }
        let order = SetSwitch {
            name: switch.name.clone(),
            position: position.into(),
            agent: agent.into(),
            proof: pin.as_mut().and_then(|pin| pin.proof.take()),
            until: None,
        };
        match call.set_switch(order).await {
            Ok(()) => return Ok(()),
            Err(Failure::Refused(refusal))
                if pin.is_some() && refusal.reason == RefusalReason::Invalid =>
            {
                call.play(&s.texts.wrong_pin).await;
            }
            Err(_) => return Err(never("not-permitted")),
        }
    }
}

/// A text with the switch and its positions.
fn filled(text: &Words, switch: &SiteSwitch, to: &str) -> Prompt {
    let fill = |text: &str| {
        let text = text.replace("{switch}", &switch.label);
        text.replace("{from}", &switch.position).replace("{to}", to)
    };
    (&text.map(fill)).into()
}

strowger_sdk::export!(SwitchDesk, schema = "../settings.schema.json");

#[cfg(test)]
mod tests;
