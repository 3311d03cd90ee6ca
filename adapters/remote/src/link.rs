//! One direction of a session, without I/O: what is sent is kept until the other side has it; what
//! comes twice is dropped; what is missing is noticed.

use std::collections::VecDeque;

/// What one side has to say. Kept until acknowledged, at most so many; sent in order, again from
/// the first unacknowledged one after a connection was lost.
#[derive(Debug)]
pub(super) struct Outbox<T> {
    entries: VecDeque<T>,
    /// The number of the first entry.
    first: u64,
    /// The number of the entry to be sent next.
    next: u64,
    bound: usize,
}

/// There is no room for this one: the session is at its end.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Full<T>(pub(super) T);

impl<T> Outbox<T> {
    pub(super) fn new(bound: usize) -> Self {
        Self { entries: VecDeque::new(), first: 1, next: 1, bound }
    }

    /// Adds an entry.
    pub(super) fn push(&mut self, entry: T) -> Result<(), Full<T>> {
        if self.entries.len() >= self.bound {
            return Err(Full(entry));
        }
        self.entries.push_back(entry);
        Ok(())
    }

    /// The next entry to be sent, with its number.
    pub(super) fn send_next(&mut self) -> Option<(u64, &T)> {
        let seq = self.next;
        let entry = self.entries.get((seq - self.first) as usize)?;
        self.next += 1;
        Some((seq, entry))
    }

    /// Whether a number can be that of the last entry that the other side has.
    pub(super) fn may_have(&self, seq: u64) -> bool {
        (self.first - 1..self.first + self.entries.len() as u64).contains(&seq)
    }

    /// The other side has everything up to this one. False: it cannot, since it was never sent.
    pub(super) fn acknowledge(&mut self, seq: u64) -> bool {
        if seq >= self.next {
            return false;
        }
        let count = (seq + 1).saturating_sub(self.first);
        self.entries.drain(..count as usize);
        self.first += count;
        if self.entries.is_empty() && self.entries.capacity() > 1024 {
            self.entries.shrink_to_fit();
        }
        true
    }

    /// On a new connection: the other side has everything up to this one, and the rest is sent
    /// again.
    pub(super) fn resume_after(&mut self, seq: u64) {
        self.next = self.first + self.entries.len() as u64;
        self.acknowledge(seq);
        self.next = self.first;
    }

    /// A new session begins, with what is to be kept of the one before.
    pub(super) fn restart(&mut self, keep: impl FnMut(&T) -> bool) {
        self.entries.retain(keep);
        (self.first, self.next) = (1, 1);
    }

    /// A new session begins, without what was said in the one before.
    pub(super) fn take_all(&mut self) -> VecDeque<T> {
        (self.first, self.next) = (1, 1);
        std::mem::take(&mut self.entries)
    }

    /// What is not acknowledged.
    pub(super) fn pending(&self) -> impl Iterator<Item = &T> {
        self.entries.iter()
    }
}

/// What one side has heard.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    last: u64,
    told: u64,
}

/// Something is missing before it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Gap {
    pub(super) expected: u64,
    pub(super) came: u64,
}

impl Inbox {
    /// Whether it is new; else it is here already.
    pub(super) fn take(&mut self, seq: u64) -> Result<bool, Gap> {
        let expected = self.last + 1;
        if seq > expected {
            return Err(Gap { expected, came: seq });
        }
        self.last = self.last.max(seq);
        // What came again was not known to be here: say so again.
        self.told = self.told.min(seq.saturating_sub(1));
        Ok(seq == expected)
    }

    /// The last that is here.
    pub(super) fn last(&self) -> u64 {
        self.last
    }

    /// The acknowledgement that is due, if one is.
    pub(super) fn acknowledge(&mut self) -> Option<u64> {
        let due = self.told < self.last;
        self.told = self.last;
        due.then_some(self.last)
    }

    /// How much is not acknowledged.
    pub(super) fn owed(&self) -> u64 {
        self.last - self.told
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(outbox: &mut Outbox<char>) -> String {
        let mut sent = String::new();
        while let Some((seq, entry)) = outbox.send_next() {
            sent += &format!("{seq}{entry} ");
        }
        sent
    }

    #[test]
    fn what_is_not_acknowledged_is_sent_again() {
        let mut outbox = Outbox::new(3);
        assert_eq!(
            ['a', 'b', 'c', 'd'].map(|entry| outbox.push(entry)),
            [Ok(()), Ok(()), Ok(()), Err(Full('d'))]
        );
        assert_eq!(sent(&mut outbox), "1a 2b 3c ");
        assert!(outbox.acknowledge(2) && outbox.acknowledge(1), "an older one changes nothing");
        assert!(!outbox.acknowledge(4), "it was never sent");
        outbox.push('d').unwrap();
        assert!(
            !outbox.may_have(1) && outbox.may_have(2) && outbox.may_have(4) && !outbox.may_have(5)
        );
        outbox.resume_after(2);
        assert_eq!(sent(&mut outbox), "3c 4d ");
        outbox.resume_after(4);
        assert_eq!(sent(&mut outbox), "");
        outbox.push('e').unwrap();
        outbox.push('f').unwrap();
        outbox.restart(|entry| *entry == 'f');
        assert_eq!(sent(&mut outbox), "1f ");
    }

    #[test]
    fn what_comes_twice_is_dropped_and_what_is_missing_noticed() {
        let mut inbox = Inbox::default();
        assert_eq!([inbox.take(1), inbox.take(2), inbox.take(1)], [Ok(true), Ok(true), Ok(false)]);
        assert_eq!(inbox.take(4), Err(Gap { expected: 3, came: 4 }));
        assert_eq!((inbox.acknowledge(), inbox.acknowledge()), (Some(2), None));
        assert_eq!(inbox.take(2), Ok(false));
        assert_eq!(
            inbox.acknowledge(),
            Some(2),
            "whoever sends again has not heard the acknowledgement"
        );
    }
}
