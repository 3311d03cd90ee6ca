//! A hundred swaps, of settings and of plugins, good and broken, while calls are up.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};
use strowger_exchange::Clock;
use strowger_flows::Catalogue;
use strowger_pbx::port::Address;
use strowger_sim::{Caller, Phone, SimConfig, Then};
use strowger_test_support::plugin_wasm;
use strowger_testbed::{Caller as SippCaller, Phone as SippPhone, sipp::Answer};
use strowger_tests::{Bed, Folder, HELPDESK, Host, PATIENCE, helpdesk_site};
use tokio::runtime::Handle;

const SWAPS: u32 = 100;
/// Callers who wait through all swaps.
const WAITING: usize = 20;

/// The helpdesk on 0900 is closed and says so: short calls. That on 0901 is open, and nobody
/// answers yet.
fn folder(agents: u8) -> Folder {
    let folder = Folder::new(&helpdesk_site(agents, true, true, false))
        .unwrap()
        .plugin("vaccination-helpdesk")
        .unwrap();
    folder
        .flow("waiting", &HELPDESK.replace("0900", "0901"))
        .unwrap()
        .flow("load", &load(0))
        .unwrap()
}

/// The flow under load; what it says names the edition.
fn load(edition: u32) -> String {
    HELPDESK
        .replace("opening_hours = \"helpdesk\"", "opening_hours = \"central\"")
        .replace("\"Gesloten.\"", &format!("\"Gesloten, editie {edition}.\""))
}

/// The plugin with a custom section: another file that does the same.
fn edition_of_plugin(edition: u32) -> Vec<u8> {
    let mut wasm = plugin_wasm("vaccination-helpdesk");
    let mut section = vec![7];
    section.extend(b"edition");
    section.extend(edition.to_le_bytes());
    wasm.extend([0, section.len() as u8]);
    wasm.extend(section);
    wasm
}

/// One swap; gives whether it was a good one. Broken files are never served.
fn swap(number: u32, folder: &Folder, catalogue: &Catalogue) -> bool {
    let version = |name: &str| catalogue.current().flows[name].version.to_string();
    let before = version("load");
    let good = match number % 4 {
        0 => folder.write("load/flow.toml", &load(number + 1)).map(|()| true),
        1 => folder
            .write("load/flow.toml", &format!("{}\nunknown = {number}\n", load(number + 1)))
            .map(|()| false),
        2 => folder
            .write("load/flow.toml", &load(number + 1))
            .and_then(|()| folder.write_plugin("vaccination-helpdesk", &edition_of_plugin(number)))
            .map(|()| true),
        _ => folder
            .write_plugin("vaccination-helpdesk", &edition_of_plugin(number)[..1000])
            .map(|()| false),
    }
    .unwrap();
    let report = catalogue.reload();
    assert_eq!(report.problems.is_empty(), good, "swap {number}: {:?}", report.problems);
    assert_eq!(version("load") != before, good, "swap {number}");
    if number % 4 == 3 {
        // The good plugin is back, as an operator would put it back.
        folder.write_plugin("vaccination-helpdesk", &edition_of_plugin(number - 1)).unwrap();
        assert_eq!(catalogue.reload().problems, []);
        assert_eq!(version("load"), before, "the same content is the same version");
    }
    good
}

