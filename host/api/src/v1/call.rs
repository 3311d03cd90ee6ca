//! Calls that are up, and calls to bring in.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use strowger_model::{AgentName, CallId, FlowName, Timestamp};

/// A call that is up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Call {
    /// Its id, which its record has too.
    pub call: CallId,
    /// The flow that has it; if `now` is null, the one that it began on.
    pub flow: FlowName,
    /// The version of that flow.
    pub version: String,
    /// When it came in.
    pub arrived: Timestamp,
    /// How it is now; null: it did not say so in time.
    pub now: Option<CallNow>,
}

/// How a call is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CallNow {
    /// The caller's number; null: withheld.
    pub caller: Option<String>,
    /// The number that was called.
    pub dialled: String,
    /// The queues and agents for whom the caller waits, and those whom the flow dials, as it calls
    /// them. Empty for one who waits until a switch is turned.
    pub waits_for: Vec<String>,
    /// For how long the caller has waited; null: the caller does not wait.
    pub waited: Option<Duration>,
    /// Agents whose phones ring for the caller.
    pub rings: Vec<AgentName>,
    /// With whom the caller talks: agents, and others as the flow calls them.
    pub talks_with: Vec<String>,
    /// Flows in front of the one that has the call, the outermost first: they have it back when a
    /// switch is turned.
    #[serde(default)]
    pub behind: Vec<FlowName>,
}

/// Where to send a caller on to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SendOn {
    /// A number, an extension, or an address as the PBX writes it.
    pub to: String,
}

/// A call to bring in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NewCall {
    /// The number that is dialled.
    pub number: String,
    /// The caller's number; null: withheld.
    pub from: Option<String>,
    /// Seconds after which the caller hangs up if nobody has talked to them by then; in any case
    /// they hang up after ten times as long. Only with the sim.
    pub patience: u64,
    /// What the caller keys, each with the seconds after which. Only with the sim.
    pub keys: Vec<(f64, String)>,
    /// The address of the PBX that leads a call to the host. Needed with a PBX, not possible with
    /// the sim.
    pub via: Option<String>,
    /// The line on which the call comes in. Only with the sim.
    #[serde(default)]
    pub line: Option<String>,
    /// What the signalling says of who calls, by the name of the header: `Privacy`, `From`,
    /// `P-Asserted-Identity` or `Remote-Party-ID`. Only with the sim.
    #[serde(default)]
    pub headers: Vec<(String, String)>,
}
