//! Flows in a folder of their own, the command there, and a host.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};
use strowger_test_support::{plugin_path, without_campaigns, workspace};

/// Two of the shipped flows with their site, in a folder of their own, with plugins.
pub(crate) struct Place(pub(crate) tempfile::TempDir);

impl Place {
    pub(crate) fn new() -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        copy(&workspace().join("flows"), &place.path("flows"));
        for entry in fs::read_dir(place.path("flows")).unwrap() {
            let entry = entry.unwrap();
            let other = !["reception", "vaccination-helpdesk"]
                .contains(&&*entry.file_name().to_string_lossy());
            if other && entry.path().join("flow.toml").is_file() {
                fs::remove_dir_all(entry.path()).unwrap();
            }
        }
        // They call flows that are not here.
        fs::remove_dir_all(place.path("flows/drills")).unwrap();
        let site = place.path("flows/site.toml");
        let text = without_campaigns(&fs::read_to_string(&site).unwrap());
        fs::write(site, text).unwrap();
        fs::create_dir(place.path("plugins")).unwrap();
        for plugin in ["agent-desk", "reception", "vaccination-helpdesk"] {
            fs::copy(plugin_path(plugin), place.path("plugins").join(format!("{plugin}.wasm")))
                .unwrap();
        }
        place
    }

    /// Another of the shipped flows, with its plugin.
    pub(crate) fn add(&self, flow: &str, plugin: &str) {
        let to = self.path("flows").join(flow);
        copy(&workspace().join("flows").join(flow), &to);
        let to = self.path("plugins").join(format!("{plugin}.wasm"));
        fs::copy(plugin_path(plugin), to).unwrap();
    }

    /// The shipped drills.
    pub(crate) fn add_drills(&self) {
        copy(&workspace().join("flows/drills"), &self.path("flows/drills"));
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn change(&self, file: &str, from: &str, to: &str) {
        let file = self.path(file);
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.contains(from), "{from} in {}", file.display());
        fs::write(&file, text.replace(from, to)).unwrap();
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_strowger"));
        command
            .current_dir(self.0.path())
            .args(args)
            .env_remove("STROWGER_CONFIG")
            .env("NO_COLOR", "1");
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        Ran(self.command(args).output().unwrap())
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &to.join(entry.file_name())),
            false => drop(fs::copy(entry.path(), to.join(entry.file_name())).unwrap()),
        }
    }
}

pub(crate) struct Ran(pub(crate) Output);

impl Ran {
    pub(crate) fn shown(&self) -> String {
        String::from_utf8_lossy(&[self.0.stdout.as_slice(), &self.0.stderr].concat()).into_owned()
    }

    #[track_caller]
    pub(crate) fn ends(self, code: i32, says: &[&str]) -> Self {
        let shown = self.shown();
        assert_eq!(self.0.status.code(), Some(code), "{shown}");
        for part in says {
            assert!(shown.contains(part), "{part:?} in\n{shown}");
        }
        self
    }
}

/// A host that serves a place; killed when dropped.
pub(crate) struct Daemon(pub(crate) std::process::Child);

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Daemon {
    /// Started, and its control socket is there.
    pub(crate) fn start(place: &Place) -> Self {
        let log = fs::File::create(place.path("log")).unwrap();
        let daemon = Self(place.command(&["serve"]).stderr(log).spawn().unwrap());
        until(|| place.run(&["flows"]).0.status.code() != Some(2));
        daemon
    }

    pub(crate) fn terminate(&self) {
        let id = rustix::process::Pid::from_raw(self.0.id().try_into().unwrap()).unwrap();
        rustix::process::kill_process(id, rustix::process::Signal::TERM).unwrap();
    }
}

/// Looks again and again, for at most half a minute; each look takes its time.
pub(crate) fn until(mut done: impl FnMut() -> bool) {
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while !done() {
        assert!(std::time::Instant::now() < deadline, "it did not come");
    }
}
