//! After a restart: what served goes on serving, and what was decided holds.

use super::{Folders, SITE, by, flow, greeting, said, status};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};
use strowger_flows::{Catalogue, CatalogueConfig, Memory};
use strowger_model::{
    FlowVersion, Timestamp, VersionFiles,
    archive::{Decided, Decision, InForce},
};
use strowger_site::Report;

/// What outlives a host, in memory.
#[derive(Default)]
struct Kept {
    in_force: Mutex<Option<InForce>>,
    versions: Mutex<BTreeMap<FlowVersion, VersionFiles>>,
    decisions: Mutex<Vec<Decision>>,
}

impl Memory for Kept {
    fn in_force(&self) -> Option<InForce> {
        self.in_force.lock().unwrap().clone()
    }

    fn decisions(&self) -> Vec<Decision> {
        self.decisions.lock().unwrap().clone()
    }

    fn version(&self, on: &FlowVersion) -> Option<VersionFiles> {
        self.versions.lock().unwrap().get(on).cloned()
    }

    fn serves(&self, in_force: InForce, new: Vec<VersionFiles>) {
        let new = new.into_iter().map(|files| (files.on.clone(), files));
        self.versions.lock().unwrap().extend(new);
        *self.in_force.lock().unwrap() = Some(in_force);
    }

    fn decided(&self, on: FlowVersion, what: Decided, reason: &str) {
        let decision = Decision { at: Timestamp(0), on, what, reason: reason.to_owned() };
        self.decisions.lock().unwrap().push(decision);
    }
}

/// A host begins, after the one that kept this.
fn start(folders: &Folders, kept: &Arc<Kept>) -> (Arc<Catalogue>, Report) {
    Catalogue::open_again(folders.config(), Some(kept.clone()))
}

#[test]
fn wrong_files_serve_after_a_restart_as_they_did_before() {
    let (folders, kept) = (Folders::new(), Arc::default());
    folders.write("flows/a.toml", flow("1", "desk", "one"));
    folders.write("flows/b.toml", flow("2", "desk", "b"));
    folders.write("flows/c.toml", flow("3", "desk", "c"));
    let (catalogue, report) = start(&folders, &kept);
    assert!(report.is_good() && report.swapped.len() == 3, "{report}");
    let site = catalogue.current().site.version.clone();
    drop(catalogue);

    // A mistake in a flow file, one in the site file, and a file that is gone.
    folders.write("flows/a.toml", flow("1", "desk", "two").replace("sorry", "sory"));
    folders.write("flows/site.toml", SITE.replace("queues.back", "queues.back\nagents ="));
    folders.remove("flows/c.toml");
    let (catalogue, report) = start(&folders, &kept);
    assert!(said(&report).contains("a.toml:7:1"), "{report}");
    assert!(said(&report).contains("site.toml:"), "{report}");
    assert_eq!(greeting(&catalogue, "1").unwrap(), "one");
    assert_eq!(greeting(&catalogue, "2").unwrap(), "b");
    assert_eq!(greeting(&catalogue, "3"), None, "it was taken away");
    assert_eq!(catalogue.current().site.version, site);
    assert!(status(&catalogue, "a").error.unwrap().contains("a.toml:7:1"));
    assert!(catalogue.site_problems()[0].file.ends_with("site.toml"));
    drop(catalogue);

    // And once more: nothing was forgotten meanwhile.
    let (catalogue, _) = start(&folders, &kept);
    assert_eq!(greeting(&catalogue, "1").unwrap(), "one");
    folders.write("flows/a.toml", flow("1", "desk", "two"));
    folders.write("flows/site.toml", SITE);
    let report = catalogue.reload();
    assert!(report.is_good(), "{report}");
    assert_eq!(greeting(&catalogue, "1").unwrap(), "two");
    assert_eq!(catalogue.site_problems(), []);
}

#[test]
fn a_rollback_outlives_a_restart_as_long_as_the_files_stay() {
    let (folders, kept) = (Folders::new(), Arc::default());
    folders.write("flows/a.toml", flow("1", "desk", "one"));
    let (catalogue, _) = start(&folders, &kept);
    folders.write("flows/a.toml", flow("1", "desk", "two"));
    catalogue.reload();
    let two = status(&catalogue, "a").version;
    catalogue.rollback("a").unwrap();

    let (catalogue, report) = start(&folders, &kept);
    assert!(report.is_good(), "{report}");
    assert_eq!(greeting(&catalogue, "1").unwrap(), "one");
    let after = status(&catalogue, "a");
    assert_eq!((after.rolled_back, after.previous), (true, two));
    // The second rollback undoes the first, and that outlives a restart too.
    catalogue.rollback("a").unwrap();
    let (catalogue, _) = start(&folders, &kept);
    assert_eq!(greeting(&catalogue, "1").unwrap(), "two");

    catalogue.rollback("a").unwrap();
    folders.write("flows/a.toml", flow("1", "desk", "three"));
    let (catalogue, _) = start(&folders, &kept);
    assert_eq!(greeting(&catalogue, "1").unwrap(), "three");
    assert!(!status(&catalogue, "a").rolled_back);
    folders.write("flows/a.toml", flow("1", "desk", "two"));
    let (catalogue, _) = start(&folders, &kept);
    assert_eq!(greeting(&catalogue, "1").unwrap(), "two", "that was long ago");
}

