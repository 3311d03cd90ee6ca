//! One campaign: its contacts, and which of them is called next.
//!
//! Each contact is in the one index that [`Place`] says. [`Campaign::edit`] is the only way to
//! change a contact: it takes it out of the indexes and the [`Tally`], and puts it back.

use crate::{
    AttemptId, By, Choose, Dialled, Kept, KeptCampaign, KeptContact, Listed, Open, Over, Phase,
    Row, Stage, Template,
    contact::{Class, Contact, Place, Rank, Tally},
    ix::TemplateIx,
    nanos,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};
use strowger_model::{CampaignName, TemplateName};

/// A campaign.
#[derive(Debug)]
pub(crate) struct Campaign {
    pub(crate) name: CampaignName,
    pub(crate) template: TemplateIx,
    pub(crate) goal: u32,
    pub(crate) reached: u32,
    pub(crate) paused: bool,
    phase: Phase,
    pub(crate) until: Option<i64>,
    pub(crate) clock: Clock,
    pub(crate) said_asked: bool,
    pub(crate) said_soon: bool,
    /// Of how many the planner was told: who have accepted, and whom the planner has chosen.
    said_to_choose: Option<(u32, u32)>,
    contacts: Vec<Contact>,
    ready: BTreeSet<Rank>,
    later: BTreeSet<(i64, Row)>,
    /// The contacts of the waves that have not begun, the first of these waves at the end.
    held: Vec<Vec<Row>>,
    /// So many waves have begun.
    begun: usize,
    calls: BTreeMap<Row, AttemptId>,
    /// In which call who has accepted last.
    accepted_by: BTreeMap<Row, By>,
    tally: Tally,
    /// When it is in `Dialler::deadlines`.
    pub(crate) wake: Option<i64>,
}

/// How long a campaign has run: the waves' time. It stands still while nobody may be rung.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Clock {
    ran: i64,
    /// Since when it runs, and until when. None: it stands still.
    runs: Option<(i64, i64)>,
}

impl Clock {
    /// It runs until then, or stands still. Whether that is new.
    pub(crate) fn run(&mut self, until: Option<i64>, now: i64) -> bool {
        let before = self.runs;
        self.runs = match (before, until) {
            (Some((since, end)), None) => {
                self.ran += now.min(end).saturating_sub(since).max(0);
                None
            }
            (Some((since, _)), Some(until)) => Some((since, until)),
            (None, until) => until.map(|until| (now, until)),
        };
        self.runs != before
    }

    /// When it will show so much.
    fn shows(&self, ran: i64) -> Option<i64> {
        self.runs.map(|(since, _)| since.saturating_add(ran - self.ran))
    }
}

impl Campaign {
    /// A campaign with its list. Each contact is where it belongs after [`Self::enter`].
    pub(crate) fn new(open: &Open, template: TemplateIx) -> Self {
        Self {
            name: open.name.clone(),
            template,
            goal: open.goal,
            reached: 0,
            paused: false,
            phase: Phase::Running,
            until: open.until.map(nanos),
            clock: Clock::default(),
            said_asked: false,
            said_soon: false,
            said_to_choose: None,
            contacts: open.contacts.iter().map(|it| Contact::new(it.number, it.wave)).collect(),
            ready: BTreeSet::new(),
            later: BTreeSet::new(),
            held: held(&open.contacts),
            begun: 0,
            calls: BTreeMap::new(),
            accepted_by: BTreeMap::new(),
            tally: Tally::default(),
            wake: None,
        }
    }

    pub(crate) fn phase(&self) -> Phase {
        self.phase
    }

    pub(crate) fn has_ended(&self) -> bool {
        matches!(self.phase, Phase::Ended(_))
    }

    pub(crate) fn remaining(&self) -> u32 {
        self.goal.saturating_sub(self.reached)
    }

    pub(crate) fn tally(&self) -> Tally {
        self.tally
    }

    pub(crate) fn calls(&self) -> &BTreeMap<Row, AttemptId> {
        &self.calls
    }

    pub(crate) fn contact(&self, row: Row) -> Option<&Contact> {
        self.contacts.get(row.ix())
    }

    pub(crate) fn contacts(&self) -> u32 {
        self.contacts.len() as u32
    }

