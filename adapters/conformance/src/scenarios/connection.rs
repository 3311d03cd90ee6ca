//! What is told after the connection was cut.

use super::{NOW, Named, STAYS, answered, hang_up, moved, ms, one_second};
use crate::{
    Far,
    Step::{self, Alive, Cut, Dial, Expect, Interrupt, Quiet, Send},
};

pub(super) const ALL: &[Named] = &[
    ("connection-is-cut", connection_is_cut),
    ("connection-is-cut-and-all-is-listed", connection_is_cut_and_all_is_listed),
    ("connection-is-cut-and-nothing-lost", connection_is_cut_and_nothing_lost),
];

/// ast22-s3-reconnect-abrupt: what happens meanwhile is not told later, but for plays, which
/// the adapter asks for
fn connection_is_cut() -> Vec<Step> {
    answered(
        STAYS,
        vec![
            Dial("a", Far::AnswersAndLeaves { after: ms(300), then: ms(2000) }),
            Expect(NOW, "ringing a"),
            Expect(ms(300), "answered a"),
            Send(one_second("p1", "caller")),
            Quiet(ms(300)),
            Cut(ms(4000)),
            Expect(NOW, "lost"),
            Expect(NOW, "synced caller Up in caller"),
            Expect(NOW, "played caller p1 whole"),
            Send(one_second("p2", "caller")),
            Expect(ms(1000), "played caller p2 whole"),
            Send(hang_up("caller")),
            Expect(NOW, "ended caller Normal"),
        ],
    )
}

/// Whatever state a leg is in, and wherever it is.
fn connection_is_cut_and_all_is_listed() -> Vec<Step> {
    answered(
        STAYS,
        vec![
            Dial("a", Far::Answers { after: ms(300) }),
            Expect(NOW, "ringing a"),
            Expect(ms(300), "answered a"),
            Send(moved("a", "caller")),
            Expect(NOW, "moved a to caller"),
            Dial("b", Far::Rings),
            Expect(NOW, "ringing b"),
            Dial("c", Far::Silent),
            Quiet(ms(300)),
            Cut(ms(1000)),
            Expect(NOW, "lost"),
            Expect(
                NOW,
                "synced a Up in caller, b Ringing in none, c Down in none, caller Up in caller",
            ),
            Quiet(ms(300)),
            Send(hang_up("c")),
            Expect(NOW, "ended c Normal"),
            Send(hang_up("b")),
            Expect(NOW, "ended b Normal"),
            Send(hang_up("a")),
            Expect(NOW, "ended a Normal"),
            Send(hang_up("caller")),
            Expect(NOW, "ended caller Normal"),
            Alive(&[]),
        ],
    )
}

/// A remote adapter and its host keep what they have to say; commands are carried out late.
fn connection_is_cut_and_nothing_lost() -> Vec<Step> {
    answered(
        STAYS,
        vec![
            Dial("a", Far::AnswersAndLeaves { after: ms(300), then: ms(2000) }),
            Expect(NOW, "ringing a"),
            Expect(ms(300), "answered a"),
            Send(one_second("p1", "caller")),
            Quiet(ms(300)),
            Interrupt(ms(4000)),
            Expect(NOW, "lost"),
            Expect(NOW, "played caller p1 whole"),
            Expect(NOW, "ended a Normal"),
            Expect(NOW, "synced caller Up in caller"),
            Send(one_second("p2", "caller")),
            Expect(ms(1000), "played caller p2 whole"),
            Send(hang_up("caller")),
            Expect(NOW, "ended caller Normal"),
        ],
    )
}
