//! What the town can change without a programmer: every figure and every word.

use schemars::JsonSchema;
use serde::Deserialize;
use strowger_sdk::prelude::*;

/// The `[settings]` of a helpdesk's flow file. None has a value of its own: all of them stand in
/// the file.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The town, or the towns, as the welcome names them (V1).
    pub municipality: String,
    /// When the helpdesk is open (V1).
    #[schemars(extend("format" = "schedule"))]
    pub opening_hours: String,
    /// Where its agents are. How many callers may wait in it (V5) is said of the queue, in the site
    /// file.
    #[schemars(extend("format" = "queue"))]
    pub queue: String,
    /// What those who wait hear between the words (V2).
    #[schemars(extend("format" = "music"))]
    pub music: String,
    /// From the start of one waiting message to the next, in seconds (V2).
    pub repeat_every: Seconds,
    /// After so many seconds of waiting, on to the central helpdesk (V3).
    pub overflow_after: Seconds,
    /// With fewer agents logged in than this the operators are warned (V5).
    pub warn_below_agents: u32,
    /// The central helpdesk that stands behind this one.
    pub central: Central,
    /// What an agent can key while talking with a caller (R4); not given: nothing. Whom that
    /// reaches, `dial` in the permissions says.
    pub in_call: Option<InCall>,
    /// Coaches who listen in (V9); not given: nobody.
    pub coaching: Option<crate::Coaching>,
    /// Callers whom the reserve list has called and who missed it (O3); not given: nobody is looked
    /// up, and all are served alike.
    pub reserve_list: Option<ReserveList>,
    /// How those who wait may be called back, keeping their place; not given: not at all.
    pub call_back: Option<CallBack>,
    /// What is said.
    pub texts: Texts,
}

/// Who calls back because the reserve list has called (O3).
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReserveList {
    /// The flow that calls the reserve list. While a place is left, it has who calls back.
    #[schemars(extend("format" = "flow"))]
    pub flow: String,
    /// How many days ago it called, at most.
    pub days: u16,
    /// Said when no place is left, before the caller is served like everybody.
    pub filled: Words,
}

/// The central helpdesk.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Central {
    /// Its number (V3).
    #[schemars(extend("format" = "dialled-number"))]
    pub number: String,
    /// When it is open (V3).
    #[schemars(extend("format" = "schedule"))]
    pub opening_hours: String,
    /// How callers get there.
    pub reached_by: ReachedBy,
    /// How long it may ring, in seconds.
    pub ring_time: Seconds,
}

/// How callers get to the central helpdesk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ReachedBy {
    /// They are put through.
    Routing,
    /// Where that is impossible: its number is named, and they call it themselves.
    Message,
}

/// What is said.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Texts {
    /// To everybody first; `{municipality}` is the setting (V1).
    pub welcome: String,
    /// When all agents are in a call, and again and again (V2).
    pub waiting: String,
    /// To those who have waited long, when the central helpdesk cannot help either (V3).
    pub stay: String,
    /// The number of the central helpdesk, where callers cannot be put through (V3).
    pub central_number: String,
    /// When nobody can be reached, with the opening hours (V4).
    pub closed: String,
    /// When no more callers may wait (V5).
    pub full: String,
}
