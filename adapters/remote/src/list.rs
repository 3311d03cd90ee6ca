//! A list of what is alive, in one message or in several: `more` says that another follows.

use super::{protocol::MAX_MESSAGE, socket::Parting};
use std::mem;
use strowger_pbx::port::AliveLeg;

/// What the legs of a part may come to, in bytes of JSON; the rest of the message needs room too.
const PART: usize = MAX_MESSAGE / 2;

/// Cuts a list into parts of at most so many bytes of JSON each. There is always one.
fn split(alive: Vec<AliveLeg>, most: usize) -> Vec<Vec<AliveLeg>> {
    let mut parts = Vec::new();
    let (mut part, mut size) = (Vec::new(), 0);
    for leg in alive {
        // A leg that JSON cannot say fails when the message is made.
        let length = serde_json::to_vec(&leg).map_or(0, |json| json.len() + 1);
        if size + length > most && !part.is_empty() {
            parts.push(mem::take(&mut part));
            size = 0;
        }
        size += length;
        part.push(leg);
    }
    parts.push(part);
    parts
}

/// The messages of a list: each part, and whether more follow.
pub(super) fn parts(alive: Vec<AliveLeg>) -> impl Iterator<Item = (Vec<AliveLeg>, bool)> {
    let parts = split(alive, PART);
    let last = parts.len() - 1;
    parts.into_iter().enumerate().map(move |(number, part)| (part, number < last))
}

/// A list that comes in parts.
#[derive(Debug, Default)]
pub(super) struct Parts {
    /// With the first part: the last command received when the list was made.
    ack: Option<u64>,
    alive: Vec<AliveLeg>,
    /// The bytes of the messages so far.
    size: usize,
}

/// A part of a list, as its message says it.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) ack: u64,
    pub(super) alive: Vec<AliveLeg>,
    pub(super) more: bool,
    /// The bytes of the message.
    pub(super) size: usize,
}

impl Parts {
    /// Whether more is to come.
    pub(super) fn begun(&self) -> bool {
        self.ack.is_some()
    }

    /// Adds a part. The list with the `ack` of its first part, if it is whole. Refused: all parts
    /// together have more than `most` bytes; nothing of them is kept.
    pub(super) fn add(
        &mut self,
        part: Part,
        most: usize,
    ) -> Result<Option<(u64, Vec<AliveLeg>)>, Parting> {
        let ack = *self.ack.get_or_insert(part.ack);
        self.size += part.size;
        if self.size > most {
            *self = Self::default();
            return Err(Parting::refuse(format!(
                "the list of what is alive has more than {most} bytes in all its parts"
            )));
        }
        self.alive.extend(part.alive);
        if part.more {
            return Ok(None);
        }
        Ok(Some((ack, mem::take(self).alive)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use strowger_pbx::port::LegState;

    fn leg(name: &str) -> AliveLeg {
        AliveLeg {
            leg: name.into(),
            state: LegState::Up,
            conversation: None,
            arrived: None,
            age: Duration::ZERO,
        }
    }

    #[test]
    fn a_list_is_cut_where_a_part_is_full() {
        let length = serde_json::to_vec(&leg("a")).unwrap().len() + 1;
        let cut = |legs: usize, most: usize| -> Vec<usize> {
            split(vec![leg("a"); legs], most).iter().map(Vec::len).collect()
        };
        assert_eq!(cut(0, length), [0], "an empty list is a message, too");
        assert_eq!(cut(3, 3 * length), [3]);
        assert_eq!(cut(5, 2 * length + 1), [2, 2, 1]);
        assert_eq!(cut(2, 1), [1, 1], "a leg is never cut");
    }

    #[test]
    fn a_list_is_whole_with_its_last_part_and_has_a_limit() {
        let part = |name: &str, ack: u64, more: bool| Part {
            ack,
            alive: vec![leg(name)],
            more,
            size: 100,
        };
        let mut parts = Parts::default();
        assert_eq!(parts.add(part("a", 3, false), 100).unwrap(), Some((3, vec![leg("a")])));
        assert_eq!(parts.add(part("a", 3, true), 200).unwrap(), None);
        assert!(parts.begun());
        assert_eq!(
            parts.add(part("b", 4, false), 200).unwrap(),
            Some((3, vec![leg("a"), leg("b")]))
        );
        assert!(!parts.begun());
        parts.add(part("a", 3, true), 150).unwrap();
        assert!(parts.add(part("b", 3, false), 150).unwrap_err().why.contains("150 bytes"));
        assert_eq!(parts.add(part("c", 5, false), 150).unwrap(), Some((5, vec![leg("c")])));
    }
}
