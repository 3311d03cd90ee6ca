//! How the host is, as a whole: what `strowger status` and a service manager are told.

use crate::answers;
use std::{path::PathBuf, sync::Arc, time::Duration};
use strowger_api::{Error, v1};
use strowger_exchange::{Clock, Exchange};
use strowger_flows::{Catalogue, FlowStatus};
use strowger_journal::{Health, Store};
use strowger_model::{
    MailState, Timestamp,
    read::{AgentFigures, AgentStatus, QueueFigures},
    switch::SwitchState,
};
use strowger_pbx::port::{Pbx, PbxEvent, PbxSink};
use strowger_site::Problem;
use tokio::sync::watch;

/// Whether the PBX can be reached; none: it has said nothing yet.
#[derive(Default)]
pub struct Connection(watch::Sender<Option<Result<(), String>>>);

impl Connection {
    /// A sink that also takes note of the connection.
    pub fn noted(self: &Arc<Self>, sink: PbxSink) -> PbxSink {
        let connection = self.clone();
        Arc::new(move |event| {
            match &event {
                PbxEvent::Lost { why } => connection.is(Err(why.clone())),
                PbxEvent::Synced { .. } => connection.is(Ok(())),
                _ => {}
            }
            sink(event);
        })
    }

    fn is(&self, now: Result<(), String>) {
        self.0.send_replace(Some(now));
    }

    /// Waits until the PBX can be reached.
    pub(crate) async fn is_there(&self) {
        // The sender lives as long as this.
        let _ = self.0.subscribe().wait_for(|now| matches!(now, Some(Ok(())))).await;
    }

    pub(crate) fn error(&self) -> Option<String> {
        match &*self.0.borrow() {
            None => Some("it has not answered yet".to_owned()),
            Some(connected) => connected.clone().err(),
        }
    }
}

/// The parts of a host that its status is made of.
#[derive(Clone)]
pub struct Vitals {
    /// The flows.
    pub catalogue: Arc<Catalogue>,
    /// The calls.
    pub exchange: Arc<Exchange>,
    /// The PBX.
    pub pbx: Arc<dyn Pbx>,
    /// Whether the PBX can be reached.
    pub connection: Arc<Connection>,
    /// The journal; none: the demo keeps none.
    pub store: Option<Store>,
    /// The folder for what must be kept.
    pub state: PathBuf,
    /// There is a mail server.
    pub mail: bool,
    /// When the host started.
    pub since: Timestamp,
}

/// With less than this on the disk something is ill: the journal of a busy day needs some of it.
pub(crate) const LEAST_FREE: u64 = 512 << 20;

/// A mail that was tried so often has waited for longer than a short break of the mail server.
const TRIES: u32 = 6;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// All of it. Reads the outbox.
pub(crate) async fn status(vitals: &Vitals) -> Result<v1::Status, Error> {
    let store = vitals.store.clone();
    let since = Timestamp(Clock::system().now().0.saturating_sub(5 * DAY.as_millis() as u64));
    let mails = tokio::task::spawn_blocking(move || match store {
        Some(store) => store.mails(Some(since)),
        None => Ok(Vec::new()),
    });
    let mails = mails.await.map_err(Error::internal)?.map_err(Error::internal)?;
    let waiting = || mails.iter().filter(|posted| posted.last.state == MailState::Waiting);
    let yesterday = Timestamp(since.0 + 4 * DAY.as_millis() as u64);
    let failed = |posted: &&strowger_journal::Posted| {
        posted.last.state == MailState::Failed && posted.last.at >= yesterday
    };
    let tried = waiting().max_by_key(|posted| posted.last.tries).map(|posted| &posted.last);
    let mail = v1::MailStatus {
        server: vitals.mail,
        waiting: waiting().count() as u64,
        failed: mails.iter().filter(failed).count() as u64,
        error: tried.and_then(|tried| tried.error.clone()),
    };
    let late = tried.is_some_and(|tried| tried.tries >= TRIES);
    let mut status = without_mail(vitals);
    if !mail.server && mail.waiting > 0 {
        let ill = format!("{} mails wait, and strowger.toml names no mail server", mail.waiting);
        status.ill.push(ill);
    } else if late {
        let why = mail.error.as_deref().unwrap_or_default();
        status.ill.push(format!("{} mails wait: {why}", mail.waiting));
    }
    if mail.failed > 0 {
        status.ill.push(format!("{} mails were given up within a day", mail.failed));
    }
    Ok(v1::Status { mail, ..status })
}

