//! The history of a call as bytes, which is the state that the host keeps.
//!
//! One byte that says whether the script is over, then for each step that a script took part in:
//! the event, four bytes that its orders came to, and the answers that it read, each behind two
//! bytes that its question came to. A step is appended; what is there is never written again.

use crate::types::{Command, Event, OrderId};
use postcard::ser_flavors::Flavor;
use serde::{Serialize, de::DeserializeOwned};

/// The script goes on.
const GOING_ON: u8 = 0;
/// The script is over; no history is kept.
const OVER: u8 = 1;

/// Whether a state is that of a script which is over.
pub(super) fn is_over(state: &[u8]) -> bool {
    state == [OVER]
}

/// The state of a script that is over.
pub(super) fn over() -> Vec<u8> {
    vec![OVER]
}

/// One step of the past.
pub(super) struct Past {
    pub(super) event: Event,
    pub(super) orders: u32,
    /// Where its reads lie in the state, from and to.
    pub(super) reads: (usize, usize),
}

/// Reads the steps of a state, one after the other.
pub(super) struct History<'a> {
    state: &'a [u8],
    at: usize,
}

impl<'a> History<'a> {
    /// # Errors
    /// When the bytes do not begin as a history does.
    pub(super) fn of(state: &'a [u8]) -> Result<Self, String> {
        match state.first() {
            None | Some(&GOING_ON) => Ok(Self { state, at: 1 }),
            Some(_) => {
                Err(format!("a state of {} bytes that no script of this SDK wrote", state.len()))
            }
        }
    }

    /// The next step, or none at the end.
    ///
    /// # Errors
    /// When the bytes are not what [`append`] wrote.
    pub(super) fn next(&mut self) -> Result<Option<Past>, String> {
        if self.at >= self.state.len() {
            return Ok(None);
        }
        let broken =
            |_| format!("the state is damaged at byte {} of {}", self.at, self.state.len());
        let rest = &self.state[self.at..];
        let (event, rest) = postcard::take_from_bytes::<Event>(rest).map_err(broken)?;
        let (orders, rest) = postcard::take_from_bytes::<[u8; 4]>(rest).map_err(broken)?;
        let (length, rest) = postcard::take_from_bytes::<u32>(rest).map_err(broken)?;
        let from = self.state.len() - rest.len();
        let to = from + length as usize;
        if to > self.state.len() {
            return Err(format!("the state is damaged: it ends within a step, at byte {from}"));
        }
        self.at = to;
        Ok(Some(Past { event, orders: u32::from_le_bytes(orders), reads: (from, to) }))
    }
}

/// An event as it is kept.
pub(super) fn keep(event: &Event) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(event, &mut bytes);
    bytes
}

/// Adds a step to a state.
pub(super) fn append(state: &mut Vec<u8>, event: &[u8], orders: u32, reads: &[u8]) {
    state.reserve_exact(1 + event.len() + 4 + 5 + reads.len());
    if state.is_empty() {
        state.push(GOING_ON);
    }
    state.extend_from_slice(event);
    state.extend_from_slice(&orders.to_le_bytes());
    let mut length = reads.len();
    while length >= 0x80 {
        state.push(length as u8 | 0x80);
        length >>= 7;
    }
    state.push(length as u8);
    state.extend_from_slice(reads);
}

/// Adds a value to bytes.
fn write(value: &impl Serialize, bytes: &mut Vec<u8>) {
    // Growing a vector cannot fail, and the words of the contract have no length that is unknown.
    let _ = postcard::serialize_with_flavor(value, Bytes(bytes));
}

/// Where values are written. Never inlined: each of the contract's many types would carry a copy.
struct Bytes<'a>(&'a mut Vec<u8>);

impl Flavor for Bytes<'_> {
    type Output = ();

    #[inline(never)]
    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        self.0.push(byte);
        Ok(())
    }

    #[inline(never)]
    fn try_extend(&mut self, bytes: &[u8]) -> postcard::Result<()> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }

    fn finalize(self) -> postcard::Result<()> {
        Ok(())
    }
}

/// What a series of values comes to: equal values give equal numbers, on every machine.
pub(super) struct Fingerprint {
    value: u64,
    /// Kept from one value to the next, to be filled anew.
    bytes: Vec<u8>,
}

impl Default for Fingerprint {
    /// Not zero, so that a leading zero counts.
    fn default() -> Self {
        Self { value: Self::NOTHING, bytes: Vec::new() }
    }
}

impl Fingerprint {
    const NOTHING: u64 = 0xcbf2_9ce4_8422_2325;

    pub(super) fn order(&mut self, id: OrderId, command: &Command) {
        self.word(u64::from(id));
        self.value(command);
    }

    pub(super) fn value(&mut self, value: &impl Serialize) {
        let mut bytes = std::mem::take(&mut self.bytes);
        bytes.clear();
        write(value, &mut bytes);
        self.word(bytes.len() as u64);
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.word(u64::from_le_bytes(*word));
        }
        for byte in rest {
            self.word(u64::from(*byte));
        }
        self.bytes = bytes;
    }

    /// Four bytes of it, and begins anew.
    pub(super) fn take(&mut self) -> u32 {
        (std::mem::replace(&mut self.value, Self::NOTHING) >> 32) as u32
    }

    /// Two bytes of it.
    pub(super) fn short(&self) -> u16 {
        (self.value >> 48) as u16
    }

    fn word(&mut self, word: u64) {
        self.value = (self.value.rotate_left(5) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

/// Keeps an answer that was read, behind what its question came to.
pub(super) fn keep_answer(answers: &mut Vec<u8>, question: u16, answer: &impl Serialize) {
    answers.extend_from_slice(&question.to_le_bytes());
    write(answer, answers);
}

/// Takes one answer from the front of `reads`; none if the question was another.
pub(super) fn take_answer<T: DeserializeOwned>(reads: &mut &[u8], question: u16) -> Option<T> {
    let (asked, rest) = reads.split_first_chunk::<2>()?;
    if u16::from_le_bytes(*asked) != question {
        return None;
    }
    let (answer, rest) = postcard::take_from_bytes(rest).ok()?;
    *reads = rest;
    Some(answer)
}
