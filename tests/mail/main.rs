//! Mail of flows, from the step that orders it to a real mail server.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::Duration;
use strowger_exchange::Clock;
use strowger_journal::{Options, Store};
use strowger_model::MailState;
use strowger_office::{Courier, MailConfig, Outbox, Rules, Security};
use strowger_sim::{Caller, SimConfig};
use strowger_testbed::mail::{Asks, MailServer};
use strowger_tests::{Folder, Host, PATIENCE, database, open_journal};
use tokio::task::JoinHandle;

const SITE: &str = "time_zone = \"Europe/Brussels\"\ncountry = \"BE\"\nlanguage = \"nl-BE\"\n\
    [cases.escalation]\nworking_days = 5\n[cases.complaint]\ndays = 45\n";

const FLOW: &str = r#"
plugin = "plugboard"
numbers = ["100"]
[permissions]
mail = ["*@stad.be"]
[mails.callback]
subject = "Terugbellen: {name}"
text = "Bel {caller} terug.\n"
[mails.escalation]
subject = "Vraag {case}, te beantwoorden tegen {due}"
text = "{question} (dienst {department})"
[cases.escalation]
mail_to = ["desk@stad.be"]
[settings.on]
arrived = ["mail callback zlo@stad.be caller=+32470000001 name=Ça_va", "finish mailed"]
"#;

fn folder(arrived: &str) -> Folder {
    let flow = match arrived {
        "" => FLOW.to_owned(),
        orders => format!("{}arrived = [{orders}]\n", FLOW.split_once("arrived").unwrap().0),
    };
    Folder::new(SITE).unwrap().plugin("plugboard").unwrap().flow("mails", &flow).unwrap()
}

/// A host on a journal, and calls that come in.
async fn call(folder: &Folder, store: &Store, calls: usize) -> Host {
    let host = Host::start_on(folder, Clock::system(), Some(store.clone())).unwrap();
    let sim = host.sim(SimConfig::default());
    for _ in 0..calls {
        sim.call(Caller {
            from: Some("+32470000001".into()),
            to: "100".into(),
            ..Caller::default()
        });
    }
    host.records(calls, PATIENCE).await.unwrap();
    host
}

fn config(server: &MailServer) -> MailConfig {
    MailConfig {
        server: "127.0.0.1".into(),
        port: Some(server.port()),
        security: Security::None,
        user: None,
        password_file: None,
        ca_file: None,
        from: "Strowger <strowger@stad.be>".into(),
    }
}

fn send(host: &Host, store: &Store, config: &MailConfig) -> JoinHandle<()> {
    let rules = Rules { first: Duration::from_millis(50), ..Rules::new(|| Clock::system().now()) };
    tokio::spawn(
        Outbox::new(store.clone(), host.exchange.posted(), rules)
            .run(Some(Courier::new(config).unwrap())),
    )
}

