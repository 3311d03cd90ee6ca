//! Clocks, medians, memory.

use anyhow::{Context, Result};
use rustix::time::{ClockId, clock_gettime};
use std::time::Duration;

/// What one repetition takes of this thread's processor time, so that it does not matter how busy
/// the machine is: the middle of some rounds of so many repetitions. The first round warms up and
/// does not count.
pub(crate) fn middle(
    rounds: usize,
    repetitions: u32,
    mut once: impl FnMut() -> Result<()>,
) -> Result<Duration> {
    let mut times = Vec::with_capacity(rounds);
    for round in 0..=rounds {
        let begun = processor(ClockId::ThreadCPUTime);
        for _ in 0..repetitions {
            once()?;
        }
        if round > 0 {
            times.push((processor(ClockId::ThreadCPUTime) - begun) / repetitions);
        }
    }
    times.sort();
    Ok(times[times.len() / 2])
}

/// Processor time of this process so far, on all threads.
pub(crate) fn processor_time() -> Duration {
    processor(ClockId::ProcessCPUTime)
}

fn processor(clock: ClockId) -> Duration {
    let time = clock_gettime(clock);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

pub(crate) fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

pub(crate) fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// Memory of this process that is in use, in bytes.
pub(crate) fn resident() -> Result<u64> {
    let status =
        std::fs::read_to_string("/proc/self/status").context("reading /proc/self/status")?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .context("/proc/self/status without VmRSS")?;
    let kibibytes: u64 = line.trim().trim_end_matches(" kB").parse().context("VmRSS")?;
    Ok(kibibytes * 1024)
}

/// The same numbers in the same order at every run.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.max(1))
    }

    /// From 0 to less than `below` (xorshift64).
    pub(crate) fn roll(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % below
    }
}
