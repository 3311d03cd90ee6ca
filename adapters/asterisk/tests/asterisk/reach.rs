//! Why ARI cannot be used: said once, with what to do, and again when the cause is another.

use crate::ground::{PATIENCE, adapter_with};
use std::{fs, net::TcpListener};
use strowger_asterisk::{AsteriskConfig, Password, examine};
use strowger_pbx::port::PbxEvent;
use strowger_testbed::{
    AsteriskServer,
    asterisk::{PASSWORD, USER},
};
use tokio::{sync::mpsc::UnboundedReceiver, time::timeout};

async fn next(events: &mut UnboundedReceiver<PbxEvent>) -> PbxEvent {
    timeout(PATIENCE, events.recv()).await.unwrap().unwrap()
}

async fn lost(events: &mut UnboundedReceiver<PbxEvent>) -> String {
    match next(events).await {
        PbxEvent::Lost { why } => why,
        other => panic!("expected a loss, came {other:?}"),
    }
}

/// Another `ari.conf`, which Asterisk reads.
fn ari_conf(pbx: &AsteriskServer, change: fn(String) -> String) -> String {
    let file = pbx.folder().join("etc/ari.conf");
    let before = fs::read_to_string(&file).unwrap();
    fs::write(&file, change(before.clone())).unwrap();
    pbx.console("module reload res_ari.so").unwrap();
    before
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_said_with_what_to_do() {
    let pbx = AsteriskServer::start().unwrap();
    let free = TcpListener::bind((pbx.host(2), 0)).unwrap();
    let free_port = free.local_addr().unwrap();
    drop(free);
    let url = |url: String| move |config: &mut AsteriskConfig| config.url = url;
    type Change = Box<dyn FnOnce(&mut AsteriskConfig)>;
    let cases: [(Change, &str); 5] = [
        (Box::new(|config| config.password = Password("wrong".into())), "asterisk.password"),
        (Box::new(|config| config.user = "nobody".into()), "section [nobody] of ari.conf"),
        (Box::new(url(format!("http://{free_port}"))), "`bindport` in http.conf"),
        (Box::new(url("http://no-such-host.invalid:8088".into())), "the host in asterisk.url"),
        (Box::new(url(format!("{}/elsewhere", pbx.url()))), "no ARI at"),
    ];
    for (change, expected) in cases {
        let (_adapter, mut events) = adapter_with(&pbx, &pbx.url(), change).await.unwrap();
        let why = lost(&mut events).await;
        assert!(why.contains(expected), "{expected}: {why}");
        assert!(!why.contains("wrong") && !why.contains("secret"), "the password: {why}");
    }
    let with_ari = url(format!("{}/ari", pbx.url()));
    let refused = adapter_with(&pbx, &pbx.url(), with_ari).await.err().unwrap().to_string();
    assert!(refused.contains("leave out `/ari`"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cause_is_said_once_and_the_next_one_when_it_is_another() {
    let pbx = AsteriskServer::start().unwrap();
    let before = ari_conf(&pbx, |text| text.replace("read_only = no", "read_only = yes"));
    let (_adapter, mut events) = adapter_with(&pbx, &pbx.url(), |_| ()).await.unwrap();
    let why = lost(&mut events).await;
    assert!(why.contains("`read_only = no`"), "{why}");
    // Five tries more, at least.
    assert!(timeout(std::time::Duration::from_secs(5), events.recv()).await.is_err());
    fs::write(pbx.folder().join("etc/ari.conf"), before).unwrap();
    ari_conf(&pbx, |text| text.replace("[general]\nenabled = yes", "[general]\nenabled = no"));
    let why = lost(&mut events).await;
    assert!(why.contains("`enabled = yes` in [general] of ari.conf"), "{why}");
    ari_conf(&pbx, |text| text.replace("[general]\nenabled = no", "[general]\nenabled = yes"));
    assert_eq!(next(&mut events).await, PbxEvent::Synced { alive: Vec::new() });
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_asterisk_lacks_is_found_before_a_call_comes() {
    let pbx = AsteriskServer::start().unwrap();
    let mut config = AsteriskConfig::new(&pbx.url(), USER, PASSWORD);
    config.number_endpoint = Some("PJSIP/{number}@nobody".into());
    let found = examine(&config).await.unwrap();
    assert!(found.version.starts_with("22") && !found.served, "{found:?}");
    assert_eq!(found.lacks.len(), 1, "{found:?}");
    assert!(found.lacks[0].contains("PJSIP/nobody, and there is no such endpoint"), "{found:?}");

    pbx.console("module unload func_strings.so").unwrap();
    config.number_endpoint = None;
    let found = examine(&config).await.unwrap();
    assert_eq!(found.lacks.len(), 1, "{found:?}");
    assert!(found.lacks[0].starts_with("a withheld number may be shown: the module func_strings"));

    ari_conf(&pbx, |text| text.replace("read_only = no", "read_only = yes"));
    let refused = examine(&config).await.unwrap_err();
    assert!(refused.contains("`read_only = no`"), "{refused}");
    config.password = Password("wrong".into());
    let refused = examine(&config).await.unwrap_err();
    assert!(refused.contains("asterisk.password") && !refused.contains("wrong"), "{refused}");
    let nobody = TcpListener::bind((pbx.host(2), 0)).unwrap().local_addr().unwrap();
    config.url = format!("http://{nobody}");
    let refused = examine(&config).await.unwrap_err();
    assert!(refused.contains("start Asterisk"), "{refused}");
}
