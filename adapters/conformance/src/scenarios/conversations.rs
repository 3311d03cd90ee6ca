//! Legs that talk with each other, and one that listens.

use super::{NOW, Named, STAYS, answered, hang_up, leg, listen, moved, ms, music, one_second};
use crate::{
    Far, Near,
    Step::{self, Alive, AnyOrder, Dial, Expect, Hears, Quiet, Send},
};
use strowger_model::command::ListenMode;
use strowger_pbx::port::PbxCommand;

pub(super) const ALL: &[Named] = &[
    ("two-talk-and-the-phone-hangs-up", two_talk_and_the_phone_hangs_up),
    ("two-talk-and-the-caller-hangs-up", two_talk_and_the_caller_hangs_up),
    ("two-talk-and-part", two_talk_and_part),
    ("two-talk-and-key", two_talk_and_key),
    ("a-leg-listens-to-another", a_leg_listens_to_another),
];

/// ast22-s1-inbound-dtmf-moh-bridge
fn two_talk_and_the_phone_hangs_up() -> Vec<Step> {
    answered(
        STAYS,
        vec![
            Send(music("caller", Some("default"))),
            Dial("a", Far::AnswersAndLeaves { after: ms(300), then: ms(1000) }),
            Expect(NOW, "ringing a"),
            Hears(&["caller hears music default"]),
            Expect(ms(300), "answered a"),
            Send(music("caller", None)),
            Send(moved("a", "caller")),
            Expect(NOW, "moved a to caller"),
            Alive(&["a Up in caller", "caller Up in caller"]),
            Hears(&["a hears caller", "caller hears a"]),
            Expect(ms(1000), "ended a Normal"),
            Quiet(ms(500)),
            Alive(&["caller Up in caller"]),
            Send(hang_up("caller")),
            Expect(NOW, "ended caller Normal"),
        ],
    )
}

fn two_talk_and_the_caller_hangs_up() -> Vec<Step> {
    answered(
        Near { leaves: Some(ms(3000)), ..STAYS },
        vec![
            Dial("a", Far::Answers { after: ms(300) }),
            Expect(NOW, "ringing a"),
            Expect(ms(300), "answered a"),
            Send(moved("a", "caller")),
            Expect(NOW, "moved a to caller"),
            Expect(ms(2700), "ended caller Normal"),
            Quiet(ms(500)),
            Send(moved("a", "a")),
            Expect(NOW, "moved a to a"),
            Send(one_second("p1", "a")),
            Expect(ms(1000), "played a p1 whole"),
            Send(hang_up("a")),
            Expect(NOW, "ended a Normal"),
            Alive(&[]),
        ],
    )
}

fn two_talk_and_part() -> Vec<Step> {
    answered(
        STAYS,
        vec![
            Dial("a", Far::Answers { after: ms(300) }),
            Expect(NOW, "ringing a"),
            Expect(ms(300), "answered a"),
            Send(moved("a", "caller")),
            Expect(NOW, "moved a to caller"),
            Send(one_second("p1", "caller")),
            Expect(ms(1000), "played caller p1 whole"),
            Send(moved("a", "a")),
            Expect(NOW, "moved a to a"),
            Alive(&["a Up in a", "caller Up in caller"]),
            Hears(&["a hears", "caller hears"]),
            Send(hang_up("a")),
            Send(hang_up("caller")),
            AnyOrder(&["ended a Normal", "ended caller Normal"]),
        ],
    )
}

/// An adapter passes no key on by itself: the host does, if it is nobody's code.
fn two_talk_and_key() -> Vec<Step> {
    answered(
        Near { keys_after_answer: Some(ms(1500)), leaves: None },
        vec![
            Dial("a", Far::Answers { after: ms(300) }),
            Expect(NOW, "ringing a"),
            Expect(ms(300), "answered a"),
            Send(moved("a", "caller")),
            Expect(NOW, "moved a to caller"),
            Expect(ms(1300), "digit caller 1"),
            Expect(ms(200), "digit caller 2"),
            Expect(ms(200), "digit caller #"),
            Hears(&["a hears caller", "caller hears a"]),
            Send(PbxCommand::SendDigits { leg: leg("a"), digits: "12#".to_owned() }),
            Quiet(ms(1000)),
            Hears(&["a hears caller, keys 12#", "caller hears a"]),
            Send(hang_up("a")),
            Expect(NOW, "ended a Normal"),
            Send(hang_up("caller")),
            Expect(NOW, "ended caller Normal"),
        ],
    )
}

/// A coach (V9) hears both; the caller never hears a whisper.
fn a_leg_listens_to_another() -> Vec<Step> {
    answered(
        STAYS,
        vec![
            Dial("a", Far::Answers { after: ms(300) }),
            Expect(NOW, "ringing a"),
            Expect(ms(300), "answered a"),
            Send(moved("a", "caller")),
            Expect(NOW, "moved a to caller"),
            Dial("coach", Far::Answers { after: ms(300) }),
            Expect(NOW, "ringing coach"),
            Expect(ms(300), "answered coach"),
            Send(listen("coach", "a", ListenMode::Silent)),
            Expect(NOW, "listening coach"),
            Hears(&["a hears caller", "caller hears a", "coach hears a caller"]),
            Send(PbxCommand::StopListening { leg: leg("coach") }),
            Expect(NOW, "listening-ended coach"),
            Send(listen("coach", "a", ListenMode::Whisper)),
            Expect(NOW, "listening coach"),
            Hears(&["a hears caller coach", "caller hears a", "coach hears a caller"]),
            Send(PbxCommand::StopListening { leg: leg("coach") }),
            Expect(NOW, "listening-ended coach"),
            Send(listen("coach", "a", ListenMode::Join)),
            Expect(NOW, "listening coach"),
            Hears(&["a hears caller coach", "caller hears a coach", "coach hears a caller"]),
            // Wherever that one goes.
            Send(moved("a", "a")),
            Expect(NOW, "moved a to a"),
            Hears(&["a hears coach", "caller hears", "coach hears a"]),
            Alive(&["a Up in a", "caller Up in caller", "coach Up in coach"]),
            Send(hang_up("a")),
            AnyOrder(&["ended a Normal", "listening-ended coach"]),
            Send(listen("coach", "a", ListenMode::Silent)),
            Expect(NOW, "listening-ended coach"),
            Send(listen("coach", "caller", ListenMode::Silent)),
            Expect(NOW, "listening coach"),
            Send(hang_up("coach")),
            Expect(NOW, "ended coach Normal"),
            Quiet(ms(300)),
            Send(hang_up("caller")),
            Expect(NOW, "ended caller Normal"),
        ],
    )
}
