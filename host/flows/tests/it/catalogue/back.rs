//! The way back, by hand and after faults.

use super::{Folders, SITE, begin, by, flow, greeting, status};
use strowger_flows::Catalogue;
use strowger_model::Timestamp;

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
    assert!(why.contains("does not fit the site") && why.contains("no queue `desk`"), "{why}");
    assert_eq!(greeting(&catalogue, "1").unwrap(), "four");
}

/// So many callers meet a fault.
fn fail(catalogue: &Catalogue, callers: u32, at: u64) {
    for caller in 0..callers {
        catalogue.report_fault(&by(catalogue, "1", &caller.to_string()), Timestamp(at));
    }
}

#[test]
fn a_version_that_faults_is_withdrawn() {
    let folders = Folders::new();
    folders.write("flows/a.toml", flow("1", "desk", "one"));
    let catalogue = folders.open();
    folders.write("flows/a.toml", flow("1", "desk", "two"));
    catalogue.reload();
    let call = begin(&catalogue, "1");
    // Three callers a minute are borne, however many minutes; and one as often as may be.
    for minute in 0..10 {
        fail(&catalogue, 3, minute * 61_000);
    }
    (0..100).for_each(|_| catalogue.report_fault(&call, Timestamp(900_000)));
    assert_eq!(greeting(&catalogue, "1").unwrap(), "two");
    fail(&catalogue, 4, 1_000_000);
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
    fail(&catalogue, 4, 2_000_000);
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
