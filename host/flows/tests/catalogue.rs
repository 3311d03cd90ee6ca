//! Swapping, refusing, going back: on real plugins, in a folder of its own for every test.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{
    fs,
    path::PathBuf,
    sync::{Arc, LazyLock, Mutex, mpsc},
    time::{Duration, Instant},
};
use strowger_flows::{Catalogue, CatalogueConfig, FlowStatus, Gate, LoadedFlow, OnFlow};
use strowger_model::Timestamp;
use strowger_sandbox::Engine;
use strowger_site::Report;
use strowger_test_support::plugin_wasm;
use tempfile::TempDir;

static ENGINE: LazyLock<Engine> = LazyLock::new(|| {
    let cache = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("flows-cache");
    Engine::new(Some(cache)).unwrap()
});
static RECEPTION: LazyLock<Vec<u8>> = LazyLock::new(|| plugin_wasm("reception"));

const SITE: &str = r#"
time_zone = "Europe/Brussels"
country = "BE"
language = "nl-BE"
[queues.desk]
agents = ["an"]
[queues.back]
[agents.an]
endpoints = [{ address = "PJSIP/an" }]
"#;

/// A flow file of the reception.
fn flow(number: &str, queue: &str, greeting: &str) -> String {
    format!(
        "plugin = \"reception\"\nnumbers = [\"{number}\"]\n[permissions]\nqueues = [\"{queue}\"]\n\
         [settings]\ngreeting = \"{greeting}\"\nsorry = \"Helaas.\"\notherwise = {{ queue = \"{queue}\" }}\n"
    )
}

/// A plugin that differs from another by some text that it carries.
fn marked(wasm: &[u8], mark: &str) -> Vec<u8> {
    let mut section = vec![4];
    section.extend(b"mark");
    section.extend(mark.bytes());
    let mut marked = wasm.to_vec();
    marked.extend([0, section.len() as u8]);
    marked.extend(section);
    marked
}

struct Folders {
    root: TempDir,
}

impl Folders {
    fn new() -> Self {
        let folders = Self { root: tempfile::tempdir().unwrap() };
        folders.write("flows/site.toml", SITE);
        folders.write("plugins/reception.wasm", RECEPTION.as_slice());
        folders
    }

    fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn remove(&self, path: &str) {
        fs::remove_file(self.root.path().join(path)).unwrap();
    }

    fn config(&self) -> CatalogueConfig {
        CatalogueConfig {
            flows_dir: self.root.path().join("flows"),
            plugins_dir: self.root.path().join("plugins"),
            engine: ENGINE.clone(),
            gate: None,
            faults_per_minute: 3,
        }
    }

    fn open(&self) -> Arc<Catalogue> {
        let (catalogue, report) = Catalogue::open(self.config());
        assert!(report.is_good(), "{report}");
        catalogue
    }
}

/// What a caller of a number is greeted with.
fn greeting(catalogue: &Catalogue, number: &str) -> Option<String> {
    let snapshot = catalogue.current();
    Some(snapshot.route(number)?.settings["greeting"].as_str()?.to_owned())
}

fn begin(catalogue: &Catalogue, number: &str) -> OnFlow {
    catalogue.current().route(number).unwrap().begin()
}

fn status(catalogue: &Catalogue, name: &str) -> FlowStatus {
    catalogue.status().into_iter().find(|status| status.name == name).unwrap()
}

fn said(report: &Report) -> String {
    report.problems.iter().map(ToString::to_string).collect()
}

