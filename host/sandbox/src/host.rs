//! What an instance can reach of its host: the step's reads, its bounds, and a place for what it
//! prints.

use crate::{limits::Limits, stop::Stop, words::readable};
use rustix::time::{ClockId, clock_gettime};
use std::{sync::Arc, time::Duration};
use strowger_model::read::{LogLevel, Reads, SYSTEM_RANDOM};
use wasmtime::{ResourceLimiter, UpdateDeadline};

/// What answers the reads of a step.
pub(crate) type StepReads = Arc<dyn Reads + Send + Sync>;

/// The data of an instance's store.
pub(crate) struct Host {
    /// There during a step only.
    reads: Option<StepReads>,
    randoms: u32,
    system_randoms: u32,
    asked: u32,
    logged: u32,
    output: Output,
    time: CpuTime,
    memory: Memory,
}

impl Host {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            reads: None,
            randoms: 0,
            system_randoms: 0,
            asked: 0,
            logged: 0,
            output: Output::default(),
            time: CpuTime { limit: Limits::SET_UP_TIME, since: None },
            memory: Memory { limit: limits.memory, used: 0, tables: 0, refused: None },
        }
    }

    /// Before each call of the guest: what counts for one call begins anew.
    pub(crate) fn begin(&mut self, reads: Option<StepReads>, time: Duration) {
        self.reads = reads;
        self.randoms = 0;
        self.system_randoms = 0;
        self.asked = 0;
        self.logged = 0;
        self.output.0.clear();
        self.time = CpuTime { limit: time, since: None };
        self.memory.refused = None;
    }

    /// After a call that went well: what the guest printed is for the author of the flow.
    pub(crate) fn end(&mut self) {
        if let Some(reads) = self.reads.take() {
            if self.logged > Limits::LOG_MESSAGES {
                let dropped = self.logged - Limits::LOG_MESSAGES;
                reads.log(
                    LogLevel::Warn,
                    &format!("{dropped} more messages of this step were dropped"),
                );
            }
            if !self.output.0.is_empty() {
                reads.log(LogLevel::Debug, &self.output.text());
            }
        }
    }

    /// A tick of the engine has passed while the guest ran.
    pub(crate) fn tick(&mut self) -> wasmtime::Result<UpdateDeadline> {
        self.time.check()?;
        Ok(UpdateDeadline::Continue(1))
    }

    /// What the guest printed last.
    pub(crate) fn output(&self) -> String {
        self.output.text()
    }

    pub(crate) fn print(&mut self, bytes: &[u8]) {
        self.output.append(bytes);
    }

    /// What the guest would have had, were it not refused.
    pub(crate) fn memory_refused(&self) -> Option<usize> {
        self.memory.refused
    }

    pub(crate) fn memory_limit(&self) -> usize {
        self.memory.limit
    }

    /// Bytes of all its memories.
    pub(crate) fn memory_used(&self) -> usize {
        self.memory.used
    }

    pub(crate) fn limiter(&mut self) -> &mut dyn ResourceLimiter {
        &mut self.memory
    }

    /// What answers the read `asked`.
    fn reads(&self, asked: &'static str) -> Result<&StepReads, Stop> {
        self.reads.as_ref().ok_or(Stop::ReadOutsideStep(asked))
    }

    /// What answers the read `asked` about something.
    pub(crate) fn ask(&mut self, asked: &'static str, about: &str) -> Result<&StepReads, Stop> {
        self.asked += 1;
        if self.asked > Limits::READS {
            return Err(Stop::TooManyReads);
        }
        if about.len() > Limits::QUESTION {
            return Err(Stop::QuestionTooLong { asked, bytes: about.len() });
        }
        self.reads(asked)
    }

    /// A number for the flow: another one each time that a step asks.
    pub(crate) fn random(&mut self) -> Result<u64, Stop> {
        let n = self.randoms;
        self.randoms = n.wrapping_add(1) % SYSTEM_RANDOM;
        Ok(self.ask("random", "")?.random(n))
    }

    /// A message of the flow. Those beyond the bound are counted and dropped.
    pub(crate) fn log(&mut self, level: LogLevel, message: &str) -> Result<(), Stop> {
        self.logged = self.logged.saturating_add(1);
        let reads = self.reads("log")?;
        if self.logged <= Limits::LOG_MESSAGES {
            reads.log(level, &readable(message, Limits::LOG_MESSAGE));
        }
        Ok(())
    }

    /// Nanoseconds since 1970 of the step's instant; the guest's every clock stands still there.
    /// Outside a step it is one second after 1970: Go does not start when a clock says 0.
    pub(crate) fn clock(&self) -> u64 {
        let now = self.reads.as_ref().map(|reads| reads.now().instant.0);
        now.unwrap_or(1_000).max(1).saturating_mul(1_000_000)
    }

    /// A number for the guest's system library: the same at every run.
    pub(crate) fn system_random(&mut self) -> u64 {
        let n = self.system_randoms;
        self.system_randoms = n.wrapping_add(1) % SYSTEM_RANDOM;
        match &self.reads {
            Some(reads) => reads.random(SYSTEM_RANDOM + n),
            None => u64::from(n).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15),
        }
    }
}

