//! When campaigns may call: the hours of their templates, and the room that inbound calls leave
//! them.

use super::{Campaigns, Inner, List};
use crate::{Clock, Exchange};
use std::{
    collections::BTreeSet,
    sync::{Arc, Weak, atomic::Ordering},
    time::Duration,
};
use strowger_campaign::{Choose, Input, Template};
use strowger_flows::Snapshot;
use strowger_journal::Health;
use strowger_model::{CallId, TemplateName, Timestamp, campaign::WaitsFor};
use strowger_site::{self as site, CampaignTemplate, KeepFree, Site};

/// A wall clock that is set is noticed this late.
const LOOKED_AT_EVERY: Duration = Duration::from_secs(30);
/// Whether calls can begin again is looked at as often.
const FULL: Duration = Duration::from_secs(1);
/// Hours that end at the same time but for so much are the same.
const SAME: Duration = Duration::from_secs(1);

/// A template of the site in the words of the state machine.
fn template(from: &CampaignTemplate) -> Template {
    Template {
        at_once: from.at_once,
        first_wins: from.first_wins,
        attempts: from.attempts,
        pause: from.pause,
        priority: from.priority,
        gives_way: !from.give_way_to.is_empty(),
        waves: from.waves.iter().map(|wave| wave.after).collect(),
        choose: match from.choose {
            site::Choose::First => Choose::FirstCome,
            site::Choose::Planner { up_to } => Choose::Planner { up_to },
        },
        alarm_before: from.alarm_before,
        ..Template::new(from.name.clone())
    }
}

impl Campaigns {
    /// Waits until something of the campaigns may be due.
    async fn due(&self, clock: Clock) {
        let look = self.look.notified();
        let wait = {
            let inner = self.lock();
            let next = inner.dialler.next_deadline();
            let next = next.map(|at| at.saturating_sub(clock.elapsed()));
            let changes = inner.changes.map(|at| at.since(clock.now()));
            next.into_iter().chain(changes).min()
        };
        match wait {
            None => look.await,
            Some(wait) => tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = look => {}
            },
        }
    }
}

impl Exchange {
    /// The site has other templates from now on.
    pub(crate) fn furnish_campaigns(self: &Arc<Self>, site: &Site) {
        let mut inner = self.campaigns.lock();
        let templates = site.campaigns.values().map(template).collect();
        self.campaigns_must(&mut inner, Input::Configure { templates });
        self.look_at_times(&mut inner);
    }

    /// Looks at hours and room, and does what is due.
    fn campaigns_due(self: &Arc<Self>) {
        let mut inner = self.campaigns.lock();
        self.look_at_times(&mut inner);
        self.begin_committed(&mut inner);
        let now = self.clock.elapsed();
        if inner.dialler.next_deadline().is_some_and(|due| due <= now) {
            self.campaigns_must(&mut inner, Input::Tick);
        }
        self.watch_callers(&mut inner);
    }

    pub(super) fn look_at_times(self: &Arc<Self>, inner: &mut Inner) {
        let snapshot = self.catalogue.current();
        let (now, elapsed) = (self.clock.now(), self.clock.elapsed());
        let mut changes = BTreeSet::new();
        let running = inner.templates_in_use();
        for name in &running {
            let Some(template) = snapshot.site.campaigns.get(name) else { continue };
            let open = self.is_open(inner, template, &snapshot, now);
            let until =
                |at: Option<Timestamp>| at.map_or(Duration::MAX, |at| elapsed + at.since(now));
            let until = open.ok().map(until);
            changes.extend(changes_at(template, &snapshot.site, now));
            if inner.hours_changed(name, until) {
                self.campaigns_must(inner, Input::Hours { template: name.clone(), until });
            }
        }
        let later = Timestamp(now.0 + LOOKED_AT_EVERY.as_millis() as u64);
        inner.changes =
            (!running.is_empty()).then(|| changes.first().map_or(later, |at| later.min(*at)));
        self.look_at_room(inner);
        if !inner.full.is_empty() {
            self.look_whether_full(inner, &snapshot);
        }
    }

    /// Calls that could not begin may be able to now.
    fn look_whether_full(self: &Arc<Self>, inner: &mut Inner, snapshot: &Snapshot) {
        for name in inner.full.clone() {
            let template = snapshot.site.campaigns.get(&name);
            if template.is_none() || self.flow_for(template, snapshot).is_ok() {
                inner.full.remove(&name);
            }
            if template.is_some() && !inner.full.contains(&name) {
                self.campaigns_must(inner, Input::Full { template: name, full: false });
            }
        }
        let soon = Timestamp(self.clock.now().0 + FULL.as_millis() as u64);
        if !inner.full.is_empty() {
            inner.changes = inner.changes.map(|at| at.min(soon));
        }
    }

