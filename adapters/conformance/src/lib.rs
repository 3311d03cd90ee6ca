//! What a PBX adapter must tell, and in which order: scenarios that run on the sim and on a real
//! PBX alike.
//!
//! A [`Ground`] makes calls come in and phones behave so; a [`Scenario`] says what is sent and
//! which events must come, when. The figures were taken from transcripts of Asterisk 22. A scenario
//! stands for all that it does not mention too: an event that it does not expect fails it.
//!
//! # Layout
//! * `scenarios`: what happens, and what must come of it. `run`: plays one and compares.
//!
//! For an adapter: implement [`Ground`], then for each of [`scenarios`] make a ground and call
//! [`run`].

mod run;
mod scenarios;

pub use run::{Seen, run};
pub use scenarios::scenarios;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{future::Future, sync::Arc, time::Duration};
use strowger_model::time::millis;
use strowger_pbx::port::{Address, LegId, Pbx, PbxCommand, PbxEvent};
use tokio::sync::mpsc::UnboundedReceiver;

/// How a phone behaves that is dialled. Times in milliseconds on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Far {
    /// 180 at once, 200 after so long; stays.
    Answers {
        /// From the ringing on.
        #[serde(with = "millis")]
        #[schemars(with = "u64")]
        after: Duration,
    },
    /// 180 at once, 200 after the first time, BYE after the second from then on.
    AnswersAndLeaves {
        /// From the ringing on.
        #[serde(with = "millis")]
        #[schemars(with = "u64")]
        after: Duration,
        /// From the answer on.
        #[serde(with = "millis")]
        #[schemars(with = "u64")]
        then: Duration,
    },
    /// 180 at once and nothing more; honours CANCEL.
    Rings,
    /// 183 with media at once, 200 after so long; stays.
    EarlyMedia {
        /// From the 183 on.
        #[serde(with = "millis")]
        #[schemars(with = "u64")]
        after: Duration,
    },
    /// 486 at once.
    Busy,
    /// 603 at once.
    Declines,
    /// 180 at once, 603 after so long.
    DeclinesAfter {
        /// From the ringing on.
        #[serde(with = "millis")]
        #[schemars(with = "u64")]
        after: Duration,
    },
    /// Its address is known and nobody listens there: INVITEs vanish.
    Silent,
    /// The PBX does not know the address.
    Unknown,
}

/// How a caller behaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Near {
    /// Hangs up (or cancels) so many milliseconds after the arrival; none: stays until hung up.
    #[serde(default, with = "maybe_millis", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<u64>")]
    pub leaves: Option<Duration>,
    /// Keys `1`, `2` and `#`, beginning so many milliseconds after it was answered.
    #[serde(default, with = "maybe_millis", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<u64>")]
    pub keys_after_answer: Option<Duration>,
}

mod maybe_millis {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use std::time::Duration;

    pub(super) fn serialize<S: Serializer>(
        length: &Option<Duration>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        length.map(|length| length.as_millis() as u64).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Duration>, D::Error> {
        Option::<u64>::deserialize(deserializer).map(|millis| millis.map(Duration::from_millis))
    }
}

/// What the far end of a leg hears.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Hearing {
    /// The leg.
    pub leg: LegId,
    /// The legs that it hears.
    pub with: Vec<LegId>,
    /// The class of the music that it hears; none: no music.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub music: Option<String>,
    /// The keys that it has heard so far.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub keys: String,
}

/// What a phone showed when it was dialled last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Shown {
    /// The number; none: withheld.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caller_id: Option<String>,
    /// The name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
}

