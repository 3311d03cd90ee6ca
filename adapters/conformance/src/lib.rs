//! What a PBX adapter must tell, and in which order: scenarios that run on the sim and on a real
//! PBX alike.
//!
//! A [`Ground`] makes calls come in and phones behave so; a [`Scenario`] says what is sent and
//! which events must come, when. The figures were taken from transcripts of Asterisk 22. A scenario
//! stands for all that it does not mention too: an event that it does not expect fails it.
//!
//! For an adapter: implement [`Ground`], then for each of [`scenarios`] make a ground and call
//! [`run`].

mod scenarios;

pub use scenarios::scenarios;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    fmt::Write as _,
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use strowger_model::time::millis;
use strowger_pbx::port::{Address, LegId, Pbx, PbxCommand, PbxEvent, PlayId};
use tokio::{
    sync::mpsc::UnboundedReceiver,
    time::{Instant, timeout_at},
};

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

/// Whom the far end of a leg hears.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Hearing {
    /// The leg.
    pub leg: LegId,
    /// The legs that it hears.
    pub with: Vec<LegId>,
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
    /// Who hears whom at the far ends. None: that cannot be told here.
    fn hears(&mut self) -> impl Future<Output = anyhow::Result<Option<Vec<Hearing>>>> + Send {
        async { Ok(None) }
    }
    /// How much later than expected an event may come here.
    fn slack(&self) -> Duration;
}

/// Caller and dialled number of every call that comes in.
pub const FROM: &str = "+32470123456";
/// The dialled number.
pub const TO: &str = "3000";

/// A thing to do or to see. Legs and plays are named as in the scenario: `caller`, `other` and
/// `p1`, not as at the PBX.
#[derive(Clone, Debug)]
pub enum Step {
    /// Makes a call come in, as `caller`. Its `arrived` is to be expected.
    Call(Near),
    /// Sets up a phone and dials it under the name.
    Dial(&'static str, Far),
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
    /// What [`Pbx::alive`] lists must be this, sorted: `LEG STATE in CONVERSATION`.
    Alive(&'static [&'static str]),
    /// Those who are up hear these, sorted: `LEG hears LEGS`. Where it can be told.
    Hears(&'static [&'static str]),
}

/// A name, why it is as it is, and its steps.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Words with hyphens.
    pub name: &'static str,
    /// In their order.
    pub steps: Vec<Step>,
}

/// An event of a run, with the time since its start.
pub type Seen = (Duration, String);

/// Plays a scenario. Gives what was seen.
///
/// # Errors
/// The first expectation that did not hold, with everything seen until then.
pub async fn run<G: Ground>(scenario: &Scenario, ground: &mut G) -> anyhow::Result<Vec<Seen>> {
    /// So that leg ids never repeat at one PBX.
    static RUNS: AtomicU64 = AtomicU64::new(0);
    let mut run = Run {
        prefix: format!("c{}-{}", std::process::id(), RUNS.fetch_add(1, Ordering::Relaxed)),
        names: BTreeMap::new(),
        start: Instant::now(),
        last: Instant::now(),
        seen: Vec::new(),
    };
    if !ground.loses_nothing()
        && scenario.steps.iter().any(|step| matches!(step, Step::Interrupt(_)))
    {
        return Ok(Vec::new());
    }
    for (number, step) in scenario.steps.iter().enumerate() {
        if let Err(error) = run.step(step, ground).await {
            let mut seen = String::new();
            for (at, event) in &run.seen {
                let _ = write!(seen, "\n  {:7.3} s  {event}", at.as_secs_f64());
            }
            anyhow::bail!(
                "{}, step {} ({step:?}): {error}; seen:{seen}",
                scenario.name,
                number + 1
            );
        }
        run.last = Instant::now();
    }
    Ok(run.seen)
}

struct Run {
    prefix: String,
    /// From names at the PBX to names in the scenario.
    names: BTreeMap<String, String>,
    start: Instant,
    /// When the last step ended.
    last: Instant,
    seen: Vec<Seen>,
}

impl Run {
    async fn step<G: Ground>(&mut self, step: &Step, ground: &mut G) -> anyhow::Result<()> {
        match step {
            Step::Call(near) => ground.call(*near, FROM, TO).await?,
            Step::Dial(name, far) => {
                let to = ground.phone(*far).await?;
                self.last = Instant::now();
                let dial = PbxCommand::Dial {
                    leg: self.real(name),
                    to,
                    caller_id: Some("+3227138700".to_owned()),
                    display_name: Some("Jan \"de\" Man <1>".to_owned()),
                };
                ground.pbx().send(dial);
            }
            Step::Send(command) => ground.pbx().send(self.with_real_names(command.clone())),
            Step::Expect(after, expected) => {
                let from = self.last;
                let seen = self.next(*after + ground.slack(), ground).await?;
                anyhow::ensure!(seen == *expected, "expected {expected:?}, came {seen:?}");
                let took = from.elapsed();
                anyhow::ensure!(
                    took + ground.slack() >= *after,
                    "{expected:?} was expected after {after:?}, came after {took:?}"
                );
            }
            Step::AnyOrder(expected) => {
                let mut missing = expected.to_vec();
                while !missing.is_empty() {
                    let seen = self.next(ground.slack(), ground).await?;
                    let Some(place) = missing.iter().position(|expected| *expected == seen) else {
                        anyhow::bail!("expected any of {missing:?}, came {seen:?}");
                    };
                    missing.remove(place);
                }
            }
            Step::Quiet(length) => match self.next(*length, ground).await {
                Ok(seen) => anyhow::bail!("expected nothing for {length:?}, came {seen:?}"),
                Err(_) => return Ok(()),
            },
            Step::Cut(length) => ground.cut(*length).await?,
            Step::Interrupt(length) => ground.interrupt(*length).await?,
            Step::Alive(expected) => {
                let mut alive: Vec<String> = ground
                    .pbx()
                    .alive()
                    .await?
                    .into_iter()
                    .map(|leg| {
                        let conversation =
                            leg.conversation.map_or("none".to_owned(), |id| self.name(&id.0));
                        format!("{} {:?} in {conversation}", self.name(&leg.leg.0), leg.state)
                    })
                    .collect();
                alive.sort();
                anyhow::ensure!(alive == *expected, "expected alive {expected:?}, are {alive:?}");
            }
            Step::Hears(expected) => {
                let Some(hears) = ground.hears().await? else { return Ok(()) };
                let mut hears: Vec<String> =
                    hears.iter().map(|hearing| self.hearing(hearing)).collect();
                hears.sort();
                anyhow::ensure!(
                    hears == *expected,
                    "expected to hear {expected:?}, hear {hears:?}"
                );
            }
        }
        Ok(())
    }

