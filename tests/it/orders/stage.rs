//! A host on the sim with the plugboard, one caller, and what everybody hears.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};
use strowger_exchange::{CallRecord, Clock};
use strowger_model::{Prompt, Timestamp};
use strowger_pbx::port::{Address, LegId};
use strowger_sim::{Caller, Keys, Observed, Phone, Sim, SimConfig, Sound};
use strowger_tests::{Folder, Host, PATIENCE};

pub(crate) const SITE: &str = r#"
time_zone = "Europe/Brussels"
country = "BE"
language = "nl-BE"

[music]
default = "default"

[queues.desk]
agents = ["anna"]
ring_time = 60

[agents.anna]
endpoints = [{ address = "PJSIP/anna" }]
logged_in = true
"#;

pub(super) const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(crate) fn flow(number: &str, rules: &str) -> String {
    format!(
        "plugin = \"plugboard\"\nnumbers = [\"{number}\"]\n[permissions]\nqueues = [\"desk\"]\ndial = [\"2XX\", \"+3247XXXXXXX\"]\nflows = [\"second\"]\n[settings.on]\n{rules}"
    )
}

/// A host whose callers dial 100, and what everybody experiences.
pub(super) struct Stage {
    pub(super) host: Host,
    pub(super) sim: Arc<Sim>,
    seen: Arc<Mutex<Vec<(Duration, Observed)>>>,
    caller: LegId,
}

pub(super) fn extension(number: &str) -> Address {
    Address::Extension(number.into())
}

/// Answers after 2 s, counted from the ringing.
pub(super) fn answers() -> Phone {
    Phone::answers(secs(2))
}

pub(super) fn keys(after: u64, digits: &str) -> Vec<Keys> {
    vec![Keys { after: secs(after), digits: digits.into() }]
}

impl Stage {
    pub(super) fn open(rules: &str, phones: &[(Address, Phone)], caller: Caller) -> Self {
        Self::with(Folder::new(SITE).unwrap(), rules, phones, caller)
    }

    pub(super) fn with(
        folder: Folder,
        rules: &str,
        phones: &[(Address, Phone)],
        caller: Caller,
    ) -> Self {
        let folder =
            folder.plugin("plugboard").unwrap().flow("first", &flow("100", rules)).unwrap();
        let host = Host::start(&folder, Clock::simulated(Timestamp(1_795_000_000_000))).unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let observer = seen.clone();
        let sim = host.sim(SimConfig {
            latency: Duration::ZERO,
            observer: Some(Arc::new(move |at, what| {
                observer.lock().unwrap().push((at, what.clone()))
            })),
            ..SimConfig::default()
        });
        for (address, behaviour) in phones {
            sim.phone(address.clone(), Phone { set_up: Duration::ZERO, ..behaviour.clone() });
        }
        let caller =
            sim.call(Caller { from: Some("+32470000001".into()), to: "100".into(), ..caller });
        Self { host, sim, seen, caller }
    }

    /// The record of the one call.
    pub(super) async fn record(&self) -> CallRecord {
        let mut records = self.host.records(1, PATIENCE * 100).await.unwrap();
        assert_eq!(self.host.exchange.call_count(), 0);
        assert_eq!(self.sim.as_ref().elapsed().as_secs() / 3600, 0, "a call without end");
        records.remove(0)
    }

    /// What one hears from when on, in seconds, and when that one hangs up or is hung up: `caller`,
    /// or a phone by its address.
    pub(super) fn heard(&self, who: &str) -> Vec<String> {
        let mut names = BTreeMap::from([(self.caller.clone(), "caller".to_owned())]);
        let mut heard: Vec<(Duration, String, bool)> = Vec::new();
        for (at, what) in self.seen.lock().unwrap().iter() {
            let (leg, sound, what) = match what {
                Observed::RingStarted { leg, address, .. } => {
                    let (Address::Extension(name)
                    | Address::Endpoint(name)
                    | Address::Number(name)
                    | Address::Call(name)) = address;
                    names.insert(leg.clone(), name.clone());
                    (leg, false, "rings".to_owned())
                }
                Observed::Hears { leg, sound, with } if with.is_empty() => {
                    (leg, true, sounds(sound))
                }
                Observed::Hears { leg, with, .. } => (
                    leg,
                    true,
                    with.iter().map(|other| names[other].clone()).collect::<Vec<_>>().join("+"),
                ),
                Observed::HungUp { leg, by, .. } => (leg, false, format!("gone {by:?}")),
                Observed::Transferred { leg, to } => (leg, false, format!("to {to:?}")),
                _ => continue,
            };
            if names.get(leg).is_some_and(|name| name == who) {
                // What lasts no time is not heard.
                heard.pop_if(|(before, _, was_sound)| before == at && *was_sound && sound);
                heard.push((*at, what, sound));
            }
        }
        heard.into_iter().map(|(at, what, _)| format!("{} {what}", at.as_secs())).collect()
    }

    /// How often the flow was told something, as the log shows it.
    pub(super) fn told(&self, what: &str) -> usize {
        self.host
            .log
            .lines()
            .iter()
            .filter(|line| line.contains("Event(") && line.contains(what))
            .count()
    }

    pub(super) fn log(&self) -> String {
        self.host.log.lines().join("\n")
    }
}

fn sounds(sound: &Sound) -> String {
    match sound {
        Sound::Silence => "silence".to_owned(),
        Sound::Ringback => "ringback".to_owned(),
        Sound::Prompt(Prompt::Text { text, .. }) => text.clone(),
        Sound::Prompt(prompt) => format!("{prompt:?}"),
        Sound::Music(class) => format!("music {class}"),
    }
}
