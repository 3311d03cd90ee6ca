//! What is remembered while nothing can be committed: little, and of bounded size.

use crate::entry::Change;
use std::collections::{BTreeMap, BTreeSet};
use strowger_model::{CallId, CallRecord, FlowVersion};

/// Changes that wait for the journal to work again. Steps are forgotten; of a call its last image
/// or its record is kept.
#[derive(Default)]
pub(crate) struct Kept {
    images: BTreeMap<CallId, (FlowVersion, Box<[u8]>)>,
    closed: Vec<CallRecord>,
    others: Vec<Change>,
    /// Calls of which steps were forgotten.
    gaps: BTreeSet<CallId>,
    /// Calls and changes that did not even fit here.
    pub(crate) forgotten: u64,
}

impl Kept {
    pub(crate) fn is_empty(&self) -> bool {
        self.images.is_empty()
            && self.closed.is_empty()
            && self.others.is_empty()
            && self.gaps.is_empty()
    }

    fn len(&self) -> usize {
        self.images.len() + self.closed.len() + self.others.len() + self.gaps.len()
    }

    /// Remembers a change, unless there is too much already.
    pub(crate) fn keep(&mut self, change: Change, at_most: usize) {
        let full = self.len() >= at_most;
        match change {
            Change::Step { call, .. } if full && !self.gaps.contains(&call) => self.forgotten += 1,
            Change::Step { call, .. } => drop(self.gaps.insert(call)),
            Change::Call { call, .. } if full && !self.images.contains_key(&call) => {
                self.forgotten += 1
            }
            Change::Call { call, on, image } => {
                self.gaps.insert(call);
                self.images.insert(call, (on, image));
            }
            Change::Closed(record) => {
                self.gaps.remove(&record.call);
                match self.images.remove(&record.call).is_some() || !full {
                    true => self.closed.push(*record),
                    false => self.forgotten += 1,
                }
            }
            _ if full => self.forgotten += 1,
            other => self.others.push(other),
        }
    }

    /// As changes to be written, and the calls that steps are missing of.
    pub(crate) fn into_changes(self) -> (Vec<Change>, Vec<CallId>) {
        let images =
            self.images.into_iter().map(|(call, (on, image))| Change::Call { call, on, image });
        let closed = self.closed.into_iter().map(|mut record| {
            record.unjournalled = true;
            Change::Closed(Box::new(record))
        });
        (
            self.others.into_iter().chain(images).chain(closed).collect(),
            self.gaps.into_iter().collect(),
        )
    }
}

impl Kept {
    /// Adds what came later, and calls that steps are missing of.
    pub(crate) fn absorb(&mut self, newer: Self, gaps: &[CallId], at_most: usize) {
        self.gaps.extend(gaps);
        self.forgotten += newer.forgotten;
        let (changes, newer_gaps) = newer.into_changes();
        for change in changes {
            self.keep(change, at_most);
        }
        self.gaps.extend(newer_gaps);
    }
}
