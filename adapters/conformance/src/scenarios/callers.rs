//! Callers who come and go.

use super::{
    NOW, Named, STAYS, answer, answered, hang_up, hang_up_as, indicate_ringing, leg, ms, music,
    one_second,
};
use crate::{
    Near,
    Step::{self, Alive, Call, Expect, Hears, Quiet, Send},
};
use strowger_model::event::Cause;
use strowger_pbx::port::PbxCommand;

pub(super) const ALL: &[Named] = &[
    ("caller-cancels", caller_cancels),
    ("caller-is-turned-away", caller_is_turned_away),
    ("caller-hears-and-keys", caller_hears_and_keys),
    ("caller-goes-on-in-the-pbx", caller_goes_on_in_the_pbx),
];

/// ast22-s2-inbound-cancel
fn caller_cancels() -> Vec<Step> {
    vec![
        Call(Near { leaves: Some(ms(2000)), ..STAYS }),
        Expect(NOW, "arrived caller"),
        Send(indicate_ringing("caller")),
        Alive(&["caller Down in none"]),
        Expect(ms(2000), "ended caller Normal"),
        Send(answer("caller")),
        Send(music("caller", Some("default"))),
        Quiet(ms(500)),
        Alive(&[]),
    ]
}

fn caller_is_turned_away() -> Vec<Step> {
    vec![
        Call(STAYS),
        Expect(NOW, "arrived caller"),
        Send(hang_up_as("caller", Cause::Busy)),
        Expect(NOW, "ended caller Busy"),
        Quiet(ms(300)),
    ]
}

/// ast22-s1-inbound-dtmf-moh-bridge
fn caller_hears_and_keys() -> Vec<Step> {
    answered(
        Near { keys_after_answer: Some(ms(1500)), leaves: None },
        vec![
            Send(music("caller", Some("default"))),
            Send(one_second("p1", "caller")),
            Quiet(ms(300)),
            Hears(&["caller hears"]),
            Expect(ms(700), "played caller p1 whole"),
            Hears(&["caller hears music default"]),
            Expect(ms(600), "digit caller 1"),
            Expect(ms(200), "digit caller 2"),
            Expect(ms(200), "digit caller #"),
            Alive(&["caller Up in caller"]),
            Send(hang_up("caller")),
            Expect(NOW, "ended caller Normal"),
        ],
    )
}

fn caller_goes_on_in_the_pbx() -> Vec<Step> {
    answered(
        STAYS,
        vec![
            Send(PbxCommand::Transfer { leg: leg("caller"), to: None }),
            Expect(NOW, "ended caller Normal left"),
            Quiet(ms(300)),
            Alive(&[]),
        ],
    )
}
