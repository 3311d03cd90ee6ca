//! `strowger demo`: calls that one can watch, on the sim, with a copy of the flows that are
//! shipped.
//!
//! The copy differs in three things: waits are short, everything is open, and An and Bram are at
//! their phones. While callers come and go the flow file is changed, once well and once with a
//! mistake in it, as an operator would.

mod script;
mod stage;

use crate::{args, commands::load};
use anstream::println;
use anyhow::{Context, Result, bail};
use script::{FLOW, Scene};
use stage::Copy;
use std::{collections::BTreeMap, io::IsTerminal, sync::Arc, time::Duration};
use strowger_daemon::{
    Accounts, Config, Connection, Control, Running, Sight, Vitals, Wanted, Watch,
};
use strowger_exchange::{Clock, Exchange, Options};
use strowger_flows::{Catalogue, CatalogueConfig, Snapshot};
use strowger_journal::Backend;
use strowger_model::CallId;
use strowger_pbx::port::{Address, PbxSink};
use strowger_scenario::What;
use strowger_sim::{Phone, Sim, SimConfig};
use strowger_site::Report;
use strowger_speech::lengths_without_recordings;
use tokio::{
    sync::{mpsc::Receiver, oneshot},
    time::Instant,
};

/// What is heard lasts no longer than this, or one would wait for every word.
const LONGEST_PROMPT: Duration = Duration::from_millis(1500);
/// The calls are over long before this, or something is wrong.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

pub(crate) fn demo(args: &args::Demo) -> Result<bool> {
    let copy = Copy::of(&args.flows)?;
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(run(args, &copy))
}

async fn run(args: &args::Demo, copy: &Copy) -> Result<bool> {
    let engine = load::engine(&args.plugins)?;
    let config = CatalogueConfig {
        flows_dir: copy.flows.clone(),
        plugins_dir: args.plugins.plugins.clone(),
        about: None,
        engine,
        gate: None,
        faults_per_minute: 10,
    };
    let (catalogue, report) = tokio::task::spawn_blocking(|| Catalogue::open(config)).await?;
    if !report.is_good() || !catalogue.current().flows.contains_key(FLOW) {
        bail!("the demo needs the flow {FLOW} that is shipped:\n{report}");
    }
    let watch = Arc::new(Watch::default());
    let sights = watch.watch(Wanted::All);
    let exchange = Exchange::new(Options::new(catalogue.clone(), Clock::system(), watch.clone()));
    let connection = Arc::new(Connection::default());
    let sink = connection.noted(exchange.sink());
    let sim = Arc::new(simulated(&catalogue.current(), sink));
    exchange.attach(sim.clone());
    let running = Arc::new(Running {
        accounts: Accounts::open(None)?,
        catalogue: catalogue.clone(),
        exchange: exchange.clone(),
        pbx: sim.clone(),
        sim: Some(sim.clone()),
        watch,
        legs: Arc::default(),
        journal: no_journal(copy),
        vitals: vitals(&catalogue, &exchange, sim.clone(), connection, copy),
    });
    let _control = Control::open(&copy.control, strowger_api::router(running))?;

    let screen = Screen::new();
    let _watching = {
        let (exchange, screen) = (exchange.clone(), screen.clone());
        catalogue.watch(Duration::from_millis(50), move |report| {
            screen.swap(report);
            exchange.site_changed();
        })?
    };
    let number = script::number(&catalogue.current()).context("the flow serves no number")?;
    println!("{}", script::OPENING);
    let (all_over, mut served) = oneshot::channel();
    tokio::spawn(screen.clone().show(sights, all_over));
    let start = Instant::now();
    for (at, scene) in script::scenes() {
        tokio::time::sleep_until(start + Duration::from_millis(at)).await;
        match scene {
            Scene::Call { from, patience } => {
                sim.call(script::caller(from, patience, &number));
            }
            Scene::Say(text) => screen.say(text),
            Scene::Change(change) => copy.change(change)?,
        }
    }
    let outcomes = tokio::time::timeout(LONGEST_WAIT, &mut served).await;
    let outcomes = outcomes.context("the calls did not end")??;
    let good = outcomes == script::outcomes();
    println!("\n{}", summary(&outcomes, good));
    println!("{}", script::NEXT);
    if !args.exit {
        println!("\nThe host goes on serving. From another terminal:");
        println!("  strowger call {number} --control {}", copy.control.display());
        println!("  strowger flows --control {}", copy.control.display());
        println!("or change {} and save it. Ctrl-C ends.\n", copy.flows.display());
        tokio::signal::ctrl_c().await?;
    }
    Ok(good)
}

