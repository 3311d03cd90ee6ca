//! What a conversation hears played.

use super::{NOW, Named, STAYS, answered, hang_up, ms, one_second, play, stop};
use crate::Step::{self, AnyOrder, Expect, Quiet, Send};
use strowger_model::Prompt;

pub(super) const ALL: &[Named] = &[
    ("plays-queue-up", plays_queue_up),
    ("plays-are-stopped", plays_are_stopped),
    ("play-after-one-that-was-stopped", play_after_one_that_was_stopped),
    ("missing-recording", missing_recording),
    ("hang-up-ends-plays-first", hang_up_ends_plays_first),
];

/// ast22-s3-reconnect: the second play starts when the first is over
fn plays_queue_up() -> Vec<Step> {
    answered(
        STAYS,
        vec![
            Send(one_second("p1", "caller")),
            Send(one_second("p2", "caller")),
            Expect(ms(1000), "played caller p1 whole"),
            Expect(ms(1000), "played caller p2 whole"),
            Send(hang_up("caller")),
            Expect(NOW, "ended caller Normal"),
        ],
    )
}

fn plays_are_stopped() -> Vec<Step> {
    answered(
        STAYS,
        vec![
            Send(one_second("p1", "caller")),
            Send(one_second("p2", "caller")),
            Send(one_second("p3", "caller")),
            Quiet(ms(300)),
            Send(stop("p2")),
            Expect(NOW, "played caller p2 stopped"),
            Send(stop("p1")),
            Expect(NOW, "played caller p1 stopped"),
            Expect(ms(1000), "played caller p3 whole"),
            Send(stop("p3")),
            Send(stop("nothing")),
            Quiet(ms(300)),
            Send(hang_up("caller")),
            Expect(NOW, "ended caller Normal"),
        ],
    )
}

/// It is heard to its end, though the one before would have ended meanwhile.
fn play_after_one_that_was_stopped() -> Vec<Step> {
    answered(
        STAYS,
        vec![
            Send(one_second("p1", "caller")),
            Quiet(ms(600)),
            Send(stop("p1")),
            Expect(NOW, "played caller p1 stopped"),
            Send(one_second("p2", "caller")),
            Expect(ms(1000), "played caller p2 whole"),
            Send(hang_up("caller")),
            Expect(NOW, "ended caller Normal"),
        ],
    )
}

fn missing_recording() -> Vec<Step> {
    answered(
        STAYS,
        vec![
            Send(play("p1", "caller", &[Prompt::Recording("there-is-none".to_owned())])),
            Expect(NOW, "played caller p1 failed"),
            Send(hang_up("caller")),
            Expect(NOW, "ended caller Normal"),
        ],
    )
}

fn hang_up_ends_plays_first() -> Vec<Step> {
    answered(
        STAYS,
        vec![
            Send(one_second("p1", "caller")),
            Send(one_second("p2", "caller")),
            Quiet(ms(300)),
            Send(hang_up("caller")),
            AnyOrder(&["played caller p1 stopped", "played caller p2 stopped"]),
            Expect(NOW, "ended caller Normal"),
            Quiet(ms(1500)),
        ],
    )
}
