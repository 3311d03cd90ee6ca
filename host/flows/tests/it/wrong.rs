//! Every folder of `tests/wrong` is a folder of flows in which something is wrong, with what is
//! said about it in `expected.txt`. `UPDATE_EXPECTED=1` writes those files anew.

use std::{
    env, fs,
    path::{Path, PathBuf},
};
use strowger_flows::check;
use strowger_sandbox::Engine;
use strowger_test_support::plugin_wasm;

#[test]
fn wrong_files_are_reported_as_by_a_compiler() {
    let cases = Path::new("tests/wrong");
    let plugins = tempfile::tempdir().unwrap();
    let reception = plugin_wasm("reception");
    fs::write(plugins.path().join("reception.wasm"), &reception).unwrap();
    fs::write(plugins.path().join("redirect.wasm"), plugin_wasm("redirect")).unwrap();
    fs::write(plugins.path().join("truncated.wasm"), &reception[..4096]).unwrap();
    fs::write(plugins.path().join("text.wasm"), "Not a plugin.").unwrap();
    let engine = Engine::new(None).unwrap();
    let mut wrong = Vec::new();
    for case in folders(cases) {
        let flows = tempfile::tempdir().unwrap();
        copy(&cases.join("site.toml"), &flows.path().join("site.toml"));
        copy(&case, flows.path());
        let report = check(flows.path(), plugins.path(), &engine);
        let said = report
            .to_string()
            .replace(&format!("{}/", flows.path().display()), "")
            .replace(&format!("{}/", plugins.path().display()), "plugins/");
        let expected = case.join("expected.txt");
        if env::var_os("UPDATE_EXPECTED").is_some() {
            fs::write(&expected, &said).unwrap();
        }
        if fs::read_to_string(&expected).unwrap_or_default() != said {
            wrong.push(format!("---- {}\n{said}", case.display()));
        }
    }
    assert!(wrong.is_empty(), "not as in expected.txt:\n{}", wrong.join("\n"));
}

fn folders(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut folders: Vec<PathBuf> = entries.filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

fn copy(from: &Path, to: &Path) {
    if !from.is_dir() {
        fs::copy(from, to).unwrap();
        return;
    }
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        copy(&entry.path(), &to.join(entry.file_name()));
    }
}
