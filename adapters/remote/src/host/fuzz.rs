//! What an adapter says, spoilt.

use super::{
    config::RemoteLimits,
    connection::hello,
    session::{Heard, State},
};
use crate::{list::Part, protocol::ToHost, socket::Parting};
use strowger_test_support::fuzz_text;

const HELLO: &str = r#"{"type":"hello","protocol":1,"name":"sim","instance":"a","host":null,"ack":0,"offers":["stage"]}"#;
const MESSAGES: [&str; 5] = [
    r#"{"type":"event","seq":1,"ack":0,"more":true,"event":{"type":"synced","alive":[{"leg":"ch-17","state":"up","conversation":"ch-17","age":93500,"arrived":{"leg":"ch-17","caller":"+32470123456","dialled":"+3292000300"}}]}}"#,
    r#"{"type":"event","seq":1,"ack":0,"event":{"type":"arrived","leg":"ch-18","caller":"+32470123456","caller_name":"Jan","dialled":"+3292000300","data":""}}"#,
    r#"{"type":"event","seq":1,"ack":4,"event":{"type":"digit","leg":"ch-18","digit":"5"}}"#,
    r#"{"type":"alive","id":3,"ack":10,"more":true,"alive":[{"leg":"ch-18","state":"down","age":800}]}"#,
    r#"{"type":"ack","ack":10}"#,
];

#[test]
fn the_first_message() {
    fuzz_text(&[HELLO], |text| drop(hello(text)));
}

fn hear(state: &mut State, text: &str) -> Result<(), Parting> {
    let size = text.len();
    match serde_json::from_str(text) {
        Ok(ToHost::Event { seq, ack, more, event }) => {
            state.event(Heard { seq, ack, more, size, event }).map(drop)
        }
        Ok(ToHost::Alive { id, ack, more, alive }) => {
            state.alive(id, Part { ack, alive, more, size })
        }
        Ok(ToHost::Ack { ack }) => state.acknowledged(ack),
        Ok(ToHost::Hello(_) | ToHost::Staged { .. }) | Err(_) => Ok(()),
    }
}

#[test]
fn messages() {
    fuzz_text(&[&MESSAGES.join("\n")], |text| {
        let mut state = State::new(&RemoteLimits::default());
        for message in text.lines() {
            if hear(&mut state, message).is_err() {
                state.begin();
            }
        }
    });
}
