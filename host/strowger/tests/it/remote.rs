//! The sim as a process of its own, beside a host that dies; and the test of adapters, on that sim.

use serde_json::Value;
use std::{
    fs,
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    os::unix::fs::PermissionsExt,
    path::PathBuf,
    process::{Child, Command, Output, Stdio},
    sync::mpsc::{Receiver, channel},
    time::{Duration, Instant},
};
use strowger_test_support::{plugin_path, without_campaigns, workspace};

const PATIENCE: Duration = Duration::from_secs(30);

/// A folder with a token, and the shipped vaccination helpdesk.
struct Place {
    folder: tempfile::TempDir,
    port: u16,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        // Free now; whoever takes it meanwhile fails the test.
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let place = Self { folder, port };
        for folder in ["vaccination-helpdesk", "rosters"] {
            fs::create_dir_all(place.path("flows").join(folder)).unwrap();
        }
        for folder in ["plugins", "state"] {
            fs::create_dir(place.path(folder)).unwrap();
        }
        let roster = "rosters/nachtwacht-oost-vlaanderen.csv";
        for file in ["site.toml", "contacts.csv", roster, "vaccination-helpdesk/flow.toml"] {
            fs::copy(workspace().join("flows").join(file), place.path("flows").join(file)).unwrap();
        }
        fs::copy(
            plugin_path("vaccination-helpdesk"),
            place.path("plugins/vaccination-helpdesk.wasm"),
        )
        .unwrap();
        let config = format!(
            "adapter = \"remote\"\n[remote]\nlisten = \"127.0.0.1:{port}\"\ntoken_file = \"token\"\n"
        );
        fs::write(place.path("strowger.toml"), config).unwrap();
        fs::write(place.path("token"), "0123456789abcdef0123456789abcdef\n").unwrap();
        place.token_mode(0o600);
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn token_mode(&self, mode: u32) {
        fs::set_permissions(self.path("token"), fs::Permissions::from_mode(mode)).unwrap();
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_strowger"));
        command
            .current_dir(self.folder.path())
            .args(args)
            .env_remove("STROWGER_CONFIG")
            .env("NO_COLOR", "1");
        command
    }

    fn serve(&self) -> Killed {
        let log = fs::File::options().append(true).create(true).open(self.path("log")).unwrap();
        Killed(self.command(&["serve"]).stderr(log).spawn().unwrap())
    }

    fn sim(&self, more: &[&str]) -> Sim {
        let connect = format!("ws://127.0.0.1:{}/adapter/v1", self.port);
        let mut command = self.command(&[
            "sim",
            "--token-file",
            "token",
            "--status",
            "20",
            "--connect",
            &connect,
        ]);
        let mut child = command
            .args(more)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (sender, lines) = channel();
        let out = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            out.lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
        });
        Sim { child: Killed(child), lines }
    }
}

struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

struct Sim {
    child: Killed,
    lines: Receiver<String>,
}

impl Sim {
    /// The first line for which it holds.
    #[track_caller]
    fn until(&self, what: &str, holds: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + PATIENCE;
        let mut last = String::new();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let Ok(line) = self.lines.recv_timeout(left) else {
                panic!("{what} did not come; the last was {last}")
            };
            let value = serde_json::from_str(&line).unwrap();
            if holds(&value) {
                return value;
            }
            last = line;
        }
    }

    fn say(&mut self, line: &str) {
        writeln!(self.child.0.stdin.as_mut().unwrap(), "{line}").unwrap();
    }
}

#[test]
fn callers_outlive_the_host() {
    let place = Place::new();
    // The helpdesk is open and nobody answers: all wait.
    let site = fs::read_to_string(place.path("flows/site.toml")).unwrap();
    let open: String = without_campaigns(&site)
        .lines()
        .map(|line| {
            if line.starts_with("hours = \"") {
                "hours = \"24/7\"\n".to_owned()
            } else {
                format!("{line}\n")
            }
        })
        .collect();
    fs::write(place.path("flows/site.toml"), open).unwrap();
    let host = place.serve();
    let mut sim =
        place.sim(&["--callers", "5", "--rate", "50", "--nobody-answers", "--to", "+3292000300"]);
    let up = sim.until("five answered callers", |status| status["answered"] == 5);
    assert_eq!((&up["arrived"], &up["own_route"], &up["ended"]), (&5.into(), &0.into(), &0.into()));

    drop(host);
    sim.until("the loss of the host", |status| status["connected"] == false);
    sim.say("call +3292000300");
    sim.until("a call to the own route", |status| status["own_route"] == 1);
    let _host = place.serve();
    let back = sim.until("a new host", |status| status["connected"] == true);
    assert_eq!((&back["arrived"], &back["ended"]), (&5.into(), &0.into()), "they live on");
    sim.say("hears");
    let hears = sim.until("who hears whom", |line| line.get("connected").is_none());
    assert!(hears.as_object().unwrap().len() >= 5, "{hears}");
    sim.say("call +3292000300 +32470999999");
    sim.until("a call to the new host", |status| status["answered"] == 6);
}

/// A host whose PBX is away, answers with nothing, or gets lost.
#[test]
fn a_test_call_that_does_not_come_ends_and_says_why() {
    let place = Place::new();
    let call = || place.command(&["call", "+3292000300", "--via", "PJSIP/somebody"]);
    let said = |output: Output| {
        assert_eq!(output.status.code(), Some(2));
        String::from_utf8(output.stderr).unwrap()
    };
    let _host = place.serve();
    let began = Instant::now();
    while place.command(&["flows"]).output().unwrap().status.code() == Some(2) {
        assert!(began.elapsed() < PATIENCE, "the host does not answer");
    }
    let away = said(call().output().unwrap());
    assert!(away.contains("the PBX is not connected"), "{away}");

    let mut sim = place.sim(&["--nobody-answers"]);
    sim.until("the host", |status| status["connected"] == true);
    let nothing = said(call().output().unwrap());
    assert!(nothing.contains("no call from this number has come to a flow"), "{nothing}");

    let lost = call().stderr(Stdio::piped()).spawn().unwrap();
    sim.until("a phone that rings", |status| status["rung"] == 2);
    sim.child.0.kill().unwrap();
    let lost = said(lost.wait_with_output().unwrap());
    assert!(lost.contains("the PBX cannot be reached"), "{lost}");
}

#[test]
fn an_adapter_is_tested() {
    let place = Place::new();
    let url = format!("ws://127.0.0.1:{}", place.port);
    let _sim = place.sim(&[]);
    let test = |only: &str| {
        place
            .command(&["adapter", "test", &url, "--token-file", "token", "--only", only])
            .output()
            .unwrap()
    };
    let output = test("dialled-is");
    let shown = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{shown}{}", String::from_utf8_lossy(&output.stderr));
    assert!(
        shown.contains("sim has connected")
            && shown.contains("ok      dialled-is-busy")
            && shown.contains(" 0 failed"),
        "{shown}"
    );

    place.token_mode(0o644);
    let output = test("dialled-is");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("chmod 600"));
}
