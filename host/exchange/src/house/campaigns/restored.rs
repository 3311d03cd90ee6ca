//! The campaigns of an earlier host.

use super::{Campaigns, Inner, List, OfCampaign, numbers::Numbers};
use crate::{Exchange, memory::told};
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, atomic::AtomicBool},
    time::Duration,
};
use strowger_campaign::{
    AttemptId, Dialler, Input, KeptCampaign, KeptContact, NumberKey, Phase, Restored, Row, Stage,
    Then,
};
use strowger_journal::{self as journal, ReadError, Store, decode};
use strowger_model::{CallId, command::ContactOf, strangers::LoggedName};
use tokio::sync::Notify;

/// What ended longer ago is in the journal, or was erased from it.
const JUST: Duration = Duration::from_secs(60 * 60);

impl Campaigns {
    /// None yet; with the do-not-call list of a journal.
    pub(crate) fn of(store: Option<&Store>) -> Self {
        let salt = store.map(|store| told("the salt of numbers", store.salt())).unwrap_or_default();
        let never = store.map(|store| told("the do-not-call list", store.do_not_call()));
        let inner = Inner {
            dialler: Dialler::new(),
            lists: BTreeMap::new(),
            numbers: Numbers::new(salt, never.unwrap_or_default()),
            calls: BTreeMap::new(),
            attempts: HashMap::new(),
            waiting: Vec::new(),
            hours: BTreeMap::new(),
            changes: None,
            reachable: false,
        };
        Self { inner: Mutex::new(inner), look: Notify::new(), gives_way: AtomicBool::new(false) }
    }
}

impl Exchange {
    /// Puts the campaigns of an earlier host back. `open`: calls for contacts that may go on.
    pub(crate) fn restore_campaigns(self: &Arc<Self>, open: &[(CallId, ContactOf)]) {
        let Some(journal) = &self.journal else { return };
        let mut kept = told("campaigns", journal.store.campaigns());
        let mut inner = self.campaigns.lock();
        let campaigns: Vec<Restored> =
            kept.iter_mut().filter_map(|kept| inner.put_back(kept)).collect();
        for (call, of) in open {
            inner.goes_on(*call, of, &campaigns);
        }
        let input = Input::Restore {
            campaigns,
            do_not_call: inner.numbers.never.keys().map(|key| NumberKey(*key)).collect(),
            alive: inner.calls.keys().copied().collect(),
            // Attempts are numbered by a time that never goes back: none was ever given this high.
            next_attempt: AttemptId(self.clock.elapsed().as_millis() as u64),
        };
        self.campaigns_must(&mut inner, input);
        self.watch_callers(&mut inner);
    }

    /// Calls are taken up: those for contacts that could not be are over, and the others are told
    /// what they may have missed.
    pub(crate) fn campaigns_wake(self: &Arc<Self>, given_up: &[CallId]) {
        given_up.iter().for_each(|call| self.call_is_over(*call));
        let inner = self.campaigns.lock();
        for of in inner.calls.values() {
            let status = inner.dialler.status(of.campaign.as_str());
            let stage = inner.dialler.contact(of.campaign.as_str(), of.row).map(|it| it.stage);
            let is_over = status.is_some_and(|status| status.phase != Phase::Running);
            if is_over && !matches!(stage, Some(Stage::Won | Stage::ToTell)) {
                self.say_goal_to(of, 0);
            }
        }
    }

    /// Campaigns, people and numbers that were erased from the journal are forgotten here, too.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub(crate) fn forget_campaigns(self: &Arc<Self>, store: &Store) -> Result<(), ReadError> {
        let (kept, never) = (store.campaigns()?, store.do_not_call()?);
        let mut inner = self.campaigns.lock();
        inner.numbers.forget(&never);
        let of_name: BTreeMap<_, _> =
            kept.into_iter().map(|kept| (kept.opened.name.clone(), kept)).collect();
        // One that has just ended may not be in the journal yet.
        let now = self.clock.now();
        let old = |list: &List| list.ended.is_some_and(|ended| now.since(ended) > JUST);
        let gone = inner.lists.iter().filter(|(_, list)| old(list));
        let gone = gone.filter(|(name, _)| !of_name.contains_key(*name));
        let gone: Vec<_> = gone.map(|(name, _)| name.clone()).collect();
        for name in gone {
            self.campaigns_must(&mut inner, Input::Forget(name));
        }
        let mut over = Vec::new();
        for (name, kept) in of_name {
            let Some(list) = inner.lists.get_mut(&name) else { continue };
            let rows = list.forget(kept);
            over.extend(rows.into_iter().map(|row| (name.clone(), row)));
        }
        // Nobody can call them any more.
        for (campaign, contact) in over {
            let standing = inner.dialler.contact(campaign.as_str(), contact).unwrap_or_default();
            if standing.calling.is_none() && !matches!(standing.stage, Stage::Won | Stage::Over) {
                let then = Then::Over;
                let input = Input::Disposition { campaign, contact, then };
                self.campaigns_must(&mut inner, input);
            }
        }
        Ok(())
    }
}

impl Inner {
    /// In the words of the state machine; none: it cannot be read.
    fn put_back(&mut self, kept: &mut journal::KeptCampaign) -> Option<Restored> {
        let name = kept.opened.name.clone();
        let state: &[u8] = kept.state.as_deref().unwrap_or_default();
        let campaign: KeptCampaign = match decode(state) {
            Ok(campaign) => campaign,
            Err(error) => {
                tracing::error!(campaign = %LoggedName(&name), "a campaign cannot go on: {error}");
                return None;
            }
        };
        let people = kept.contacts.iter().map(|contact| contact.person.clone()).collect();
        let mut list = List::new(kept.opened.clone(), people);
        list.ended = kept.ended;
        let (mut standings, mut row) = (Vec::new(), 0);
        for contact in &mut kept.contacts {
            let standing = contact.state.as_deref().map(decode::<KeptContact>);
            let standing = standing.transpose().unwrap_or_else(|error| {
                tracing::error!(campaign = %LoggedName(&name), row, "a contact is not called any more: {error}");
                Some(KeptContact { stage: Stage::Over, ..KeptContact::default() })
            });
            let mut standing = standing.unwrap_or_default();
            if contact.person.number.is_none() && standing.stage != Stage::Won {
                standing.stage = Stage::Over;
            }
            list.disposed.extend(contact.disposed.take().map(|disposed| (row, disposed)));
            standings.push(standing);
            row += 1;
        }
        let contacts = list.listed(&self.numbers).into_iter().zip(standings).collect();
        self.lists.insert(name, list);
        Some(Restored { campaign, contacts })
    }

    /// The call of an attempt that was under way goes on.
    fn goes_on(&mut self, call: CallId, of: &ContactOf, campaigns: &[Restored]) {
        let Some(list) = self.lists.get(&*of.campaign) else { return };
        let Some(row) = list.row(&of.contact) else { return };
        let campaign = list.opened.name.clone();
        let mut restored = campaigns.iter().filter(|it| it.campaign.name == campaign);
        let standing = restored.find_map(|it| it.contacts.get(row.0 as usize));
        if let Some(attempt) = standing.and_then(|(_, standing)| standing.calling) {
            self.calls.insert(attempt, OfCampaign { call, campaign, row: Row(row.0) });
            self.attempts.insert(call, attempt);
        }
    }
}
