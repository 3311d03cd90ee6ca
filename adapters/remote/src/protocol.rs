//! What host and adapter say to each other: JSON, one message a text frame.
//! docs/write-an-adapter.md leads through it.
//!
//! Events and commands are numbered from 1 in a session; a session outlives its connections as long
//! as both processes live and neither has forgotten anything. All else is not numbered and may be
//! lost with a connection.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{fmt, time::Duration};
use strowger_conformance::{Far, Hearing, Near, Shown};
use strowger_model::time::millis;
use strowger_pbx::port::{Address, AliveLeg, PbxCommand, PbxEvent};

/// The version of the protocol, in the path and in `hello`. A change that an adapter could
/// misunderstand makes a new one; fields may be added.
pub const PROTOCOL: u32 = 1;
/// Where the host listens, behind its address.
pub const PATH: &str = "/adapter/v1";
/// The longest message, in bytes.
pub const MAX_MESSAGE: usize = 16 << 20;
/// The longest list of what is alive, in bytes of all its messages: room for some 400,000 legs.
pub const MAX_LIST: usize = 8 * MAX_MESSAGE;

/// A process, by a random text that it made at its start.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Instance(pub String);

impl Instance {
    /// This process, or this part of it, is a new one.
    pub fn new() -> Self {
        use std::hash::{BuildHasher, RandomState};
        // The standard library seeds these from the system's randomness.
        let half = || RandomState::new().hash_one(0_u8);
        Self(format!("{:016x}{:016x}", half(), half()))
    }
}

impl Default for Instance {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Display for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What an adapter tells the host.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "kebab-case")]
#[schemars(title = "Strowger adapter protocol 1: adapter to host")]
pub enum ToHost {
    /// The first message of a connection.
    Hello(Hello),
    /// Something happened at the PBX. The first of a new session is `synced`.
    Event {
        /// From 1 in a new session, without a gap. Sent again, it keeps its number.
        seq: u64,
        /// The last command that had been received when the event came about; 0: none. In `synced`:
        /// when the list was made.
        ack: u64,
        /// Only with `synced`: the list goes on in the next event, which is a `synced` too.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        more: bool,
        /// What.
        event: PbxEvent,
    },
    /// Commands are received up to this one.
    Ack {
        /// Its number.
        ack: u64,
    },
    /// What the host asked for by `alive`.
    Alive {
        /// The number of the question.
        id: u64,
        /// The last command that had been received when the list was made.
        ack: u64,
        /// The list goes on in the next answer to this question.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        more: bool,
        /// As in `synced`.
        alive: Vec<AliveLeg>,
    },
    /// What came of a `stage`.
    Staged {
        /// The number of the request.
        id: u64,
        /// What came of it.
        result: Staged,
    },
}

/// Who connects.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Hello {
    /// 1.
    pub protocol: u32,
    /// The adapter's name, for the log and the records, such as `freeswitch`.
    pub name: String,
    /// This adapter process.
    pub instance: Instance,
    /// The host of the last `welcome`; none: there was no host before, or the adapter had to forget
    /// events of that session.
    #[serde(default)]
    pub host: Option<Instance>,
    /// The last command received in that session; 0: none.
    #[serde(default)]
    pub ack: u64,
    /// What the adapter can do beyond what every one must.
    #[serde(default)]
    pub offers: Vec<Offer>,
}

/// What an adapter may offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Offer {
    /// For tests only: callers and phones that do as they are told.
    Stage,
    /// It tells how phones are: without it, the command `watch` is not sent.
    Phones,
    /// It tells of transfers that phones ask for with their own keys. Only the test of adapters asks
    /// for it.
    Transfers,
    /// One that this host does not know.
    #[serde(other)]
    Unknown,
}

/// What the host tells an adapter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "kebab-case")]
#[schemars(title = "Strowger adapter protocol 1: host to adapter")]
pub enum ToAdapter {
    /// The answer to `hello`.
    Welcome(Welcome),
    /// The host closes the connection after this.
    Refused {
        /// Why, and what to do.
        why: String,
    },
    /// To be carried out.
    Command {
        /// From 1 in a new session, without a gap. Sent again, it keeps its number.
        seq: u64,
        /// What.
        command: PbxCommand,
    },
    /// Events are received up to this one.
    Ack {
        /// Its number.
        ack: u64,
    },
    /// The host asks what is alive.
    Alive {
        /// Comes back in the answer.
        id: u64,
    },
    /// For tests only, and only to an adapter that offers it.
    Stage {
        /// Comes back in the answer.
        id: u64,
        /// What is to happen.
        act: Act,
    },
}

/// The adapter may begin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Welcome {
    /// This host process.
    pub host: Instance,
    /// The session goes on: events after `ack` are to be sent again. Else a new one begins: events
    /// and commands are numbered from 1, and what came before it is not told, but for the ends of
    /// plays.
    pub resumed: bool,
    /// The last event received; 0 in a new session.
    pub ack: u64,
}

/// What callers and phones of a test are to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Act {
    /// Set a phone up. The answer says where to dial it.
    Phone {
        /// How it behaves.
        far: Far,
    },
    /// Have a call come in.
    Call {
        /// How the caller behaves.
        near: Near,
        /// The caller's number.
        from: String,
        /// What is dialled.
        to: String,
    },
    /// Somebody calls from a phone that was set up, without the host. Only if the adapter offers
    /// `phones`.
    OwnCall {
        /// Where the phone would be dialled.
        at: Address,
        /// How many milliseconds that call is up.
        #[serde(with = "millis")]
        #[schemars(with = "u64")]
        length: Duration,
    },
    /// Somebody who talks on a phone that was set up asks for a transfer to an extension, with the
    /// phone's own key. Only if the adapter offers `transfers`.
    AskTransfer {
        /// Where the phone was dialled.
        at: Address,
        /// The extension.
        to: String,
    },
    /// What was a phone told of the transfers that it asked for? Only if the adapter offers
    /// `transfers`.
    Transfers {
        /// Where the phone was dialled.
        at: Address,
    },
    /// What do those hear at the far ends who are up, now?
    Hears,
    /// What does a phone show that was dialled, and rings or talks?
    Shows {
        /// Where it was dialled.
        at: Address,
    },
}

/// What came of an [`Act`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Staged {
    /// It is done.
    Done,
    /// Of [`Act::Phone`].
    Phone {
        /// Where to dial it.
        at: Address,
    },
    /// Of [`Act::Hears`].
    Hears {
        /// Everybody who is up.
        all: Vec<Hearing>,
    },
    /// Of [`Act::Transfers`].
    Transfers {
        /// Of each that was answered, in the order in which they were asked for: whether it was
        /// done.
        done: Vec<bool>,
    },
    /// Of [`Act::Shows`].
    Shows {
        /// What it shows.
        phone: Shown,
    },
    /// It cannot be done here.
    Failed {
        /// Why.
        why: String,
    },
}

/// The JSON Schema of what an adapter sends.
pub fn schema_to_host() -> Value {
    schemars::schema_for!(ToHost).to_value()
}

/// The JSON Schema of what an adapter receives.
pub fn schema_to_adapter() -> Value {
    schemars::schema_for!(ToAdapter).to_value()
}