    pub(crate) fn rows(&self) -> impl Iterator<Item = Row> + use<> {
        (0..self.contacts()).map(Row)
    }

    /// How many more people may be offered a place now.
    pub(crate) fn offers_left(&self, template: &Template) -> u32 {
        let places = match template.choose {
            Choose::FirstCome => self.remaining(),
            Choose::Planner { .. } if self.reached + self.tally.chosen >= self.goal => 0,
            Choose::Planner { up_to } => up_to.saturating_sub(self.tally.accepted),
        };
        match template.first_wins {
            true if places > 0 => u32::MAX,
            true => 0,
            false => places.saturating_sub(self.tally.offering),
        }
    }

    /// Whose turn it is, if it is anybody's.
    pub(crate) fn next(&self, template: &Template) -> Option<Row> {
        let first = self.ready.first().filter(|_| self.calls.len() < template.at_once as usize)?;
        let offers = matches!(first.class, Class::Promised | Class::Offer);
        (!offers || self.offers_left(template) > 0).then_some(first.row)
    }

    /// Changes a contact; it is in the index where it belongs then.
    pub(crate) fn edit(&mut self, row: Row, now: i64, change: impl FnOnce(&mut Contact)) {
        self.unlist(row);
        if let Some(contact) = self.contacts.get_mut(row.ix()) {
            change(contact);
        }
        self.list(row, now);
    }

    /// A call of a contact begins.
    pub(crate) fn begin(&mut self, row: Row, attempt: AttemptId, now: i64) {
        self.unlist(row);
        self.calls.insert(row, attempt);
        if let Some(contact) = self.contacts.get_mut(row.ix()) {
            contact.is_called();
        }
        self.list(row, now);
    }

    /// A call goes on that an earlier host began.
    pub(crate) fn go_on(&mut self, row: Row, attempt: AttemptId) {
        self.calls.insert(row, attempt);
    }

    /// The call of a contact is over, if it had begun.
    pub(crate) fn end(&mut self, row: Row, begun: bool, template: &Template, now: i64) {
        self.unlist(row);
        self.calls.remove(&row);
        if let Some(contact) = self.contacts.get_mut(row.ix()) {
            match contact.dialled {
                Dialled::Yes => contact.is_called_no_more(template, now),
                Dialled::No | Dialled::NotAsAsked => contact.was_not_dialled(begun, now),
            }
        }
        self.list(row, now);
    }

    /// In which call a contact has accepted last.
    pub(crate) fn accepted_by(&self, row: Row) -> Option<By> {
        self.accepted_by.get(&row).copied()
    }

    /// A contact has accepted, or has done so no more.
    pub(crate) fn accepts(&mut self, row: Row, by: Option<By>) {
        match by {
            Some(by) => drop(self.accepted_by.insert(row, by)),
            None => drop(self.accepted_by.remove(&row)),
        }
    }

    /// The number of a contact is in another call: its turn comes when that is over.
    pub(crate) fn park(&mut self, row: Row) {
        self.unlist(row);
        if let Some(contact) = self.contacts.get_mut(row.ix()) {
            contact.place = Place::Parked;
            self.tally.count(contact, true);
        }
    }

    /// The number of a contact is in no call any more.
    pub(crate) fn unpark(&mut self, row: Row, now: i64) {
        if self.contact(row).is_some_and(|contact| contact.place == Place::Parked) {
            self.edit(row, now, |_| {});
        }
    }

    fn unlist(&mut self, row: Row) {
        let Some(contact) = self.contacts.get_mut(row.ix()) else { return };
        self.tally.count(contact, false);
        match contact.place {
            Place::Ready => drop(self.ready.remove(&contact.rank(row))),
            Place::Later => drop(self.later.remove(&(contact.not_before, row))),
            Place::Nowhere | Place::Held | Place::Parked | Place::Calling => {}
        }
        contact.place = Place::Nowhere;
    }

