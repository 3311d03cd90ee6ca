//! A host on a real Asterisk.

use crate::{Folder, Host, open_journal};
use anyhow::Result;
use std::{sync::Arc, time::Duration};
use strowger_asterisk::{Asterisk, AsteriskConfig};
use strowger_exchange::Clock;
use strowger_speech::{Prompts, PromptsConfig};
use strowger_testbed::{
    AsteriskServer, Gate,
    asterisk::{APP, PASSWORD, TRANSFER, USER},
};
use tokio::runtime::Runtime;

/// An Asterisk and the host that serves its calls.
pub struct Bed {
    // Fields drop in this order: the host goes before its Asterisk.
    /// None: stopped. A host has a runtime of its own, so that all of it stops at once.
    running: Option<(Host, Runtime)>,
    /// Flows.
    pub folder: Folder,
    /// Before ARI.
    pub gate: Gate,
    /// The PBX.
    pub pbx: AsteriskServer,
}

impl Bed {
    /// An Asterisk, and a host on this folder whose adapter is connected.
    ///
    /// # Errors
    /// One of them does not start.
    pub async fn start(folder: Folder) -> Result<Self> {
        let pbx = AsteriskServer::start()?;
        let gate = Gate::open(&pbx)?;
        let mut bed = Self { running: None, folder, gate, pbx };
        bed.start_host().await?;
        Ok(bed)
    }

    /// Starts a host on the folder's journal; one that was there before is stopped first. Its calls
    /// stay at the PBX, and the new one takes them up.
    ///
    /// # Errors
    /// A file is bad, or the PBX cannot be reached.
    pub async fn start_host(&mut self) -> Result<()> {
        self.stop_host();
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build()?;
        // A slow machine is no reason to give up journalling.
        let options = strowger_journal::Options {
            stuck_after: Duration::from_secs(10),
            ..Default::default()
        };
        let store = open_journal(&self.folder, options)?;
        let host = {
            let _inside = runtime.enter();
            Host::start_on(&self.folder, Clock::system(), Some(store))?
        };
        let mut config = AsteriskConfig::new(&self.gate.url(), USER, PASSWORD);
        config.app = APP.into();
        config.transfer_context = TRANSFER.into();
        config.number_endpoint =
            Some(format!("PJSIP/central/sip:{{number}}@{}:5060", self.pbx.host(200)));
        config.extension_endpoint = "PJSIP/a{extension}".into();
        config.prompts_bind = (self.pbx.host(2), 0).into();
        let mut prompts = PromptsConfig::new(self.pbx.folder().join("spoken"));
        prompts.language = "nl-BE".to_owned();
        prompts.speech.program =
            self.pbx.tools().espeak().get_program().to_string_lossy().into_owned();
        let (synced, connected) = tokio::sync::oneshot::channel();
        let synced = std::sync::Mutex::new(Some(synced));
        let sink = host.exchange.sink();
        let tell = Arc::new(move |event| {
            let first = matches!(event, strowger_pbx::port::PbxEvent::Synced { .. });
            sink(event);
            if first
                && let Some(synced) =
                    synced.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take()
            {
                let _ = synced.send(());
            }
        });
        let prompts = Arc::new(Prompts::open(prompts)?);
        let adapter = runtime.spawn(Asterisk::start(config, prompts, tell)).await??;
        host.exchange.attach(Arc::new(adapter));
        tokio::time::timeout(Duration::from_secs(20), connected).await??;
        self.running = Some((host, runtime));
        Ok(())
    }

    /// Stops the host as a crash would: nothing is told to the PBX.
    pub fn stop_host(&mut self) {
        if let Some((host, runtime)) = self.running.take() {
            runtime.shutdown_background();
            drop(host);
        }
    }

    /// The host.
    ///
    /// # Panics
    /// It is stopped.
    pub fn host(&self) -> &Host {
        match &self.running {
            Some((host, _)) => host,
            None => panic!("the host is stopped"),
        }
    }
}

impl Drop for Bed {
    fn drop(&mut self) {
        // A runtime may not be dropped where another one runs.
        self.stop_host();
    }
}

