//! What waits to be committed, in groups: all that waits, but of long lists only so much at once.
//! Who waits for a commit waits no longer than for such a part, and the watchdog sees each.

use crate::{campaign::ROWS, entry::Change};
use std::{collections::VecDeque, mem};

/// What is committed in one transaction.
pub(crate) struct Group {
    pub(crate) changes: Vec<Change>,
    /// The last entry in it.
    pub(crate) upto: u64,
    /// People on lists.
    rows: usize,
}

/// The groups that wait.
#[derive(Default)]
pub(crate) struct Groups(VecDeque<Group>);

impl Groups {
    /// Adds an entry. True: nothing waited before.
    pub(crate) fn add(&mut self, changes: Vec<Change>, number: u64) -> bool {
        let was_empty = self.0.is_empty();
        let rows: usize = changes.iter().map(Change::rows).sum();
        match self.0.back_mut().filter(|group| rows == 0 || group.rows + rows <= ROWS) {
            Some(group) => {
                group.changes.extend(changes);
                (group.upto, group.rows) = (number, group.rows + rows);
            }
            None => self.0.push_back(Group { changes, upto: number, rows }),
        }
        was_empty
    }

    pub(crate) fn next(&mut self) -> Option<Group> {
        self.0.pop_front()
    }

    /// Everything that waits.
    pub(crate) fn take(&mut self) -> impl Iterator<Item = Change> {
        mem::take(&mut self.0).into_iter().flat_map(|group| group.changes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::CampaignChange;
    use strowger_model::campaign::Person;

    fn people(count: usize) -> Vec<Person> {
        let person = |row| Person {
            id: format!("p{row}"),
            number: None,
            name: String::new(),
            language: None,
            tags: Vec::new(),
            fields: Vec::new(),
            wave: 0,
        };
        (0..count).map(person).collect()
    }

    fn small(groups: &mut Groups, number: u64) {
        let forgotten = CampaignChange::Forgotten("c".into());
        groups.add(vec![Change::Campaign(Box::new(forgotten))], number);
    }

    #[test]
    fn a_long_list_is_committed_in_parts_and_all_else_at_once() {
        let mut groups = Groups::default();
        small(&mut groups, 1);
        let parts = CampaignChange::listed(&"c".into(), people(2 * ROWS + 1));
        for (part, number) in parts.into_iter().zip(2..) {
            groups.add(vec![Change::Campaign(Box::new(part))], number);
        }
        small(&mut groups, 5);
        let mut next = || groups.next().map(|group| (group.upto, group.changes.len(), group.rows));
        assert_eq!(next(), Some((2, 2, ROWS)));
        assert_eq!(next(), Some((3, 1, ROWS)));
        assert_eq!(next(), Some((5, 2, 1)));
        assert_eq!(next(), None);
    }
}