    fn list(&mut self, row: Row, now: i64) {
        let Some(contact) = self.contacts.get_mut(row.ix()) else { return };
        let wanted = match self.phase {
            Phase::Running => {
                matches!(contact.stage, Stage::ToOffer | Stage::Chosen | Stage::ToTell)
            }
            Phase::Telling => contact.stage == Stage::ToTell,
            Phase::Ended(_) => false,
        };
        let held = usize::from(contact.wave) >= self.begun;
        contact.place = if self.calls.contains_key(&row) {
            Place::Calling
        } else if !wanted {
            Place::Nowhere
        } else if held && contact.stage == Stage::ToOffer && !contact.promised {
            Place::Held
        } else if contact.not_before > now {
            self.later.insert((contact.not_before, row));
            Place::Later
        } else {
            self.ready.insert(contact.rank(row));
            Place::Ready
        };
        self.tally.count(contact, true);
    }

    /// Another phase: every contact is put where it belongs. Once all places are taken, whoever had
    /// accepted is to be told; if one is free again, they have accepted. These are returned.
    pub(crate) fn enter(&mut self, phase: Phase, now: i64) -> Vec<Row> {
        let goes_on = phase == Phase::Running && self.phase != phase;
        self.phase = phase;
        self.paused &= !self.has_ended();
        self.ready.clear();
        self.later.clear();
        self.tally = Tally::default();
        let mut changed = Vec::new();
        for row in self.rows() {
            let calling = self.calls.contains_key(&row);
            if let Some(contact) = self.contacts.get_mut(row.ix()) {
                contact.place = Place::Nowhere;
                let next = match contact.stage {
                    Stage::Accepted | Stage::Chosen if phase == Phase::Telling => Stage::ToTell,
                    Stage::ToTell if goes_on && contact.tries == 0 && !calling => Stage::Accepted,
                    stage => stage,
                };
                if next != contact.stage {
                    contact.enter(next);
                    changed.push(row);
                }
            }
            self.list(row, now);
        }
        changed
    }

    /// Contacts whose time has come, and those of waves whose time has come. Whether a wave has
    /// begun.
    pub(crate) fn pass(&mut self, template: &Template, now: i64) -> bool {
        let begun = self.begun;
        while self.next_wave(template).is_some_and(|begins| begins <= now) {
            self.begin_wave(now);
        }
        while let Some((_, row)) = self.later.first().copied().filter(|(at, _)| *at <= now) {
            self.edit(row, now, |_| {});
        }
        self.begun > begun
    }

    fn begin_wave(&mut self, now: i64) {
        let rows = self.held.pop().unwrap_or_default();
        self.begun += 1;
        for row in rows {
            if self.contact(row).is_some_and(|contact| contact.place == Place::Held) {
                self.edit(row, now, |_| {});
            }
        }
    }

    /// When the next wave begins, if the clock runs.
    fn next_wave(&self, template: &Template) -> Option<i64> {
        let last = template.waves.len().saturating_sub(1);
        let after = template.waves.get(self.begun.min(last)).map_or(0, |after| nanos(*after));
        self.clock.shows(after).filter(|_| !self.held.is_empty())
    }

