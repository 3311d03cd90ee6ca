//! `strowger serve` beside a real Asterisk, as an operator would run it.

use std::{fs, process::Command, time::Duration};
use strowger_testbed::{
    AsteriskServer, Caller, Phone,
    asterisk::{APP, PASSWORD, TRANSFER, USER},
    process::Process,
    sipp::Answer,
};
use strowger_tests::{Folder, HELPDESK, PATIENCE, helpdesk_site};

/// A home for the host, with a configuration for this Asterisk.
fn home(pbx: &AsteriskServer) -> Folder {
    let speech = format!("\n[speech]\nprogram = {:?}\n", pbx.tools().espeak().get_program());
    let site = helpdesk_site(1, true, true, true) + speech.as_str();
    let folder = Folder::new(&site)
        .unwrap()
        .plugin("vaccination-helpdesk")
        .unwrap()
        .flow("vaccination-helpdesk", HELPDESK)
        .unwrap();
    let config = format!(
        "flows = {:?}\nplugins = {:?}\ncache = {:?}\nstate = {:?}\nadapter = \"asterisk\"\ndrain = 10\n\n\
         [asterisk]\ntechnologies = [\"PJSIP\", \"Local\"]\nurl = \"{}\"\nuser = \"{USER}\"\npassword = \"{PASSWORD}\"\napp = \"{APP}\"\ntransfer_context = \"{TRANSFER}\"\n\
         number_endpoint = \"PJSIP/central/sip:{{number}}@{}:5060\"\n",
        folder.flows(),
        folder.plugins(),
        folder.cache(),
        folder.cache().join("state"),
        pbx.url(),
        pbx.host(200),
    );
    fs::create_dir_all(folder.cache()).unwrap();
    fs::write(folder.cache().join("strowger.toml"), config).unwrap();
    folder
}

fn strowger(home: &Folder, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_strowger"));
    command
        .args(arguments)
        .arg("--config")
        .arg(home.cache().join("strowger.toml"))
        .env("NO_COLOR", "1");
    command
}

/// A host that Asterisk is connected to.
fn connected(home: &Folder) -> Process {
    let host = Process::start("strowger", strowger(home, &["serve"])).unwrap();
    host.output()
        .until("a connection to Asterisk", PATIENCE, |log| {
            log.contains("connected to Asterisk").then_some(())
        })
        .unwrap();
    host
}

#[test]
fn serve_takes_a_call_and_on_sigterm_lets_it_end_first_on_asterisk() {
    let pbx = AsteriskServer::start().unwrap();
    let home = home(&pbx);
    let central =
        Phone::central(&pbx, &Answer::after(Duration::ZERO).hang_up_after(Duration::from_secs(1)))
            .unwrap();
    let agent =
        Phone::start(&pbx, 1, &Answer::after(Duration::ZERO).hang_up_after(Duration::from_secs(4)))
            .unwrap();
    let host = connected(&home);
    let caller = Caller::to(&pbx, "0900").call().unwrap();
    agent.expect("ACK").unwrap();
    let flows = strowger(&home, &["flows"]).output().unwrap();
    let shown = String::from_utf8_lossy(&flows.stdout);
    assert!(
        flows.status.success() && shown.contains("vaccination-helpdesk"),
        "{shown}{}",
        String::from_utf8_lossy(&flows.stderr)
    );
    host.signal("TERM");
    let late = Caller::to(&pbx, "0900").number(1).call().unwrap();
    assert!(
        central.expect("INVITE").unwrap().line().contains("own-route"),
        "a host that stops takes no new call"
    );
    late.finished(PATIENCE).unwrap();
    caller.finished(PATIENCE).unwrap();
    assert!(host.output().ended(PATIENCE).unwrap().success(), "{}", host.output().text());
}

#[test]
fn a_test_call_comes_by_the_dialplan_or_says_why_not_on_asterisk() {
    let pbx = AsteriskServer::start().unwrap();
    let home = home(&pbx);
    let agent =
        Phone::start(&pbx, 1, &Answer::after(Duration::ZERO).hang_up_after(Duration::from_secs(3)))
            .unwrap();
    let host = connected(&home);
    let call = |via: &str| {
        let output = strowger(&home, &["call", "0900", "--via", via]).output().unwrap();
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        (output.status.code().unwrap(), said)
    };
    let (code, said) = call("Local/0900@inbound");
    agent.expect("ACK").unwrap();
    assert_eq!(code, 0, "{said}\n{}", host.output().text());
    for part in ["calls 0900", "talks with", "the record is closed: answered"] {
        assert!(said.contains(part), "{part:?} in\n{said}\n{}", host.output().text());
    }
    for via in ["SIP/0900", "PJSIP/nobody-has-this-name", "Local/0900@no-such-context"] {
        let (code, said) = call(via);
        assert_eq!(code, 2, "{via}: {said}");
        assert!(said.contains(&format!("cannot dial {via}")), "{via}: {said}");
    }
    host.signal("TERM");
    assert!(host.output().ended(PATIENCE).unwrap().success(), "{}", host.output().text());
}
