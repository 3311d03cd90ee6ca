//! What is remembered while nothing can be committed: little, and of bounded size.

use crate::{
    campaign::{About, CampaignChange},
    entry::Change,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    mem,
};
use strowger_model::{CallId, CallRecord, FlowVersion};

/// Changes that wait for the journal to work again. Steps are forgotten; of a call its last image
/// or its record is kept.
#[derive(Default)]
pub(crate) struct Kept {
    /// Of calls of which steps were forgotten.
    images: BTreeMap<CallId, (FlowVersion, Box<[u8]>)>,
    /// Calls without an image here of which steps were forgotten.
    gaps: BTreeSet<CallId>,
    closed: Vec<CallRecord>,
    /// How campaigns and their contacts stand. Whoever opened or forgot a campaign is in `others`.
    campaigns: BTreeMap<About, Box<CampaignChange>>,
    others: Vec<Change>,
    /// Calls and changes that did not even fit here.
    pub(crate) forgotten: u64,
}

impl Kept {
    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Calls and changes, all together.
    fn len(&self) -> usize {
        self.images.len()
            + self.gaps.len()
            + self.closed.len()
            + self.campaigns.len()
            + self.others.len()
    }

    /// Remembers a change, unless there is too much already. What takes the place of something
    /// fits always.
    pub(crate) fn keep(&mut self, change: Change, at_most: usize) {
        let full = self.len() >= at_most;
        match change {
            Change::Step { call, .. } => self.gap(call, at_most),
            Change::Call { call, on, image } => {
                match self.gaps.remove(&call) || self.images.contains_key(&call) || !full {
                    true => drop(self.images.insert(call, (on, image))),
                    false => self.forgotten += 1,
                }
            }
            Change::Closed(record) => {
                let (call, image) = (&record.call, self.images.remove(&record.call));
                match self.gaps.remove(call) || image.is_some() || !full {
                    true => self.closed.push(*record),
                    false => self.forgotten += 1,
                }
            }
            Change::Campaign(change) => self.campaign(change, full),
            // The last one takes the place of those of before.
            Change::Clocks(_) | Change::InForce(_) => {
                let kind = mem::discriminant(&change);
                self.others.retain(|other| mem::discriminant(other) != kind);
                self.others.push(change);
            }
            _ if full => self.forgotten += 1,
            other => self.others.push(other),
        }
    }

    /// Remembers a change of a campaign. What was known of one that is forgotten is forgotten, too.
    fn campaign(&mut self, change: Box<CampaignChange>, full: bool) {
        if let CampaignChange::Forgotten(name) = &*change {
            self.campaigns.retain(|about, _| !about.is_of(name));
        }
        match change.about() {
            Some(about) if !full || self.campaigns.contains_key(&about) => {
                drop(self.campaigns.insert(about, change));
            }
            None if !full => self.others.push(Change::Campaign(change)),
            _ => self.forgotten += 1,
        }
    }

    /// Remembers that steps of a call are missing, unless there is too much already.
    fn gap(&mut self, call: CallId, at_most: usize) {
        match self.images.contains_key(&call) || self.gaps.contains(&call) {
            true => {}
            false if self.len() >= at_most => self.forgotten += 1,
            false => drop(self.gaps.insert(call)),
        }
    }

    /// As changes to be written, and the calls that steps are missing of.
    pub(crate) fn into_changes(self) -> (Vec<Change>, Vec<CallId>) {
        let gaps = self.images.keys().copied().chain(self.gaps).collect();
        let images =
            self.images.into_iter().map(|(call, (on, image))| Change::Call { call, on, image });
        let closed = self.closed.into_iter().map(|mut record| {
            record.unjournalled = true;
            Change::Closed(Box::new(record))
        });
        let campaigns = self.campaigns.into_values().map(Change::Campaign);
        (self.others.into_iter().chain(campaigns).chain(images).chain(closed).collect(), gaps)
    }