/// Every call of the load said one edition, and all calls of a version the same.
fn check_editions(host: &Host) {
    let mut said: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in host
        .log
        .lines()
        .iter()
        .filter(|line| line.contains("Order(") && line.contains("Gesloten, editie"))
    {
        let call = line.split(' ').nth(2).unwrap().to_owned();
        let edition = line.split("editie ").nth(1).unwrap().split('.').next().unwrap().to_owned();
        said.entry(call).or_default().insert(edition);
    }
    let mut editions: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for record in host.log.records().iter().filter(|record| record.flow.as_str() == "load") {
        let heard = &said[&record.call.to_string()];
        assert_eq!(heard.len(), 1, "{record:?} heard {heard:?}");
        editions.entry(record.version.clone()).or_default().extend(heard.iter().cloned());
        assert_eq!(
            (record.outcome.as_str(), record.faults, record.refused),
            ("closed", 0, 0),
            "{record:?}"
        );
    }
    assert!(editions.len() > 10, "calls ran on {} versions only", editions.len());
    for (version, heard) in editions {
        assert_eq!(heard.len(), 1, "version {version} said {heard:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hundred_swaps_under_500_calls_a_second_on_the_sim() {
    let folder = folder(20);
    let host = Host::start(&folder, Clock::system()).unwrap();
    let sim = host.sim(SimConfig { unknown: Phone::new(Then::Rings), ..SimConfig::default() });
    for _ in 0..WAITING {
        sim.call(Caller { to: "0901".into(), ..Caller::default() });
    }
    let swaps = {
        let catalogue = host.catalogue.clone();
        tokio::task::spawn_blocking(move || {
            (0..SWAPS).filter(|&number| swap(number, &folder, &catalogue)).count()
        })
    };
    let mut ticks = tokio::time::interval(Duration::from_millis(2));
    let mut offered = 0;
    while !swaps.is_finished() {
        ticks.tick().await;
        sim.call(Caller { to: "0900".into(), ..Caller::default() });
        offered += 1;
    }
    assert_eq!(swaps.await.unwrap(), SWAPS as usize / 2);
    let records = host.records(offered, PATIENCE).await.unwrap();
    assert_eq!(records.len(), offered, "no call is lost, and nobody who waits was let go");
    // A record is closed a moment before its call is off the list.
    host.calls_up(WAITING, PATIENCE).await.unwrap();
    check_editions(&host);
    for agent in 1..=20 {
        sim.phone(
            Address::Endpoint(format!("PJSIP/a{agent}")),
            Phone::answers(Duration::ZERO).talking(Duration::from_millis(100)),
        );
    }
    let records = host.records(offered + WAITING, PATIENCE).await.unwrap();
    let waited: Vec<_> =
        records.iter().filter(|record| record.flow.as_str() == "waiting").collect();
    assert!(waited.iter().all(|record| record.outcome == "answered"), "{waited:?}");
    assert_eq!(
        waited.iter().map(|record| &record.version).collect::<BTreeSet<_>>().len(),
        1,
        "they kept the version that they began on"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hundred_swaps_under_20_calls_a_second_on_asterisk() {
    let bed = Bed::start(folder(5)).await.unwrap();
    let waiting: Vec<_> = (1..=5)
        .map(|caller| SippCaller::to(&bed.pbx, "0901").number(caller).call().unwrap())
        .collect();
    bed.host().seen_often("EnterQueue", waiting.len(), PATIENCE).await.unwrap();
    let calls = SippCaller::to(&bed.pbx, "0900").calls(5000, 20).call().unwrap();
    tokio::task::block_in_place(|| {
        let good = (0..SWAPS).filter(|&number| {
            // A call for every second swap at least: a quick machine would be done with all of them
            // in the time of a few calls.
            let come = waiting.len() + number as usize / 2;
            Handle::current()
                .block_on(bed.host().seen_often("Event(Arrived", come, PATIENCE))
                .unwrap();
            swap(number, &bed.folder, &bed.host().catalogue)
        });
        assert_eq!(good.count(), SWAPS as usize / 2);
    });
    calls.no_more(PATIENCE).unwrap();
    let messages = calls.messages();
    let count = |sent: bool, method: &str| {
        messages
            .iter()
            .filter(|message| message.sent == sent && message.line().starts_with(method))
            .count()
    };
    let called = count(true, "INVITE");
    assert_eq!(count(false, "BYE"), called, "every caller was served to the end");
    bed.host().records(called, PATIENCE).await.unwrap();
    check_editions(bed.host());
    let _phones: Vec<_> = (1..=5)
        .map(|agent| {
            SippPhone::start(
                &bed.pbx,
                agent,
                &Answer::after(Duration::ZERO).hang_up_after(Duration::from_secs(1)),
            )
            .unwrap()
        })
        .collect();
    waiting.iter().for_each(|call| call.finished(PATIENCE).unwrap());
    let records = bed.host().records(called + waiting.len(), PATIENCE).await.unwrap();
    assert!(
        records
            .iter()
            .filter(|record| record.flow.as_str() == "waiting")
            .all(|record| record.outcome == "answered")
    );
}
