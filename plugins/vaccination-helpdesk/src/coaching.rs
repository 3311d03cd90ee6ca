//! V9 "Meeluisteren": a coach who calls the helpdesk's own number hears how an agent helps callers,
//! and helps the agent along.

use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;
use strowger_sdk::{
    prelude::*,
    script::{Ordered, Report, kind},
    types::{ListenMode, Outcome},
};

/// Who may listen to whom. Whose conversations the flow may listen to at all, `listen` in its
/// permissions says.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Coaching {
    /// The coaches: endpoints that the PBX has authenticated, such as `PJSIP/coach`. A number is
    /// not enough, since anybody can claim it.
    pub coaches: Vec<String>,
    /// Agents by what a coach keys for them, such as their extension.
    pub agents: BTreeMap<String, String>,
    /// Asks for the agent.
    pub whom: String,
    /// Said when that agent does not talk, or nobody is known by what was keyed.
    pub not_talking: String,
    /// Said before listening: which key listens in silence (1), whispers to the agent (2), joins
    /// the conversation (3), and goes to another agent (`*`).
    pub keys: String,
}

impl Coaching {
    /// Whether a coach is calling.
    pub(crate) fn is_coach(&self, call: &Call) -> bool {
        let endpoint = call.arrival().and_then(|arrival| arrival.endpoint.as_ref());
        endpoint.is_some_and(|endpoint| self.coaches.contains(endpoint))
    }
}

/// Listens to one agent after another until the coach hangs up.
pub(crate) async fn coach(call: &Call, c: &'static Coaching) -> Result<Ending, Failure> {
    call.tag("coaching");
    call.after_hang_up(|| async { "coached".into() });
    for _ in 0..50 {
        let keyed = call.gather(&c.whom).until('#').digits(6).await?;
        let Some(agent) = c.agents.get(&keyed.digits) else {
            call.play(&c.not_talking).await;
            continue;
        };
        call.play(&c.keys).await;
        listen_to(call, agent).await;
        call.play(&c.not_talking).await;
    }
    call.hang_up_all();
    Ok("coached".into())
}

/// Until the agent's conversation is over, or the coach wants another agent.
async fn listen_to(call: &Call, agent: &'static str) {
    let mut keys = call.keys(CALLER);
    let mut mode = ListenMode::Silent;
    loop {
        let pressed = strowger_sdk::race! {
            _ = listening(call, agent, mode) => return,
            pressed = keys.next() => pressed,
        };
        mode = match pressed {
            '1' => ListenMode::Silent,
            '2' => ListenMode::Whisper,
            '3' => ListenMode::Join,
            '*' => return,
            _ => mode,
        };
    }
}

async fn listening(call: &Call, agent: &str, mode: ListenMode) {
    let listening: Ordered<kind::Listen> = call.listen(CALLER, agent).mode(mode);
    let mut reports = listening.reporting();
    loop {
        match reports.next().await {
            Report::Progress(Outcome::Listening) => call.note("listened-to", agent),
            Report::Progress(_) => {}
            Report::Final(_) => return,
        }
    }
}
