//! What a sim needs to know.

use super::{
    observe::SimObserver,
    party::{Phone, Then},
};
use std::time::Duration;
use strowger_speech::{Lengths, lengths_without_recordings};

/// How a sim behaves.
#[derive(Clone)]
pub struct SimConfig {
    /// The adapter's name.
    pub name: String,
    /// Before the number in the names of legs that arrive. Differs from run to run where names must
    /// not repeat.
    pub leg_prefix: String,
    /// From the sending of a command to its carrying out.
    pub latency: Duration,
    /// How long a key is pressed, and the pause after it.
    pub digit: Duration,
    /// How extensions and endpoints behave that [`Sim::phone`](super::Sim::phone) did not name.
    pub unknown: Phone,
    /// How numbers behave that [`Sim::phone`](super::Sim::phone) did not name.
    pub outside: Phone,
    /// How long prompts last.
    pub lengths: Lengths,
    /// Is told what the far ends experience.
    pub observer: Option<SimObserver>,
}

impl Default for SimConfig {
    /// Commands take 1 ms, keys 100 ms; addresses that were not named are refused, numbers answer 2
    /// s after ringing; no recordings, figures in English, nobody observes.
    fn default() -> Self {
        Self {
            name: "sim".to_owned(),
            leg_prefix: "sim-".to_owned(),
            latency: Duration::from_millis(1),
            digit: Duration::from_millis(100),
            unknown: Phone::new(Then::Unknown),
            outside: Phone::answers(Duration::from_secs(2)),
            lengths: lengths_without_recordings("en"),
            observer: None,
        }
    }
}
