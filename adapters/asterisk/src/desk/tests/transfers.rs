//! Transfers that phones ask for.

use super::*;
use strowger_pbx::port::{Announced, TransferAsked};

/// What Asterisk tells of a REFER on a channel; with the phone's other channel, who is there, and
/// the Call-ID, where it names one.
fn refer(from: &str, to: &str, other: Option<(&str, &str)>, call_id: bool) -> String {
    let id = if call_id { r#", "protocol_id": "x@y""# } else { "" };
    let other = other.map_or_else(String::new, |(other, peer)| {
        let peer = match peer {
            "" => String::new(),
            peer => {
                format!(r#", "connected_channel": {{"id": "p", "name": "{peer}", "state": "Up"}}"#)
            }
        };
        format!(r#", "destination_channel": {}{peer}"#, channel(other, "Up"))
    });
    format!(
        r#"{{"type": "ChannelTransfer",
            "refer_to": {{"requested_destination": {{"destination": "{to}"{id}}}{other}}},
            "referred_by": {{"source_channel": {}}}}}"#,
        channel(from, "Up")
    )
}

fn told(leg: &str, to: &str, announced: Option<Announced>) -> String {
    let asked = TransferAsked { leg: leg.into(), to: to.into(), announced };
    format!("{:?}", PbxEvent::TransferAsked(Box::new(asked)))
}

fn refuse(leg: &str) -> PbxCommand {
    PbxCommand::RefuseTransfer { leg: leg.into() }
}

#[test]
fn a_phone_is_answered_once_and_its_end_says_that_it_is_done() {
    let mut desk = Told::new();
    desk.answered("a");
    assert_eq!(desk.event(&refer("a", "102", None, false)), [told("a", "102", None)]);
    assert_eq!(desk.command(refuse("a")), ["run a Answer { phone: \"a\", transferred: false }"]);
    desk.done("a", Ok(0));
    assert!(desk.command(refuse("a")).is_empty(), "it does not ask any more");
    desk.event(&refer("a", "103", None, false));
    assert_eq!(
        desk.command(hang_up("a")),
        ["run a HangUp { cause: Normal, elsewhere: false, transferred: Some(\"a\") }"]
    );
    assert!(desk.event(&refer("a", "104", None, false)).is_empty(), "it is being hung up");
    // What Asterisk tells of the answer is no further question.
    desk.answered("b");
    let state = refer("b", "102", None, false).replacen('{', r#"{"state": "channel_declined","#, 1);
    assert!(desk.event(&state).is_empty());
    assert!(desk.event(&refer("nobody", "102", None, false)).is_empty());
}

#[test]
fn the_other_call_of_a_phone_is_a_leg_or_one_of_the_pbx() {
    let mut desk = Told::new();
    desk.answered("a");
    desk.answered("d");
    let leg = Some(Announced::Leg("d".into()));
    assert_eq!(desk.event(&refer("a", "x", Some(("d", "")), true)), [told("a", "100", leg)]);
    // Of the PBX's own: the dialplan has to be able to bring somebody there.
    let own = |peer| refer("a", "x", Some(("own", peer)), true);
    for (result, out) in [
        (Ok(0), told("a", "100", Some(Announced::Call("PJSIP/b-1".into())))),
        (Err(Some(404)), "run a Answer { phone: \"a\", transferred: false }".to_owned()),
    ] {
        assert!(desk.event(&own("PJSIP/b-1")).concat().starts_with("run a Announce("));
        assert_eq!(desk.done("a", result), [out]);
    }
    desk.done("a", Ok(0));
    // Nobody is there yet, or a name that could say more than a name: as if it were blind.
    for peer in ["", "PJSIP/b-1,x"] {
        assert_eq!(desk.event(&own(peer)), [told("a", "100", None)]);
    }
    // A call that Asterisk does not have.
    let unknown = refer("a", "x", None, true);
    assert_eq!(desk.event(&unknown), ["run a Answer { phone: \"a\", transferred: false }"]);
}

#[test]
fn a_leg_is_brought_to_a_channel_of_the_pbx() {
    let mut desk = Told::new();
    desk.answered("c");
    let to = |call: &str| Some(Address::Call(call.to_owned()));
    let transfer = |to| PbxCommand::Transfer { leg: "c".into(), to };
    assert_eq!(
        desk.command(transfer(to("PJSIP/b-1"))),
        [r#"run c Leave { to: Bridge("PJSIP/b-1") }"#]
    );
    desk.done("c", Ok(0));
    assert_eq!(desk.command(transfer(to("b,Local/1@x"))), ["run c Leave { to: OwnRoute }"]);
    // It is nobody to dial.
    let dial = PbxCommand::Dial {
        leg: "d".into(),
        to: Address::Call("PJSIP/b-1".to_owned()),
        caller_id: None,
        display_name: None,
    };
    assert!(desk.command(dial).concat().contains("cause: Unreachable"));
}

#[test]
fn only_phones_may_ask_the_host() {
    let mut desk = Told::new();
    assert!(desk.dial("phone").concat().contains("phone: true"));
    let trunk = PbxCommand::Dial {
        leg: "trunk".into(),
        to: Address::Number("+3227138700".to_owned()),
        caller_id: None,
        display_name: None,
    };
    assert!(desk.command(trunk).concat().contains("phone: false"));
}