/// The end of what a guest printed, standard output and error together.
#[derive(Default)]
struct Output(Vec<u8>);

impl Output {
    fn append(&mut self, bytes: &[u8]) {
        let bytes = &bytes[bytes.len().saturating_sub(Limits::OUTPUT)..];
        let over = (self.0.len() + bytes.len()).saturating_sub(Limits::OUTPUT);
        self.0.drain(..over);
        self.0.extend_from_slice(bytes);
    }

    /// Without what Rust adds to a panic for people at a terminal: `thread '<unnamed>' panicked at`
    /// and a hint. Where it panicked stands before what it says.
    fn text(&self) -> String {
        let text = String::from_utf8_lossy(&self.0);
        let text = readable(&text, text.len());
        let mut lines: Vec<String> = Vec::new();
        let mut place = None;
        for line in text.lines().map(str::trim_end) {
            let panics = line.starts_with("thread '").then(|| line.split_once("' "));
            let at = panics.flatten().and_then(|(_, rest)| rest.split_once("panicked at "));
            match (at, place.take()) {
                _ if line.is_empty() || line.starts_with("note: run with `RUST_BACKTRACE=1`") => {}
                (Some((_, at)), _) => place = Some(at.to_owned()),
                (None, Some(at)) => lines.push(format!("{at} {line}")),
                (None, None) => lines.push(line.to_owned()),
            }
        }
        lines.extend(place);
        lines.join("\n")
    }
}

/// The CPU time of a call. It is first looked at when a tick passes, since that costs a system call
/// and most steps are over long before.
struct CpuTime {
    limit: Duration,
    /// The thread's CPU time at the first tick.
    since: Option<Duration>,
}

impl CpuTime {
    fn check(&mut self) -> Result<(), Stop> {
        let now = clock_gettime(ClockId::ThreadCPUTime);
        let now = Duration::new(now.tv_sec.unsigned_abs(), now.tv_nsec.unsigned_abs() as u32);
        let since = *self.since.get_or_insert(now);
        match now.saturating_sub(since) >= self.limit {
            true => Err(Stop::OutOfTime(self.limit)),
            false => Ok(()),
        }
    }
}

/// The bounds of what an instance may hold.
struct Memory {
    limit: usize,
    used: usize,
    tables: usize,
    refused: Option<usize>,
}

impl ResourceLimiter for Memory {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let wanted = self.used.saturating_add(desired.saturating_sub(current));
        let may = wanted <= self.limit;
        match may {
            true => self.used = wanted,
            false => self.refused = Some(wanted),
        }
        Ok(may)
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let wanted = self.tables.saturating_add(desired.saturating_sub(current));
        let may = wanted <= Limits::TABLE_ELEMENTS;
        if may {
            self.tables = wanted;
        }
        Ok(may)
    }

    fn instances(&self) -> usize {
        Limits::PARTS
    }

    fn tables(&self) -> usize {
        Limits::PARTS
    }

    fn memories(&self) -> usize {
        Limits::PARTS
    }
}
