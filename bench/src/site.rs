//! The vaccination helpdesk of `flows/` on a site of any size, in a temporary folder.

use anyhow::{Context, Result, bail};
use std::{fmt::Write as _, fs, sync::Arc, time::Duration};
use strowger_exchange::{Clock, Exchange, Observer, Options};
use strowger_flows::{Catalogue, CatalogueConfig, Gate};
use strowger_journal::{Options as StoreOptions, Store};
use strowger_sandbox::Engine;
use strowger_sim::{Caller, Sim, SimConfig};
use strowger_test_support::{compile_cache, workspace};
use strowger_tests::{Folder, journal};
use toml::{Table, Value};

/// A flow file of `flows/`.
pub(crate) fn flow_file(name: &str) -> Result<Table> {
    shipped(&format!("{name}/flow.toml"))
}

/// A file of `flows/`.
fn shipped(file: &str) -> Result<Table> {
    let path = workspace().join("flows").join(file);
    let text = fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
    toml::from_str(&text).with_context(|| format!("{} is not TOML", path.display()))
}

/// The number of the helpdesk.
pub(crate) const NUMBER: &str = "+3292000300";

/// Somebody who calls the helpdesk.
pub(crate) fn caller(number: u64) -> Caller {
    Caller { from: Some(format!("+32470{number:06}")), to: NUMBER.to_owned(), ..Caller::default() }
}

/// The address of an agent's phone.
pub(crate) fn phone(agent: usize) -> String {
    format!("PJSIP/agent-{agent}")
}

/// The helpdesk with so many agents, all logged in, in a queue without a cap, and with the kinds of
/// cases of the site in `flows/`.
pub(crate) fn helpdesk(agents: usize, hours: &str, wrap_up: u32) -> Result<Folder> {
    let mut site = format!(
        "time_zone = \"Europe/Brussels\"\ncountry = \"BE\"\nlanguage = \"nl-BE\"\n\
         [music]\nwachtmuziek = \"default\"\n\
         [schedules.helpdesk]\nhours = \"{hours}\"\n\
         [schedules.central]\nhours = \"{hours}\"\n\
         [queues.helpdesk]\nring_time = 20\ntoo_short = 1\nwrap_up = {wrap_up}\nagents = [{}]\n\
         [queues.onthaal]\n",
        (0..agents).map(|agent| format!("\"agent-{agent}\"")).collect::<Vec<_>>().join(", ")
    );
    for agent in 0..agents {
        let _ = write!(
            site,
            "[agents.agent-{agent}]\nlogged_in = true\nendpoints = [{{ address = \"{}\" }}]\n",
            phone(agent)
        );
    }
    let cases = shipped("site.toml")?.remove("cases").context("the site has no cases")?;
    site += &toml::to_string(&Table::from_iter([("cases".to_owned(), cases)]))?;
    let mut flow = flow_file("vaccination-helpdesk")?;
    flow.insert(
        "limits".to_owned(),
        // More than there is: what the host can do is measured, and not what a flow may use.
        Value::Table(Table::from_iter([
            ("calls".to_owned(), Value::Integer(1_000_000)),
            ("processor_ms".to_owned(), Value::Integer(64_000)),
        ])),
    );
    Folder::new(&site)?
        .plugin("vaccination-helpdesk")?
        .flow("vaccination-helpdesk", &toml::to_string(&flow)?)
}

/// A catalogue on a folder whose files are all good.
pub(crate) fn catalogue(
    folder: &Folder,
    engine: &Engine,
    gate: Option<Gate>,
) -> Result<Arc<Catalogue>> {
    let (catalogue, report) = Catalogue::open(CatalogueConfig {
        flows_dir: folder.flows(),
        plugins_dir: folder.plugins(),
        about: None,
        engine: engine.clone(),
        gate,
        faults_per_minute: usize::MAX,
    });
    if !report.problems.is_empty() {
        bail!("{}", report.problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"));
    }
    Ok(catalogue)
}

/// An engine with the compile cache of the tests.
pub(crate) fn engine() -> Result<Engine> {
    Ok(Engine::new(Some(compile_cache()))?)
}

/// An exchange on a folder, and a sim for it. Inside a runtime only.
pub(crate) fn host(
    folder: &Folder,
    clock: Clock,
    observer: Arc<dyn Observer>,
    sim: SimConfig,
    store: Option<Store>,
) -> Result<(Arc<Exchange>, Arc<Sim>)> {
    let catalogue = catalogue(folder, &engine()?, None)?;
    let exchange = Exchange::new(Options {
        store,
        calls: usize::MAX,
        ..Options::new(catalogue, clock, observer)
    });
    let sim = Arc::new(Sim::new(sim, exchange.sink()));
    exchange.attach(sim.clone());
    Ok((exchange, sim))
}

/// The journal of a folder, in a file on its disk. That the machine is busy with something else
/// does not make it stuck.
pub(crate) fn store(folder: &Folder) -> Result<Store> {
    fs::create_dir_all(folder.cache())?;
    let options = StoreOptions { stuck_after: Duration::from_secs(5), ..StoreOptions::default() };
    Ok(Store::open(&journal(folder), options)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is measured has to be there: the figures themselves are no tests.
    #[test]
    fn the_helpdesk_of_the_figures_is_good() {
        let folder = helpdesk(2, "24/7", 0).unwrap();
        let catalogue = catalogue(&folder, &engine().unwrap(), None).unwrap();
        assert!(catalogue.current().route(NUMBER).is_some());
    }
}
