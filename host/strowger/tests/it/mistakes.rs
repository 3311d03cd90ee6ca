//! Mistakes that people make, and what Strowger says of each: `docs/mistakes.md`, made of
//! `mistakes/mistakes.toml`. `UPDATE=1` writes this page anew; read it then as somebody who has made
//! the mistake.

use serde::Deserialize;
use std::{
    fmt::Write,
    fs,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};
use strowger_test_support::{compile_cache, plugin_path, workspace};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Mistakes {
    mistake: Vec<Mistake>,
}

/// Something that people do wrong. `mistakes.toml` says what the fields mean.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Mistake {
    r#in: String,
    what: String,
    file: Option<String>,
    from: Option<String>,
    to: Option<String>,
    only: Option<String>,
    cut: Option<usize>,
    name: Option<String>,
    run: String,
    #[serde(default)]
    host: bool,
}

impl Mistake {
    /// Makes it, in a folder in which all files are good. Says what was made.
    fn make(&self, folder: &Path) -> Option<String> {
        let name = self.file.as_ref()?;
        let file = folder.join(name);
        if let Some(other) = &self.name {
            fs::rename(file, folder.join(other)).unwrap();
            return Some(format!("`{name}` is called `{other}`."));
        }
        if let Some(text) = &self.only {
            fs::write(file, text).unwrap();
            return Some(format!("`{name}` has only this:\n\n{}", indented(text)));
        }
        let mut bytes = fs::read(&file).unwrap();
        if let Some(cut) = self.cut {
            bytes.truncate(cut);
            fs::write(file, bytes).unwrap();
            return Some(format!("Of `{name}` there are only {cut} bytes."));
        }
        let (text, to) = (String::from_utf8(bytes).unwrap(), self.to.as_deref().unwrap());
        let Some(from) = &self.from else {
            fs::write(file, text + to).unwrap();
            return Some(format!("`{name}` also has this:\n\n{}", indented(to.trim_start())));
        };
        assert!(text.contains(from), "{from:?} in {name}");
        fs::write(file, text.replacen(from, to, 1)).unwrap();
        let (from, to) = (from.trim_end(), to.trim_end());
        Some(match to {
            "" => format!("In `{name}`, this line is missing:\n\n{}", indented(from)),
            _ if to.contains('\n') => format!("In `{name}`:\n\n{}", indented(to)),
            _ => format!("In `{name}`, `{from}` is written as `{to}`."),
        })
    }

    /// What Strowger says, without what differs from machine to machine.
    fn said(&self, folder: &Path) -> (i32, String) {
        let words: Vec<&str> = self.run.split(' ').collect();
        let (code, said) = run(folder, &words);
        let said = said.replace(&format!("{}/", folder.display()), "");
        let differs = [" INFO ", " of calls in ", " flows good", " flow good"];
        // The first line of `strowger test` is the version of the flow.
        let version = |line: &str| line.starts_with("desk ") && line.split(' ').count() == 2;
        let told = |line: &&str| !version(line) && !differs.iter().any(|part| line.contains(part));
        (code, said.lines().filter(told).collect::<Vec<_>>().join("\n").trim_end().to_owned())
    }
}

/// A program, with the environment of a command of Strowger.
fn strowger(program: &str, folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(args).current_dir(folder).env_remove("STROWGER_CONFIG");
    command.env("STROWGER_CACHE", compile_cache()).env("NO_COLOR", "1");
    command
}

const STROWGER: &str = env!("CARGO_BIN_EXE_strowger");

/// How a command ended, and what it said. A host that finds nothing wrong would run for ever.
fn run(folder: &Path, args: &[&str]) -> (i32, String) {
    let mut command = strowger("timeout", folder, &[&["60", STROWGER], args].concat());
    let output = command.stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    (output.status.code().unwrap(), said)
}

/// As Markdown shows a text as it is.
fn indented(text: &str) -> String {
    text.lines().map(|line| format!("    {line}").trim_end().to_owned() + "\n").collect()
}

/// The files of which one is wrong in each mistake.
fn good_files() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy(&workspace().join("host/strowger/tests/mistakes"), folder.path());
    fs::create_dir(folder.path().join("plugins")).unwrap();
    fs::copy(plugin_path("reception"), folder.path().join("plugins/reception.wasm")).unwrap();
    folder
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        match entry.path().is_dir() {
            true => copy(&entry.path(), &to.join(entry.file_name())),
            false => drop(fs::copy(entry.path(), to.join(entry.file_name())).unwrap()),
        }
    }
}

/// A host on the simulated PBX; killed when dropped.
struct Host(Child);

impl Host {
    fn start(folder: &Path) -> Self {
        fs::write(folder.join("strowger.toml"), "adapter = \"sim\"\n").unwrap();
        let mut command = strowger(STROWGER, folder, &["serve"]);
        let host = Self(command.stderr(Stdio::null()).spawn().unwrap());
        let began = Instant::now();
        while run(folder, &["status"]).0 == 2 {
            assert!(began.elapsed() < Duration::from_secs(30), "the host does not answer");
        }
        host
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// How `timeout` ends when the command has not.
const RUNS: i32 = 124;

const HEAD: &str = "# Mistakes, and what Strowger says of them

This page shows mistakes that people make, with the message of each. If you have got one of these
messages, look here for what brought it about. A test makes each mistake and writes this page.
";

#[test]
fn every_mistake_is_explained() {
    let table = workspace().join("host/strowger/tests/mistakes/mistakes.toml");
    let Mistakes { mistake: mistakes } =
        toml::from_str(&fs::read_to_string(table).unwrap()).unwrap();
    assert!(mistakes.len() >= 40, "{}", mistakes.len());
    let beside = good_files();
    let _host = Host::start(beside.path());
    let mut page = HEAD.to_owned();
    let mut chapter = "";
    let mut taken = Vec::new();
    for mistake in &mistakes {
        if mistake.r#in != chapter {
            chapter = &mistake.r#in;
            write!(page, "\n## {chapter}\n").unwrap();
        }
        let own = good_files();
        let folder = if mistake.host { beside.path() } else { own.path() };
        let made = mistake.make(folder);
        let (code, said) = mistake.said(folder);
        if code == 0 || code == RUNS {
            taken.push(format!("{}: {said}", mistake.what));
        }
        write!(page, "\n### {}\n\n", mistake.what).unwrap();
        if let Some(made) = made {
            write!(page, "{}\n\n", made.trim_end()).unwrap();
        }
        write!(page, "`strowger {}` ends with {code}:\n\n", mistake.run).unwrap();
        page += &indented(&said);
    }
    assert!(taken.is_empty(), "nothing is wrong with: {taken:#?}");
    let file = workspace().join("docs/mistakes.md");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&file, &page).unwrap();
    }
    let written = fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(written, page, "docs/mistakes.md differs: UPDATE=1 writes it anew");
}