/// A site whose helpdesk has these agents, `a1` and so on, logged in or not, with hours `24/7` or
/// `off` of the helpdesk and the central. Agents may hang up as soon as they like: it was a
/// conversation.
pub fn helpdesk_site(agents: u8, logged_in: bool, open: bool, central_open: bool) -> String {
    let hours = |open| if open { "24/7" } else { "off" };
    let names: Vec<String> = (1..=agents).map(|agent| format!("\"a{agent}\"")).collect();
    let mut site = format!(
        r#"
time_zone = "Europe/Brussels"
country = "BE"
language = "nl-BE"

[music]
wachtmuziek = "default"

[schedules.helpdesk]
hours = "{}"

[schedules.central]
hours = "{}"

[queues.helpdesk]
agents = [{}]
strategy = "linear"
ring_time = 3
retry_after = 2
too_short = 0
cap = 100000
"#,
        hours(open),
        hours(central_open),
        names.join(", ")
    );
    for agent in 1..=agents {
        site += &format!(
            "\n[agents.a{agent}]\nendpoints = [{{ address = \"PJSIP/a{agent}\" }}]\nlogged_in = {logged_in}\n"
        );
    }
    site
}

/// For the end of [`HELPDESK`]: what an agent may key in a conversation.
pub const IN_CALL: &str = r#"
[settings.in_call]
consult = "*4N#"
back = "*#"
transfer = "*7N#"
ring_time = 10
country = "+32"
busy = "Bezet."
not_reached = "Niemand."
not_permitted = "Niet toegestaan."
"#;

/// The helpdesk, in which those who wait key 9 to be called back, and nobody goes on to the central.
///
/// # Errors
/// It cannot be written.
pub fn calls_back(agents: u8) -> Result<Folder> {
    let site = helpdesk_site(agents, true, true, true).replace("ring_time = 3", "ring_time = 60");
    let flow = HELPDESK
        .replace("overflow_after = 6", "overflow_after = 600")
        .replace("repeat_every = 2", "repeat_every = 600")
        .replace("dial = [", "dial = [\"+3247*\", ");
    Folder::helpdesk(&site, &format!("{flow}{CALL_BACK}"))
}

const CALL_BACK: &str = r#"
[settings.call_back]
key = "9"
country = "+32"
attempts = 3
retry_after = 1
ring_time = 30
key_within = 20
offer = "Negen."
ask = "Op {number}?"
other = "Welk nummer?"
refused = "Nee."
noted = "Goed."
called = "Druk één."
agent = "Terug."
not_reached = "Niemand."
"#;

/// The vaccination helpdesk with short words and short times: the waiting message every 2 s, on to
/// the central after 6 s.
pub const HELPDESK: &str = r#"
plugin = "vaccination-helpdesk"
numbers = ["0900"]

[permissions]
queues = ["helpdesk"]
dial = ["+3227138700"]

[limits]
calls = 1000000

[settings]
municipality = "Gent"
opening_hours = "helpdesk"
queue = "helpdesk"
music = "wachtmuziek"
repeat_every = 2
overflow_after = 6
warn_below_agents = 2

[settings.central]
number = "+3227138700"
opening_hours = "central"
reached_by = "routing"
ring_time = 5

[settings.texts]
welcome = "Welkom."
waiting = "Even wachten."
stay = "Blijf aan de lijn."
central_number = "Bel de centrale."
closed = "Gesloten."
full = "Vol."
"#;

/// In front of the helpdesk.
const FRONT: &str = r#"
plugin = "redirect"
numbers = ["0900"]
[permissions]
flows = ["vaccination-helpdesk"]
[limits]
calls = 1000000
processor_ms = 64000
[settings]
switch = "hap"
flow = "vaccination-helpdesk"
[settings.positions]
Open = "normal"
"#;

/// The helpdesk, with so many agents whose phones ring for a minute, behind the switch `hap`
/// (code 31). `closed` says what happens to callers of 0900 in its position `Gesloten`.
///
/// # Errors
/// It cannot be written.
pub fn behind_a_switch(agents: u8, closed: &str) -> Result<Folder> {
    let helpdesk = HELPDESK
        .replace("0900", "0901")
        .replace("overflow_after = 6", "overflow_after = 600")
        .replace("repeat_every = 2", "repeat_every = 600");
    let site = helpdesk_site(agents, true, true, true).replace("ring_time = 3", "ring_time = 60");
    let site = site + "[switches.hap]\npositions = [\"Open\", \"Gesloten\"]\ncode = \"31\"\n";
    let front = format!("{FRONT}Gesloten = {closed}\n");
    Folder::helpdesk(&site, &helpdesk)?.plugin("redirect")?.flow("front", &front)
}
