//! An adapter by hand: what the host lets in, what it refuses, and what it says again.

use super::pair::{PATIENCE, host};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use strowger_model::event::Cause;
use strowger_pbx::port::{LegId, Pbx, PbxCommand, PbxEvent};
use strowger_remote::{Beat, Remote, RemoteLimits, protocol::MAX_MESSAGE};
use tokio::{
    io::AsyncReadExt,
    net::TcpStream,
    sync::mpsc::UnboundedReceiver,
    time::{Instant, timeout},
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Error, Message, client::IntoClientRequest},
};

struct Hand(WebSocketStream<MaybeTlsStream<TcpStream>>);

async fn open(host: &Remote, path: &str, authorization: Option<&str>) -> Result<Hand, u16> {
    let mut request = format!("ws://{}{path}", host.address()).into_client_request().unwrap();
    if let Some(authorization) = authorization {
        request.headers_mut().insert("Authorization", authorization.parse().unwrap());
    }
    match connect_async(request).await {
        Ok((socket, _)) => Ok(Hand(socket)),
        Err(Error::Http(response)) => Err(response.status().as_u16()),
        Err(error) => panic!("{error}"),
    }
}

impl Hand {
    async fn open(host: &Remote) -> Self {
        open(host, "/adapter/v1", Some("Bearer a-token-of-the-tests")).await.unwrap()
    }

    async fn say(&mut self, message: Value) {
        self.0.send(Message::text(message.to_string())).await.unwrap();
    }

    /// The next message; none: the host has closed.
    async fn hear(&mut self) -> Option<Value> {
        loop {
            match timeout(PATIENCE, self.0.next()).await.expect("the host says something") {
                Some(Ok(Message::Text(text))) => return Some(serde_json::from_str(&text).unwrap()),
                Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
                Some(Ok(_)) => {}
            }
        }
    }

    /// The next message but acknowledgements.
    async fn hear_more(&mut self) -> Value {
        loop {
            let heard = self.hear().await.expect("the host says something");
            if heard["type"] != "ack" {
                return heard;
            }
        }
    }

    /// Says hello as `instance`, in a session with a host if there was one. The welcome.
    async fn hello(host: &Remote, instance: &str, before: Option<(&Value, u64)>) -> (Self, Value) {
        let mut hand = Self::open(host).await;
        let (of, ack) = before.map_or((Value::Null, 0), |(host, ack)| (host.clone(), ack));
        hand.say(json!({ "type": "hello", "protocol": 1, "name": "hand", "instance": instance, "host": of, "ack": ack })).await;
        let welcome = hand.hear_more().await;
        assert_eq!(welcome["type"], "welcome", "{welcome}");
        (hand, welcome)
    }

    async fn event(&mut self, seq: u64, event: Value) {
        self.say(json!({ "type": "event", "seq": seq, "ack": 0, "event": event })).await;
    }

    async fn synced(&mut self, seq: u64) {
        self.event(seq, json!({ "type": "synced", "alive": [] })).await;
    }

    /// Is refused for a reason, and the connection closed.
    async fn refused(mut self, why: &str) {
        let said = self.hear_more().await;
        assert_eq!(said["type"], "refused", "{said}");
        assert!(said["why"].as_str().unwrap().contains(why), "{said}");
        assert_eq!(self.hear().await, None);
    }
}

async fn next(events: &mut UnboundedReceiver<PbxEvent>) -> PbxEvent {
    timeout(PATIENCE, events.recv()).await.unwrap().unwrap()
}

fn digit(digit: char) -> (Value, PbxEvent) {
    (
        json!({ "type": "digit", "leg": "x", "digit": digit }),
        PbxEvent::Digit { leg: "x".into(), digit },
    )
}

async fn plain() -> (Arc<Remote>, UnboundedReceiver<PbxEvent>) {
    host(RemoteLimits::default()).await
}

#[tokio::test]
async fn only_who_knows_the_token_is_let_in() {
    let (host, mut events) = plain().await;
    for wrong in [
        None,
        Some("Bearer a-token-of-the-testers"),
        Some("Bearer "),
        Some("Basic a-token-of-the-tests"),
    ] {
        assert_eq!(open(&host, "/adapter/v1", wrong).await.err(), Some(401), "{wrong:?}");
    }
    assert_eq!(
        open(&host, "/adapter/v2", Some("Bearer a-token-of-the-tests")).await.err(),
        Some(404)
    );
    assert!(events.try_recv().is_err());
}