/// All of it but the outbox. Reads nothing from the disk.
pub(crate) fn without_mail(vitals: &Vitals) -> v1::Status {
    let flows = vitals.catalogue.status();
    let problems = vitals.catalogue.site_problems();
    let store = vitals.store.as_ref();
    let health = store.map(|store| store.health().borrow().clone());
    let pbx_error = vitals.connection.error();
    let disk = v1::DiskStatus {
        folder: vitals.state.display().to_string(),
        free: rustix::fs::statvfs(&vitals.state).ok().map(|disk| disk.f_bavail * disk.f_frsize),
    };
    let (stuck_since, journal_error) = match health {
        Some(Health::Stuck { since, why }) => (Some(since), Some(why)),
        Some(Health::Journalling) | None => (None, None),
    };
    let adapter = vitals.pbx.name().to_owned();
    let mut ill = Vec::new();
    ill.extend(
        pbx_error.as_ref().map(|why| format!("the PBX ({adapter}) is not connected: {why}")),
    );
    ill.extend(problems.first().map(|problem| said("the site file is not in force", problem)));
    ill.extend(flows.iter().filter_map(ill_flow));
    ill.extend(journal_error.as_ref().map(|why| format!("the journal cannot be written: {why}")));
    ill.extend(gaps(vitals));
    ill.extend(vitals.exchange.misnamed().iter().map(ToString::to_string));
    ill.extend(vitals.exchange.dropped_switches().iter().map(dropped));
    ill.extend(idle_queues(&vitals.exchange.queues(), &vitals.exchange.agents()));
    if let Some(free) = disk.free.filter(|free| *free < LEAST_FREE) {
        ill.push(format!("only {} MiB are free at {}", free >> 20, disk.folder));
    }
    v1::Status {
        ill,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        since: vitals.since,
        calls: vitals.exchange.call_count() as u64,
        pbx: v1::PbxStatus { adapter, connected: pbx_error.is_none(), error: pbx_error },
        site: v1::SiteStatus {
            in_force: vitals.catalogue.current().site.source.is_some(),
            error: (!problems.is_empty())
                .then(|| problems.iter().map(Problem::to_string).collect()),
            warnings: vitals.catalogue.report().warnings.iter().map(Problem::as_warning).collect(),
        },
        flows: v1::FlowsStatus {
            serving: flows.iter().filter(|flow| flow.version.is_some()).count() as u64,
            wrong: flows
                .iter()
                .filter(|flow| flow.error.is_some())
                .map(|flow| flow.name.as_str().into())
                .collect(),
        },
        journal: v1::JournalStatus {
            pending: store.map_or(0, Store::pending) as u64,
            stuck_since,
            error: journal_error,
        },
        mail: v1::MailStatus { server: vitals.mail, waiting: 0, failed: 0, error: None },
        disk,
        switches: turned(vitals),
    }
}

/// A switch that is turned and that the site file has no more.
fn dropped(SwitchState { name, position, .. }: &SwitchState) -> String {
    format!(
        "switch {name} stands in {position:?}, and the site file has it no more, so nothing comes of \
         that: put it back, or write `was = \"{name}\"` at the switch that it is now"
    )
}

/// Switches that are not where they normally are.
fn turned(vitals: &Vitals) -> Vec<v1::Switch> {
    let switches = vitals.exchange.switches().into_iter();
    let turned = switches.filter(|switch| switch.positions.first() != Some(&switch.state.position));
    turned.map(answers::switch).collect()
}

/// What rosters lack in the days to come.
pub(crate) fn gaps(vitals: &Vitals) -> Vec<String> {
    let gaps = vitals.catalogue.current().site.gaps(Clock::system().now());
    gaps.iter().map(ToString::to_string).collect()
}

/// Queues whose agents have logged in, and none of whom takes a call or will when another is over.
fn idle_queues(queues: &[QueueFigures], agents: &[AgentFigures]) -> Vec<String> {
    let takes_none = |agent: &&AgentFigures| {
        matches!(
            agent.status,
            AgentStatus::Paused | AgentStatus::DoNotDisturb | AgentStatus::Unreachable
        )
    };
    let idle = queues.iter().filter_map(|queue| {
        let of_queue = agents.iter().filter(|agent| agent.queues.contains(&queue.queue));
        let here = of_queue.filter(|agent| agent.status != AgentStatus::LoggedOut);
        let (idle, others): (Vec<_>, Vec<_>) = here.partition(takes_none);
        (!idle.is_empty() && others.is_empty()).then(|| {
            let why = idle.iter().map(|agent| match (&agent.pause_reason, agent.status) {
                (Some(reason), AgentStatus::Paused) => format!("{} is paused: {reason}", agent.agent),
                (None, AgentStatus::Paused) => format!("{} is paused", agent.agent),
                (_, AgentStatus::DoNotDisturb) => format!("{} wants no calls", agent.agent),
                _ => format!("no phone of {} can be reached", agent.agent),
            });
            let (name, waiting) = (&queue.queue, queue.now.waiting);
            let why: Vec<String> = why.collect();
            format!("queue {name}: {waiting} callers wait, and nobody who has logged in takes a call ({})", why.join(", "))
        })
    });
    idle.collect()
}

/// A problem in one line.
fn said(what: &str, problem: &Problem) -> String {
    let (file, message) = (problem.file.display(), &problem.message);
    match &problem.place {
        Some(place) => format!("{what}: {file}:{}: {message}", place.line),
        None => format!("{what}: {file}: {message}"),
    }
}

pub(crate) fn ill_flow(flow: &FlowStatus) -> Option<String> {
    let name = &flow.name;
    match (&flow.version, &flow.withdrawn, &flow.error) {
        (_, Some(version), _) if flow.on_fallback => Some(format!(
            "flow {name} sends callers to its fallback: version {version} failed too often"
        )),
        (_, Some(version), _) => Some(format!(
            "flow {name} serves an earlier version: version {version} failed too often"
        )),
        (None, _, _) => Some(format!("flow {name} serves no new calls: its files are not good")),
        (Some(version), _, Some(_)) => Some(format!(
            "flow {name} serves the earlier version {version}: its files are not good"
        )),
        (Some(_), None, None) => None,
    }
}
