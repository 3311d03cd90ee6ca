//! `strowger serve` under a service manager: it says when it serves, that it lives, and that it
//! stops.

use std::{fs, os::unix::net::UnixDatagram, process::Command};
use strowger_testbed::process::Process;
use strowger_tests::{Folder, PATIENCE, helpdesk_site};

#[test]
fn a_service_manager_is_told() {
    let home = Folder::new(&helpdesk_site(1, true, true, true)).unwrap();
    fs::create_dir_all(home.cache()).unwrap();
    let config = home.cache().join("strowger.toml");
    fs::write(
        &config,
        format!("flows = {:?}\nplugins = {:?}\ndrain = 7\n", home.flows(), home.plugins()),
    )
    .unwrap();
    let socket = home.cache().join("notify");
    let manager = UnixDatagram::bind(&socket).unwrap();
    manager.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_strowger"));
    command
        .arg("serve")
        .arg("--config")
        .arg(&config)
        .env("NOTIFY_SOCKET", &socket)
        .env("WATCHDOG_USEC", "200000")
        .env_remove("WATCHDOG_PID");
    let host = Process::start("strowger", command).unwrap();
    let told = |what: &str| {
        let mut buffer = [0; 1024];
        loop {
            let length = manager
                .recv(&mut buffer)
                .unwrap_or_else(|error| panic!("{what}: {error}; {}", host.output().text()));
            let message = String::from_utf8_lossy(&buffer[..length]).into_owned();
            if message.lines().any(|line| line.starts_with(what)) {
                return message;
            }
        }
    };
    told("READY=1");
    told("STATUS=serving calls of sim");
    let site = home.flows().join("site.toml");
    fs::write(&site, fs::read_to_string(&site).unwrap() + "\nqueus = {}\n").unwrap();
    told("STATUS=the site file is not in force: ");
    for _ in 0..3 {
        told("WATCHDOG=1");
    }
    host.signal("TERM");
    assert!(told("STOPPING=1").contains("EXTEND_TIMEOUT_USEC=12000000"));
    assert!(host.output().ended(PATIENCE).unwrap().success());
}
