//! Bounds of what comes from outside through an adapter. Callers write much of it themselves.

use crate::port::{ArrivedLeg, TransferAsked};
use strowger_model::Signalled;

/// Bytes of the number that was dialled, at most. Who dials more is served by no flow.
pub const DIALLED: usize = 128;
/// Bytes of a name, a number or an address, at most.
const NAME: usize = 256;
/// Bytes of what the PBX's own route says.
const DATA: usize = 8 << 10;

/// Whether a telephone has that key; A to D are keys too.
pub fn is_key(digit: char) -> bool {
    matches!(digit, '0'..='9' | '*' | '#' | 'A'..='D')
}

impl ArrivedLeg {
    /// What came, cut where it is longer than anything that is meant, and without control
    /// characters: it ends up on displays, in logs and in what a flow keeps.
    pub fn bounded(self) -> Self {
        let name = |text: Option<String>| text.map(|text| cut(text, NAME));
        let Signalled { withheld, privacy, from, asserted_identity, remote_party_id } =
            self.signalled;
        Self {
            leg: self.leg,
            caller: name(self.caller),
            signalled: Signalled {
                withheld,
                privacy: name(privacy),
                from: name(from),
                asserted_identity: name(asserted_identity),
                remote_party_id: name(remote_party_id),
            },
            caller_name: name(self.caller_name),
            endpoint: name(self.endpoint),
            dialled: cut(self.dialled, DIALLED + 1),
            diverted_from: name(self.diverted_from),
            line: name(self.line),
            data: shorten(self.data, DATA),
        }
    }
}

impl TransferAsked {
    /// As [`ArrivedLeg::bounded`].
    pub fn bounded(self) -> Self {
        Self { to: cut(self.to, DIALLED), ..self }
    }
}

fn cut(mut text: String, most: usize) -> String {
    text.retain(|c| !c.is_control());
    shorten(text, most)
}

fn shorten(mut text: String, most: usize) -> String {
    text.truncate(text.floor_char_boundary(most));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_without_end_is_cut_and_a_line_break_is_none() {
        let arrived = ArrivedLeg {
            caller_name: Some(format!("a\r\nTo: b{}", "\u{e9}".repeat(70_000))),
            dialled: "1".repeat(70_000),
            data: "d".repeat(70_000),
            ..ArrivedLeg::default()
        };
        let bounded = arrived.bounded();
        let name = bounded.caller_name.unwrap();
        assert!(name.starts_with("aTo: b\u{e9}") && name.len() <= NAME, "{}", name.len());
        assert_eq!((bounded.dialled.len(), bounded.data.len()), (DIALLED + 1, DATA));
        let usual = ArrivedLeg { dialled: "100".to_owned(), ..ArrivedLeg::default() };
        assert_eq!(usual.clone().bounded(), usual);
    }

    #[test]
    fn keys_are_those_of_a_telephone() {
        assert!("0123456789*#ABCD".chars().all(is_key));
        assert!(!"\u{e9} Ea+".chars().any(is_key));
    }
}
