//! A switch in front of a flow: requirement R1, from the Dutch emergency cards of an out-of-hours GP
//! post ("Redirect (schakelaars)"): "Elke schakelaar kan maximaal 10 standen bevatten. Deze standen
//! worden vooraf naar wens ingericht. Dit kan een routing zijn naar een alternatieve meldtekst of een
//! extern (mobiel) telefoonnummer."
//!
//! "Schakelaar is na omzetting vrijwel direct actief": for callers too who hear an announcement, who
//! are being put through, or who wait in the flow behind.

use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;
use strowger_sdk::{
    prelude::*,
    script::Events,
    types::{Confirm, KeepWaiting},
};

/// The `[settings]` of a flow file.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The switch of the site.
    #[schemars(extend("format" = "switch"))]
    pub switch: String,
    /// The flow behind it: it has the calls in a position that is `"normal"`.
    #[schemars(extend("format" = "flow"))]
    pub flow: String,
    /// What happens in each position of the switch.
    #[schemars(extend("x-positions-of" = "switch"))]
    pub positions: BTreeMap<String, Way>,
}

/// What happens to callers.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Way {
    /// The flow behind the switch has the call.
    Normal,
    /// An announcement, and then the call ends.
    Say(Words),
    /// An announcement, again and again, until the switch is turned.
    Wait(Wait),
    /// Another number: a mobile, another site.
    To(To),
    /// Another flow, such as the line of last resort.
    Flow(#[schemars(extend("format" = "flow"))] String),
}

/// Waiting for the switch to be turned.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Wait {
    /// What is said.
    pub say: String,
    /// From one time to the next, in seconds.
    pub repeat_every: Seconds,
    /// What is heard in between.
    #[schemars(extend("format" = "music"))]
    pub music: String,
}

/// Another number.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct To {
    /// The number.
    #[schemars(extend("format" = "dialled-number"))]
    pub number: String,
    /// How long it rings, in seconds.
    pub ring_time: Seconds,
    /// What is heard meanwhile.
    #[schemars(extend("format" = "music"))]
    pub music: String,
    /// Said if nobody answers there; then the call ends.
    pub nobody: Words,
    /// Who answers has to press a key, so that no voice mail takes the caller. Without it, whoever
    /// answers has the caller.
    #[serde(default)]
    pub confirm: Option<Confirming>,
}

/// The key that whoever answers has to press.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Confirming {
    /// The key.
    #[schemars(regex(pattern = "^[0-9*#]$"))]
    pub key: char,
    /// How long the key is waited for, in seconds, from the answer on: with the time that the
    /// question takes.
    pub within: Seconds,
    /// The question, such as `A caller of the GP post: press 1.`
    pub text: Words,
}

/// The flow.
pub struct Redirect;

impl Script for Redirect {
    type Settings = Settings;

    const FIELDS: Option<&'static [&'static str]> = Some(&[]);

    async fn run(call: Call, s: &'static Settings) -> Result<Ending, Failure> {
        let mut turns = call.turns(&s.switch);
        let mut position = call.switch(&s.switch).unwrap_or_default();
        loop {
            call.note("position", &position);
            if !s.positions.contains_key(&position) {
                // The call came before the position was made.
                let Settings { switch, flow, .. } = s;
                call.alarm(format!(
                    "switch {switch} is in position {position}, of which this version says \
                     nothing: the caller goes to flow {flow}"
                ));
            }
            match go(&call, s, s.positions.get(&position), &mut turns).await? {
                Next::Turned(to) => position = to,
                Next::Over(ending) => return Ok(ending),
            }
        }
    }
}

/// What comes after a way.
enum Next {
    /// The switch is turned to another position.
    Turned(String),
    /// The call is over for this flow.
    Over(Ending),
}

/// A position that nothing is said of leads to the flow behind the switch: no file does that.
async fn go(
    call: &Call,
    s: &'static Settings,
    way: Option<&'static Way>,
    turns: &mut Events<String>,
) -> Result<Next, Failure> {
    let way = match way {
        None | Some(Way::Normal) => return behind(call, s, &s.flow).await,
        Some(Way::Flow(flow)) => return behind(call, s, flow).await,
        Some(way) => way,
    };
    call.answer().await?;
    let ends = async {
        match way {
            Way::Normal | Way::Flow(_) => {}
            Way::Say(text) => {
                call.play(text).await;
            }
            Way::Wait(wait) => {
                let _music = call.keep_waiting(company(wait));
                std::future::pending::<()>().await;
            }
            Way::To(to) => return put_through(call, to).await,
        }
        Ok("announced")
    };
    Ok(match race(ends, turns.next()).await {
        Either::Left(outcome) => {
            let outcome = outcome?;
            if outcome != "redirected" {
                call.hang_up_all();
            }
            Next::Over(outcome.into())
        }
        Either::Right(position) => Next::Turned(position),
    })
}

/// The other flow has the call, until the switch is turned. A caller whom it cannot have is not lost.
async fn behind(call: &Call, s: &'static Settings, flow: &str) -> Result<Next, Failure> {
    match call.continue_with_until(flow, "", [&s.switch]).await {
        Ok(turned) => Ok(Next::Turned(turned.position)),
        Err(failure) => {
            call.alarm(format!("flow {flow} cannot have calls: {failure}"));
            call.transfer(CALLER, None).await?;
            Ok(Next::Over("own-route".into()))
        }
    }
}

fn company(wait: &Wait) -> KeepWaiting {
    KeepWaiting {
        leg: CALLER.into(),
        music: Some(wait.music.clone()),
        prompts: vec![(&wait.say).into()],
        first_after: 0,
        every: wait.repeat_every.0 * 1000,
    }
}

async fn put_through(call: &Call, to: &'static To) -> Result<&'static str, Failure> {
    let music = call.music(&to.music);
    let dial = call.dial(&to.number).leg("redirected").ring_time(to.ring_time);
    let reached = match &to.confirm {
        Some(Confirming { key, within, text }) => {
            let prompts = vec![text.into()];
            dial.confirmed_by(Confirm { prompts, key: *key, within: within.0 * 1000 }).await
        }
        None => dial.await,
    };
    drop(music);
    match reached {
        Ok(answered) => {
            call.connect(&answered.leg).await?;
            Ok("redirected")
        }
        Err(why) => {
            call.note("redirect", why.word());
            call.play(&to.nobody).await;
            Ok("not-reached")
        }
    }
}

strowger_sdk::export!(Redirect, schema = "../settings.schema.json");

#[cfg(test)]
mod tests;