#[test]
fn calls_finish_on_the_version_they_began_on() {
    let folders = Folders::new();
    folders.write("flows/a.toml", flow("1", "desk", "one"));
    let catalogue = folders.open();
    let call = begin(&catalogue, "1");
    let weak = Arc::downgrade(&call);
    folders.write("flows/a.toml", flow("1", "desk", "two"));
    let report = catalogue.reload();
    assert_eq!(report.swapped.len(), 1, "{report}");
    assert_eq!(greeting(&catalogue, "1").unwrap(), "two");
    assert_eq!(call.settings["greeting"], "one");
    let second = begin(&catalogue, "1");
    let during = status(&catalogue, "a");
    assert_eq!(during.calls.len(), 2);
    assert_eq!(during.calls[&call.version], 1);
    assert_eq!(during.version.as_ref(), Some(&second.version));
    assert_eq!(during.previous.as_ref(), Some(&call.version));
    // A third version: the first is nobody's but its call's.
    folders.write("flows/a.toml", flow("1", "desk", "three"));
    catalogue.reload();
    assert!(weak.upgrade().is_some());
    drop(call);
    assert!(weak.upgrade().is_none(), "dropped with its last call");
    assert_eq!(status(&catalogue, "a").calls.len(), 1);
}

#[test]
fn the_same_content_is_no_new_version() {
    let folders = Folders::new();
    folders.write("flows/a/flow.toml", flow("1", "desk", "one"));
    let catalogue = folders.open();
    let before = catalogue.current().route("1").unwrap().clone();
    folders.write("flows/a/flow.toml", format!("# a comment\n{}", flow("1", "desk", "one")));
    folders.write("plugins/reception.wasm", RECEPTION.as_slice());
    let report = catalogue.reload();
    assert!(report.is_good() && report.swapped.is_empty() && !report.site_changed);
    assert!(Arc::ptr_eq(&before, catalogue.current().route("1").unwrap()));
}

#[test]
fn a_broken_file_never_serves_and_is_looked_at_again() {
    let folders = Folders::new();
    folders.write("flows/a.toml", flow("1", "desk", "one"));
    folders.write("flows/b.toml", flow("2", "spoed", "spoed"));
    let (catalogue, report) = Catalogue::open(folders.config());
    assert!(said(&report).contains("b.toml:4:11"), "{report}");
    assert_eq!(report.good, ["a"]);
    assert!(catalogue.current().route("2").is_none(), "to the PBX's own route");
    for broken in [
        "",
        "plugin = \"reception",
        "plugin = \"nothing\"",
        &flow("1", "spoed", "x"),
        &flow("z", "desk", "x"),
    ] {
        folders.write("flows/a.toml", broken);
        let report = catalogue.reload();
        assert!(!report.is_good() && report.swapped.is_empty());
        assert_eq!(greeting(&catalogue, "1").unwrap(), "one");
        assert!(status(&catalogue, "a").error.unwrap().contains("a.toml"));
    }
    // The site gets the queue that `b` lacked: another file is changed, and `b` is good.
    folders.write("flows/a.toml", flow("1", "desk", "two"));
    folders.write("flows/site.toml", format!("{SITE}\n[queues.spoed]\n"));
    let report = catalogue.reload();
    assert!(report.is_good() && report.site_changed, "{report}");
    assert_eq!(greeting(&catalogue, "1").unwrap(), "two");
    assert_eq!(greeting(&catalogue, "2").unwrap(), "spoed");
    assert_eq!(status(&catalogue, "a").error, None);
}

