//! What an operator can change without a programmer: every figure and every word.

use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;
use strowger_sdk::prelude::*;

/// The `[settings]` of the flow file. None has a value of its own: all of them stand in the file.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Who talks with the contact (O4).
    pub who_talks: WhoTalks,
    /// How often the telephone of a contact may ring, in the cadence of its country (O1).
    #[schemars(range(min = 1))]
    pub rings: u8,
    /// From dialling to the first sign of ringing, in seconds.
    pub set_up: Seconds,
    /// How a person shows that it is no voice mail (O1).
    pub confirm: Confirming,
    /// What a person keys. An agent keys the same between `*` and `#`: `*1#`.
    pub keys: Keys,
    /// How long a key is waited for after the offer, in seconds.
    pub answer_within: Seconds,
    /// How often the offer is said in one call, at most.
    #[schemars(range(min = 1))]
    pub said_at_most: u8,
    /// How agents talk with contacts (O4); needed if they do.
    pub agent_first: Option<AgentFirst>,
    /// Who calls the number of this flow back is recognised (O3); not given: only who is handed over
    /// by another flow.
    pub called_by: Option<CalledBy>,
    /// Who gets a mail when somebody has a place (O2).
    #[serde(default)]
    pub mails: Vec<MailTo>,
    /// Mail addresses that a field has by what it says: `[addresses.department]` has those of the
    /// departments by their names.
    #[serde(default)]
    pub addresses: BTreeMap<String, BTreeMap<String, Address>>,
    /// What is different where a planner chooses among those who accept (F2).
    pub planner: Option<Planner>,
    /// What is said.
    pub texts: Texts,
}

/// Who talks with the contact (O4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WhoTalks {
    /// An agent, who is reserved before the contact is called.
    Agent,
    /// A menu. No agent is needed.
    Menu,
}

/// How a person shows that it is no voice mail (O1).
///
/// A voice mail begins with a greeting, and records what it hears after that. The question is asked
/// the moment that the telephone is answered, and whoever does not press the key is gone before a
/// greeting is over. So a voice mail has nothing to keep. Nothing of the offer is said before the key
/// was pressed.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Confirming {
    /// The key.
    pub key: char,
    /// How long the key is waited for, in seconds, from the answer on: with the time that the
    /// question takes, and shorter than a greeting.
    pub within: Seconds,
}

/// What a person keys. Any other key says the offer again.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Keys {
    /// Takes the place.
    pub accept: char,
    /// Cannot now, and may be called for another place.
    pub cannot_now: char,
    /// Is never to be called again.
    pub never_again: char,
}

/// How agents talk with contacts (O4).
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AgentFirst {
    /// Where the agents are.
    #[schemars(extend("format" = "queue"))]
    pub queue: String,
    /// How long an agent is waited for, in seconds.
    pub agent_within: Seconds,
    /// If no agent is there, the contact is called so many seconds later.
    pub later: Seconds,
    /// What the agent hears while the contact's telephone rings.
    #[schemars(extend("format" = "music"))]
    pub music: String,
    /// How long the agent has to key what came of it once the contact has hung up, in seconds.
    pub ask_within: Seconds,
    /// Said to the agent before the contact is called, with the fields of the texts.
    pub whisper: Words,
    /// Said to the agent when the contact did not answer.
    pub nobody: Words,
    /// Asks the agent what came of it, if nothing was keyed.
    pub ask: Words,
}

/// Whose calls are returned.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CalledBy {
    /// The flow that called: the name of this one.
    pub flow: String,
    /// How many days ago, at most.
    pub days: u16,
}

/// A mail.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MailTo {
    /// The mail of the flow file, `[mails.NAME]`. It may use the fields of the texts.
    pub mail: String,
    /// Addresses. `{mail}` is the field `mail`, and `{department}` the address that `addresses` has
    /// for the field `department`; if there is none, nobody gets it.
    pub to: Vec<String>,
}

/// A mail address.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[schemars(extend("format" = "mail-address"))]
pub struct Address(pub String);

/// What is different where a planner chooses among those who accept (F2).
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Planner {
    /// Who gets a mail when somebody would take the place.
    #[serde(default)]
    pub mails: Vec<MailTo>,
    /// To somebody who would take the place.
    pub noted: Words,
    /// To the one whom the planner has chosen, with the keys.
    pub chosen: Words,
    /// To those whom the planner has not chosen.
    pub not_chosen: Words,
}

/// What is said, in the language of the contact. `{name}` is the contact's name; `{slot}` and the like
/// are fields of the campaign, or columns of its list.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Texts {
    /// Asks for the key that shows that it is no voice mail. It names who calls, and nothing of what
    /// it is about.
    pub confirm: Words,
    /// The offer, with the keys.
    pub offer: Words,
    /// To somebody who has the place: what to bring (O2).
    pub accepted: Words,
    /// To somebody who cannot now.
    pub cannot_now: Words,
    /// To somebody who is never called again.
    pub never_again: Words,
    /// Others have the places.
    pub filled: Words,
    /// The place is not to be had any more, and nobody has it: the campaign was stopped, or its time
    /// is over.
    pub over: Words,
    /// Nothing was keyed.
    pub nothing_keyed: Words,
    /// The place cannot be had for a technical reason.
    pub impossible: Words,
    /// To a caller whom no campaign has called.
    pub unknown: Words,
}

/// What is wrong with settings that the schema cannot say.
pub(crate) fn check(settings: &Settings) -> Result<(), String> {
    let Keys { accept, cannot_now, never_again } = settings.keys;
    let keys = [accept, cannot_now, never_again];
    if let Some(other) = keys.iter().find(|key| !key.is_ascii_digit()) {
        return Err(format!("keys: {other:?} is no digit"));
    }
    if (1..keys.len()).any(|at| keys[..at].contains(&keys[at])) {
        return Err("keys: two things have the same key; give each its own".into());
    }
    if settings.who_talks == WhoTalks::Agent && settings.agent_first.is_none() {
        return Err("who_talks: agents talk with contacts; say in `agent_first` how".into());
    }
    match settings.confirm.key {
        key if key.is_ascii_digit() || key == '*' || key == '#' => Ok(()),
        key => Err(format!("confirm.key: {key:?} is not a key of a telephone")),
    }
}