/// Of a host that keeps nothing and sends no mail.
/// The demo keeps none.
fn no_journal(copy: &Copy) -> Arc<dyn Backend> {
    Config { state: copy.control.with_extension("state"), ..Config::default() }.journal()
}

fn vitals(
    catalogue: &Arc<Catalogue>,
    exchange: &Arc<Exchange>,
    pbx: Arc<Sim>,
    connection: Arc<Connection>,
    copy: &Copy,
) -> Vitals {
    let (catalogue, exchange) = (catalogue.clone(), exchange.clone());
    let (state, since) = (copy.flows.clone(), exchange.clock().now());
    Vitals { catalogue, exchange, pbx, connection, store: None, state, mail: false, since }
}

/// The PBX, with the phones of the script.
fn simulated(snapshot: &Snapshot, sink: PbxSink) -> Sim {
    let lengths = lengths_without_recordings(&snapshot.site.language);
    let sim = Sim::new(
        SimConfig {
            lengths: Arc::new(move |prompt| {
                lengths(prompt).map(|length| length.min(LONGEST_PROMPT))
            }),
            ..SimConfig::default()
        },
        sink,
    );
    for (address, after, talks) in script::PHONES {
        let seconds = |seconds: u64| Duration::from_secs(seconds);
        sim.phone(
            Address::Endpoint(address.into()),
            Phone::answers(seconds(after)).talking(seconds(talks)),
        );
    }
    for number in script::numbers(snapshot) {
        sim.phone(
            Address::Number(number),
            Phone::answers(Duration::from_secs(1)).talking(Duration::from_secs(4)),
        );
    }
    sim
}

/// What came of the calls, in words.
fn summary(outcomes: &BTreeMap<String, String>, good: bool) -> String {
    let number = |outcome: &str| outcomes.values().filter(|came| *came == outcome).count();
    let line = format!(
        "{} callers: {} talked with an agent, {} with the central helpdesk, {} gave up.",
        outcomes.len(),
        number("answered"),
        number("overflow"),
        number("abandoned")
    );
    match good {
        true => line,
        false => {
            format!("{line}\nThat is not what should have come of it: {:?}", script::outcomes())
        }
    }
}

/// The terminal.
#[derive(Clone)]
struct Screen {
    start: Instant,
    colour: bool,
}

/// One for each caller.
const COLOURS: [&str; 6] = ["36", "33", "35", "32", "34", "31"];

impl Screen {
    fn new() -> Arc<Self> {
        let colour = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        Arc::new(Self { start: Instant::now(), colour })
    }

    fn line(&self, colour: &str, text: &str) {
        let at = self.start.elapsed().as_secs_f64();
        match self.colour {
            true => println!("{at:5.1} s  \x1b[{colour}m{text}\x1b[0m"),
            false => println!("{at:5.1} s  {text}"),
        }
    }

    fn say(&self, text: &str) {
        self.line("1", text);
    }

    /// What came of a change of the files.
    fn swap(&self, report: &Report) {
        for (flow, version) in &report.swapped {
            self.say(&format!(
                "    {flow}: new calls get version {version}; calls in progress stay on theirs"
            ));
        }
        for problem in &report.problems {
            for line in problem.to_string().lines() {
                self.say(&format!("    {line}"));
            }
        }
        if !report.problems.is_empty() {
            self.say("    refused: the earlier version goes on serving new calls");
        }
    }

    /// Shows calls until there is nothing more to see. When those of the script are over, says what
    /// came of each, by caller.
    async fn show(
        self: Arc<Self>,
        mut sights: Receiver<Sight>,
        all_over: oneshot::Sender<BTreeMap<String, String>>,
    ) {
        let mut all_over = Some(all_over);
        let mut names: Vec<(CallId, String)> = Vec::new();
        let mut outcomes = BTreeMap::new();
        while let Some(Sight { call, what, .. }) = sights.recv().await {
            if let What::Arrives { caller, .. } = &what {
                names.push((call, script::name(caller.as_deref())));
            }
            let Some(place) = names.iter().position(|(known, _)| *known == call) else { continue };
            let name = &names[place].1;
            if let What::Closed(record) = &what {
                outcomes.insert(name.clone(), record.outcome.clone());
            }
            if script::is_shown(&what) {
                let text = script::shortened(&format!("{name:<8}{what}"));
                self.line(COLOURS[place % COLOURS.len()], &text);
            }
            if outcomes.len() == script::outcomes().len()
                && let Some(all_over) = all_over.take()
            {
                // Fails if nobody waits any more.
                let _ = all_over.send(outcomes.clone());
            }
        }
    }
}