#[test]
fn a_site_that_serving_flows_do_not_fit_is_refused_as_a_whole() {
    let folders = Folders::new();
    folders.write("flows/a.toml", flow("1", "desk", "one"));
    folders.write("flows/b.toml", flow("2", "desk", "two"));
    let catalogue = folders.open();
    let site = catalogue.current().site.clone();
    let renamed = SITE.replace("queues.desk", "queues.front");
    folders.write("flows/site.toml", &renamed);
    folders.write("flows/b.toml", flow("2", "back", "new"));
    let report = catalogue.reload();
    assert!(
        said(&report).contains("this site is not taken: it does not go with `a` as served now"),
        "{report}"
    );
    assert!(
        said(&report).contains("a.toml:4:11") && said(&report).contains("no queue `desk`"),
        "{report}"
    );
    assert!(Arc::ptr_eq(&site, &catalogue.current().site));
    assert_eq!(greeting(&catalogue, "2").unwrap(), "new", "other changes are taken");
    assert!(catalogue.current().flows.values().all(|flow| Arc::ptr_eq(&flow.site, &site)));
    // Both at once.
    folders.write("flows/a.toml", flow("1", "front", "front"));
    let report = catalogue.reload();
    assert!(report.is_good() && report.site_changed, "{report}");
    assert_eq!(greeting(&catalogue, "1").unwrap(), "front");
    // A site that cannot be read changes nothing either.
    folders.write("flows/site.toml", "time_zone = 5");
    folders.write("flows/a.toml", flow("1", "front", "again"));
    let report = catalogue.reload();
    assert!(said(&report).contains("site.toml:1:13"), "{report}");
    assert_eq!(greeting(&catalogue, "1").unwrap(), "again");
}

#[test]
fn a_change_of_the_site_is_no_new_version_of_its_flows() {
    let folders = Folders::new();
    folders.write("flows/a.toml", flow("1", "desk", "one"));
    let catalogue = folders.open();
    let call = begin(&catalogue, "1");
    folders.write("flows/site.toml", SITE.replace("PJSIP/an", "PJSIP/anna"));
    let report = catalogue.reload();
    assert!(report.site_changed && report.swapped.is_empty());
    let now = catalogue.current();
    let flow = now.route("1").unwrap();
    assert!(Arc::ptr_eq(&flow.site, &now.site) && !Arc::ptr_eq(&call.site, &now.site));
    assert_eq!((&flow.version, flow.calls()), (&call.version, 1), "calls are counted together");
}

#[test]
fn a_removed_file_is_no_longer_routed_and_its_calls_finish() {
    let folders = Folders::new();
    folders.write("flows/a.toml", flow("1", "desk", "one"));
    let catalogue = folders.open();
    let call = begin(&catalogue, "1");
    folders.remove("flows/a.toml");
    assert_eq!(catalogue.reload().removed, ["a"]);
    assert!(catalogue.current().route("1").is_none());
    let draining = status(&catalogue, "a");
    assert_eq!((draining.version, draining.calls[&call.version]), (None, 1));
    drop(call);
    assert_eq!(catalogue.status(), []);
}

#[test]
fn numbers_have_one_flow_each() {
    let folders = Folders::new();
    folders.write("flows/a.toml", flow("1", "desk", "a"));
    folders.write("flows/b.toml", flow("2", "desk", "b"));
    let catalogue = folders.open();
    folders.write("flows/a.toml", flow("X", "desk", "changed"));
    let report = catalogue.reload();
    assert_eq!(report.problems.len(), 1, "the file that was changed is at fault: {report}");
    assert!(
        said(&report).contains("`X` overlaps `2` of flow `b`")
            && said(&report).contains("b.toml:2:12")
    );
    assert_eq!(greeting(&catalogue, "1").unwrap(), "a");
    // Two files that swap their numbers, one after the other.
    folders.write("flows/a.toml", flow("2", "desk", "a"));
    assert!(!catalogue.reload().is_good());
    folders.write("flows/b.toml", flow("1", "desk", "b"));
    let report = catalogue.reload();
    assert!(report.is_good(), "{report}");
    assert_eq!(greeting(&catalogue, "1").unwrap(), "b");
}

