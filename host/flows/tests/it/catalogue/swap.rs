//! What is taken: new versions, while calls go on with those that they began on.

use super::{Folders, RECEPTION, SITE, begin, flow, greeting, marked, status};
use std::{
    fs,
    sync::{Arc, mpsc},
    time::{Duration, Instant},
};
use strowger_site::Report;

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
