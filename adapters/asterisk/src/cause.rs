//! Causes of Q.850, as Asterisk gives and takes them.

use strowger_model::event::Cause;

/// What to tell the far end: Asterisk makes a `Reason` of it. That somebody else has answered is 26,
/// and `SIP;cause=200` on the way to a phone.
pub(super) fn code(cause: Cause, elsewhere: bool) -> u16 {
    if elsewhere {
        return 26;
    }
    match cause {
        Cause::Normal => 16,
        Cause::Busy => 17,
        Cause::Declined => 21,
        Cause::NoAnswer => 19,
        Cause::Unreachable => 20,
        Cause::Failed => 38,
    }
}

/// The network does not work, or the PBX stops.
pub(super) const OUT_OF_ORDER: i32 = 38;

/// Of a soft request, Asterisk tells the kind and not a cause of Q.850: 4 is that it stops.
pub(super) fn soft(kind: Option<i32>) -> Option<i32> {
    (kind == Some(4)).then_some(OUT_OF_ORDER)
}

/// Why a leg ended that was never answered. `sip` is the status of the far end, which Asterisk 16
/// does not tell.
///
/// No answer and no sign of life at all both come as 19: whether the far end rang is what tells
/// them apart.
pub(super) fn unanswered(q850: i32, sip: Option<i32>, rang: bool) -> Cause {
    match (q850, sip) {
        (17, _) | (_, Some(486 | 600)) => Cause::Busy,
        (21, _) | (_, Some(603)) => Cause::Declined,
        (16, _) => Cause::Normal,
        (18 | 19, _) if rang => Cause::NoAnswer,
        (1..=3 | 18..=20 | 22 | 27 | 28, _) | (_, Some(404 | 410 | 480 | 484 | 604)) => {
            Cause::Unreachable
        }
        (0 | 127, None) if rang => Cause::NoAnswer,
        _ => Cause::Failed,
    }
}

/// Why a leg ended that was answered: somebody hung up, unless the network says that it did.
pub(super) fn answered(q850: Option<i32>) -> Cause {
    match q850 {
        Some(34 | 38 | 41 | 42 | 44 | 47) => Cause::Failed,
        _ => Cause::Normal,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_in_the_transcripts() {
        for (q850, sip, rang, cause) in [
            (19, Some(480), true, Cause::NoAnswer),
            (19, Some(480), false, Cause::Unreachable),
            (17, Some(486), false, Cause::Busy),
            (21, Some(603), true, Cause::Declined),
            (16, None, true, Cause::Normal),
            (1, Some(404), false, Cause::Unreachable),
            (0, None, true, Cause::NoAnswer),
            (34, Some(503), false, Cause::Failed),
        ] {
            assert_eq!(unanswered(q850, sip, rang), cause, "{q850} {sip:?} {rang}");
        }
        assert_eq!(answered(Some(0)), Cause::Normal);
        assert_eq!(answered(Some(127)), Cause::Normal);
        assert_eq!(answered(Some(44)), Cause::Failed);
        assert_eq!(answered(soft(Some(32))), Cause::Normal);
        assert_eq!(answered(soft(Some(4))), Cause::Failed);
        assert_eq!(unanswered(OUT_OF_ORDER, Some(487), true), Cause::Failed);
    }
}
