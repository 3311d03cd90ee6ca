//! A dialler with a site, calls and a journal around it, which checks every output as it comes.
//!
//! It checks by naive means what the dialler promises (O5, F2): never two calls to a number, never
//! outside hours, never after "never again", the order of the list, never more offers than places,
//! each attempt once; and that nobody waits whose turn it is.

mod check;

use crate::{
    AttemptId, By, Claimed, Dialler, Input, Kept, KeptCampaign, KeptContact, Listed, NumberKey,
    Open, Output, Purpose, RefusedInput, Restored, Row, Template, Then,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};
use strowger_model::{CallId, CampaignName, TemplateName};

/// A campaign as the tests know one.
#[derive(Clone, Debug)]
pub(super) struct Model {
    pub(super) template: TemplateName,
    pub(super) list: Vec<Listed>,
    pub(super) until: Option<Duration>,
    /// Of all campaigns.
    nth: usize,
    goal: u32,
    reached: u32,
    paused: bool,
    pub(super) over: bool,
    telling: bool,
    ran: Duration,
    begun: usize,
}

#[derive(Clone, Debug)]
pub(super) struct Live {
    pub(super) campaign: CampaignName,
    pub(super) row: Row,
    pub(super) purpose: Purpose,
    /// Of the contact.
    nth: u16,
    placed: bool,
    pub(super) dialled: bool,
    gives_way: bool,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Journal {
    pub(super) campaigns: BTreeMap<CampaignName, KeptCampaign>,
    pub(super) contacts: BTreeMap<(CampaignName, Row), KeptContact>,
    do_not_call: BTreeSet<NumberKey>,
    next_attempt: u64,
}

#[derive(Default)]
pub(super) struct World {
    pub(super) dialler: Dialler,
    pub(super) now: Duration,
    pub(super) templates: BTreeMap<TemplateName, Template>,
    pub(super) hours: BTreeMap<TemplateName, Duration>,
    pub(super) room: BTreeMap<TemplateName, u32>,
    waiting: BTreeSet<TemplateName>,
    pub(super) full: BTreeSet<TemplateName>,
    pub(super) campaigns: BTreeMap<CampaignName, Model>,
    pub(super) live: BTreeMap<AttemptId, Live>,
    pub(super) others: BTreeMap<NumberKey, u32>,
    pub(super) journal: Journal,
    opened: usize,
    /// Which attempt of which contact was dialled.
    made: BTreeSet<(CampaignName, Row, u16)>,
    /// How many more dials each contact may still get.
    due: BTreeMap<(CampaignName, Row), u32>,
    /// The most attempts that each template had at any time.
    most: BTreeMap<TemplateName, u32>,
    /// In which call each contact has accepted first.
    accepted: BTreeMap<(CampaignName, Row), By>,
    pub(super) log: Vec<(Duration, Output)>,
}

pub(super) fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(super) fn number(number: u8) -> NumberKey {
    NumberKey([number; 16])
}

/// The call of a contact who calls back.
pub(super) fn calls_back(row: Row) -> By {
    By::Call(CallId::next(1 + u64::from(row.0), None))
}

/// Contacts of one wave.
pub(super) fn list(numbers: &[u8]) -> Vec<Listed> {
    numbers.iter().map(|it| Listed { number: number(*it), wave: 0 }).collect()
}

pub(super) fn open(name: &str, goal: u32, contacts: Vec<Listed>) -> Open {
    Open { name: name.into(), template: "t".into(), goal, until: None, contacts }
}

impl World {
    /// Open for ever, with room.
    pub(super) fn new(templates: Vec<Template>) -> Self {
        let mut world = Self { now: seconds(1_790_000_000), ..Self::default() };
        let names: Vec<_> = templates.iter().map(|template| template.name.clone()).collect();
        world.ok(Input::Configure { templates });
        for template in names {
            world.ok(Input::Hours { template: template.clone(), until: Some(Duration::MAX) });
            world.ok(Input::Room { template, waiting: false, free: 100, keep: 0 });
        }
        world
    }