/// Where scenarios are played: an adapter, its PBX, and the telephones around it. Fresh for each
/// scenario.
pub trait Ground: Send {
    /// The adapter.
    fn pbx(&self) -> Arc<dyn Pbx>;
    /// What its sink got, in order.
    fn events(&mut self) -> &mut UnboundedReceiver<PbxEvent>;
    /// Sets up a phone and says where to dial it.
    fn phone(&mut self, far: Far) -> impl Future<Output = anyhow::Result<Address>> + Send;
    /// Makes a call come in. `from` and `to` must arrive as given.
    fn call(
        &mut self,
        near: Near,
        from: &str,
        to: &str,
    ) -> impl Future<Output = anyhow::Result<()>> + Send;
    /// Cuts the connection between host and PBX, and lets it come back when the future ends.
    fn cut(&mut self, length: Duration) -> impl Future<Output = anyhow::Result<()>> + Send;
    /// Whether host and adapter keep for each other what they say while the connection is cut.
    fn loses_nothing(&self) -> bool {
        false
    }
    /// Cuts such a connection, and lets it come back when the future ends.
    fn interrupt(&mut self, _length: Duration) -> impl Future<Output = anyhow::Result<()>> + Send {
        async { anyhow::bail!("the ground cannot do it") }
    }
    /// What those hear at the far ends who are up. None: that cannot be told here.
    fn hears(&mut self) -> impl Future<Output = anyhow::Result<Option<Vec<Hearing>>>> + Send {
        async { Ok(None) }
    }
    /// What a phone shows that was set up here and dialled. None: that cannot be told here.
    fn shows(
        &mut self,
        _phone: &Address,
    ) -> impl Future<Output = anyhow::Result<Option<Shown>>> + Send {
        async { Ok(None) }
    }
    /// Whether phones here can be shown another caller than the one for whom they were dialled.
    fn shows_anew(&self) -> bool {
        true
    }
    /// Whether the adapter tells how phones are.
    fn tells_phones(&self) -> bool {
        false
    }
    /// Somebody calls from a phone that was set up here, without the host, for so long.
    fn own_call(
        &mut self,
        _phone: &Address,
        _length: Duration,
    ) -> impl Future<Output = anyhow::Result<()>> + Send {
        async { anyhow::bail!("the ground cannot do it") }
    }
    /// Whether the adapter tells of transfers that phones ask for with their own keys.
    fn tells_transfers(&self) -> bool {
        false
    }
    /// Somebody who talks on a phone that was set up here asks for a transfer to an extension, with
    /// the phone's own key.
    fn ask_transfer(
        &mut self,
        _phone: &Address,
        _to: &str,
    ) -> impl Future<Output = anyhow::Result<()>> + Send {
        async { anyhow::bail!("the ground cannot do it") }
    }
    /// What a phone was told of the first so many transfers that it asked for: whether each was
    /// done. Waits until it was told.
    fn transfers(
        &mut self,
        _phone: &Address,
        _count: usize,
    ) -> impl Future<Output = anyhow::Result<Vec<bool>>> + Send {
        async { anyhow::bail!("the ground cannot do it") }
    }
    /// How much later than expected an event may come here.
    fn slack(&self) -> Duration;
}

/// Caller and dialled number of every call that comes in.
pub const FROM: &str = "+32470123456";
/// The dialled number.
pub const TO: &str = "3000";
/// Shown to phones that are dialled.
pub const CALLER_ID: &str = "+3227138700";
/// Likewise.
pub const DISPLAY_NAME: &str = "Jan \"de\" Man <1>";
/// Shown to a phone that rings on for somebody else.
pub const NEXT_CALLER_ID: &str = "+32470000042";
/// Likewise.
pub const NEXT_DISPLAY_NAME: &str = "Els";

/// A thing to do or to see. Legs and plays are named as in the scenario: `caller`, `other` and
/// `p1`, not as at the PBX.
#[derive(Clone, Debug)]
pub enum Step {
    /// Makes a call come in, as `caller`. Its `arrived` is to be expected.
    Call(Near),
    /// Sets up a phone and dials it under the name, with [`CALLER_ID`] and [`DISPLAY_NAME`].
    Dial(&'static str, Far),
    /// The same, and withholds both.
    DialWithheld(&'static str, Far),
    /// Sets up a phone under the name, and watches it. A scenario with this step is left out where
    /// the adapter does not tell how phones are.
    Watch(&'static str, Far),
    /// Somebody calls from the phone of the name, without the host, for so long.
    OwnCall(&'static str, Duration),
    /// Whoever talks on the phone of the name asks for a transfer to an extension, with the phone's
    /// own key. A scenario with this step is left out where the adapter does not tell of it.
    AskTransfer(&'static str, &'static str),
    /// The phone of the name was told this of the transfers that it asked for: whether each was
    /// done.
    Transfers(&'static str, &'static [bool]),
    /// Dials the phone of the name once more.
    DialAgain(&'static str),
    /// The phone that was dialled under the name shows both (the letters and digits of the name),
    /// or that they are withheld. Where it can be told.
    Shows(&'static str, Showing),
    /// Sends a command; names in it are replaced.
    Send(PbxCommand),
    /// The next event must be this, so long after the step before it ended (give or take the
    /// ground's slack).
    Expect(Duration, &'static str),
    /// The next events must be these, in any order, within the slack.
    AnyOrder(&'static [&'static str]),
    /// Nothing comes for so long.
    Quiet(Duration),
    /// Cuts the connection for so long: `lost` and `synced` are to be expected after it.
    Cut(Duration),
    /// Cuts the connection for so long, and nothing is lost by it: `lost` is to be expected after
    /// it, all that happened, and `synced`. A scenario with this step is left out where that cannot
    /// be.
    Interrupt(Duration),
    /// What [`Pbx::alive`] lists must be this, sorted: `LEG STATE in CONVERSATION`. What a leg tells
    /// of its arrival and age is compared too, here and in `synced`.
    Alive(&'static [&'static str]),
    /// Those who are up hear these, sorted: `LEG hears LEGS, music CLASS, keys KEYS`. Where it can
    /// be told.
    Hears(&'static [&'static str]),
}

/// What a phone is to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Showing {
    /// [`CALLER_ID`] and [`DISPLAY_NAME`].
    Both,
    /// [`NEXT_CALLER_ID`] and [`NEXT_DISPLAY_NAME`].
    Next,
    /// Neither.
    Nothing,
}

/// A name, why it is as it is, and its steps.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Words with hyphens.
    pub name: &'static str,
    /// In their order.
    pub steps: Vec<Step>,
}