#[test]
fn the_gate_sees_what_would_serve() {
    let folders = Folders::new();
    folders.write("flows/a.toml", flow("1", "desk", "good"));
    let tried: Arc<Mutex<Vec<String>>> = Arc::default();
    let log = tried.clone();
    let gate: Gate = Arc::new(move |snapshot, flow: &Arc<LoadedFlow>| {
        assert!(
            Arc::ptr_eq(&snapshot.flows[&flow.name], flow)
                && Arc::ptr_eq(&snapshot.site, &flow.site)
        );
        log.lock().unwrap().push(flow.settings["greeting"].as_str().unwrap().to_owned());
        assert!(flow.settings["greeting"] != "panic", "as asked");
        match flow.settings["greeting"] == "bad" || flow.site.country.is_none() {
            true => Err("the caller was never greeted".to_owned()),
            false => Ok(()),
        }
    });
    let (catalogue, report) =
        Catalogue::open(CatalogueConfig { gate: Some(gate), ..folders.config() });
    assert!(report.is_good(), "{report}");
    folders.write("flows/a.toml", flow("1", "desk", "bad"));
    let report = catalogue.reload();
    assert!(
        said(&report).contains("flow `a` fails its scenarios: the caller was never greeted"),
        "{report}"
    );
    assert_eq!(greeting(&catalogue, "1").unwrap(), "good");
    folders.write("flows/a.toml", flow("1", "desk", "panic"));
    assert!(said(&catalogue.reload()).contains("a panic"));
    folders.write("flows/a.toml", flow("1", "desk", "good"));
    assert!(catalogue.reload().is_good());
    assert_eq!(*tried.lock().unwrap(), ["good", "bad", "panic"], "what serves is not tried again");
    folders.write("flows/site.toml", SITE.replace("country = \"BE\"", ""));
    let report = catalogue.reload();
    assert!(said(&report).contains("this site is not taken"), "{report}");
    assert_eq!(catalogue.current().site.country.as_deref(), Some("BE"));
}

#[test]
fn a_rollback_lasts_until_the_files_change() {
    let folders = Folders::new();
    folders.write("flows/a.toml", flow("1", "desk", "one"));
    let catalogue = folders.open();
    assert!(catalogue.rollback("a").unwrap_err().to_string().contains("no previous version"));
    assert!(catalogue.rollback("b").unwrap_err().to_string().contains("there is `a`"));
    let one = status(&catalogue, "a").version;
    folders.write("flows/a.toml", flow("1", "desk", "two"));
    catalogue.reload();
    let two = status(&catalogue, "a").version;
    assert_eq!(Some(catalogue.rollback("a").unwrap()), one);
    assert_eq!(greeting(&catalogue, "1").unwrap(), "one");
    assert!(status(&catalogue, "a").rolled_back);
    // Other files may change meanwhile.
    folders.write("flows/b.toml", flow("2", "desk", "b"));
    folders.write("flows/site.toml", SITE.replace("PJSIP/an", "PJSIP/anna"));
    assert!(catalogue.reload().is_good());
    assert_eq!(greeting(&catalogue, "1").unwrap(), "one");
    assert_eq!(status(&catalogue, "a").previous, two);
    // Back again, by hand.
    assert_eq!(Some(catalogue.rollback("a").unwrap()), two);
    assert_eq!(greeting(&catalogue, "1").unwrap(), "two");
    assert!(!catalogue.reload().site_changed);
    assert_eq!(greeting(&catalogue, "1").unwrap(), "two");
    catalogue.rollback("a").unwrap();
    folders.write("flows/a.toml", flow("1", "desk", "three"));
    catalogue.reload();
    assert_eq!(greeting(&catalogue, "1").unwrap(), "three");
    let status = status(&catalogue, "a");
    assert!(!status.rolled_back);
    assert_eq!(status.previous, one);
    // The previous version does not fit the site any more.
    folders.write("flows/a.toml", flow("1", "back", "four"));
    catalogue.reload();
    folders.write("flows/b.toml", flow("2", "back", "b"));
    folders.write("flows/site.toml", SITE.replace("queues.desk", "queues.front"));
    let report = catalogue.reload();
    assert!(report.is_good(), "{report}");
    let why = catalogue.rollback("a").unwrap_err().to_string();
    assert!(why.contains("does not go with the rest") && why.contains("no queue `desk`"), "{why}");
    assert_eq!(greeting(&catalogue, "1").unwrap(), "four");
}

