//! The life of the host as a daemon: how it starts, follows its files, and stops.

use crate::{
    accounts::Accounts,
    config::{Adapter, Config},
    control::Control,
    running::Running,
    status::{Connection, Vitals},
    supervise, surroundings,
    test_call::TestLegs,
    watch::Watch,
};
use anyhow::{Context, Result, bail};
use std::{
    backtrace::{Backtrace, BacktraceStatus},
    io::IsTerminal,
    panic::{self, PanicHookInfo},
    sync::Arc,
    time::Duration,
};
use strowger_asterisk::Asterisk;
use strowger_console::Serving;
use strowger_exchange::{Clock, Exchange, Memory, Options};
use strowger_flows::{Catalogue, CatalogueConfig, Watching};
use strowger_journal::{Removed, Retention, Store};
use strowger_office::{Courier, Outbox, Rules};
use strowger_pbx::port::{Pbx, PbxSink};
use strowger_remote::Remote;
use strowger_sandbox::Engine;
use strowger_sim::{Phone, Sim, SimConfig};
use strowger_site::{Report, Site};
use strowger_speech::{Prompts, PromptsConfig, Speech};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing_subscriber::{EnvFilter, filter::LevelFilter};

/// Serves calls until it is told to stop. True: every call had ended.
///
/// # Errors
/// It cannot serve: the journal, the PBX or the control socket cannot be had.
pub fn serve(config: Config) -> Result<bool> {
    start_log(&config)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(config.threads())
        .enable_all()
        .build()?;
    let result = runtime.block_on(run(config));
    // What is still up stays at the PBX as it is.
    runtime.shutdown_timeout(Duration::from_secs(1));
    result
}

fn start_log(config: &Config) -> Result<()> {
    let filter = match std::env::var("STROWGER_LOG") {
        Ok(written) => filter(&written).context("STROWGER_LOG")?,
        Err(_) => filter(&config.log.level).context("level in the table [log] of strowger.toml")?,
    };
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        // If standard error is gone, saying so there panics.
        .log_internal_errors(false)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    match config.log.json {
        true => log.json().init(),
        false => log.init(),
    }
    panic::set_hook(Box::new(log_panic));
    Ok(())
}

/// What the log shows. A word that is no level would be taken for a part of the host, and the log
/// would be empty.
fn filter(written: &str) -> Result<EnvFilter> {
    let is_level = |word: &str| word.parse::<LevelFilter>().is_ok();
    let is_part = |word: &str| word.contains('=') || word.starts_with("strowger");
    for word in written.split(',').map(str::trim).filter(|word| !word.is_empty()) {
        if !is_part(word) && !is_level(word) {
            bail!("there is no level {word:?}; write error, warn, info, debug, trace or off");
        }
    }
    // What becomes of a folder that is replaced is the watcher's to say, not its library's; and those
    // that carry messages would log numbers, names and keys with them.
    let quiet = ["notify=error", "tungstenite=info", "tokio_tungstenite=info", "lettre=info"];
    let add = |filter: EnvFilter, part: &str| -> Result<EnvFilter> {
        Ok(filter.add_directive(part.parse()?))
    };
    quiet.into_iter().try_fold(EnvFilter::try_new(written)?, add)
}

/// A mistake of the host is a line of the log. With RUST_BACKTRACE=1 it says by which way it came.
fn log_panic(panic: &PanicHookInfo<'_>) {
    let said = panic.payload_as_str().unwrap_or("it does not say why");
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    let backtrace = Backtrace::capture();
    match backtrace.status() {
        BacktraceStatus::Captured => tracing::error!("panic at {place}: {said}\n{backtrace}"),
        _ => tracing::error!("panic at {place}: {said}"),
    }
}

