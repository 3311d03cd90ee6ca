//! What `docs/write-a-flow.md` shows is what works: its files are written down, its plugin is built
//! for WebAssembly, and its commands are run. (That its Rust passes its own tests is shown by the
//! doctest of the crate `strowger-sdk`.)
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};
use strowger_test_support::workspace;

/// The grey boxes that begin with the name of a file, as name and content. Rust ends where its
/// tests begin.
fn files(guide: &str) -> Vec<(String, String)> {
    let boxes = guide.split("\n```").skip(1).step_by(2).filter_map(|text| text.split_once('\n'));
    let named = boxes.filter_map(|(_, text)| {
        let (name, _) = text.split_once('\n')?;
        let name = name.strip_prefix("# ").or(name.strip_prefix("// "))?;
        name.contains('/').then(|| {
            (name.to_owned(), text.split("\n// ---- the tests").next().unwrap_or(text).to_owned())
        })
    });
    named.collect()
}

/// The commands of the guide that begin with this.
fn commands<'a>(guide: &'a str, program: &'a str) -> impl Iterator<Item = Vec<&'a str>> {
    let boxes = guide.split("\n```sh\n").skip(1).filter_map(|text| text.split("\n```").next());
    boxes
        .flat_map(str::lines)
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .filter(move |words| words[0] == program)
}

fn run(command: &mut Command, folder: &Path) -> String {
    let output = command.current_dir(folder).output().unwrap();
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(output.status.success(), "{command:?}:\n{said}");
    said
}

/// A clone as far as it is needed: the workspace with its plugins.
fn clone_of_the_workspace(to: &Path) {
    let manifest = fs::read_to_string(workspace().join("Cargo.toml")).unwrap();
    let members = manifest.lines().find(|line| line.starts_with("members = ")).unwrap();
    let manifest = manifest
        .replace(members, "members = [\"plugins/*\"]")
        .replace("default-members = [\"host/strowger\"]\n", "");
    fs::write(to.join("Cargo.toml"), manifest).unwrap();
    for name in ["Cargo.lock", "wit", "plugins/sdk", "docs"] {
        copy(&workspace().join(name), &to.join(name));
    }
}

fn copy(from: &Path, to: &Path) {
    if from.is_file() {
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(from, to).unwrap();
        return;
    }
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        copy(&entry.path(), &to.join(entry.file_name()));
    }
}

#[test]
fn the_guide_leads_to_a_tested_flow() {
    let guide = fs::read_to_string(workspace().join("docs/write-a-flow.md")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    clone_of_the_workspace(folder.path());
    let files = files(&guide);
    for (name, content) in &files {
        let file = folder.path().join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, content).unwrap();
    }
    assert_eq!(files.len(), 5, "{:?}", files.iter().map(|(name, _)| name).collect::<Vec<_>>());
    fs::create_dir(folder.path().join("my-plugins")).unwrap();

    let built =
        env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace().join("target"), PathBuf::from);
    for words in commands(&guide, "cargo") {
        let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        run(
            cargo.args(&words[1..]).args(["--quiet", "--offline"]).env("CARGO_TARGET_DIR", &built),
            folder.path(),
        );
    }
    for words in commands(&guide, "cp") {
        let from = words[1].strip_prefix("target/").expect("from cargo's target folder");
        fs::copy(built.join(from), folder.path().join(words[2]).join("callback.wasm")).unwrap();
    }
    let said: Vec<String> = commands(&guide, "strowger")
        .map(|words| {
            run(Command::new(env!("CARGO_BIN_EXE_strowger")).args(&words[1..]), folder.path())
        })
        .collect();
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(said[1].contains("1 passed, 0 failed"), "{}", said[1]);
}
