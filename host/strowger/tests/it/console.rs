//! The console and the API over HTTPS: users, tokens, and commands from another machine.

use crate::common::run;
use std::{
    fs,
    io::Write,
    net::TcpListener,
    path::Path,
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

const SITE: &str = r#"
time_zone = "Europe/Brussels"
country = "BE"
language = "nl-BE"

[switches.vcare-hap]
label = "Vcare HAP"
positions = ["Open", "Gesloten"]
code = "31"
"#;

struct Daemon(Child);

impl Daemon {
    fn start(folder: &Path) -> Self {
        let log = fs::File::options().create(true).append(true).open(folder.join("log")).unwrap();
        let daemon = Command::new(env!("CARGO_BIN_EXE_strowger"))
            .current_dir(folder)
            .arg("serve")
            .env_remove("STROWGER_CONFIG")
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        let since = Instant::now();
        while run(folder, &["switch"]).0 != 0 {
            assert!(since.elapsed() < Duration::from_secs(60), "{:?}", run(folder, &["switch"]));
        }
        Self(daemon)
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A certificate for `localhost`, and its key.
fn certificate(folder: &Path) {
    let mut openssl = Command::new("openssl");
    openssl.current_dir(folder).args(["req", "-x509", "-newkey", "ec", "-nodes", "-days", "2"]);
    openssl.args(["-pkeyopt", "ec_paramgen_curve:P-256", "-subj", "/CN=localhost"]);
    openssl.args(["-addext", "subjectAltName=DNS:localhost"]);
    openssl.args(["-addext", "basicConstraints=critical,CA:FALSE"]);
    openssl.args(["-keyout", "key.pem", "-out", "cert.pem"]);
    assert!(openssl.output().unwrap().status.success());
}

/// A command that reads a line of standard input.
fn told(folder: &Path, args: &[&str], line: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_strowger"));
    command.current_dir(folder).args(args).env_remove("STROWGER_CONFIG");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(format!("{line}\n").as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

#[track_caller]
fn says(folder: &Path, args: &[&str], code: i32, parts: &[&str]) {
    let (ended, shown) = run(folder, args);
    assert_eq!(ended, code, "{args:?}: {shown}");
    for part in parts {
        assert!(shown.contains(part), "{part:?} in\n{shown}");
    }
}

#[test]
fn commands_work_from_another_machine_with_a_token() {
    let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (folder, elsewhere) = (folder.path(), elsewhere.path());
    fs::create_dir_all(folder.join("flows")).unwrap();
    fs::create_dir_all(folder.join("plugins")).unwrap();
    fs::write(folder.join("flows/site.toml"), SITE).unwrap();
    certificate(folder);
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let config = format!(
        "[http]\nlisten = \"127.0.0.1:{port}\"\ncertificate = \"cert.pem\"\nkey = \"key.pem\"\n"
    );
    fs::write(folder.join("strowger.toml"), config).unwrap();
    let daemon = Daemon::start(folder);

    let short = told(folder, &["user", "add", "an", "--role", "admin"], "too short");
    assert_eq!(short.status.code(), Some(2));
    let added = told(folder, &["user", "add", "an", "--role", "admin"], "een lang wachtwoord");
    assert_eq!(added.status.code(), Some(0));
    says(folder, &["user"], 0, &["an", "admin"]);
    says(folder, &["user", "role", "an", "agent"], 0, &["an is agent from now on"]);
    says(folder, &["user", "add", "bo", "--role", "chief"], 2, &["viewer", "supervisor"]);
    let issued = told(folder, &["token", "add", "switchboard", "--role", "supervisor"], "");
    // Only the secret is on standard output, so that it can go to a file.
    fs::write(elsewhere.join("token"), &issued.stdout).unwrap();
    fs::copy(folder.join("cert.pem"), elsewhere.join("ca.pem")).unwrap();

    let url = format!("https://localhost:{port}");
    let there = ["--host", &url, "--token-file", "token", "--ca-file", "ca.pem"];
    let far = |args: &[&str], code: i32, parts: &[&str]| {
        says(elsewhere, &[args, &there].concat(), code, parts);
    };
    far(&["switch"], 0, &["Vcare HAP", "Open"]);
    let set = ["switch", "set", "31", "Gesloten", "--by", "somebody else", "--reason", "brand"];
    far(&set, 0, &["Gesloten", "switchboard", "brand"]);
    let (_, history) = run(folder, &["switch", "history"]);
    assert!(history.contains("switchboard") && !history.contains("somebody"), "{history}");
    far(&["user"], 2, &["switchboard is supervisor; this needs the role admin"]);
    let unknown = ["switch", "--host", &url, "--token-file", "token"];
    says(elsewhere, &unknown, 2, &["certificate"]);
    let plain = ["switch", "--host", "http://192.0.2.1:8650", "--token-file", "token"];
    says(elsewhere, &plain, 2, &["plain text"]);
    says(elsewhere, &["switch", "--host", &url], 2, &["--token-file"]);

    // It is known again after a restart, until it is revoked.
    drop(daemon);
    let _daemon = Daemon::start(folder);
    far(&["switch"], 0, &["Gesloten"]);
    let (_, tokens) = run(folder, &["token"]);
    let line = tokens.lines().find(|line| line.contains("switchboard")).unwrap();
    let id = line.split_whitespace().next().unwrap();
    says(folder, &["token", "revoke", id], 0, &[id]);
    far(&["switch"], 2, &["a token that is good"]);
    let log = fs::read_to_string(folder.join("log")).unwrap();
    let by = log.lines().find(|line| line.contains("POST /v1/switches/31")).unwrap();
    assert!(by.contains("switchboard") && by.contains("127.0.0.1"), "who did it: {by}");
    assert!(!log.contains(String::from_utf8_lossy(&issued.stdout).trim()), "no secret");
}

#[test]
fn passwords_do_not_travel_over_a_network_as_plain_text() {
    let folder = tempfile::tempdir().unwrap();
    let config = "[http]\nlisten = \"0.0.0.0:8650\"\n";
    fs::write(folder.path().join("strowger.toml"), config).unwrap();
    says(folder.path(), &["serve"], 2, &["strowger.toml", "plain text", "certificate and key"]);
}
