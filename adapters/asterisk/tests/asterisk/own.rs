//! What is Asterisk's own: hostile callers, transfers through the dialplan, music, restarts, two
//! hosts for one application.

use crate::ground::{Bed, PATIENCE, adapter, silence};
use serde_json::Value;
use std::time::Duration;
use strowger_conformance::Ground;
use strowger_model::{
    PhoneState, Prompt,
    event::{Cause, PlayEnd},
};
use strowger_pbx::port::{
    Address, Ended, LegId, LegState, Pbx, PbxCommand, PbxEvent, PlayId, TransferAsked,
};
use strowger_testbed::{AsteriskServer, Caller, Phone, Shut, asterisk::APP, sipp::Answer};
use tokio::time::{sleep, timeout};

fn ended(leg: &LegId, cause: Cause, left: bool) -> PbxEvent {
    PbxEvent::Ended(Box::new(Ended { leg: leg.clone(), cause, left }))
}

fn dial(leg: &str, to: Address, caller_id: Option<&str>, name: Option<&str>) -> PbxCommand {
    PbxCommand::Dial {
        leg: leg.into(),
        to,
        caller_id: caller_id.map(Into::into),
        display_name: name.map(Into::into),
    }
}

fn hang_up(leg: &LegId) -> PbxCommand {
    PbxCommand::hang_up(leg.clone(), Cause::Normal)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_arrival_says_who_calls_whom() {
    let mut bed = Bed::new().await;
    let caller =
        Caller::to(&bed.pbx, "+3227138700").from("\"Evil \\\" <x>\" <sip:+32470123456@[local_ip]>");
    let call =
        caller.header("Diversion: <sip:+3291111111@bed>;reason=unconditional").call().unwrap();
    bed.calls.push(call);
    let arrived = bed.arrived().await;
    assert_eq!(arrived.dialled, "+3227138700");
    assert_eq!(arrived.caller.as_deref(), Some("+32470123456"));
    assert_eq!(arrived.endpoint.as_deref(), Some("PJSIP/caller"));
    assert_eq!(arrived.line.as_deref(), Some("provincial"));
    assert_eq!(arrived.data, "some data");
    assert_eq!(arrived.diverted_from.as_deref(), Some("+3291111111"));
    assert!(
        arrived
            .caller_name
            .is_some_and(|name| name.starts_with("Evil") && !name.contains(char::is_control))
    );
    let alive = bed.adapter().alive().await.unwrap();
    assert_eq!((alive.len(), alive[0].state), (1, LegState::Down));
    assert_eq!(alive[0].arrived.as_ref().map(|arrived| &*arrived.data), Some("some data"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_withheld_number_is_none() {
    let mut bed = Bed::new().await;
    let call = Caller::to(&bed.pbx, "0900")
        .from("\"Anonymous\" <sip:anonymous@anonymous.invalid>")
        .call()
        .unwrap();
    bed.calls.push(call);
    let arrived = bed.arrived().await;
    assert_eq!((arrived.caller, arrived.signalled.withheld), (None, false));

    let headers = ["Privacy: id;critical", "P-Asserted-Identity: \"Jan\" <sip:+3291111111@bed>"];
    let remote = "Remote-Party-ID: <sip:+3292222222@bed>;privacy=full";
    let caller = Caller::to(&bed.pbx, "0900").number(1).header(headers[0]).header(headers[1]);
    let call = caller.header(remote).call().unwrap();
    bed.calls.push(call);
    let arrived = bed.arrived().await;
    let said = &arrived.signalled;
    assert_eq!(said.privacy.as_deref(), Some("id;critical"));
    assert_eq!(said.asserted_identity.as_deref(), Some("\"Jan\" <sip:+3291111111@bed>"));
    assert_eq!(said.remote_party_id.as_deref(), Some("<sip:+3292222222@bed>;privacy=full"));
    let from = said.from.as_deref().unwrap();
    assert!(from.starts_with("\"Jan Peeters\" <sip:+32470123456@"), "{from}");

    // A host that takes over knows it too.
    bed.restart_host().await;
    let PbxEvent::Synced { alive } = bed.next().await else { panic!("no list") };
    let again = alive.into_iter().find(|alive| alive.leg == arrived.leg).unwrap();
    assert_eq!(again.arrived.unwrap().signalled, arrived.signalled);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dialled_phone_shows_what_it_should_and_no_more() {
    let mut bed = Bed::new().await;
    bed.phones.push(Phone::start(&bed.pbx, 1, &Answer::busy()).unwrap());
    let gate = || Address::Endpoint("PJSIP/a1".into());
    bed.send(dial(
        "d1",
        gate(),
        Some("+3227138700"),
        Some("Els \"x\"\r\nX-Evil: 1 <sip:evil@evil>"),
    ));
    assert_eq!(bed.next().await, ended(&"d1".into(), Cause::Busy, false));
    let invite = bed.phones[0].expect("INVITE").unwrap();
    let from = invite.header("From").unwrap();
    assert!(from.contains("+3227138700@") && from.contains("Els"), "{from}");
    assert!(invite.header("X-Evil").is_none() && !from.contains("<sip:evil"), "{}", invite.text);
    bed.send(dial("d2", gate(), None, None));
    assert_eq!(bed.next().await, ended(&"d2".into(), Cause::Busy, false));
    let invite = bed.phones[0].expect("INVITE").unwrap();
    assert!(invite.header("From").unwrap().to_lowercase().contains("anonymous"), "{}", invite.text);
}

/// An endpoint that is registered at two phones: they ring as one.
#[tokio::test(flavor = "multi_thread")]
async fn all_phones_of_an_endpoint_ring_and_the_first_to_answer_has_it() {
    let mut bed = Bed::new().await;
    let caller = bed.answered().await.leg;
    let slow = Phone::start(&bed.pbx, 1, &Answer::never()).unwrap();
    let fast = Phone::start(&bed.pbx, 2, &Answer::after(Duration::from_millis(300))).unwrap();
    let (pair, leg) = (|| Address::Endpoint("PJSIP/pair".into()), LegId::from("agent"));
    bed.send(dial("agent", pair(), Some("+3227138700"), None));
    assert_eq!(bed.next().await, PbxEvent::Ringing { leg: leg.clone() });
    assert_eq!(bed.next().await, PbxEvent::Answered { leg: leg.clone() });
    let invite = slow.expect("INVITE").unwrap();
    assert!(invite.header("From").unwrap().contains("+3227138700@"), "{}", invite.text);
    slow.expect("CANCEL").unwrap();
    bed.send(PbxCommand::Move { leg: leg.clone(), to: caller.clone() });
    assert_eq!(bed.next().await, PbxEvent::Moved { leg: leg.clone(), to: caller });
    let alive = bed.adapter().alive().await.unwrap();
    assert!(alive.iter().any(|alive| alive.leg == leg && alive.state == LegState::Up), "{alive:?}");
    bed.send(hang_up(&leg));
    assert_eq!(bed.next().await, ended(&leg, Cause::Normal, false));
    fast.expect("BYE").unwrap();
    // Given up before somebody answers: neither rings on. A number that is withheld stays so.
    drop(fast);
    let fast = Phone::start(&bed.pbx, 2, &Answer::never()).unwrap();
    bed.send(dial("again", pair(), None, None));
    assert_eq!(bed.next().await, PbxEvent::Ringing { leg: "again".into() });
    let invite = fast.expect("INVITE").unwrap();
    assert!(invite.header("From").unwrap().to_lowercase().contains("anonymous"), "{}", invite.text);
    slow.expect("INVITE").unwrap();
    bed.send(hang_up(&"again".into()));
    assert_eq!(bed.next().await, ended(&"again".into(), Cause::Normal, false));
    slow.expect("CANCEL").unwrap();
    fast.expect("CANCEL").unwrap();
    drop((slow, fast));
    // Both are busy.
    let busy = [1, 2].map(|number| Phone::start(&bed.pbx, number, &Answer::busy()).unwrap());
    bed.send(dial("third", pair(), None, None));
    assert_eq!(bed.next().await, ended(&"third".into(), Cause::Busy, false));
    drop(busy);
}

/// Whether the application is told of a channel whose name begins so.
fn follows(pbx: &AsteriskServer, name: &str) -> bool {
    let list = |path: &str| -> Value { serde_json::from_str(&pbx.get(path).unwrap().1).unwrap() };
    let (channels, app) = (list("/ari/channels"), list(&format!("/ari/applications/{APP}")));
    let followed = app["channel_ids"].as_array().unwrap();
    channels.as_array().unwrap().iter().any(|channel| {
        channel["name"].as_str().unwrap().starts_with(name) && followed.contains(&channel["id"])
    })
}

/// The phone that answered is behind two channels; its transfer key reaches the host all the same.
#[tokio::test(flavor = "multi_thread")]
async fn one_of_several_phones_asks_the_host_for_a_transfer() {
    let mut bed = Bed::new().await;
    let caller = bed.answered().await.leg;
    let _slow = Phone::start(&bed.pbx, 1, &Answer::never()).unwrap();
    let fast = Phone::start(&bed.pbx, 2, &Answer::after(Duration::from_millis(300))).unwrap();
    let leg = LegId::from("agent");
    bed.send(dial("agent", Address::Endpoint("PJSIP/pair".into()), None, None));
    assert_eq!(bed.next().await, PbxEvent::Ringing { leg: leg.clone() });
    assert_eq!(bed.next().await, PbxEvent::Answered { leg: leg.clone() });
    bed.send(PbxCommand::Move { leg: leg.clone(), to: caller.clone() });
    assert_eq!(bed.next().await, PbxEvent::Moved { leg: leg.clone(), to: caller });
    // The adapter finds the phone after the answer.
    timeout(PATIENCE, async {
        while !follows(&bed.pbx, "PJSIP/pair-") {
            sleep(Duration::from_millis(20)).await;
        }
    })
    .await
    .unwrap();
    fast.transfer("0900").unwrap();
    let asked = TransferAsked { leg: leg.clone(), to: "0900".into(), announced: None };
    assert_eq!(bed.next().await, PbxEvent::TransferAsked(Box::new(asked)));
    bed.send(hang_up(&leg));
    assert_eq!(bed.next().await, ended(&leg, Cause::Normal, false));
    fast.expect("BYE").unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_goes_to_the_trunk() {
    let mut bed = Bed::new().await;
    let central = Phone::central(&bed.pbx, &Answer::unknown()).unwrap();
    bed.send(dial("d1", Address::Number("+3227138700".into()), None, None));
    assert_eq!(bed.next().await, ended(&"d1".into(), Cause::Unreachable, false));
    assert!(central.expect("INVITE").unwrap().line().contains("sip:+3227138700@"));
    for (leg, hostile) in [
        ("d2", Address::Number("Local/1@inbound".into())),
        ("d3", Address::Endpoint("Local/1@inbound".into())),
    ] {
        bed.send(dial(leg, hostile, None, None));
        assert_eq!(bed.next().await, ended(&leg.into(), Cause::Unreachable, false));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_is_transferred_to_the_central() {
    let mut bed = Bed::new().await;
    let central = Phone::central(
        &bed.pbx,
        &Answer::after(Duration::from_millis(100)).hang_up_after(Duration::from_millis(300)),
    )
    .unwrap();
    let leg = bed.answered().await.leg;
    bed.send(PbxCommand::Transfer {
        leg: leg.clone(),
        to: Some(Address::Number("+3227138700".into())),
    });
    assert_eq!(bed.next().await, ended(&leg, Cause::Normal, true));
    assert!(central.expect("INVITE").unwrap().line().contains("+3227138700"));
    bed.calls[0].finished(PATIENCE).unwrap();
    assert_eq!(bed.adapter().alive().await.unwrap(), Vec::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spoken_text_is_heard_and_music_comes_back_after_it() {
    let mut bed = Bed::new().await;
    let leg = bed.answered().await.leg;
    bed.send(PbxCommand::Music { leg: leg.clone(), class: Some("default".into()) });
    bed.pbx.logged("Started music on hold", PATIENCE).unwrap();
    let text = Prompt::Text {
        text: "U wordt zo spoedig mogelijk geholpen.".into(),
        language: Some("nl".into()),
    };
    for play in ["p1", "p2"] {
        let play = PlayId(play.into());
        bed.send(PbxCommand::Play {
            play: play.clone(),
            conversation: leg.clone(),
            prompts: [text.clone(), Prompt::Silence(Duration::from_millis(100))].into(),
        });
        assert_eq!(
            bed.next().await,
            PbxEvent::Played { leg: leg.clone(), play, end: PlayEnd::Whole }
        );
    }
    bed.send(PbxCommand::Music { leg: leg.clone(), class: None });
    bed.send(PbxCommand::SendDigits { leg: leg.clone(), digits: "1".into() });
    bed.send(hang_up(&leg));
    assert_eq!(bed.next().await, ended(&leg, Cause::Normal, false));
    let log = bed.pbx.log();
    let times = |what: &str| log.matches(what).count();
    assert!(times("Started music on hold") >= 2 && times("Stopped music on hold") >= 2, "{log}");
    assert!(!log.contains("ERROR["), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_while_the_host_is_away_takes_the_own_route_of_the_pbx() {
    let mut bed = Bed::new().await;
    let central = Phone::central(
        &bed.pbx,
        &Answer::after(Duration::from_millis(100)).hang_up_after(Duration::from_millis(100)),
    )
    .unwrap();
    bed.gate.shut(Shut::All);
    assert!(matches!(bed.next().await, PbxEvent::Lost { .. }));
    // Asterisk lets go of an application when its socket is gone.
    bed.pbx.logged("Deactivating Stasis app", Duration::from_secs(5)).unwrap();
    let call = Caller::to(&bed.pbx, "0900").call().unwrap();
    assert!(central.expect("INVITE").unwrap().line().contains("own-route"));
    call.finished(PATIENCE).unwrap();
    bed.gate.shut(Shut::Nothing);
    assert_eq!(bed.next().await, PbxEvent::Synced { alive: Vec::new() });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_host_finds_the_calls_of_the_one_before() {
    let mut bed = Bed::new().await;
    bed.phones.push(Phone::start(&bed.pbx, 1, &Answer::after(Duration::from_millis(50))).unwrap());
    let caller = bed.answered().await;
    bed.send(dial("agent", Address::Endpoint("PJSIP/a1".into()), None, None));
    for event in
        [PbxEvent::Ringing { leg: "agent".into() }, PbxEvent::Answered { leg: "agent".into() }]
    {
        assert_eq!(bed.next().await, event);
    }
    bed.send(PbxCommand::Move { leg: "agent".into(), to: caller.leg.clone() });
    assert_eq!(bed.next().await, PbxEvent::Moved { leg: "agent".into(), to: caller.leg.clone() });
    bed.restart_host().await;
    let PbxEvent::Synced { mut alive } = bed.next().await else { panic!("not synced") };
    alive.sort_by(|one, other| one.leg.cmp(&other.leg));
    assert_eq!(alive.len(), 2, "{alive:?}");
    let (agent, waiting) = (&alive[0], &alive[1]);
    assert_eq!(
        (&*agent.leg.0, agent.state, agent.arrived.is_none()),
        ("agent", LegState::Up, true)
    );
    assert_eq!(
        (&waiting.leg, waiting.state, waiting.arrived.as_deref()),
        (&caller.leg, LegState::Up, Some(&caller))
    );
    assert!(alive.iter().all(|leg| leg.conversation.as_ref() == Some(&caller.leg)), "{alive:?}");
    // The new one is in charge of them.
    let play = PlayId("p1".into());
    bed.send(PbxCommand::Play {
        play: play.clone(),
        conversation: caller.leg.clone(),
        prompts: silence(100),
    });
    assert_eq!(
        bed.next().await,
        PbxEvent::Played { leg: caller.leg.clone(), play, end: PlayEnd::Whole }
    );
    bed.send(hang_up(&"agent".into()));
    assert_eq!(bed.next().await, ended(&"agent".into(), Cause::Normal, false));
    bed.send(hang_up(&caller.leg));
    assert_eq!(bed.next().await, ended(&caller.leg, Cause::Normal, false));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_whose_application_is_taken_stands_down_until_the_other_has_ended() {
    let mut bed = Bed::new().await;
    let (leg, stays) = (bed.answered().await.leg, bed.answered().await.leg);
    let (other, mut events) = adapter(&bed.pbx, &bed.pbx.url()).await;
    let PbxEvent::Lost { why } = bed.next().await else { panic!("not lost") };
    assert!(why.contains("stood down: another host serves"), "{why}");
    let Some(PbxEvent::Synced { alive }) = events.recv().await else { panic!("not synced") };
    assert_eq!(alive.len(), 2);
    // While the other serves, the first neither comes back nor interferes.
    bed.send(hang_up(&stays));
    sleep(Duration::from_secs(8)).await;
    assert!(bed.events.try_recv().is_err() && events.try_recv().is_err());
    other.send(hang_up(&leg));
    assert_eq!(events.recv().await, Some(ended(&leg, Cause::Normal, false)));
    // The other ends, with a call up. The first serves again.
    drop(other);
    let synced = timeout(Duration::from_secs(60), bed.events.recv()).await.unwrap();
    let Some(PbxEvent::Synced { alive }) = synced else { panic!("{synced:?}") };
    assert_eq!(alive.iter().map(|leg| &leg.leg).collect::<Vec<_>>(), [&stays]);
    assert_eq!(bed.next().await, ended(&stays, Cause::Normal, false));
    bed.answered().await;
}

/// Without a call, Asterisk forgets an application whose host has ended.
#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_stood_down_serves_as_soon_as_the_application_is_gone() {
    let mut bed = Bed::new().await;
    let (other, mut events) = adapter(&bed.pbx, &bed.pbx.url()).await;
    assert!(matches!(bed.next().await, PbxEvent::Lost { .. }));
    assert!(matches!(events.recv().await, Some(PbxEvent::Synced { .. })));
    drop(other);
    assert_eq!(bed.next().await, PbxEvent::Synced { alive: Vec::new() });
    bed.answered().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_ordered_while_nothing_got_through_is_made_good() {
    let mut bed = Bed::new().await;
    let (waits, leaves) = (bed.answered().await.leg, bed.answered().await.leg);
    bed.gate.shut(Shut::All);
    assert!(matches!(bed.next().await, PbxEvent::Lost { .. }));
    bed.send(hang_up(&leaves));
    bed.send(dial("agent", Address::Endpoint("PJSIP/a1".into()), None, None));
    assert_eq!(bed.next().await, ended(&"agent".into(), Cause::Failed, false));
    let play = PlayId("p1".into());
    bed.send(PbxCommand::Play {
        play: play.clone(),
        conversation: waits.clone(),
        prompts: silence(100),
    });
    assert_eq!(
        bed.next().await,
        PbxEvent::Played { leg: waits.clone(), play, end: PlayEnd::Failed }
    );
    sleep(Duration::from_secs(5)).await;
    bed.gate.shut(Shut::Nothing);
    let PbxEvent::Synced { alive } = bed.next().await else { panic!("not synced") };
    assert_eq!(alive.len(), 2, "{alive:?}");
    assert_eq!(bed.next().await, ended(&leaves, Cause::Normal, false));
    bed.send(hang_up(&waits));
    assert_eq!(bed.next().await, ended(&waits, Cause::Normal, false));
}

#[tokio::test(flavor = "multi_thread")]
async fn asterisk_is_restarted() {
    let mut bed = Bed::new().await;
    let leg = bed.answered().await.leg;
    bed.pbx.restart().unwrap();
    assert!(matches!(bed.next().await, PbxEvent::Lost { .. }));
    assert_eq!(bed.next().await, ended(&leg, Cause::Failed, false));
    assert_eq!(bed.next().await, PbxEvent::Synced { alive: Vec::new() });
    bed.answered().await;
}

/// As `core restart now` does. A phone that rings stops, and nobody declined.
#[tokio::test(flavor = "multi_thread")]
async fn calls_that_asterisk_ends_because_it_stops_have_failed() {
    let mut bed = Bed::new().await;
    let leg = bed.answered().await.leg;
    bed.phones.push(Phone::start(&bed.pbx, 1, &Answer::never()).unwrap());
    bed.send(dial("agent", Address::Endpoint("PJSIP/a1".into()), None, None));
    assert_eq!(bed.next().await, PbxEvent::Ringing { leg: "agent".into() });
    // The console is gone with it.
    let _ = bed.pbx.console("core stop now");
    let mut over = [bed.next().await, bed.next().await];
    over.sort_by_key(|event| event.leg().cloned() == Some(leg.clone()));
    assert_eq!(over, [&"agent".into(), &leg].map(|leg| ended(leg, Cause::Failed, false)));
    assert!(matches!(bed.next().await, PbxEvent::Lost { .. }));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_left_at_asterisk_after_many_calls() {
    const CALLS: usize = 100;
    let mut bed = Bed::new().await;
    let call = Caller::to(&bed.pbx, "0900").calls(CALLS as u32, 50).call().unwrap();
    let mut over = 0;
    while over < CALLS {
        match bed.next().await {
            PbxEvent::Arrived(arrived) => bed.send(PbxCommand::Answer { leg: arrived.leg }),
            PbxEvent::Answered { leg } => {
                let play = PlayId(format!("p-{leg}").as_str().into());
                bed.send(PbxCommand::Play { play, conversation: leg, prompts: silence(200) });
            }
            PbxEvent::Played { leg, end, .. } => {
                assert_eq!(end, PlayEnd::Whole);
                bed.send(hang_up(&leg));
            }
            PbxEvent::Ended(end) => {
                assert_eq!((end.cause, end.left), (Cause::Normal, false));
                over += 1;
            }
            other => panic!("{other:?}"),
        }
    }
    call.finished(PATIENCE).unwrap();
    assert_eq!(bed.adapter().alive().await.unwrap(), Vec::new());
    bed.pbx.until_empty("/ari/bridges", PATIENCE).unwrap();
}

/// How phones are that are watched: nobody registered, do-not-disturb, and a call of its own beside
/// one of the host's.
#[tokio::test(flavor = "multi_thread")]
async fn phones_that_are_watched_are_told() {
    let mut bed = Bed::new().await;
    let at = |name: &str| Address::Endpoint(format!("PJSIP/{name}"));
    let phone = |name: &str, state| PbxEvent::Phone { at: at(name), state };
    let number = Address::Number("+3227138700".to_owned());
    let phones = vec![at("a1"), at("caller"), at("nobody"), number];
    bed.send(PbxCommand::Watch { phones });
    let mut told = [bed.next().await, bed.next().await, bed.next().await];
    told.sort_by_key(|event| format!("{event:?}"));
    let gone = |name| phone(name, PhoneState::Unreachable);
    assert_eq!(told, [phone("a1", PhoneState::Free), gone("caller"), gone("nobody")]);

    bed.pbx.console("devstate change Custom:DND-a1 INUSE").unwrap();
    assert_eq!(bed.next().await, phone("a1", PhoneState::DoNotDisturb));
    bed.pbx.console("devstate change Custom:DND-a1 NOT_INUSE").unwrap();
    assert_eq!(bed.next().await, phone("a1", PhoneState::Free));

    // Its own call goes on when that of the host is over: Asterisk tells nothing new.
    bed.phones.push(Phone::start(&bed.pbx, 1, &Answer::after(Duration::ZERO)).unwrap());
    let leg = LegId::from("mine");
    bed.send(dial("mine", at("a1"), None, None));
    while bed.next().await != (PbxEvent::Answered { leg: leg.clone() }) {}
    bed.own_call(&at("a1"), Duration::from_secs(4)).await.unwrap();
    bed.others[0].expect("ACK").unwrap();
    bed.send(hang_up(&leg));
    assert_eq!(bed.next().await, ended(&leg, Cause::Normal, false));
    assert_eq!(bed.next().await, phone("a1", PhoneState::Busy));
    assert_eq!(bed.next().await, phone("a1", PhoneState::Free));
}
