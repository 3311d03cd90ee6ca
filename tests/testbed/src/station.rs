//! A SIPp that runs: its scenario, its messages and its voice.

use crate::{
    AsteriskServer,
    message::{Message, PATIENCE, parse},
    process::Process,
    voice::{PORT, Voice},
};
use anyhow::{Context, Result};
use std::{
    fs,
    net::Ipv4Addr,
    sync::atomic::{AtomicUsize, Ordering},
};

/// A scenario whose media is a voice's.
pub(crate) fn with_voice(scenario: String, speaks: Option<u32>) -> String {
    match speaks {
        Some(_) => scenario.replace("[media_port]", &PORT.to_string()),
        None => scenario,
    }
}

pub(crate) fn voice(
    station: &Station,
    address: Ipv4Addr,
    speaks: Option<u32>,
) -> Result<Option<Voice>> {
    speaks.map(|hertz| Voice::start(address, hertz, station.process.output().clone())).transpose()
}

/// A running SIPp.
pub(crate) struct Station {
    pub(crate) process: Process,
    /// How many messages [`Self::expect`] has gone past.
    seen: AtomicUsize,
}

impl Station {
    pub(crate) fn start(
        pbx: &AsteriskServer,
        name: &str,
        address: Ipv4Addr,
        scenario: &str,
        arguments: &[&str],
    ) -> Result<Self> {
        let path = pbx.folder().join(format!("{name}.xml"));
        fs::write(&path, scenario).with_context(|| format!("cannot write {}", path.display()))?;
        let mut command = pbx.tools().command("sipp");
        let address = address.to_string();
        command
            .args(arguments)
            .arg("-sf")
            .arg(&path)
            .args(["-i", &address, "-p", "5060", "-mi", &address, "-mp", "16000"]);
        command.args(["-nostdin", "-timer_resol", "1", "-skip_rlimit", "-aa"]);
        for (switch, file) in [
            ("-trace_msg", "-message_file"),
            ("-trace_logs", "-log_file"),
            ("-trace_err", "-error_file"),
        ] {
            command.args([switch, file, "/dev/stderr"]);
        }
        command.current_dir(pbx.folder()).env("TERM", "dumb");
        Ok(Self { process: Process::start(name, command)?, seen: AtomicUsize::new(0) })
    }

    pub(crate) fn expect(&self, line: &str) -> Result<Message> {
        let from = self.seen.load(Ordering::Relaxed);
        let (index, message) = self.process.output().until(
            &format!("SIP message with {line:?}"),
            PATIENCE,
            |output| {
                parse(output)
                    .into_iter()
                    .enumerate()
                    .skip(from)
                    .find(|(_, message)| message.line().contains(line))
            },
        )?;
        self.seen.store(index + 1, Ordering::Relaxed);
        Ok(message)
    }

    pub(crate) fn messages(&self) -> Vec<Message> {
        parse(&self.process.output().text())
    }
}
