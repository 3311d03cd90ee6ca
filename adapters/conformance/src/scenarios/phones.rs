//! How phones are that are watched.

use super::{NOW, Named, hang_up, ms};
use crate::{
    Far,
    Step::{self, DialAgain, Expect, OwnCall, Quiet, Send, Watch},
};

pub(super) const ALL: &[Named] = &[("watched-in-a-call-of-its-own", watched)];

/// A call in which the host has dialled the phone does not count.
fn watched() -> Vec<Step> {
    vec![
        Watch("phone", Far::Answers { after: ms(500) }),
        Expect(NOW, "phone phone Free"),
        OwnCall("phone", ms(1500)),
        Expect(NOW, "phone phone Busy"),
        Expect(ms(1500), "phone phone Free"),
        DialAgain("phone"),
        Expect(NOW, "ringing phone"),
        Expect(ms(500), "answered phone"),
        Quiet(ms(500)),
        Send(hang_up("phone")),
        Expect(NOW, "ended phone Normal"),
        Quiet(ms(1500)),
    ]
}