#[tokio::test]
async fn what_is_not_understood_is_refused_and_the_host_lives_on() {
    let (host, mut events) = plain().await;
    let first = async |message: &str| {
        let mut hand = Hand::open(&host).await;
        hand.0.send(Message::text(message)).await.unwrap();
        hand
    };
    first("{").await.refused("the first message must be `hello`").await;
    first(r#"{"type":"ack","ack":1}"#).await.refused("the first message must be `hello`").await;
    first(r#"{"type":"hello","protocol":2,"whatever":true}"#)
        .await
        .refused("update the older of the two")
        .await;
    first(r#"{"type":"hello","protocol":1,"name":"","instance":"i"}"#)
        .await
        .refused("1 to 64 bytes")
        .await;
    assert!(events.try_recv().is_err(), "nobody was let in");

    let (mut hand, _) = Hand::hello(&host, "i", None).await;
    hand.synced(1).await;
    assert!(matches!(next(&mut events).await, PbxEvent::Synced { .. }));
    hand.say(json!({ "type": "event", "seq": 2, "ack": 0, "event": { "type": "exploded" } })).await;
    hand.refused("unknown variant `exploded`").await;
    assert!(matches!(next(&mut events).await, PbxEvent::Lost { why } if why.contains("exploded")));

    let (mut hand, _) = Hand::hello(&host, "i", None).await;
    hand.synced(1).await;
    assert!(matches!(next(&mut events).await, PbxEvent::Synced { .. }));
    hand.0.send(Message::binary(vec![0])).await.unwrap();
    hand.refused("text frames").await;
    assert!(matches!(next(&mut events).await, PbxEvent::Lost { .. }));

    let (mut hand, _) = Hand::hello(&host, "i", None).await;
    hand.synced(1).await;
    assert!(matches!(next(&mut events).await, PbxEvent::Synced { .. }));
    // The host hangs up as soon as it has seen the length.
    let _ = hand.0.send(Message::text("x".repeat(MAX_MESSAGE + 1))).await;
    assert!(matches!(next(&mut events).await, PbxEvent::Lost { why } if why.contains("too long")));

    let (mut hand, _) = Hand::hello(&host, "i", None).await;
    hand.event(1, digit('1').0).await;
    hand.refused("begins with the event `synced`").await;
    assert!(matches!(next(&mut events).await, PbxEvent::Lost { .. }));
}

#[tokio::test]
async fn a_host_has_one_adapter_and_a_dead_connection_gives_way() {
    let (host, mut events) = plain().await;
    let (mut first, _) = Hand::hello(&host, "i", None).await;
    first.synced(1).await;
    assert!(matches!(next(&mut events).await, PbxEvent::Synced { .. }));
    let mut other = Hand::open(&host).await;
    other.say(json!({ "type": "hello", "protocol": 1, "name": "other", "instance": "o" })).await;
    other.refused("the adapter \"hand\" is connected").await;
    let (mut second, welcome) = Hand::hello(&host, "j", None).await;
    assert_eq!(welcome["resumed"], false);
    first.refused("has connected again").await;
    assert!(matches!(next(&mut events).await, PbxEvent::Lost { .. }));
    second.synced(1).await;
    assert!(matches!(next(&mut events).await, PbxEvent::Synced { .. }));
}

#[tokio::test]
async fn what_comes_twice_is_dropped_and_a_gap_is_sent_again() {
    let (host, mut events) = plain().await;
    let (mut hand, welcome) = Hand::hello(&host, "i", None).await;
    let (one, two) = (digit('1'), digit('2'));
    hand.synced(1).await;
    hand.event(2, one.0.clone()).await;
    hand.event(2, one.0).await;
    hand.event(1, two.0.clone()).await;
    hand.event(4, two.0.clone()).await;
    hand.refused("event 3 is missing: 4 came").await;
    assert!(matches!(next(&mut events).await, PbxEvent::Synced { .. }));
    assert_eq!(next(&mut events).await, one.1);
    assert!(matches!(next(&mut events).await, PbxEvent::Lost { .. }));

    let (mut hand, again) = Hand::hello(&host, "i", Some((&welcome["host"], 0))).await;
    assert_eq!(
        (&again["resumed"], &again["ack"], &again["host"]),
        (&json!(true), &json!(2), &welcome["host"])
    );
    hand.event(3, two.0).await;
    assert_eq!(next(&mut events).await, two.1);
    hand.say(json!({ "type": "ack", "ack": 1 })).await;
    hand.refused("command 1 is acknowledged and was not sent").await;
}

fn hang_up(leg: &str) -> PbxCommand {
    PbxCommand::hang_up(leg.into(), Cause::Normal)
}

fn digits(digits: &str) -> PbxCommand {
    PbxCommand::SendDigits { leg: "x".into(), digits: digits.to_owned() }
}

#[tokio::test]
async fn commands_are_sent_again_to_the_same_adapter_and_only_harmless_ones_to_another() {
    let (host, mut events) = plain().await;
    // Nobody is there yet: the one that can do no harm late waits.
    host.send(digits("1"));
    host.send(hang_up("x"));
    let (mut hand, welcome) = Hand::hello(&host, "i", None).await;
    assert_eq!(
        hand.hear_more().await,
        json!({ "type": "command", "seq": 1, "command": { "type": "hang-up", "leg": "x", "cause": "normal" } })
    );
    hand.synced(1).await;
    assert!(matches!(next(&mut events).await, PbxEvent::Synced { .. }));
    host.send(digits("2"));
    assert_eq!(hand.hear_more().await["seq"], 2);
    drop(hand);
    assert!(matches!(next(&mut events).await, PbxEvent::Lost { .. }));
    host.send(hang_up("y"));

    let (mut hand, again) = Hand::hello(&host, "i", Some((&welcome["host"], 1))).await;
    assert_eq!(again["resumed"], true);
    assert_eq!(
        hand.hear_more().await["command"],
        json!({ "type": "send-digits", "leg": "x", "digits": "2" })
    );
    assert_eq!(hand.hear_more().await["command"]["leg"], "y");
    drop(hand);
    assert!(matches!(next(&mut events).await, PbxEvent::Lost { .. }));

    let (mut hand, anew) = Hand::hello(&host, "another", None).await;
    assert_eq!((&anew["resumed"], &anew["ack"]), (&json!(false), &json!(0)));
    let command = hand.hear_more().await;
    assert_eq!((&command["seq"], &command["command"]["leg"]), (&json!(1), &json!("y")));
}

#[tokio::test]
async fn a_leg_whose_dial_is_on_its_way_is_not_said_to_be_gone() {
    let (host, mut events) = plain().await;
    let (mut hand, _) = Hand::hello(&host, "i", None).await;
    hand.synced(1).await;
    assert!(matches!(next(&mut events).await, PbxEvent::Synced { .. }));
    let dial = |leg: &str| PbxCommand::Dial {
        leg: leg.into(),
        to: strowger_pbx::port::Address::Extension("101".into()),
        caller_id: None,
        display_name: None,
    };
    for leg in ["a", "b", "c"] {
        host.send(dial(leg));
        hand.hear_more().await;
    }
    let listed = |alive: Vec<strowger_pbx::port::AliveLeg>| {
        alive.into_iter().map(|leg| leg.leg.to_string()).collect::<Vec<_>>()
    };
    // Made when the first was received, and does not list it: it is gone.
    hand.say(
        json!({ "type": "event", "seq": 2, "ack": 1, "event": { "type": "synced", "alive": [] } }),
    )
    .await;
    let PbxEvent::Synced { alive } = next(&mut events).await else { panic!() };
    assert_eq!(listed(alive), ["b", "c"]);
    hand.event(3, json!({ "type": "ended", "leg": "b", "cause": "busy" })).await;
    assert!(
        matches!(next(&mut events).await, PbxEvent::Ended(ended) if ended.leg == LegId::from("b"))
    );
    let asking = tokio::spawn(async move { host.alive().await });
    assert_eq!(hand.hear_more().await, json!({ "type": "alive", "id": 1 }));
    hand.say(json!({ "type": "alive", "id": 1, "ack": 2, "alive": [] })).await;
    assert_eq!(listed(asking.await.unwrap().unwrap()), ["c"]);
}

#[tokio::test]
async fn a_silent_adapter_is_lost() {
    let beat = Beat { every: Duration::from_millis(50), silence: Duration::from_millis(300) };
    let (host, mut events) = host(RemoteLimits { beat, ..RemoteLimits::default() }).await;
    let (mut hand, _) = Hand::hello(&host, "i", None).await;
    hand.synced(1).await;
    assert!(matches!(next(&mut events).await, PbxEvent::Synced { .. }));
    let synced = Instant::now();
    // Nobody reads, so nobody answers the pings.
    assert!(
        matches!(next(&mut events).await, PbxEvent::Lost { why } if why.contains("nothing was heard"))
    );
    assert!(synced.elapsed() >= Duration::from_millis(250));
}

/// A part of a list.
fn part(seq: u64, leg: &str, more: bool) -> Value {
    let alive = json!([{ "leg": leg, "state": "up", "age": 1 }]);
    let event = json!({ "type": "synced", "alive": alive });
    json!({ "type": "event", "seq": seq, "ack": 0, "more": more, "event": event })
}

async fn synced_with(events: &mut UnboundedReceiver<PbxEvent>) -> Vec<String> {
    let PbxEvent::Synced { alive } = next(events).await else { panic!("not synced") };
    alive.into_iter().map(|leg| leg.leg.to_string()).collect()
}

#[tokio::test]
async fn a_list_in_parts_is_one_list_also_when_the_connection_goes_between_them() {
    let (host, mut events) = plain().await;
    let (mut hand, welcome) = Hand::hello(&host, "i", None).await;
    hand.say(part(1, "a", true)).await;
    hand.say(part(2, "b", true)).await;
    hand.event(3, digit('1').0).await;
    hand.refused("begins with the event `synced`").await;
    assert!(matches!(next(&mut events).await, PbxEvent::Lost { .. }));
    let (mut hand, again) = Hand::hello(&host, "i", Some((&welcome["host"], 0))).await;
    assert_eq!((&again["resumed"], &again["ack"]), (&json!(true), &json!(2)));
    hand.say(part(2, "b", true)).await;
    hand.say(part(3, "c", false)).await;
    assert_eq!(synced_with(&mut events).await, ["a", "b", "c"]);

    hand.say(part(4, "d", true)).await;
    hand.event(5, digit('1').0).await;
    hand.refused("followed by another one").await;
    assert!(matches!(next(&mut events).await, PbxEvent::Lost { .. }));
    // A new session has nothing of the list that was never whole.
    let (mut hand, _) = Hand::hello(&host, "i", None).await;
    hand.say(part(1, "e", false)).await;
    assert_eq!(synced_with(&mut events).await, ["e"]);
    let asking = tokio::spawn(async move { host.alive().await });
    assert_eq!(hand.hear_more().await, json!({ "type": "alive", "id": 1 }));
    for (leg, more) in [("x", true), ("y", false)] {
        let alive = json!([{ "leg": leg, "state": "up", "age": 1 }]);
        hand.say(json!({ "type": "alive", "id": 1, "ack": 0, "more": more, "alive": alive })).await;
    }
    let alive = asking.await.unwrap().unwrap();
    assert_eq!(alive.iter().map(|leg| leg.leg.to_string()).collect::<Vec<_>>(), ["x", "y"]);
}

#[tokio::test]
async fn a_list_in_parts_has_a_limit() {
    let (host, mut events) = host(RemoteLimits { list: 1000, ..RemoteLimits::default() }).await;
    let (mut hand, welcome) = Hand::hello(&host, "i", None).await;
    for seq in 1..20 {
        // The host hangs up before it has heard all.
        let _ = hand.0.send(Message::text(part(seq, "a", true).to_string())).await;
    }
    assert!(
        matches!(next(&mut events).await, PbxEvent::Lost { why } if why.contains("1000 bytes"))
    );
    let (mut hand, again) = Hand::hello(&host, "i", Some((&welcome["host"], 0))).await;
    assert_eq!(again["resumed"], false, "a part of a list is not taken for the whole");
    hand.say(part(1, "a", false)).await;
    assert_eq!(synced_with(&mut events).await, ["a"]);
}

#[tokio::test]
async fn strangers_at_the_door_do_not_keep_the_adapter_out() {
    let (host, mut events) = plain().await;
    let crowd = async || {
        let mut strangers = Vec::new();
        for _ in 0..200 {
            strangers.push(TcpStream::connect(host.address()).await.unwrap());
        }
        strangers
    };
    let mut strangers = crowd().await;
    // Sooner than those who only wait are sent away.
    let (mut hand, _) =
        timeout(Duration::from_secs(3), Hand::hello(&host, "i", None)).await.expect("it gets in");
    hand.synced(1).await;
    assert!(matches!(next(&mut events).await, PbxEvent::Synced { .. }));
    let mut heard = [0];
    let oldest = timeout(Duration::from_secs(3), strangers[0].read(&mut heard)).await;
    assert!(!matches!(oldest, Ok(Ok(1..)) | Err(_)), "the oldest is turned away: {oldest:?}");
    let newest = timeout(Duration::from_millis(50), strangers[199].read(&mut heard)).await;
    assert!(newest.is_err(), "the newest may still show a token: {newest:?}");

    // Whoever is in stays.
    let _more = crowd().await;
    hand.event(2, digit('1').0).await;
    assert_eq!(next(&mut events).await, digit('1').1);
}