    /// One template `t`, from which a campaign `c` is opened.
    pub(super) fn with(template: Template, goal: u32, contacts: Vec<Listed>) -> Self {
        let mut world = Self::new(vec![template]);
        world.ok(Input::Open(open("c", goal, contacts)));
        world
    }

    pub(super) fn ok(&mut self, input: Input) -> Vec<Output> {
        self.input(input).unwrap()
    }

    /// Time passes, and what is due is done in time.
    pub(super) fn pass(&mut self, time: Duration) {
        let until = self.now + time;
        while let Some(at) = self.dialler.next_deadline().filter(|at| *at <= until) {
            self.let_pass(at.saturating_sub(self.now));
            self.ok(Input::Tick);
        }
        self.let_pass(until.saturating_sub(self.now));
    }

    /// Time passes, and the dialler is not told.
    pub(super) fn let_pass(&mut self, time: Duration) {
        let now = self.now + time;
        for (name, model) in &mut self.campaigns {
            let Some(template) = self.templates.get(&model.template) else { continue };
            let open = self.hours.get(&model.template).copied().unwrap_or_default();
            if model.runs() && self.now < open {
                assert!(self.journal.campaigns.contains_key(name), "{name} was never kept");
                let end = now.min(open).min(model.until.unwrap_or(now));
                model.ran += end.saturating_sub(self.now);
                model.begin_waves(&template.waves, false);
            }
        }
        self.now = now;
    }

    /// Tells the dialler, checks what it says, and returns that.
    pub(super) fn input(&mut self, input: Input) -> Result<Vec<Output>, RefusedInput> {
        let mut out = Vec::new();
        let before = self.standings();
        let stood = before.clone();
        let result = self.dialler.input(self.now, input.clone(), &mut out);
        if result.is_ok() {
            self.believe(&input);
        }
        self.begin_waves();
        let mut standings = before;
        if let Input::Open(open) = &input {
            let rows = (0..open.contacts.len() as u32).map(|row| (open.name.clone(), Row(row)));
            let rows = rows.filter(|_| result.is_ok());
            standings.extend(rows.map(|key| (key, KeptContact::default())));
        }
        for output in &out {
            self.check(output, &mut standings);
            self.log.push((self.now, output.clone()));
        }
        if let (Input::Forget(name), true) = (&input, result.is_ok()) {
            self.campaigns.remove(name);
            self.made.retain(|(campaign, _, _)| campaign != name);
            self.accepted.retain(|(campaign, _), _| campaign != name);
            self.due.retain(|(campaign, _), _| campaign != name);
        }
        if result.is_ok() {
            self.check_stays(&input, &stood);
        }
        self.dialler.assert_sound();
        self.check_kept();
        self.check_nobody_waits();
        result.map(|()| out)
    }

    fn standings(&self) -> BTreeMap<(CampaignName, Row), KeptContact> {
        let rows = self.campaigns.iter().flat_map(|(name, model)| {
            (0..model.list.len() as u32).map(move |row| (name.clone(), Row(row)))
        });
        rows.filter_map(|(name, row)| {
            Some(((name.clone(), row), self.dialler.contact(name.as_str(), row)?))
        })
        .collect()
    }

    fn begin_waves(&mut self) {
        for model in self.campaigns.values_mut() {
            let Some(template) = self.templates.get(&model.template) else { continue };
            let open = self.hours.get(&model.template).copied().unwrap_or_default();
            if model.runs() && self.now < open {
                model.begin_waves(&template.waves, true);
            }
        }
    }

