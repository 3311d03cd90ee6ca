//! What phones do by themselves.

use super::{NOW, Named, STAYS, answered, hang_up, leg, moved, ms};
use crate::{
    Far,
    Step::{
        self, Alive, AskTransfer, Dial, DialAgain, Expect, OwnCall, Quiet, Send, Transfers, Watch,
    },
};
use strowger_pbx::port::PbxCommand;

pub(super) const ALL: &[Named] = &[
    ("watched-in-a-call-of-its-own", watched),
    ("phone-asks-for-a-transfer", asks_for_a_transfer),
];

/// The PBX does nothing by itself. The phone is told of a refusal, and by the hang-up that it is
/// done.
fn asks_for_a_transfer() -> Vec<Step> {
    answered(
        STAYS,
        vec![
            Dial("a", Far::Answers { after: ms(300) }),
            Expect(NOW, "ringing a"),
            Expect(ms(300), "answered a"),
            Send(moved("a", "caller")),
            Expect(NOW, "moved a to caller"),
            AskTransfer("a", "0911"),
            Expect(NOW, "transfer-asked a 0911"),
            Send(PbxCommand::RefuseTransfer { leg: leg("a") }),
            Transfers("a", &[false]),
            Quiet(ms(500)),
            Alive(&["a Up in caller", "caller Up in caller"]),
            AskTransfer("a", "0912"),
            Expect(NOW, "transfer-asked a 0912"),
            Alive(&["a Up in caller", "caller Up in caller"]),
            Send(hang_up("a")),
            Expect(NOW, "ended a Normal"),
            Transfers("a", &[false, true]),
            Alive(&["caller Up in caller"]),
            Send(hang_up("caller")),
            Expect(NOW, "ended caller Normal"),
        ],
    )
}

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
