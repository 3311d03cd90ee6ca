//! What `docs/write-a-flow.md` shows is what works: its files are written down, its plugin is built
//! for WebAssembly, and its commands are run, also those for its tests. A crate outside the clone is
//! built as the guide says, too.

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};
use strowger_test_support::workspace;

/// The grey boxes that begin with the name of a file, by this name. Two boxes with one name are one
/// file.
fn files(guide: &str) -> BTreeMap<String, String> {
    let boxes = guide.split("\n```").skip(1).step_by(2).filter_map(|text| text.split_once('\n'));
    let mut files = BTreeMap::<String, String>::new();
    for (_, text) in boxes {
        let first = text.lines().next().unwrap_or_default();
        let name = first.strip_prefix("# ").or(first.strip_prefix("// ")).unwrap_or_default();
        if name.ends_with(".toml") || name.ends_with(".rs") {
            *files.entry(name.to_owned()).or_default() += &format!("{text}\n");
        }
    }
    files
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

/// Where cargo puts what it builds.
fn built() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace().join("target"), PathBuf::from)
}

fn cargo(folder: &Path, args: &[&str]) -> String {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    let cargo = cargo.args(args).arg("--offline").env("CARGO_TARGET_DIR", built());
    run(cargo, folder)
}

fn write(file: &Path, content: &str) {
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, content).unwrap();
}

#[test]
fn the_guide_leads_to_a_tested_flow() {
    let guide = fs::read_to_string(workspace().join("docs/write-a-flow.md")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    clone_of_the_workspace(folder.path());
    let files: BTreeMap<String, String> =
        files(&guide).into_iter().filter(|(name, _)| name.contains('/')).collect();
    for (name, content) in &files {
        write(&folder.path().join(name), content);
    }
    assert_eq!(files.len(), 6, "{:?}", files.keys().collect::<Vec<_>>());
    fs::create_dir(folder.path().join("my-plugins")).unwrap();

    let said: Vec<String> =
        commands(&guide, "cargo").map(|words| cargo(folder.path(), &words[1..])).collect();
    assert!(said[0].contains("3 passed"), "{}", said[0]);
    for words in commands(&guide, "cp") {
        let from = words[1].strip_prefix("target/").expect("from cargo's target folder");
        fs::copy(built().join(from), folder.path().join(words[2]).join("callback.wasm")).unwrap();
    }
    let said: Vec<String> = commands(&guide, "strowger")
        .map(|words| {
            run(Command::new(env!("CARGO_BIN_EXE_strowger")).args(&words[1..]), folder.path())
        })
        .collect();
    assert_eq!(said.len(), 3, "{said:?}");
    assert!(said[0].contains("2 of 2 scenarios pass"), "{}", said[0]);
    assert!(said[1].contains("2 passed, 0 failed"), "{}", said[1]);
    assert!(said[2].contains("4 alterations, 0 noticed by nobody"), "{}", said[2]);

    outside_the_clone(&files);
}

/// The same crate in a folder of its own, with the profile and the SDK as the guide says.
fn outside_the_clone(clone: &BTreeMap<String, String>) {
    let guide = fs::read_to_string(workspace().join("docs/write-a-flow.md")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let manifest = &files(&guide)["Cargo.toml"];
    let line = |begins: &str| manifest.lines().find(|line| line.starts_with(begins)).unwrap();
    let sdk = format!("strowger-sdk = {{ path = {:?} }}", workspace().join("plugins/sdk"));
    write(&folder.path().join("Cargo.toml"), &manifest.replace(line("strowger-sdk = "), &sdk));
    write(&folder.path().join("src/lib.rs"), &clone["plugins/callback/src/lib.rs"]);
    fs::copy(workspace().join("Cargo.lock"), folder.path().join("Cargo.lock")).unwrap();
    cargo(folder.path(), &["build", "--target", "wasm32-wasip2", "--profile", "plugin"]);
}