    fn believe(&mut self, input: &Input) {
        match input.clone() {
            Input::Configure { templates } => self.configured(templates),
            Input::Open(open) => {
                let model = Model {
                    template: open.template,
                    list: open.contacts,
                    until: open.until,
                    nth: self.opened,
                    goal: open.goal,
                    reached: 0,
                    paused: false,
                    over: false,
                    telling: false,
                    ran: Duration::ZERO,
                    begun: 0,
                };
                self.opened += 1;
                self.campaigns.insert(open.name, model);
            }
            Input::Pause(name) => self.model(&name).paused = true,
            Input::Resume(name) => self.model(&name).paused = false,
            Input::Stop(name) => {
                let model = self.model(&name);
                (model.over, model.paused) = (true, false);
            }
            Input::Hours { template, until } => {
                self.hours.insert(template, until.unwrap_or_default());
            }
            Input::Room { template, waiting, free, keep } => {
                match waiting {
                    true => drop(self.waiting.insert(template.clone())),
                    false => drop(self.waiting.remove(&template)),
                }
                self.room.insert(template, if waiting { 0 } else { free.saturating_sub(keep) });
            }
            Input::Full { template, full: true } => drop(self.full.insert(template)),
            Input::Full { template, full: false } => drop(self.full.remove(&template)),
            Input::Dials(attempt) => {
                self.check_dials(attempt);
                self.live.get_mut(&attempt).unwrap().dialled = true;
            }
            Input::CannotBegin(attempt) => self.is_over(attempt),
            Input::Busy(number) => *self.others.entry(number).or_default() += 1,
            Input::Free(number) => {
                let others = self.others.get_mut(&number).unwrap();
                *others -= 1;
                if *others == 0 {
                    self.others.remove(&number);
                }
            }
            Input::Placed(attempt) => self.live.get_mut(&attempt).unwrap().placed = true,
            Input::Ended(attempt) => self.is_over(attempt),
            Input::Forget(_)
            | Input::Restore { .. }
            | Input::Claim { .. }
            | Input::Disposition { .. }
            | Input::Choose { .. }
            | Input::NeverAgain(_)
            | Input::MayCall(_)
            | Input::Tick => {}
        }
    }

    fn configured(&mut self, templates: Vec<Template>) {
        for template in &templates {
            let most = self.most.entry(template.name.clone()).or_default();
            let more = u32::from(template.attempts).saturating_sub(*most);
            *most += more;
            let of = |name: &CampaignName| self.campaigns[name].template == template.name;
            let due = self.due.iter_mut().filter(|((name, _), _)| of(name));
            due.for_each(|(_, left)| *left += more);
        }
        self.templates = templates.into_iter().map(|it| (it.name.clone(), it)).collect();
    }

    /// A call that has not dialled does not count.
    fn is_over(&mut self, attempt: AttemptId) {
        let live = self.live.remove(&attempt).unwrap();
        if !live.dialled {
            self.made.remove(&(live.campaign.clone(), live.row, live.nth));
            *self.left((live.campaign, live.row)) += 1;
        }
    }

    fn model(&mut self, name: &CampaignName) -> &mut Model {
        self.campaigns.get_mut(name).unwrap()
    }

    /// The host goes away and comes back. Of the calls, those go on that are in `alive`.
    pub(super) fn restart(&mut self, alive: impl Fn(AttemptId) -> bool) {
        self.live.retain(|attempt, _| alive(*attempt));
        self.live.values_mut().for_each(|live| live.placed = true);
        // A wave whose time came without anybody noticing begins when somebody does.
        for (name, model) in &mut self.campaigns {
            model.begun = self.journal.campaigns[name].waves.into();
        }
        self.dialler = Dialler::new();
        let templates = self.templates.values().cloned().collect();
        self.ok(Input::Configure { templates });
        let hours = std::mem::take(&mut self.hours);
        let rooms = std::mem::take(&mut self.room);
        let waiting = std::mem::take(&mut self.waiting);
        let full = std::mem::take(&mut self.full);
        let mut campaigns: Vec<_> = self.campaigns.iter().collect();
        campaigns.sort_by_key(|(_, model)| model.nth);
        let restored = campaigns.into_iter().map(|(name, it)| self.journal.restored(name, it));
        let campaigns = restored.collect();
        self.ok(Input::Restore {
            campaigns,
            do_not_call: self.journal.do_not_call.iter().copied().collect(),
            alive: self.live.keys().copied().collect(),
            next_attempt: AttemptId(self.journal.next_attempt + 1),
        });
        for (number, calls) in std::mem::take(&mut self.others) {
            (0..calls).for_each(|_| drop(self.ok(Input::Busy(number))));
        }
        for (template, room) in rooms {
            let waiting = waiting.contains(&template);
            let _ = self.input(Input::Room { template, waiting, free: room, keep: 0 });
        }
        for template in full {
            let _ = self.input(Input::Full { template, full: true });
        }
        for (template, until) in hours {
            let until = Some(until).filter(|until| *until > self.now);
            let _ = self.input(Input::Hours { template, until });
        }
    }