    /// When something becomes due by itself.
    pub(crate) fn next_deadline(&self, template: &Template) -> Option<i64> {
        if self.has_ended() {
            let can_be_filled = self.phase == Phase::Ended(Over::ListOver) && self.remaining() > 0;
            return self.soon(template).filter(|_| can_be_filled);
        }
        [
            self.until,
            self.soon(template),
            self.next_wave(template),
            self.later.first().map(|(at, _)| *at),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// When it is to be said that the end comes soon.
    pub(crate) fn soon(&self, template: &Template) -> Option<i64> {
        let before = nanos(template.alarm_before.filter(|_| !self.said_soon)?);
        Some(self.until?.saturating_sub(before))
    }

    /// The planner is to choose of so many, and does not know that yet.
    pub(crate) fn is_to_choose(&mut self, template: &Template) -> Option<u32> {
        let Tally { accepted, chosen, to_offer, .. } = self.tally;
        let up_to = match template.choose {
            Choose::Planner { up_to } => up_to,
            Choose::FirstCome => u32::MAX,
        };
        let wanted = matches!(template.choose, Choose::Planner { .. })
            && self.phase == Phase::Running
            && self.reached + chosen < self.goal
            && accepted > 0
            && (accepted >= up_to || to_offer == 0);
        let now = wanted.then_some((accepted, chosen));
        let before = std::mem::replace(&mut self.said_to_choose, now);
        now.filter(|_| now != before).map(|(accepted, _)| accepted)
    }

    /// Why nobody is to be called any more, if that is so.
    pub(crate) fn is_done(&self) -> Option<Over> {
        let Tally { to_offer, accepted, chosen, to_tell, .. } = self.tally;
        match self.phase {
            Phase::Running => {
                (to_offer + accepted + chosen + to_tell == 0).then_some(Over::ListOver)
            }
            Phase::Telling => (to_tell == 0).then_some(Over::Filled),
            Phase::Ended(_) => None,
        }
    }

    pub(crate) fn keep(&self, template: &TemplateName) -> Kept {
        Kept::Campaign(KeptCampaign {
            name: self.name.clone(),
            template: template.clone(),
            goal: self.goal,
            reached: self.reached,
            paused: self.paused,
            phase: self.phase,
            until: self.until.map(duration),
            waves: self.begun as u16,
            ran: duration(self.clock.ran),
            runs: self.clock.runs.map(|(since, until)| (duration(since), duration(until))),
            said_asked: self.said_asked,
            said_soon: self.said_soon,
        })
    }

    pub(crate) fn keep_contact(&self, row: Row) -> Option<Kept> {
        Some(Kept::Contact {
            campaign: self.name.clone(),
            contact: row,
            standing: self.standing(row)?,
        })
    }

    pub(crate) fn standing(&self, row: Row) -> Option<KeptContact> {
        Some(self.contact(row)?.kept(self.calls.get(&row).copied(), self.accepted_by(row)))
    }

    /// The campaign as it was. Contacts are where they belong after [`Self::enter`].
    pub(crate) fn restored(kept: &KeptCampaign, open: &Open, template: TemplateIx) -> Self {
        let mut new = Self::new(open, template);
        let begun = new.held.len().min(usize::from(kept.waves));
        new.held.truncate(new.held.len() - begun);
        Self {
            begun,
            reached: kept.reached,
            paused: kept.paused,
            phase: kept.phase,
            clock: Clock {
                ran: nanos(kept.ran),
                runs: kept.runs.map(|(since, until)| (nanos(since), nanos(until))),
            },
            said_asked: kept.said_asked,
            said_soon: kept.said_soon,
            ..new
        }
    }

    pub(crate) fn why_over(&self) -> Option<Over> {
        match self.phase {
            Phase::Ended(why) => Some(why),
            Phase::Telling => Some(Over::Filled),
            Phase::Running => None,
        }
    }

    /// Panics unless each contact is in the index where it says it is, and counted.
    #[cfg(test)]
    pub(crate) fn assert_sound(&self, is_parked: impl Fn(crate::NumberKey, Row) -> bool) {
        let mut tally = Tally::default();
        for row in self.rows() {
            let contact = &self.contacts[row.ix()];
            tally.count(contact, true);
            let ready = self.ready.contains(&contact.rank(row));
            assert_eq!(ready, contact.place == Place::Ready, "{row:?}");
            let later = self.later.contains(&(contact.not_before, row));
            assert_eq!(later, contact.place == Place::Later, "{row:?}");
            assert_eq!(self.calls.contains_key(&row), contact.place == Place::Calling, "{row:?}");
            assert!(contact.place != Place::Parked || is_parked(contact.number, row), "{row:?}");
        }
        assert_eq!(self.tally, tally);
        let indexed = self.ready.len() + self.later.len();
        let there = |contact: &&Contact| matches!(contact.place, Place::Ready | Place::Later);
        assert_eq!(self.contacts.iter().filter(there).count(), indexed);
    }
}

fn duration(nanos: i64) -> Duration {
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(0))
}

/// The rows of each wave, the first wave at the end.
fn held(contacts: &[Listed]) -> Vec<Vec<Row>> {
    let waves = contacts.iter().map(|it| usize::from(it.wave)).max().map_or(0, |last| last + 1);
    let mut held = vec![Vec::new(); waves];
    for (row, contact) in (0..).map(Row).zip(contacts) {
        held[waves - 1 - usize::from(contact.wave)].push(row);
    }
    held
}
