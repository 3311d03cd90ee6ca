//! Phones that are dialled.

use super::{NOW, Named, hang_up, ms};
use crate::{
    Far, NEXT_CALLER_ID, NEXT_DISPLAY_NAME, Showing,
    Step::{self, Alive, Dial, DialWithheld, Expect, Quiet, Send, Shows},
};
use strowger_pbx::port::PbxCommand;

pub(super) const ALL: &[Named] = &[
    ("dialled-answers-and-is-hung-up", dialled_answers_and_is_hung_up),
    ("dialled-answers-and-hangs-up", dialled_answers_and_hangs_up),
    ("dialled-rings-and-is-cancelled", dialled_rings_and_is_cancelled),
    ("dialled-is-busy", dialled_is_busy),
    ("dialled-declines", dialled_declines),
    ("dialled-rings-and-declines", dialled_rings_and_declines),
    ("dialled-early-media", dialled_early_media),
    ("dialled-nothing-listens", dialled_nothing_listens),
    ("dialled-is-unknown", dialled_is_unknown),
    ("dialled-and-withheld", dialled_and_withheld),
    ("dialled-and-rings-on-for-another", dialled_and_rings_on_for_another),
    ("dialled-twice-is-one-leg", dialled_twice_is_one_leg),
    ("unknown-leg-is-hung-up", unknown_leg_is_hung_up),
];

/// ast22-b1-baresip-agent
fn dialled_answers_and_is_hung_up() -> Vec<Step> {
    vec![
        Dial("a", Far::Answers { after: ms(500) }),
        Expect(NOW, "ringing a"),
        Shows("a", Showing::Both),
        Expect(ms(500), "answered a"),
        Quiet(ms(500)),
        Alive(&["a Up in a"]),
        Send(hang_up("a")),
        Expect(NOW, "ended a Normal"),
        Quiet(ms(300)),
        Alive(&[]),
    ]
}

/// ast22-b1-baresip-agent: the phone's BYE has cause 0
fn dialled_answers_and_hangs_up() -> Vec<Step> {
    vec![
        Dial("a", Far::AnswersAndLeaves { after: ms(300), then: ms(1000) }),
        Expect(NOW, "ringing a"),
        Expect(ms(300), "answered a"),
        Expect(ms(1000), "ended a Normal"),
        Quiet(ms(300)),
    ]
}

/// ast22-s2-originate-noanswer, ast22-s2-originate-abandon-ringing
fn dialled_rings_and_is_cancelled() -> Vec<Step> {
    vec![
        Dial("a", Far::Rings),
        Expect(NOW, "ringing a"),
        Quiet(ms(3000)),
        Alive(&["a Ringing in none"]),
        Send(hang_up("a")),
        Expect(NOW, "ended a Normal"),
        Quiet(ms(500)),
    ]
}

/// ast22-s2-originate-busy
fn dialled_is_busy() -> Vec<Step> {
    vec![Dial("a", Far::Busy), Expect(NOW, "ended a Busy"), Quiet(ms(500)), Alive(&[])]
}

/// ast22-s2-originate-decline
fn dialled_declines() -> Vec<Step> {
    vec![Dial("a", Far::Declines), Expect(NOW, "ended a Declined"), Quiet(ms(500))]
}

fn dialled_rings_and_declines() -> Vec<Step> {
    vec![
        Dial("a", Far::DeclinesAfter { after: ms(700) }),
        Expect(NOW, "ringing a"),
        Expect(ms(700), "ended a Declined"),
        Quiet(ms(500)),
    ]
}

/// ast22-s2-originate-earlymedia: a 183 counts as ringing
fn dialled_early_media() -> Vec<Step> {
    vec![
        Dial("a", Far::EarlyMedia { after: ms(1000) }),
        Expect(NOW, "ringing a"),
        Expect(ms(1000), "answered a"),
        Send(hang_up("a")),
        Expect(NOW, "ended a Normal"),
    ]
}

/// ast22-s2-originate-noport: nothing at all until the host hangs up
fn dialled_nothing_listens() -> Vec<Step> {
    vec![
        Dial("a", Far::Silent),
        Quiet(ms(2000)),
        Alive(&["a Down in none"]),
        Send(hang_up("a")),
        Expect(NOW, "ended a Normal"),
        Quiet(ms(500)),
    ]
}

/// ast22-s2-originate-badendpoint: refused with 500
fn dialled_is_unknown() -> Vec<Step> {
    vec![Dial("a", Far::Unknown), Expect(NOW, "ended a Unreachable"), Quiet(ms(300)), Alive(&[])]
}

fn dialled_and_withheld() -> Vec<Step> {
    vec![
        DialWithheld("a", Far::Rings),
        Expect(NOW, "ringing a"),
        Shows("a", Showing::Nothing),
        Send(hang_up("a")),
        Expect(NOW, "ended a Normal"),
    ]
}

fn dialled_and_rings_on_for_another() -> Vec<Step> {
    let show = || PbxCommand::Show {
        leg: "a".into(),
        caller_id: Some(NEXT_CALLER_ID.to_owned()),
        display_name: Some(NEXT_DISPLAY_NAME.to_owned()),
    };
    vec![
        Dial("a", Far::Answers { after: ms(1500) }),
        Expect(NOW, "ringing a"),
        Send(show()),
        Quiet(ms(500)),
        Shows("a", Showing::Next),
        Expect(ms(1000), "answered a"),
        Send(show()),
        Quiet(ms(500)),
        Send(hang_up("a")),
        Expect(NOW, "ended a Normal"),
        Send(show()),
        Quiet(ms(300)),
    ]
}

fn dialled_twice_is_one_leg() -> Vec<Step> {
    vec![
        Dial("a", Far::Rings),
        Expect(NOW, "ringing a"),
        Dial("a", Far::Rings),
        Quiet(ms(500)),
        Send(hang_up("a")),
        Expect(NOW, "ended a Normal"),
        Quiet(ms(500)),
    ]
}

fn unknown_leg_is_hung_up() -> Vec<Step> {
    vec![Send(hang_up("nobody")), Expect(NOW, "ended nobody Normal"), Quiet(ms(300))]
}
