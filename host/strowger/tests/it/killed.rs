//! `strowger serve` is killed with thousands of callers waiting at a PBX of another process, and
//! started again.

use std::{fs, net::TcpListener, os::unix::fs::PermissionsExt, process::Command};
use strowger_testbed::process::Process;
use strowger_tests::{Folder, HELPDESK, PATIENCE, helpdesk_site};

const CALLERS: usize = 5_000;

fn strowger(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_strowger"));
    command.args(arguments).env("NO_COLOR", "1");
    command
}

/// A home for a host whose adapter connects to this address.
fn home(listen: &str) -> Folder {
    let flow = HELPDESK
        .replace("overflow_after = 6", "overflow_after = 600")
        .replace("repeat_every = 2", "repeat_every = 60");
    let site = helpdesk_site(1, true, true, true);
    let folder = Folder::new(&site)
        .unwrap()
        .plugin("vaccination-helpdesk")
        .unwrap()
        .flow("vaccination-helpdesk", &flow)
        .unwrap();
    fs::create_dir_all(folder.cache()).unwrap();
    let token = folder.cache().join("token");
    fs::write(&token, "0123456789abcdef0123456789abcdef").unwrap();
    fs::set_permissions(&token, fs::Permissions::from_mode(0o600)).unwrap();
    let config = format!(
        "flows = {:?}\nplugins = {:?}\ncache = {:?}\nstate = {:?}\nadapter = \"remote\"\n\n[remote]\nlisten = {listen:?}\ntoken_file = {token:?}\n",
        folder.flows(),
        folder.plugins(),
        folder.cache(),
        folder.cache().join("state"),
    );
    fs::write(folder.cache().join("strowger.toml"), config).unwrap();
    folder
}

fn serve(home: &Folder) -> Process {
    let mut command = strowger(&["serve", "--config"]);
    command.arg(home.cache().join("strowger.toml"));
    Process::start("strowger", command).unwrap()
}

#[test]
fn five_thousand_callers_outlive_a_host_that_is_killed() {
    let listen = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let home = home(&listen);
    let host = serve(&home);
    let started = |log: &str| log.contains("serves no calls yet").then_some(());
    host.output().until("a host", PATIENCE, started).unwrap();
    let url = format!("ws://{listen}/adapter/v1");
    let token = home.cache().join("token");
    let callers = CALLERS.to_string();
    // Its lines of status go where the test reads.
    let mut sim = Command::new("sh");
    sim.args([
        "-c",
        "exec \"$0\" \"$@\" 1>&2",
        env!("CARGO_BIN_EXE_strowger"),
        "sim",
        "--connect",
        &url,
        "--callers",
        &callers,
        "--rate",
        "2000",
        "--to",
        "0900",
        "--nobody-answers",
        "--status",
        "100",
        "--token-file",
    ]);
    sim.arg(&token);
    let sim = Process::start("sim", sim).unwrap();
    let status = |what: &str| {
        let wanted = format!("\"{what}\":{CALLERS}");
        sim.output()
            .until(what, PATIENCE * 2, |lines| lines.contains(&wanted).then_some(()))
            .unwrap();
    };
    status("answered");
    host.signal("KILL");
    host.output().ended(PATIENCE).unwrap();

    let host = serve(&home);
    let goes_on = |log: &str| {
        log.lines()
            .find(|line| line.contains("every call of the earlier host goes on"))
            .map(str::to_owned)
    };
    let line = host.output().until("calls that go on", PATIENCE, goes_on).unwrap();
    assert!(line.contains(&format!("calls={CALLERS}")), "{line}");
    println!("{line}");
    let shown = strowger(&["flows", "--json", "--config"])
        .arg(home.cache().join("strowger.toml"))
        .output()
        .unwrap();
    assert!(
        String::from_utf8_lossy(&shown.stdout).contains(&CALLERS.to_string()),
        "{}",
        String::from_utf8_lossy(&shown.stdout)
    );
    let last = sim.output().text().lines().rfind(|line| line.starts_with('{')).unwrap().to_owned();
    assert!(
        last.contains("\"ended\":0") && last.contains("\"own_route\":0"),
        "nobody noticed: {last}"
    );
}