    /// Until when a template may call; none: without an end that is known.
    fn is_open(
        &self,
        inner: &Inner,
        template: &CampaignTemplate,
        snapshot: &Snapshot,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, WaitsFor> {
        if !inner.reachable || self.draining.load(Ordering::Relaxed) {
            return Err(WaitsFor::Pbx);
        }
        let health = self.journal.as_ref().map(|journal| journal.store.health());
        if health.is_some_and(|health| *health.borrow() != Health::Journalling) {
            return Err(WaitsFor::Journal);
        }
        let flow = snapshot.flows.get(template.flow.as_str());
        if flow.is_none_or(|flow| flow.withdrawn) {
            return Err(WaitsFor::Flow);
        }
        let Some(hours) = &template.hours else { return Ok(None) };
        match snapshot.site.schedule(hours, now) {
            Some(status) if status.open => Ok(status.until.map(|until| until.instant)),
            _ => Err(WaitsFor::Hours),
        }
    }

    /// Why nobody is called for a campaign that goes on; none: somebody may be.
    pub(super) fn waits_for(&self, inner: &Inner, list: &List) -> Option<WaitsFor> {
        let snapshot = self.catalogue.current();
        let Some(template) = snapshot.site.campaigns.get(&list.opened.template) else {
            return Some(WaitsFor::Flow);
        };
        if let Err(why) = self.is_open(inner, template, &snapshot, self.clock.now()) {
            return Some(why);
        }
        if inner.full.contains(&template.name) {
            return Some(self.flow_for(Some(template), &snapshot).err().unwrap_or(WaitsFor::Room));
        }
        let Room { waiting, free, keep } = self.room(inner, template, &snapshot.site)?;
        (waiting || free <= keep).then_some(WaitsFor::Agents)
    }

    /// Tells the campaigns how much room the inbound calls leave.
    pub(super) fn look_at_room(self: &Arc<Self>, inner: &mut Inner) {
        let snapshot = self.catalogue.current();
        let running = inner.templates_in_use();
        let mut some = false;
        for template in running.iter().filter_map(|name| snapshot.site.campaigns.get(name)) {
            let Some(Room { waiting, free, keep }) = self.room(inner, template, &snapshot.site)
            else {
                continue;
            };
            some = true;
            let template = template.name.clone();
            self.campaigns_must(inner, Input::Room { template, waiting, free, keep });
        }
        self.campaigns.gives_way.store(some, Ordering::Relaxed);
    }

    /// None: the template does not give way.
    fn room(&self, inner: &Inner, template: &CampaignTemplate, site: &Site) -> Option<Room> {
        if template.give_way_to.is_empty() {
            return None;
        }
        let now = self.clock.now();
        let (waiting, free) = self.floor.look(|floor, _| {
            let queues = template.give_way_to.iter();
            // Calls of campaigns that wait for an agent are no callers.
            let is_caller = |call: CallId| !inner.attempts.contains_key(&call);
            let waits = |queue: &str| floor.waits_in(queue, is_caller);
            let waiting = queues.clone().any(|queue| waits(queue.as_str()));
            (waiting, floor.free_among(&template.give_way_to))
        });
        Some(Room { waiting, free, keep: kept_free(template, site, now) })
    }
}

/// Why no call can begin.
pub(super) fn in_words(why: WaitsFor) -> &'static str {
    match why {
        WaitsFor::Hours => "it is outside its hours",
        WaitsFor::Agents => "no agent is free",
        WaitsFor::Flow => "its template or its flow does not serve",
        WaitsFor::Pbx => "the PBX cannot be reached, or the host is stopping",
        WaitsFor::Journal => "the journal cannot be written",
        WaitsFor::Room => {
            "the host or its flow has as many calls as it may, or too much waits for the journal"
        }
    }
}

/// The room that inbound calls leave.
struct Room {
    waiting: bool,
    free: u32,
    keep: u32,
}

/// So many agents stay free now: of the last line whose schedule is open.
fn kept_free(template: &CampaignTemplate, site: &Site, now: Timestamp) -> u32 {
    let counts = |keep: &&KeepFree| {
        let schedule = keep.schedule.as_ref();
        schedule.is_none_or(|name| site.schedule(name, now).is_some_and(|status| status.open))
    };
    template.keep_free.iter().rfind(counts).map_or(0, |keep| keep.agents)
}

/// When the schedules of a template change.
fn changes_at(
    template: &CampaignTemplate,
    site: &Site,
    now: Timestamp,
) -> impl Iterator<Item = Timestamp> {
    let kept_free = template.keep_free.iter().filter_map(|keep| keep.schedule.as_ref());
    let schedules = template.hours.iter().chain(kept_free);
    schedules.filter_map(move |name| Some(site.schedule(name, now)?.until?.instant))
}

impl Inner {
    /// The templates of campaigns that go on.
    fn templates_in_use(&self) -> BTreeSet<TemplateName> {
        let go_on = self.lists.values().filter(|list| list.ended.is_none());
        go_on.map(|list| list.opened.template.clone()).collect()
    }

    /// Whether the state machine has to be told of these hours.
    fn hours_changed(&mut self, name: &TemplateName, until: Option<Duration>) -> bool {
        let same = match (self.hours.get(name), until) {
            (Some(Some(told)), Some(until)) => told.abs_diff(until) < SAME,
            (Some(None), None) => true,
            _ => false,
        };
        if !same {
            self.hours.insert(name.clone(), until);
        }
        !same
    }
}

/// Has campaigns call in their time, until the exchange is gone.
pub(crate) async fn tick(campaigns: Arc<Campaigns>, clock: Clock, exchange: Weak<Exchange>) {
    loop {
        campaigns.due(clock).await;
        let Some(exchange) = exchange.upgrade() else { return };
        exchange.campaigns_due();
    }
}