    /// Whom the campaign calls, in the order in which it began to.
    pub(super) fn rows(&self) -> Vec<u32> {
        let due = |(_, output): &(Duration, Output)| match output {
            Output::Due { contact, .. } => Some(contact.0),
            _ => None,
        };
        self.log.iter().filter_map(due).collect()
    }

    /// The call of a contact, which is under way.
    pub(super) fn call(&self, row: u32) -> AttemptId {
        let found = self.live.iter().find(|(_, live)| live.row == Row(row));
        *found.unwrap_or_else(|| panic!("{row} is not called: {:?}", self.live)).0
    }

    /// A call that may still take an agent.
    pub(super) fn unplaced(&self) -> Option<AttemptId> {
        self.live.iter().find(|(_, live)| !live.placed).map(|(attempt, _)| *attempt)
    }

    /// The call of a contact has dialled, and is over.
    pub(super) fn end(&mut self, row: u32) -> Vec<Output> {
        let attempt = self.call(row);
        let _ = self.input(Input::Dials(attempt));
        self.ok(Input::Ended(attempt))
    }

    /// What a contact says in its call, or else in a call of its own.
    pub(super) fn by(&self, row: u32) -> By {
        let own = self.live.iter().find(|(_, live)| live.row == Row(row));
        own.map_or(calls_back(Row(row)), |(attempt, _)| By::Attempt(*attempt))
    }

    pub(super) fn claim(&mut self, row: u32) -> Claimed {
        self.claim_by(row, self.by(row))
    }

    pub(super) fn claim_by(&mut self, row: u32, by: By) -> Claimed {
        let out = self.ok(Input::Claim { campaign: "c".into(), contact: Row(row), by });
        let claimed = |output: &Output| match output {
            Output::Claimed { claimed, .. } => Some(*claimed),
            _ => None,
        };
        out.iter().find_map(claimed).unwrap()
    }

    pub(super) fn say(&mut self, row: u32, then: Then) -> Vec<Output> {
        let by = self.by(row);
        self.ok(Input::Disposition { campaign: "c".into(), contact: Row(row), then, by })
    }
}

impl Model {
    /// But for its hours.
    fn runs(&self) -> bool {
        !self.paused && !self.over && !self.telling
    }

    /// Those whose time was before, or also those whose time is now.
    fn begin_waves(&mut self, waves: &[Duration], now: bool) {
        let after = |wave: usize| match waves.len() {
            0 => Duration::ZERO,
            many => waves[wave.min(many - 1)],
        };
        let until = self.ran + Duration::from_nanos(now.into());
        let all = self.list.iter().map(|it| usize::from(it.wave) + 1).max().unwrap_or(0);
        while self.begun < all && after(self.begun) < until {
            self.begun += 1;
        }
    }
}

impl Journal {
    fn keep(&mut self, kept: Kept) {
        match kept {
            Kept::Campaign(campaign) => {
                drop(self.campaigns.insert(campaign.name.clone(), campaign))
            }
            Kept::Contact { campaign, contact, standing } => {
                let attempt = standing.calling.map_or(0, |attempt| attempt.0);
                self.next_attempt = self.next_attempt.max(attempt);
                self.contacts.insert((campaign, contact), standing);
            }
            Kept::DoNotCall { number, listed: true } => drop(self.do_not_call.insert(number)),
            Kept::DoNotCall { number, listed: false } => drop(self.do_not_call.remove(&number)),
            Kept::Forgotten(name) => {
                self.campaigns.remove(&name);
                self.contacts.retain(|(campaign, _), _| *campaign != name);
            }
        }
    }

    fn restored(&self, name: &CampaignName, model: &Model) -> Restored {
        let contact = |row| self.contacts.get(&(name.clone(), Row(row))).copied();
        let rows = (0..).zip(&model.list);
        Restored {
            campaign: self.campaigns[name].clone(),
            contacts: rows.map(|(row, it)| (*it, contact(row).unwrap_or_default())).collect(),
        }
    }
}
