//! The campaigns of an earlier host.

use super::{Campaigns, Inner, List, OfCampaign, numbers::Numbers};
use crate::{Exchange, memory::told};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, Mutex, MutexGuard, atomic::AtomicBool},
    time::Duration,
};
use strowger_campaign::{
    AttemptId, By, Dialler, Input, KeptCampaign, KeptContact, NumberKey, Phase, Restored, Row,
    Stage, Then,
};
use strowger_journal::{self as journal, ReadError, Store, decode};
use strowger_model::{
    CallId, Timestamp,
    command::ContactOf,
    strangers::{Logged, LoggedName},
};
use tokio::sync::Notify;

/// What ended longer ago is in the journal, or was erased from it.
const JUST: Duration = Duration::from_secs(60 * 60);

/// No campaign has ended since then: only those that go on have their lists.
const NO_LISTS: Timestamp = Timestamp(i64::MAX as u64);

impl Campaigns {
    /// None yet; with the do-not-call list of a journal.
    pub(crate) fn of(store: Option<&Store>) -> Self {
        let salt = store.map(|store| told("the salt of numbers", store.salt())).unwrap_or_default();
        let never = store.map(|store| told("the do-not-call list", store.do_not_call()));
        let inner = Inner {
            dialler: Dialler::new(),
            lists: BTreeMap::new(),
            asleep: BTreeMap::new(),
            numbers: Numbers::new(salt, never.unwrap_or_default()),
            calls: BTreeMap::new(),
            full: BTreeSet::new(),
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
        let store = &journal.store;
        let mut kept = told("campaigns", store.campaigns_with_lists_since(NO_LISTS));
        let mut inner = self.campaigns.lock();
        // An ended one is needed if a call for somebody on its list goes on, or when it is asked for.
        let is_needed = |kept: &journal::KeptCampaign| {
            kept.ended.is_none()
                || open.iter().any(|(_, of)| *of.campaign == *kept.opened.name.as_str())
        };
        for asleep in kept.extract_if(.., |kept| !is_needed(kept)) {
            inner.asleep.insert(asleep.opened.name.clone(), asleep);
        }
        for kept in kept.iter_mut().filter(|kept| kept.ended.is_some()) {
            kept.contacts = told("a campaign", store.campaign_list(&kept.opened.name));
        }
        let campaigns: Vec<Restored> =
            kept.iter_mut().filter_map(|kept| inner.put_back(kept)).collect();
        let site = self.catalogue.current().site.clone();
        for list in inner.lists.values_mut() {
            // A template with waves may have been given a list all the same: of strangers.
            let template = site.campaigns.get(&list.opened.template);
            list.of_site = template.is_some_and(|template| !template.waves.is_empty())
                && list.people.iter().any(|person| site.contacts.get(&person.id).is_some());
        }
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

    /// The campaigns, with the list of this one if it is known.
    pub(super) fn campaigns_with(&self, name: &str) -> MutexGuard<'_, Inner> {
        let mut inner = self.campaigns.lock();
        if let Some(kept) = inner.asleep.remove(name) {
            self.wake_campaign(&mut inner, kept);
        }
        inner
    }

    /// The campaigns, with all lists. They are read one by one: others have a turn between.
    pub(super) fn campaigns_with_all(&self) -> MutexGuard<'_, Inner> {
        let asleep: Vec<_> = self.campaigns.lock().asleep.keys().cloned().collect();
        asleep.iter().for_each(|name| drop(self.campaigns_with(name.as_str())));
        self.campaigns.lock()
    }

    /// Somebody asks for a campaign that had ended before the host started.
    fn wake_campaign(&self, inner: &mut Inner, mut kept: journal::KeptCampaign) {
        let Some(journal) = &self.journal else { return };
        match journal.store.campaign_list(&kept.opened.name) {
            Ok(contacts) => kept.contacts = contacts,
            Err(error) => {
                tracing::error!("a list cannot be read from the journal: {error}");
                inner.asleep.insert(kept.opened.name.clone(), kept);
                return;
            }
        }
        let Some(restored) = inner.put_back(&mut kept) else { return };
        let (campaigns, do_not_call, alive) = (vec![restored], Vec::new(), Vec::new());
        let next_attempt = AttemptId(0);
        let input = Input::Restore { campaigns, do_not_call, alive, next_attempt };
        // It has ended: nothing is to be done but to keep that nobody is being called.
        let mut outputs = Vec::new();
        if let Err(refused) = inner.dialler.input(self.clock.elapsed(), input, &mut outputs) {
            let refused = Logged(refused);
            tracing::error!("a campaign cannot be shown: {refused}; please report this");
        }
        self.keep_campaigns(inner, Vec::new(), &outputs);
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
        let (mut kept, never) = (store.campaigns_with_lists_since(NO_LISTS)?, store.do_not_call()?);
        for kept in kept.iter_mut().filter(|kept| kept.ended.is_some()) {
            let is_awake = self.campaigns.lock().lists.contains_key(&kept.opened.name);
            if is_awake {
                kept.contacts = store.campaign_list(&kept.opened.name)?;
            }
        }
        let mut inner = self.campaigns.lock();
        inner.numbers.forget(&never);
        let of_name: BTreeMap<_, _> =
            kept.into_iter().map(|kept| (kept.opened.name.clone(), kept)).collect();
        inner.asleep.retain(|name, asleep| {
            let kept = of_name.get(name);
            kept.inspect(|kept| asleep.opened = kept.opened.clone()).is_some()
        });
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
                let input = Input::Disposition { campaign, contact, then, by: By::Hand };
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