#[test]
fn a_version_that_was_withdrawn_is_not_taken_after_a_restart() {
    let (folders, kept) = (Folders::new(), Arc::default());
    folders.write("flows/a.toml", flow("1", "desk", "one"));
    let (catalogue, _) = start(&folders, &kept);
    folders.write("flows/a.toml", flow("1", "desk", "two"));
    catalogue.reload();
    let two = status(&catalogue, "a").version;
    for caller in ["1", "2", "3", "4"] {
        catalogue.report_fault(&by(&catalogue, "1", caller), Timestamp(0));
    }
    let (catalogue, _) = start(&folders, &kept);
    assert_eq!(greeting(&catalogue, "1").unwrap(), "one");
    assert_eq!(status(&catalogue, "a").withdrawn, two);
}

/// A folder whose gate lets nothing pass that greets with "bad".
fn gated(folders: &Folders) -> CatalogueConfig {
    let gate = |_: &strowger_flows::Snapshot, flow: &Arc<strowger_flows::LoadedFlow>| match flow
        .settings["greeting"]
        .as_str()
        .is_some_and(|greeting| greeting.contains("bad"))
    {
        true => Err("bad".to_owned()),
        false => Ok(()),
    };
    CatalogueConfig { gate: Some(Arc::new(gate)), ..folders.config() }
}

#[test]
fn an_accepted_flow_serves_although_its_scenarios_fail_until_its_files_change() {
    let (folders, kept) = (Folders::new(), Arc::<Kept>::default());
    let start = || Catalogue::open_again(gated(&folders), Some(kept.clone())).0;
    folders.write("flows/a.toml", flow("1", "desk", "one"));
    let catalogue = start();
    let why = |name: &str| catalogue.accept(name, "now").unwrap_err().to_string();
    assert!(why("a").contains("nothing to accept"));
    assert!(why("b").contains("there is `a`"));
    folders.write("flows/a.toml", flow("1", "nowhere", "bad"));
    assert!(why("a").contains("no queue `nowhere`"), "mistakes are not accepted");
    folders.write("flows/a.toml", flow("1", "desk", "bad"));
    assert!(!catalogue.reload().is_good());
    assert_eq!(greeting(&catalogue, "1").unwrap(), "one");

    let version = catalogue.accept("a", "it is \"urgent\"").unwrap();
    assert_eq!(greeting(&catalogue, "1").unwrap(), "bad");
    assert!(status(&catalogue, "a").accepted && catalogue.report().is_good());
    let decision = kept.decisions().pop().unwrap();
    assert_eq!((decision.on.version, decision.what), (version, Decided::Accepted));
    assert_eq!(decision.reason, "it is \"urgent\"");
    // On another site, after a restart, and after both.
    folders.write("flows/site.toml", SITE.replace("PJSIP/an", "PJSIP/anna"));
    assert!(catalogue.reload().is_good());
    let catalogue = start();
    assert_eq!(greeting(&catalogue, "1").unwrap(), "bad");
    folders.write("flows/site.toml", SITE);
    let catalogue_again = start();
    assert!(catalogue_again.report().is_good());
    assert_eq!(greeting(&catalogue_again, "1").unwrap(), "bad");

    folders.write("flows/a.toml", flow("1", "desk", "bad too"));
    assert!(!catalogue.reload().is_good(), "that was not accepted");
    assert_eq!(greeting(&catalogue, "1").unwrap(), "bad");
}

#[test]
fn a_site_that_fails_scenarios_is_taken_when_the_flow_is_accepted() {
    let folders = Folders::new();
    let gate =
        |snapshot: &strowger_flows::Snapshot, _: &Arc<strowger_flows::LoadedFlow>| match snapshot
            .site
            .queues
            .contains_key("new")
        {
            true => Err("there is a new queue".to_owned()),
            false => Ok(()),
        };
    folders.write("flows/a.toml", flow("1", "desk", "one"));
    let config = CatalogueConfig { gate: Some(Arc::new(gate)), ..folders.config() };
    let (catalogue, _) = Catalogue::open(config);
    folders.write("flows/site.toml", format!("{SITE}\n[queues.new]\n"));
    assert!(said(&catalogue.reload()).contains("the new site is refused"));
    assert!(catalogue.site_problems().iter().any(|problem| problem.message.contains("new queue")));
    catalogue.accept("a", "the queue is needed").unwrap();
    assert!(catalogue.current().site.queues.contains_key("new"));
    assert_eq!(catalogue.site_problems(), []);
}
