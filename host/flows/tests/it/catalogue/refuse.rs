//! What is not taken.

use super::{Folders, RECEPTION, SITE, flow, greeting, marked, said, status};
use std::{
    fs,
    sync::{Arc, Mutex},
};
use strowger_flows::{Catalogue, CatalogueConfig, Gate, LoadedFlow};
use strowger_sandbox::Engine;
use strowger_site::Report;

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
        said(&report).contains("the new site is refused: it does not fit `a` as it serves now"),
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
    assert!(said(&report).contains("the new site is refused"), "{report}");
    assert_eq!(catalogue.current().site.country.as_deref(), Some("BE"));
}

/// A flow beside one that is checked costs nothing, unless calls may go on in it. Its numbers are
/// known all the same.
#[test]
fn a_check_of_one_flow_compiles_what_it_needs() {
    let folders = Folders::new();
    for (name, number) in [("one", "0901"), ("two", "0902"), ("three", "0903")] {
        let file = flow(number, "desk", name).replace("reception", name);
        folders.write(&format!("flows/{name}.toml"), file);
        folders.write(&format!("plugins/{name}.wasm"), marked(&RECEPTION, name));
    }
    let cache = folders.root.path().join("cache");
    let engine = Engine::new(Some(cache.clone())).unwrap();
    let plugins = folders.config().plugins_dir;
    let check = |path: &str| {
        let report = strowger_flows::check(&folders.root.path().join(path), &plugins, &engine);
        (report.good.clone(), said(&report), fs::read_dir(&cache).unwrap().count())
    };
    let one = ["one".to_owned()];
    assert_eq!(check("flows/one.toml"), (one.to_vec(), String::new(), 1));
    let hands_over = flow("0901", "desk", "one")
        .replace("reception", "one")
        .replace("[permissions]", "[permissions]\nflows = [\"two\"]");
    folders.write("flows/one.toml", &hands_over);
    assert_eq!(check("flows/one.toml"), (one.to_vec(), String::new(), 2));
    folders.write("flows/one.toml", hands_over.replace("0901", "0903"));
    let (good, said, compiled) = check("flows/one.toml");
    assert_eq!((good.as_slice(), compiled), (&[][..], 2));
    assert!(said.contains("`0903` is a number of flow `three` too"), "{said}");
    assert_eq!(check("flows").2, 3);
}

#[test]
fn what_is_no_file_is_said_and_not_waited_for() {
    let folders = Folders::new();
    folders.write("flows/a.toml", flow("1", "desk", "one"));
    let catalogue = folders.open();
    let pipe = folders.root.path().join("flows/pipe.toml");
    assert!(std::process::Command::new("mkfifo").arg(pipe).status().unwrap().success());
    std::os::unix::fs::symlink("/dev/zero", folders.root.path().join("flows/zero.toml")).unwrap();
    let report = catalogue.reload();
    assert_eq!(said(&report).matches("it is not a file").count(), 2, "{report}");
    assert_eq!(greeting(&catalogue, "1").unwrap(), "one");
}

#[test]
fn a_template_without_flow_is_no_error_of_anything_else() {
    let folders = Folders::new();
    folders.write("flows/a.toml", flow("1", "desk", "one"));
    let with_template = |flow| format!("{SITE}\n[campaigns.lijst]\nflow = \"{flow}\"\n");
    folders.write("flows/site.toml", with_template("b"));
    let (catalogue, report) = Catalogue::open(folders.config());
    let lacks = |report: &Report, flow: &str| {
        let warned = report.warnings.iter().any(|it| it.message == format!("no flow `{flow}`"));
        assert!(report.is_good() && warned, "{report}");
        assert!(report.to_string().starts_with("warning: no flow"), "{report}");
    };
    lacks(&report, "b");
    assert_eq!(greeting(&catalogue, "1").unwrap(), "one");

    folders.write("flows/b.toml", flow("2", "desk", "two"));
    assert_eq!(catalogue.reload().warnings, [], "the flow is there now");
    folders.remove("flows/b.toml");
    folders.write("flows/a.toml", flow("1", "desk", "another"));
    lacks(&catalogue.reload(), "b");
    assert_eq!(greeting(&catalogue, "1").unwrap(), "another", "everything else is taken");
}