/// Serves until told to stop. True: every call had ended.
async fn run(config: Config) -> Result<bool> {
    let mut signals = Signals::new()?;
    let opening = catalogue_config(&config)?;
    let store = open_store(&config).await?;
    let memory = Arc::new(Memory(store.clone()));
    let opened = move || Catalogue::open_again(opening, Some(memory));
    let (catalogue, report) = tokio::task::spawn_blocking(opened).await?;
    tell(&report);
    let watch = Arc::new(Watch::default());
    let courier = config.mail.as_ref().map(Courier::new).transpose()?;
    let options = Options::new(catalogue.clone(), Clock::system(), watch.clone());
    let exchange =
        Exchange::new(Options { store: Some(store.clone()), calls: config.calls, ..options });
    let prompts = Arc::new(Prompts::open(prompts(&config, &catalogue.current().site))?);
    tell_missing(&config, &catalogue);
    let connection = Arc::new(Connection::default());
    let legs = Arc::new(TestLegs::default());
    let sink = connection.noted(legs.beside(exchange.sink()));
    let (pbx, sim) = adapter(&config, &prompts, sink).await?;
    exchange.attach(pbx.clone());
    let watching = follow(&catalogue, &exchange, prompts, config.debounce_ms)?;
    let vitals = Vitals {
        catalogue: catalogue.clone(),
        exchange: exchange.clone(),
        pbx: pbx.clone(),
        connection: connection.clone(),
        store: Some(store.clone()),
        state: config.state.clone(),
        mail: courier.is_some(),
        since: exchange.clock().now(),
    };
    let for_status = vitals.clone();
    let rosters = tokio::spawn(supervise::tell_gaps(vitals.clone()));
    let running = Arc::new(Running {
        accounts: Accounts::open(Some(store.clone())).context("users and tokens")?,
        catalogue,
        exchange: exchange.clone(),
        pbx: pbx.clone(),
        sim,
        watch,
        legs,
        journal: config.journal(),
        vitals,
    });
    let control = Control::open(&config.control(), strowger_api::router(running.clone()))?;
    let console = console(&config, running).await?;
    let started = (config.flows.display().to_string(), config.control().display().to_string());
    let saying = tokio::spawn(say_when_serving(connection, pbx.clone(), started));
    supervise::serving();
    let telling = tokio::spawn(supervise::tell_status(for_status));
    let alive = tokio::spawn(supervise::alive(exchange.clone()));
    let tidying = tokio::spawn(tidy(store.clone(), config.keep.into(), exchange.clone()));
    let mailing = mailing(&store, &exchange, courier);

    signals.next().await;
    telling.abort();
    rosters.abort();
    saying.abort();
    drop(watching);
    let left = drain(&exchange, config.drain(), &mut signals).await;
    drop((control, console));
    alive.abort();
    tidying.abort();
    mailing.abort();
    end(&store, left);
    Ok(left == 0)
}

/// The console, if there is to be one.
async fn console(config: &Config, host: Arc<Running>) -> Result<Option<Serving>> {
    let Some(http) = &config.http else { return Ok(None) };
    let nobody = host.accounts.users().is_empty();
    let serving = strowger_console::serve(http, host).await?;
    tracing::info!(address = %serving.address, "the console listens");
    if nobody {
        tracing::warn!("nobody can log in to the console: strowger user add NAME --role admin");
    }
    Ok(Some(serving))
}

/// Says what would show itself only at the first call.
fn tell_missing(config: &Config, catalogue: &Catalogue) {
    for problem in surroundings::missing(config, &catalogue.current()) {
        tracing::error!("\n{problem}");
    }
}

/// Says that the host serves calls, when the PBX is there to bring them.
async fn say_when_serving(
    connection: Arc<Connection>,
    pbx: Arc<dyn Pbx>,
    (flows, control): (String, String),
) {
    let adapter = pbx.name();
    if let Some(why) = connection.error() {
        tracing::info!(adapter, flows, control, "started, and serves no calls yet: {why}");
    }
    connection.is_there().await;
    tracing::info!(adapter, flows, control, "serving");
}

/// Takes over changes of files.
fn follow(
    catalogue: &Arc<Catalogue>,
    exchange: &Arc<Exchange>,
    prompts: Arc<Prompts>,
    debounce_ms: u64,
) -> Result<Watching> {
    let exchange = exchange.clone();
    Ok(catalogue.watch(Duration::from_millis(debounce_ms), move |report| {
        tell(report);
        exchange.site_changed();
        for problem in prompts.refresh() {
            tracing::error!("{problem}");
        }
    })?)
}

/// New calls take the PBX's own route; calls that are up have so long left. Says how many still
/// are.
async fn drain(exchange: &Exchange, within: Duration, signals: &mut Signals) -> usize {
    tracing::info!(
        calls = exchange.call_count(),
        within_s = within.as_secs(),
        "stopping: new calls go to the PBX's own route; a second signal ends at once"
    );
    supervise::stopping(exchange.call_count(), within);
    tokio::select! {
        left = exchange.drain(within) => left,
        () = signals.next() => exchange.call_count(),
    }
}

/// The journal takes what it was given last.
fn end(store: &Store, left: usize) {
    if !store.flush(FLUSH) {
        tracing::error!(
            "the last steps could not be written to the journal within {} s",
            FLUSH.as_secs()
        );
    }
    match left {
        0 => tracing::info!("stopped; every call had ended"),
        calls => tracing::warn!(calls, "stopped; these calls stay at the PBX as they are"),
    }
}

/// Where the flows are. A flow is taken when its scenarios pass.
fn catalogue_config(config: &Config) -> Result<CatalogueConfig> {
    let engine = Engine::new(Some(config.cache.join("plugins")))?;
    Ok(CatalogueConfig {
        flows_dir: config.flows.clone(),
        plugins_dir: config.plugins.clone(),
        about: None,
        engine: engine.clone(),
        gate: Some(strowger_scenario::gate(engine)),
        faults_per_minute: config.faults_per_minute,
    })
}

/// How long the journal has at the end for what it was given last.
const FLUSH: Duration = Duration::from_secs(5);

/// The journal and the records, in the folder for what must be kept.
async fn open_store(config: &Config) -> Result<Store> {
    let (journal, folder) = (config.journal(), config.state.clone());
    tokio::task::spawn_blocking(move || {
        std::fs::create_dir_all(&folder)
            .with_context(|| format!("cannot make {}", folder.display()))?;
        Store::open(&*journal, strowger_journal::Options::default()).context("the journal")
    })
    .await?
}

