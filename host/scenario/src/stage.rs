//! Who plays callers and telephones: what a scenario needs of a PBX under test. The sim is one; a
//! real PBX with scripted telephones around it can be another, and the same scenarios run on both.

use crate::{
    file::{Agent, Keyed, Manner, Phone as Written},
    term::seconds,
};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use strowger_flows::LoadedFlow;
use strowger_model::Prompt;
use strowger_pbx::port::{Address, LegId, Pbx, PbxSink};
use strowger_sim::{By, Caller, Keys, Observed, Phone, Sim, SimConfig, Sound, Then};
use strowger_speech::{Lengths, lengths_without_recordings};

/// What callers experience.
#[derive(Clone, Debug, PartialEq)]
pub enum Seen {
    /// A caller's call has come in.
    Arrived {
        /// The caller's leg.
        leg: LegId,
        /// The number that the caller claims.
        from: Option<String>,
    },
    /// A caller hears this from now on; none of the three: nothing that matters.
    Hears {
        /// The caller's leg, or another.
        leg: LegId,
        /// What.
        sound: Sound,
    },
    /// A leg is over.
    HungUp {
        /// The caller's leg, or another.
        leg: LegId,
        /// Its far end hung up.
        by_far_end: bool,
        /// As told.
        cause: strowger_model::event::Cause,
    },
}

/// Is told what callers experience, when it happens.
pub type Audience = Arc<dyn Fn(Seen) + Send + Sync>;

/// Plays callers and telephones. Fresh for each scenario.
pub trait Stage: Send + Sync {
    /// The adapter.
    fn pbx(&self) -> Arc<dyn Pbx>;
    /// Makes a call come in, now.
    fn call(&self, caller: Caller);
    /// How a telephone behaves when it is dialled from now on.
    fn phone(&self, address: Address, behaviour: Phone);
    /// The address at which an agent's telephone is dialled, as in a site file.
    fn address_of(&self, agent: &str) -> String;
    /// Everybody hangs up, now.
    fn all_hang_up(&self);
}

/// The sim as a stage.
pub struct SimStage {
    sim: Arc<Sim>,
    callers: Arc<std::sync::Mutex<Vec<LegId>>>,
}

impl SimStage {
    /// Must be called inside a tokio runtime.
    pub fn new(config: SimConfig, sink: PbxSink, audience: Audience) -> Self {
        let callers: Arc<std::sync::Mutex<Vec<LegId>>> = Arc::default();
        let observer = move |_: Duration, observed: &Observed| {
            let seen = match observed {
                Observed::Arrived { leg, from, .. } => {
                    Seen::Arrived { leg: leg.clone(), from: from.clone() }
                }
                Observed::Hears { leg, sound, .. } => {
                    Seen::Hears { leg: leg.clone(), sound: sound.clone() }
                }
                Observed::HungUp { leg, by, cause } => {
                    Seen::HungUp { leg: leg.clone(), by_far_end: *by == By::FarEnd, cause: *cause }
                }
                _ => return,
            };
            audience(seen);
        };
        let config = SimConfig { observer: Some(Arc::new(observer)), ..config };
        Self { sim: Arc::new(Sim::new(config, sink)), callers }
    }

    /// The sim itself.
    pub fn sim(&self) -> &Arc<Sim> {
        &self.sim
    }
}

impl Stage for SimStage {
    fn pbx(&self) -> Arc<dyn Pbx> {
        self.sim.clone()
    }

    fn call(&self, caller: Caller) {
        let leg = self.sim.call(caller);
        self.callers.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(leg);
    }

    fn phone(&self, address: Address, behaviour: Phone) {
        self.sim.phone(address, behaviour);
    }

    fn address_of(&self, agent: &str) -> String {
        format!("SIM/{agent}")
    }

    fn all_hang_up(&self) {
        for leg in self.callers.lock().unwrap_or_else(std::sync::PoisonError::into_inner).iter() {
            self.sim.hang_up(leg);
        }
    }
}

/// How long prompts last: recordings as long as their files.
pub(crate) fn lengths(flow: &LoadedFlow) -> Lengths {
    let spoken = lengths_without_recordings(&flow.language);
    let recordings: BTreeMap<String, Duration> = flow
        .recordings
        .iter()
        .filter_map(|(name, file)| {
            let length = wav_length(std::fs::metadata(file).ok()?.len());
            Some((format!("{}/prompts/{name}", flow.name), length))
        })
        .collect();
    Arc::new(move |prompt| match prompt {
        Prompt::Recording(name) => recordings.get(name).copied(),
        prompt => spoken(prompt),
    })
}

/// Of 8 kHz, mono, 16 bit, behind the usual header.
fn wav_length(bytes: u64) -> Duration {
    Duration::from_millis(bytes.saturating_sub(44) / 16)
}

/// How a telephone behaves that a scenario describes.
pub(crate) fn behaviour(manner: Manner, after: f64, talks: f64, keys: &[Keyed]) -> Phone {
    let phone = match manner {
        Manner::Answers => Phone::answers(seconds(after)).talking(seconds(talks)),
        Manner::Rings => Phone::new(Then::Rings),
        Manner::Busy => Phone::new(Then::Busy),
        Manner::Declines => Phone::new(Then::Declines(seconds(after))),
        Manner::Unreachable => Phone::new(Then::Unknown),
        Manner::Silent => Phone::new(Then::Unreachable),
    };
    let keys =
        keys.iter().map(|keyed| Keys { after: seconds(keyed.at), digits: keyed.digits.clone() });
    Phone { keys: keys.collect(), ..phone }
}

impl Agent {
    pub(crate) fn behaviour(&self) -> Phone {
        Phone {
            busy_when_talking: !self.second_line,
            ..behaviour(self.phone, self.after, self.talks, &self.keys)
        }
    }
}

impl Written {
    /// The same for the sim.
    pub fn behaviour(&self) -> Phone {
        outside(behaviour(self.phone, self.after, self.talks, &self.keys))
    }
}

/// Behind an outside number there are many telephones: it takes further calls while it talks.
pub(crate) fn outside(phone: Phone) -> Phone {
    Phone { busy_when_talking: false, ..phone }
}