#[test]
fn a_version_that_faults_is_withdrawn() {
    let folders = Folders::new();
    folders.write("flows/a.toml", flow("1", "desk", "one"));
    let catalogue = folders.open();
    folders.write("flows/a.toml", flow("1", "desk", "two"));
    catalogue.reload();
    let call = begin(&catalogue, "1");
    // Three a minute are borne, however many minutes.
    for minute in 0..10 {
        for second in 0..3 {
            catalogue.report_fault(&call, Timestamp(minute * 61_000 + second * 1_000));
        }
    }
    assert_eq!(greeting(&catalogue, "1").unwrap(), "two");
    for _ in 0..4 {
        catalogue.report_fault(&call, Timestamp(1_000_000));
    }
    assert_eq!(greeting(&catalogue, "1").unwrap(), "one");
    let after = status(&catalogue, "a");
    assert_eq!((after.withdrawn.as_ref(), after.on_fallback), (Some(&call.version), false));
    catalogue.reload();
    assert_eq!(
        greeting(&catalogue, "1").unwrap(),
        "one",
        "not taken again while the file says the same"
    );
    // The other one faults, too: nothing is left but the fallback.
    let first = begin(&catalogue, "1");
    for _ in 0..4 {
        catalogue.report_fault(&first, Timestamp(2_000_000));
    }
    let snapshot = catalogue.current();
    assert!(snapshot.route("1").unwrap().withdrawn);
    catalogue.reload();
    assert!(catalogue.current().route("1").unwrap().withdrawn);
    assert!(status(&catalogue, "a").on_fallback);
    // A rollback gives a version another chance, and a changed file all of them.
    catalogue.rollback("a").unwrap();
    assert!(!catalogue.current().route("1").unwrap().withdrawn);
    folders.write("flows/a.toml", flow("1", "desk", "three"));
    assert!(catalogue.reload().is_good());
    assert_eq!(greeting(&catalogue, "1").unwrap(), "three");
    assert_eq!(status(&catalogue, "a").withdrawn, None);
}

#[test]
fn a_plugin_is_swapped_when_it_is_whole() {
    let folders = Folders::new();
    folders.write("flows/a.toml", flow("1", "desk", "one"));
    let catalogue = folders.open();
    let before = status(&catalogue, "a").version;
    let next = marked(&RECEPTION, "next");
    for length in [0, 1, 1_000, next.len() / 2, next.len() - 3] {
        folders.write("plugins/reception.wasm", &next[..length]);
        let report = catalogue.reload();
        assert_eq!(report.problems.len(), 1, "{length} bytes: {report}");
        assert_eq!(status(&catalogue, "a").version, before);
    }
    folders.write("plugins/reception.wasm", &next);
    let report = catalogue.reload();
    assert!(report.is_good(), "{report}");
    let after = status(&catalogue, "a");
    assert_ne!(after.version, before);
    assert_eq!(after.previous, before);
    // One beside the flow file goes first.
    folders.write("flows/reception.wasm", RECEPTION.as_slice());
    catalogue.reload();
    assert_eq!(status(&catalogue, "a").version, before);
}

#[test]
fn recordings_belong_to_the_snapshot() {
    let folders = Folders::new();
    folders.write("flows/a/flow.toml", flow("1", "desk", "one"));
    folders.write("flows/prompts/welcome.wav", "site");
    folders.write("flows/prompts/digits/1.wav", "site");
    let catalogue = folders.open();
    let recording = |name: &str| {
        Some(fs::read_to_string(catalogue.current().route("1")?.recording(name)?).unwrap())
    };
    assert_eq!(recording("welcome").unwrap(), "site");
    assert_eq!(recording("digits/1").unwrap(), "site");
    assert_eq!(recording("nothing"), None);
    folders.write("flows/a/prompts/welcome.wav", "flow");
    assert!(catalogue.reload().is_good());
    assert_eq!(recording("welcome").unwrap(), "flow");
}