    /// Adds what came later, and calls that steps are missing of.
    pub(crate) fn absorb(&mut self, newer: Self, gaps: &[CallId], at_most: usize) {
        self.forgotten += newer.forgotten;
        gaps.iter().for_each(|&call| self.gap(call, at_most));
        let (changes, newer_gaps) = newer.into_changes();
        changes.into_iter().for_each(|change| self.keep(change, at_most));
        newer_gaps.into_iter().for_each(|call| self.gap(call, at_most));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use strowger_model::Timestamp;

    const AT_MOST: usize = 10;

    fn state(campaign: &str, state: u8) -> Change {
        let (name, state) = (campaign.into(), [state].into());
        Change::Campaign(Box::new(CampaignChange::State { name, ended: None, state }))
    }

    fn contact(campaign: &str, row: u32, state: u8) -> Change {
        let (name, state) = (campaign.into(), [state].into());
        Change::Campaign(Box::new(CampaignChange::Contact { name, row, state }))
    }

    fn call(number: u64) -> CallId {
        CallId::next(number, None)
    }

    fn on() -> FlowVersion {
        FlowVersion { flow: "helpdesk".into(), version: "v".into() }
    }

    fn step(number: u64) -> Change {
        Change::Step { call: call(number), number: 0, body: [].into() }
    }

    fn image(number: u64) -> Change {
        Change::Call { call: call(number), on: on(), image: [].into() }
    }

    fn closed(number: u64) -> Change {
        Change::Closed(Box::new(CallRecord::begin(call(number), on(), Timestamp(number))))
    }

    fn kept(changes: impl IntoIterator<Item = Change>) -> Kept {
        let mut kept = Kept::default();
        for change in changes {
            kept.keep(change, AT_MOST);
            assert!(kept.len() <= AT_MOST);
        }
        kept
    }

    #[test]
    fn gaps_have_a_limit_and_what_is_above_it_is_counted() {
        let steps = kept((0..25).chain(0..25).map(step));
        assert_eq!((steps.gaps.len(), steps.forgotten), (AT_MOST, 30));
        // Neither attempts that fail again and again nor what comes meanwhile make more of them.
        let mut all = Kept::default();
        for round in 0..5 {
            let gaps: Vec<CallId> = (0..20).map(|number| call(100 * round + number)).collect();
            all.absorb(kept((0..20).map(|number| step(1000 * round + number))), &gaps, AT_MOST);
            assert_eq!(all.len(), AT_MOST);
        }
        assert_eq!(all.forgotten, 5 * 10 + 10 + 4 * 20 + 4 * 10);
    }

    #[test]
    fn of_a_campaign_and_of_a_contact_the_newest_state_is_kept_also_when_there_is_too_much() {
        let forgotten = Change::Campaign(Box::new(CampaignChange::Forgotten("b".into())));
        let changes = [state("a", 1), contact("a", 0, 1), contact("b", 0, 1), forgotten];
        let again = [contact("a", 1, 1), contact("a", 0, 2), state("a", 2), state("b", 3)];
        let full = (0..4).map(step).chain([contact("c", 0, 1), contact("a", 1, 2), step(9)]);
        let kept = kept(changes.into_iter().chain(again).chain(full));
        assert_eq!((kept.len(), kept.forgotten), (AT_MOST, 1));
        let (changes, _) = kept.into_changes();
        let said: Vec<String> = changes
            .iter()
            .map(|change| match change {
                Change::Campaign(change) => match &**change {
                    CampaignChange::State { name, state, .. } => format!("{name} {}", state[0]),
                    CampaignChange::Contact { name, row, state } => {
                        format!("{name}/{row} {}", state[0])
                    }
                    CampaignChange::Forgotten(name) => format!("no {name}"),
                    _ => String::new(),
                },
                _ => String::new(),
            })
            .collect();
        assert_eq!(said, ["no b", "a 2", "b 3", "a/0 2", "a/1 2", "c/0 1"]);
    }

    #[test]
    fn of_a_call_its_last_image_or_its_record_is_kept_also_when_there_is_too_much() {
        let full = (0..10).map(step).chain([image(3), image(3), image(50), closed(4), closed(51)]);
        let full = kept(full);
        assert_eq!((full.gaps.len(), full.images.len(), full.closed.len()), (8, 1, 1));
        assert_eq!(full.forgotten, 2);
        let (changes, gaps) = full.into_changes();
        assert!(gaps.contains(&call(3)) && !gaps.contains(&call(4)));
        assert!(matches!(&changes[..], [Change::Call { .. }, Change::Closed(record)]
            if record.unjournalled));
    }
}
