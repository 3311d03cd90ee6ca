//! Versions made again of what was archived of them.

use std::{
    fs,
    path::PathBuf,
    sync::{Arc, LazyLock},
};
use strowger_flows::{Catalogue, CatalogueConfig, LoadedFlow};
use strowger_model::Timestamp;
use strowger_sandbox::{ContractVersion, Engine};
use strowger_test_support::plugin_wasm;
use tempfile::TempDir;

static ENGINE: LazyLock<Engine> = LazyLock::new(|| {
    let cache = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("flows-cache");
    Engine::new(Some(cache)).unwrap()
});

const SITE: &str =
    "time_zone = \"Europe/Brussels\"\nlanguage = \"nl-BE\"\n[queues.desk]\n[queues.back]\n";

fn flow(queue: &str, greeting: &str) -> String {
    format!(
        "plugin = \"reception\"\nnumbers = [\"1\"]\n[permissions]\nqueues = [\"{queue}\"]\n\
         [settings]\ngreeting = \"{greeting}\"\nsorry = \"Helaas.\"\notherwise = {{ queue = \"{queue}\" }}\n"
    )
}

fn folders(site: &str, flow: &str) -> TempDir {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("site.toml"), site).unwrap();
    fs::write(root.path().join("a.toml"), flow).unwrap();
    fs::write(root.path().join("reception.wasm"), plugin_wasm("reception")).unwrap();
    root
}

fn open(root: &TempDir) -> Arc<Catalogue> {
    let (flows_dir, plugins_dir) = (root.path().to_owned(), root.path().to_owned());
    let config = CatalogueConfig {
        flows_dir,
        plugins_dir,
        about: None,
        engine: ENGINE.clone(),
        gate: None,
        faults_per_minute: 3,
    };
    let (catalogue, report) = Catalogue::open(config);
    assert!(report.is_good(), "{report}");
    catalogue
}

fn serving(catalogue: &Catalogue) -> Arc<LoadedFlow> {
    catalogue.current().route("1").unwrap().clone()
}

#[test]
fn archived_version_takes_its_calls_back_after_a_restart() {
    let before = serving(&open(&folders(SITE, &flow("desk", "one"))));
    let files = before.files();
    // Meanwhile the files were changed.
    let root = folders(SITE, &flow("desk", "two"));
    let catalogue = open(&root);
    let new = serving(&catalogue);
    assert_ne!(new.version, before.version);
    assert!(catalogue.loaded(&files.on).is_none());
    let revived = catalogue.revive(&files).unwrap();
    assert_eq!((revived.on(), &revived.settings), (before.on(), &before.settings));
    assert!(Arc::ptr_eq(&revived.site, &new.site), "on the site as it is now");
    assert!(Arc::ptr_eq(&revived, &catalogue.revive(&files).unwrap()));

    let calls = [&revived, &catalogue.loaded(&files.on).unwrap()]
        .map(|flow| flow.begin(Timestamp(0), None));
    let weak = Arc::downgrade(&revived);
    drop(revived);
    let status = catalogue.status();
    assert_eq!(
        (status[0].version.as_ref(), status[0].calls[&files.on.version]),
        (Some(&new.version), 2)
    );
    catalogue.reload();
    assert_eq!(catalogue.status()[0].calls[&files.on.version], 2);
    assert_eq!(serving(&catalogue).version, new.version, "it serves no new call");
    drop(calls);
    assert!(weak.upgrade().is_none(), "gone with its last call");
    assert_eq!(catalogue.status()[0].calls, [].into());
}

#[test]
fn what_serves_is_not_made_again() {
    let root = folders(SITE, &flow("desk", "one"));
    let files = serving(&open(&root)).files();
    let catalogue = open(&root);
    assert!(Arc::ptr_eq(&catalogue.revive(&files).unwrap(), &serving(&catalogue)));
    fs::write(root.path().join("a.toml"), flow("desk", "two")).unwrap();
    catalogue.reload();
    assert_eq!(catalogue.revive(&files).unwrap().version, files.on.version, "the previous one");
    // A flow whose file is gone comes back for its calls alone.
    fs::remove_file(root.path().join("a.toml")).unwrap();
    let catalogue = open(&root);
    let call = catalogue.revive(&files).unwrap().begin(Timestamp(0), None);
    assert!(catalogue.current().route("1").is_none());
    assert_eq!(catalogue.status()[0].calls[&call.version], 1);
}

#[test]
fn archived_site_is_there_for_a_version_that_fits_no_other() {
    let files = serving(&open(&folders(SITE, &flow("back", "one")))).files();
    let catalogue = open(&folders(&SITE.replace("[queues.back]\n", ""), &flow("desk", "two")));
    let revived = catalogue.revive(&files).unwrap();
    assert!(revived.site.queues.contains_key("back"));
    assert!(!catalogue.current().site.queues.contains_key("back"));
}

/// A plugin that was built for version 0.1 of the contract, before this host had a later one.
#[test]
fn archived_version_of_a_plugin_of_contract_0_1_takes_its_calls_back() {
    let old = "plugin = \"elder\"\nnumbers = [\"1\"]\n";
    let elder = folders(SITE, old);
    fs::write(elder.path().join("elder.wasm"), plugin_wasm("elder")).unwrap();
    let files = serving(&open(&elder)).files();
    // Meanwhile the flow got a plugin of today.
    let catalogue = open(&folders(SITE, &flow("desk", "two")));
    let revived = catalogue.revive(&files).unwrap();
    assert_eq!((revived.on(), revived.manifest.name.as_str()), (files.on.clone(), "elder"));
    assert_eq!(revived.flow.plugin().contract(), ContractVersion::V0_1);
    let replayed = LoadedFlow::of_files(&files, &ENGINE).unwrap();
    assert_eq!(replayed.on(), files.on);
}

#[test]
fn damage_is_reported() {
    let files = serving(&open(&folders(SITE, &flow("desk", "one")))).files();
    let catalogue = open(&folders(SITE, &flow("desk", "two")));
    let said = |files| {
        catalogue.revive(&files).err().unwrap().iter().map(ToString::to_string).collect::<String>()
    };
    let mut other = files.clone();
    other.flow.text = flow("desk", "three");
    assert!(said(other).contains("cannot make version"));
    let mut other = files;
    other.plugin.hash = "0123".to_owned();
    assert!(said(other.clone()).contains("is damaged"));
    other.plugin.bytes = [1, 2, 3].into();
    assert!(said(other).contains("archived plugin of flow a"));
}
