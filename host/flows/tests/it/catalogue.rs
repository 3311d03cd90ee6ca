//! Swapping, refusing, going back: on real plugins, in a folder of its own for every test.
//!
//! # Layout
//! * `swap`: new versions, while calls go on with those that they began on.
//! * `refuse`: what is not taken.
//! * `back`: the way back, by hand and after faults.
//! * `again`: after a restart.
//! * `replaced`: the whole folder is another one.

mod again;
mod back;
mod refuse;
mod replaced;
mod swap;

use std::{
    fs,
    path::PathBuf,
    sync::{Arc, LazyLock},
};
use strowger_flows::{Catalogue, CatalogueConfig, FlowStatus, OnFlow};
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
            about: None,
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

/// A call of that caller.
fn by(catalogue: &Catalogue, number: &str, caller: &str) -> OnFlow {
    catalogue.current().route(number).unwrap().begin(Timestamp(0), Some(caller))
}

/// What a caller of a number is greeted with.
fn greeting(catalogue: &Catalogue, number: &str) -> Option<String> {
    let snapshot = catalogue.current();
    Some(snapshot.route(number)?.settings["greeting"].as_str()?.to_owned())
}

fn begin(catalogue: &Catalogue, number: &str) -> OnFlow {
    by(catalogue, number, "0470000000")
}

fn status(catalogue: &Catalogue, name: &str) -> FlowStatus {
    catalogue.status().into_iter().find(|status| status.name == name).unwrap()
}

fn said(report: &Report) -> String {
    report.problems.iter().map(ToString::to_string).collect()
}