/// Deletes what need not be kept any longer, at the start and every hour.
async fn tidy(store: Store, retention: Retention, exchange: Arc<Exchange>) {
    let mut hours = tokio::time::interval(Duration::from_secs(60 * 60));
    loop {
        hours.tick().await;
        let clock = exchange.clock();
        let ahead = clock.now().since(clock.trusted());
        if ahead > Duration::from_secs(24 * 60 * 60) {
            let days = ahead.as_secs() / 86_400;
            tracing::error!(
                days,
                "the clock of this machine is so many days ahead of the time that the host believes: \
                 set the clock if it is wrong; until the host believes it, old data is deleted by \
                 the earlier time"
            );
        }
        let (store, exchange) = (store.clone(), exchange.clone());
        let tidied = tokio::task::spawn_blocking(move || {
            let removed = store.retain(&retention, exchange.clock().trusted());
            // The log says why it could not; the host looks again in an hour.
            let _ = exchange.read_history();
            removed
        })
        .await;
        match tidied {
            Ok(Ok(removed)) if removed != Removed::default() => {
                tracing::info!(?removed, "deleted old data from the journal")
            }
            Ok(Ok(_)) => {}
            Ok(Err(error)) => tracing::error!(
                "old data could not be deleted from the journal; the host tries again in an hour: {error}"
            ),
            Err(error) => tracing::error!(
                "old data could not be deleted from the journal; the host tries again in an hour: {error}"
            ),
        }
    }
}

/// Sends mail for as long as the host runs.
fn mailing(
    store: &Store,
    exchange: &Arc<Exchange>,
    courier: Option<Courier>,
) -> tokio::task::JoinHandle<()> {
    if courier.is_none() {
        tracing::warn!("strowger.toml has no table [mail]: mail of flows waits in the outbox");
    }
    let clock = exchange.clock();
    let rules = Rules::new(move || clock.steady());
    tokio::spawn(Outbox::new(store.clone(), exchange.posted(), rules).run(courier))
}

/// What came of reading flow files, for the log.
fn tell(report: &Report) {
    for (flow, version) in &report.swapped {
        tracing::info!(flow, version, "new calls get this version");
    }
    for flow in &report.removed {
        tracing::warn!(flow, "the file of the flow is gone: the flow serves no new calls");
    }
    if report.site_changed {
        tracing::info!("the new site file is used from now on");
    }
    for warning in &report.warnings {
        tracing::warn!("\n{}", warning.as_warning());
    }
    let mut shown = 0;
    for (nth, problem) in report.problems.iter().map(ToString::to_string).enumerate() {
        let left = report.problems.len() - nth;
        if nth > 0 && shown + problem.lines().count() > MOST_LINES {
            tracing::error!("and {left} more: `strowger flows` or `strowger check` shows all");
            break;
        }
        shown += problem.lines().count();
        tracing::error!("\n{problem}");
    }
}

/// Of what is wrong with files, the log shows so many lines.
const MOST_LINES: usize = 20;

/// The PBX that the configuration names.
async fn adapter(
    config: &Config,
    prompts: &Arc<Prompts>,
    sink: PbxSink,
) -> Result<(Arc<dyn Pbx>, Option<Arc<Sim>>)> {
    match (&config.adapter, &config.asterisk, &config.remote) {
        (Adapter::Asterisk, Some(asterisk), _) => {
            let pbx = Asterisk::start(asterisk.clone(), prompts.clone(), sink).await?;
            Ok((Arc::new(pbx), None))
        }
        (Adapter::Remote, _, Some(remote)) => {
            Ok((Arc::new(Remote::start(remote, sink).await?), None))
        }
        _ => {
            let sim = Arc::new(Sim::new(simulated(prompts.lengths()), sink));
            Ok((sim.clone(), Some(sim)))
        }
    }
}

/// Everybody answers after 3 s and talks for 20.
fn simulated(lengths: strowger_speech::Lengths) -> SimConfig {
    let answers = Phone::answers(Duration::from_secs(3)).talking(Duration::from_secs(20));
    let since_1970 =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    SimConfig {
        leg_prefix: format!("sim-{}-", since_1970.as_secs()),
        unknown: answers.clone(),
        outside: answers,
        lengths,
        ..SimConfig::default()
    }
}

fn prompts(config: &Config, site: &Arc<Site>) -> PromptsConfig {
    let zone = site.clone();
    let speech = &site.speech;
    PromptsConfig {
        // A flow's own are named by flow; what is not found so is the site's.
        recordings: vec![config.flows.clone(), site.prompts.clone()],
        speech: Speech {
            program: speech.program.clone(),
            args: speech.args.clone(),
            voices: speech.voices.clone(),
            timeout_s: speech.timeout.as_secs().max(1),
            ..Speech::default()
        },
        language: site.language.clone(),
        time_of_day: Arc::new(move |at| {
            let moment = zone.moment(at);
            (moment.hour, moment.minute)
        }),
        ..PromptsConfig::new(config.cache.join("prompts"))
    }
}

/// What tells the host to stop.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn new() -> Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