#[test]
fn changes_are_seen() {
    let folders = Folders::new();
    folders.write("flows/a.toml", flow("1", "desk", "one"));
    let catalogue = folders.open();
    let (tell, told) = mpsc::channel();
    let _watching = catalogue
        .watch(Duration::from_millis(20), move |report| drop(tell.send(report.clone())))
        .unwrap();
    let until = |what: &dyn Fn(&Report) -> bool| {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let report = told.recv_timeout(left).expect("a change was not seen");
            if what(&report) {
                return report;
            }
        }
    };
    // As editors save: another file, renamed.
    folders.write("flows/.a.toml.swp", flow("1", "desk", "two"));
    fs::rename(
        folders.root.path().join("flows/.a.toml.swp"),
        folders.root.path().join("flows/a.toml"),
    )
    .unwrap();
    until(&|report| !report.swapped.is_empty());
    assert_eq!(greeting(&catalogue, "1").unwrap(), "two");
    // In a folder that was not there.
    folders.write("flows/b/flow.toml", flow("2", "desk", "b"));
    until(&|report| report.good.len() == 2);
    // Half a plugin, and the rest.
    let next = marked(&RECEPTION, "watched");
    folders.write("plugins/reception.wasm", &next[..50_000]);
    until(&|report| !report.is_good());
    folders.write("plugins/reception.wasm", &next);
    let report = until(&|report| report.is_good());
    assert_eq!(report.swapped.len(), 2, "{report}");
    folders.remove("flows/b/flow.toml");
    until(&|report| report.removed == ["b"]);
    // A reload reads the files, which is no change.
    while told.recv_timeout(Duration::from_millis(300)).is_ok() {}
    catalogue.reload();
    assert!(
        told.recv_timeout(Duration::from_millis(300)).is_err(),
        "reading brings about a reload"
    );
}

#[test]
fn every_call_is_entirely_on_one_version_while_files_change() {
    let folders = Folders::new();
    folders.write("flows/a.toml", flow("1", "desk", "0"));
    let catalogue = folders.open();
    let (stop, stopped) = mpsc::channel::<()>();
    let calling = std::thread::spawn({
        let catalogue = catalogue.clone();
        move || {
            let mut calls = 0;
            while stopped.try_recv().is_err() {
                let call = begin(&catalogue, "1");
                assert_ne!(call.settings["greeting"], "broken");
                calls += 1;
            }
            calls
        }
    });
    for swap in 1..=100 {
        let broken = swap % 3 == 0;
        let queue = if broken { "nowhere" } else { "desk" };
        folders.write(
            "flows/a.toml",
            flow("1", queue, if broken { "broken".into() } else { swap.to_string() }.as_str()),
        );
        assert_eq!(catalogue.reload().is_good(), !broken);
    }
    stop.send(()).unwrap();
    assert!(calling.join().unwrap() > 100);
    assert_eq!(greeting(&catalogue, "1").unwrap(), "100");
    assert_eq!(status(&catalogue, "a").calls.len(), 0);
}

/// Not a timed test: run it with `--nocapture` to see what a swap costs.
#[test]
fn a_swap_takes_moments() {
    let folders = Folders::new();
    folders.write("flows/a.toml", flow("1", "desk", "one"));
    let catalogue = folders.open();
    let start = Instant::now();
    folders.write("flows/a.toml", flow("1", "desk", "two"));
    assert_eq!(catalogue.reload().swapped.len(), 1);
    println!("settings: {:?}", start.elapsed());
    let start = Instant::now();
    let mark = format!("{:?}", std::time::SystemTime::now());
    folders.write("plugins/reception.wasm", marked(&RECEPTION, &mark));
    assert_eq!(catalogue.reload().swapped.len(), 1);
    println!("plugin of {} KB: {:?}", RECEPTION.len() / 1000, start.elapsed());
}