    async fn next<G: Ground>(
        &mut self,
        within: Duration,
        ground: &mut G,
    ) -> anyhow::Result<String> {
        let deadline = self.last + within;
        let event = match timeout_at(deadline, ground.events().recv()).await {
            Ok(Some(event)) => event,
            Ok(None) => anyhow::bail!("the adapter dropped its sink"),
            Err(_) => anyhow::bail!("nothing came within {within:?}"),
        };
        if let PbxEvent::Arrived(arrived) = &event {
            self.names.insert(arrived.leg.to_string(), "caller".to_owned());
            anyhow::ensure!(
                arrived.caller.as_deref() == Some(FROM),
                "the caller is {:?}",
                arrived.caller
            );
            anyhow::ensure!(arrived.dialled == TO, "{:?} was dialled", arrived.dialled);
        }
        let text = self.describe(&event);
        self.seen.push((self.start.elapsed(), text.clone()));
        Ok(text)
    }

    fn describe(&self, event: &PbxEvent) -> String {
        let name = |leg: &LegId| self.name(&leg.0);
        match event {
            PbxEvent::Arrived(arrived) => format!("arrived {}", name(&arrived.leg)),
            PbxEvent::Ringing { leg } => format!("ringing {}", name(leg)),
            PbxEvent::Answered { leg } => format!("answered {}", name(leg)),
            PbxEvent::Moved { leg, to } => format!("moved {} to {}", name(leg), name(to)),
            PbxEvent::Listening { leg } => format!("listening {}", name(leg)),
            PbxEvent::ListeningEnded { leg } => format!("listening-ended {}", name(leg)),
            PbxEvent::Digit { leg, digit } => format!("digit {} {digit}", name(leg)),
            PbxEvent::TransferAsked(asked) => {
                format!("transfer-asked {} {}", name(&asked.leg), asked.to)
            }
            PbxEvent::Played { leg, play, end } => {
                format!("played {} {} {end:?}", name(leg), self.name(&play.0)).to_lowercase()
            }
            PbxEvent::Ended(ended) => {
                let left = if ended.left { " left" } else { "" };
                format!("ended {} {:?}{left}", name(&ended.leg), ended.cause)
            }
            PbxEvent::Lost { .. } => "lost".to_owned(),
            PbxEvent::Synced { alive } => {
                let mut alive: Vec<String> = alive.iter().map(|leg| name(&leg.leg)).collect();
                alive.sort();
                format!("synced {}", alive.join(" ")).trim_end().to_owned()
            }
        }
    }

    fn hearing(&self, hearing: &Hearing) -> String {
        let mut with: Vec<String> = hearing.with.iter().map(|leg| self.name(&leg.0)).collect();
        with.sort();
        format!("{} hears {}", self.name(&hearing.leg.0), with.join(" ")).trim_end().to_owned()
    }

    /// The name in the scenario.
    fn name(&self, real: &str) -> String {
        match (self.names.get(real), real.strip_prefix(&self.prefix)) {
            (Some(name), _) => name.clone(),
            (None, Some(rest)) => rest.trim_start_matches('-').to_owned(),
            (None, None) => real.to_owned(),
        }
    }

    /// The name at the PBX.
    fn real(&self, name: &str) -> LegId {
        let known = self.names.iter().find(|(_, known)| *known == name);
        let own = || format!("{}-{name}", self.prefix);
        LegId::from(known.map_or_else(own, |(real, _)| real.clone()).as_str())
    }

    fn with_real_names(&self, mut command: PbxCommand) -> PbxCommand {
        let play_name = |play: &PlayId| PlayId(self.real(&play.0).0);
        match &mut command {
            PbxCommand::Play { play, conversation, .. } => {
                *play = play_name(play);
                *conversation = self.real(&conversation.0);
            }
            PbxCommand::Stop { play } => *play = play_name(play),
            PbxCommand::Move { leg, to } | PbxCommand::Listen { leg, to, .. } => {
                *leg = self.real(&leg.0);
                *to = self.real(&to.0);
            }
            PbxCommand::Answer { leg }
            | PbxCommand::IndicateRinging { leg }
            | PbxCommand::Dial { leg, .. }
            | PbxCommand::Music { leg, .. }
            | PbxCommand::Transfer { leg, .. }
            | PbxCommand::SendDigits { leg, .. }
            | PbxCommand::StopListening { leg }
            | PbxCommand::RefuseTransfer { leg }
            | PbxCommand::HangUp { leg, .. } => *leg = self.real(&leg.0),
        }
        command
    }
}