/// Waits until the journal says so of every mail.
async fn until(store: &Store, state: MailState, tries: u32) {
    let all = async {
        loop {
            let mails = store.mails(None).unwrap();
            if !mails.is_empty()
                && mails
                    .iter()
                    .all(|posted| posted.last.state == state && posted.last.tries >= tries)
            {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, all).await.unwrap_or_else(|_| panic!("{:?}", store.mails(None)));
}

fn header<'a>(mail: &'a str, name: &str) -> &'a str {
    let (_, rest) =
        mail.split_once(&format!("{name}: ")).unwrap_or_else(|| panic!("no {name} in {mail}"));
    rest.split("\\r\\n").next().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn p5_a_call_back_mail_is_delivered_once() {
    let server = MailServer::start(Asks::Nothing).unwrap();
    let (folder, store) = journal(folder(""));
    let host = call(&folder, &store, 1).await;
    let sending = send(&host, &store, &config(&server));
    let mails = server.wait(1).unwrap();
    until(&store, MailState::Sent, 1).await;
    let id = store.mails(None).unwrap()[0].mail.id.clone();
    assert_eq!(header(&mails[0], "Message-ID"), format!("<{id}@stad.be>"));
    assert_eq!(
        (header(&mails[0], "To"), header(&mails[0], "From")),
        ("zlo@stad.be", "Strowger <strowger@stad.be>")
    );
    assert!(mails[0].contains("Bel +32470000001 terug."), "{mails:?}");
    // Another host, another sender: it is sent, and what it said is deleted with the next tidying.
    sending.abort();
    let _again = send(&host, &store, &config(&server));
    host.exchange.posted().notify_one();
    tokio::time::timeout(PATIENCE, async { while store.next_mail().unwrap().is_some() {} })
        .await
        .unwrap();
    assert_eq!(server.mails().len(), 1);
    store.retain(&strowger_journal::Retention::default(), Clock::system().now()).unwrap();
    let left = store.mails(None).unwrap().remove(0);
    assert_eq!(
        (left.mail.subject.as_str(), left.mail.text.as_str(), left.last.state),
        ("", "", MailState::Sent)
    );
    assert_eq!(host.log.records()[0].refused, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_asks_for_starttls_and_a_login_gets_both() {
    let server = MailServer::start(Asks::Login).unwrap();
    let (folder, store) = journal(folder(""));
    let password = folder.cache().join("password");
    std::fs::write(&password, "secret\n").unwrap();
    let host = call(&folder, &store, 1).await;
    let login = MailConfig {
        server: "localhost".into(),
        security: Security::Starttls,
        user: Some("strowger".into()),
        password_file: Some(password.clone()),
        ca_file: Some(server.certificate()),
        ..config(&server)
    };
    let untrusting = send(&host, &store, &MailConfig { ca_file: None, ..login.clone() });
    until(&store, MailState::Waiting, 2).await;
    untrusting.abort();
    assert_eq!(server.mails().len(), 0, "a server that nobody vouches for is told nothing");
    let _sending = send(&host, &store, &login);
    let mails = server.wait(1).unwrap();
    assert!(mails[0].contains("\"login\": true"), "{mails:?}");
    until(&store, MailState::Sent, 3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_encrypted_from_the_beginning_gets_its_login() {
    let server = MailServer::start(Asks::TlsAndLogin).unwrap();
    let (folder, store) = journal(folder(""));
    let password = folder.cache().join("password");
    std::fs::write(&password, "secret\n").unwrap();
    let host = call(&folder, &store, 1).await;
    let login = MailConfig {
        server: "localhost".into(),
        security: Security::Tls,
        user: Some("strowger".into()),
        password_file: Some(password),
        ca_file: Some(server.certificate()),
        ..config(&server)
    };
    let _sending = send(&host, &store, &login);
    assert!(server.wait(1).unwrap()[0].contains("\"login\": true"));
    until(&store, MailState::Sent, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_down_for_a_while_loses_nothing() {
    let mut server = MailServer::down(Asks::Nothing).unwrap();
    let (folder, store) = journal(folder(""));
    let host = call(&folder, &store, 5).await;
    let _sending = send(&host, &store, &config(&server));
    until(&store, MailState::Waiting, 2).await;
    server.up().unwrap();
    let mails = server.wait(5).unwrap();
    until(&store, MailState::Sent, 2).await;
    let mut ids: Vec<&str> = mails.iter().map(|mail| header(mail, "Message-ID")).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 5, "each once");
    assert_eq!(server.mails().len(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_dies_between_the_step_and_the_mail_has_the_next_one_send_it() {
    let server = MailServer::start(Asks::Nothing).unwrap();
    let (folder, store) = journal(folder(""));
    let host = call(&folder, &store, 1).await;
    assert!(store.flush(PATIENCE));
    drop(host);
    drop(store);
    // Sent, but the journal never heard of it: what a death at the worst moment leaves behind.
    let store = open_journal(&folder, Options::default()).unwrap();
    let posted = store.mail_due(Clock::system().now(), 10).unwrap().remove(0);
    Courier::new(&config(&server)).unwrap().send(&posted.mail).await.unwrap();
    let host = Host::start_on(&folder, Clock::system(), Some(store.clone())).unwrap();
    let _sending = send(&host, &store, &config(&server));
    let mails = server.wait(2).unwrap();
    until(&store, MailState::Sent, 1).await;
    assert_eq!(header(&mails[0], "Message-ID"), header(&mails[1], "Message-ID"));
    assert!(database(&folder).exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn v8_an_escalation_is_a_case_with_a_date_and_its_desk_is_told() {
    let server = MailServer::start(Asks::Nothing).unwrap();
    let (folder, store) = journal(folder(
        "\"case escalation question=Mag_mijn_zoon_mee? caller=+32470000001\", \"case complaint what=Wachttijd\", \"finish noted\"",
    ));
    let host = call(&folder, &store, 1).await;
    let _sending = send(&host, &store, &config(&server));
    let mails = server.wait(1).unwrap();
    assert!(mails[0].contains("Mag mijn zoon mee? (dienst -)"), "{mails:?}");
    until(&store, MailState::Sent, 1).await;
    let cases = store.cases(&strowger_journal::CaseQuery::default()).unwrap();
    assert_eq!(
        cases.iter().map(|case| case.kind.as_str()).collect::<Vec<_>>(),
        ["escalation", "complaint"]
    );
    assert!(
        cases[0].due > cases[0].opened
            && cases[1].due > cases[0].due
            && cases.iter().all(|case| case.closed.is_none())
    );
    assert!(mails[0].contains(&cases[0].id));
    let digits = vec!["32470000001".to_owned()];
    let number = strowger_model::number::Notations { whole: digits.clone(), within: digits };
    let removed = store.erase(&strowger_journal::Erase::Number(number)).unwrap();
    assert!(removed.cases >= 1, "{removed:?}");
    assert!(
        store
            .cases(&strowger_journal::CaseQuery::default())
            .unwrap()
            .iter()
            .all(|case| case.fields.is_empty())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_the_server_does_not_know_costs_the_others_nothing() {
    let server = MailServer::start(Asks::Nothing).unwrap();
    let flow = FLOW.replace("[\"desk@stad.be\"]", "[\"nobody@stad.be\", \"desk@stad.be\"]");
    let flow = format!(
        "{}arrived = [\"case escalation question=Waar?\", \"finish noted\"]\n",
        flow.split_once("arrived").unwrap().0
    );
    let folder =
        Folder::new(SITE).unwrap().plugin("plugboard").unwrap().flow("mails", &flow).unwrap();
    let (folder, store) = journal(folder);
    let host = call(&folder, &store, 1).await;
    let _sending = send(&host, &store, &config(&server));
    assert_eq!(header(&server.wait(1).unwrap()[0], "To"), "desk@stad.be");
    let refused = async {
        loop {
            let mails = store.mails(None).unwrap();
            if let [nobody, desk] = &mails[..]
                && nobody.last.tries >= 2
                && desk.last.state == MailState::Sent
            {
                return (nobody.last.state, nobody.last.error.clone());
            }
            tokio::task::yield_now().await;
        }
    };
    let (state, error) = tokio::time::timeout(PATIENCE, refused).await.unwrap();
    assert!(
        state == MailState::Waiting && error.unwrap().contains("User unknown"),
        "it is tried on"
    );
    let nobody = store.mails(None).unwrap().remove(0).mail;
    let courier = |server| Courier::new(&config(server)).unwrap();
    assert!(courier(&server).send(&nobody).await.unwrap_err().refused);
    let gone = MailServer::down(Asks::Nothing).unwrap();
    assert!(
        !courier(&gone).send(&nobody).await.unwrap_err().refused,
        "who does not answer has refused nothing"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_permitted_or_not_there_is_refused() {
    let orders = "\"mail callback zlo@elders.be caller=x name=y\", \"mail callbck zlo@stad.be caller=x name=y\", \"mail callback zlo@stad.be caller=x\", \"finish done\"";
    let (folder, store) = journal(folder(orders));
    let host = call(&folder, &store, 1).await;
    assert_eq!(host.log.records()[0].refused, 3, "{}", host.log.lines().join("\n"));
    assert!(store.flush(PATIENCE));
    assert_eq!(store.mails(None).unwrap(), []);
}

#[test]
fn a_scenario_sees_mail_and_sends_none() {
    let folder = folder("");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let host = runtime.block_on(async { Host::start(&folder, Clock::system()) }).unwrap();
    let flow = host.catalogue.current().flows["mails"].clone();
    let play = |contains: &str| {
        let text = format!(
            "name = \"P5\"\nat = \"2026-11-23 10:00\"\n[[call]]\nexpect = [{{ mails = \"callback\", contains = \"{contains}\" }}]\n"
        );
        let scenario =
            strowger_scenario::Scenario::parse(std::path::Path::new("s.toml"), &text).unwrap();
        strowger_scenario::run(
            &scenario,
            &flow,
            &host.catalogue.current(),
            &host.catalogue.config().engine,
            strowger_scenario::How::TEST,
        )
    };
    for part in ["+32470000001", "Ça va", "zlo@stad.be"] {
        assert!(play(part).is_good(), "{}", play(part));
    }
    assert!(play("+32470000002").to_string().contains("contains = \"+32470000002\""));
}

fn journal(folder: Folder) -> (Folder, Store) {
    let store = open_journal(&folder, Options::default()).unwrap();
    (folder, store)
}
