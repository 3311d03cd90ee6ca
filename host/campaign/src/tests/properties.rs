//! What holds whatever happens. The world checks every output (O1, O4, O5, F2), and after every
//! input that nobody waits whose turn it is and that the journal has what the dialler knows.

use super::world::*;
use crate::{
    Alarm, AttemptId, By, Choose, Claimed, Input, Listed, Open, Output, Over, Phase, Row, Template,
    Then,
};
use proptest::{prelude::*, sample::Index};
use std::{collections::BTreeSet, time::Duration};
use strowger_model::{CampaignName, TemplateName};

const TEMPLATES: [&str; 2] = ["t0", "t1"];
const NUMBERS: u8 = 8;

/// One thing that happens. An index picks one of those whom it can happen to.
#[derive(Clone, Debug)]
enum Step {
    Open {
        template: usize,
        goal: u32,
        until: Option<u64>,
        contacts: Vec<(u8, u8)>,
    },
    Campaign(Index, Course),
    Hours(usize, Option<u64>),
    Room {
        template: usize,
        waiting: bool,
        free: u32,
    },
    Busy(u8),
    Free(Index),
    Placed(Index),
    Full(usize, bool),
    Dials(Index),
    CannotBegin(Index),
    Ended(Index),
    Claim(Index),
    /// Who is being called calls back meanwhile.
    ClaimBack(Index),
    SayBack(Index, Saying),
    ClaimByCall {
        campaign: Index,
        contact: Index,
    },
    Say(Index, Saying),
    SayByCall {
        campaign: Index,
        contact: Index,
        saying: Saying,
    },
    Choose {
        campaign: Index,
        contact: Index,
    },
    Listed(u8, bool),
    Configure(Vec<Template>),
    Pass(u64),
    PassUntold(u64),
    Restart(u64),
}

#[derive(Clone, Copy, Debug)]
enum Course {
    Pause,
    Resume,
    Stop,
    Forget,
}

#[derive(Clone, Copy, Debug)]
enum Saying {
    Again,
    NotBefore(u64),
    Over,
    Accepted,
}

fn template() -> impl Strategy<Value = Template> {
    let choose = prop_oneof![2 => Just(Choose::FirstCome), 1 => (1u32..4).prop_map(|up_to| Choose::Planner { up_to })];
    let waves = prop::collection::vec(0u64..30, 0..3);
    let alarm = prop::option::of(0u64..30);
    let flags = (any::<bool>(), prop::bool::weighted(0.3));
    let figures = (1u32..4, 1u8..4, 0u64..10, 0u8..3);
    (figures, flags, waves, choose, alarm).prop_map(
        |(
            (at_once, attempts, pause, priority),
            (first_wins, gives_way),
            mut waves,
            choose,
            alarm,
        )| {
            waves.sort_unstable();
            Template {
                at_once,
                first_wins,
                attempts,
                pause: seconds(pause),
                priority,
                gives_way,
                waves: waves.into_iter().map(seconds).collect(),
                choose,
                alarm_before: alarm.map(seconds),
                ..Template::new("")
            }
        },
    )
}

/// The second one may not be there.
fn site() -> impl Strategy<Value = Vec<Template>> {
    prop::collection::vec(template(), 1..=TEMPLATES.len()).prop_map(|mut templates| {
        templates.iter_mut().zip(TEMPLATES).for_each(|(it, name)| it.name = name.into());
        templates
    })
}

/// What is said of a template that is not there is not known any more after a restart.
fn whole_site() -> impl Strategy<Value = Vec<Template>> {
    site().prop_filter("every template", |site| site.len() == TEMPLATES.len())
}

fn in_whole_site() -> impl Strategy<Value = Step> {
    step().prop_filter(
        "every template",
        |step| !matches!(step, Step::Configure(site) if site.len() < TEMPLATES.len()),
    )
}

fn saying() -> impl Strategy<Value = Saying> {
    prop_oneof![
        2 => Just(Saying::Again),
        2 => (0u64..20).prop_map(Saying::NotBefore),
        3 => Just(Saying::Over),
        2 => Just(Saying::Accepted),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let which = 0..TEMPLATES.len();
    let course = prop_oneof![
        2 => Just(Course::Pause),
        4 => Just(Course::Resume),
        1 => Just(Course::Stop),
        1 => Just(Course::Forget),
    ];
    let contacts = prop::collection::vec((0..NUMBERS, 0u8..3), 1..7);
    let open = (which.clone(), 1u32..4, prop::option::weighted(0.3, 0u64..90), contacts);
    let index = any::<Index>;
    prop_oneof![
        4 => open.prop_map(|(template, goal, until, contacts)| Step::Open { template, goal, until, contacts }),
        4 => (index(), course).prop_map(|(who, course)| Step::Campaign(who, course)),
        4 => (which.clone(), prop::option::weighted(0.9, 1u64..60)).prop_map(|(template, until)| Step::Hours(template, until)),
        4 => (which, prop::bool::weighted(0.3), 0u32..5).prop_map(|(template, waiting, free)| Step::Room { template, waiting, free }),
        2 => (0..NUMBERS).prop_map(Step::Busy),
        3 => index().prop_map(Step::Free),
        4 => index().prop_map(Step::Placed),
        14 => index().prop_map(Step::Ended),
        10 => index().prop_map(Step::Dials),
        1 => index().prop_map(Step::CannotBegin),
        2 => (0..TEMPLATES.len(), prop::bool::weighted(0.4)).prop_map(|(template, full)| Step::Full(template, full)),
        3 => index().prop_map(Step::ClaimBack),
        3 => (index(), saying()).prop_map(|(who, saying)| Step::SayBack(who, saying)),
        4 => index().prop_map(Step::Claim),
        1 => (index(), index()).prop_map(|(campaign, contact)| Step::ClaimByCall { campaign, contact }),
        6 => (index(), saying()).prop_map(|(who, saying)| Step::Say(who, saying)),
        1 => (index(), index(), saying()).prop_map(|(campaign, contact, saying)| Step::SayByCall { campaign, contact, saying }),
        3 => (index(), index()).prop_map(|(campaign, contact)| Step::Choose { campaign, contact }),
        1 => (0..NUMBERS, prop::bool::weighted(0.3)).prop_map(|(number, listed)| Step::Listed(number, listed)),
        1 => site().prop_map(Step::Configure),
        8 => (0u64..12).prop_map(Step::Pass),
        2 => (0u64..40).prop_map(Step::PassUntold),
        1 => any::<u64>().prop_map(Step::Restart),
    ]
}

fn pick<T: Clone>(from: impl Iterator<Item = T>, index: Index) -> Option<T> {
    let all: Vec<T> = from.collect();
    (!all.is_empty()).then(|| index.get(&all).clone())
}

impl World {
    fn campaign(&self, index: Index) -> Option<CampaignName> {
        pick(self.campaigns.keys().cloned(), index)
    }

    fn contact(&self, campaign: &CampaignName, index: Index) -> Row {
        Row(index.index(self.campaigns[campaign].list.len()) as u32)
    }

    fn then(&self, saying: Saying) -> Then {
        match saying {
            Saying::Again => Then::Again,
            Saying::NotBefore(time) => Then::NotBefore(self.now + seconds(time)),
            Saying::Over => Then::Over,
            Saying::Accepted => Then::Accepted,
        }
    }

    fn step(&mut self, nth: usize, step: &Step) {
        match step {
            Step::Pass(time) => return self.pass(seconds(*time)),
            Step::PassUntold(time) => return self.let_pass(seconds(*time)),
            Step::Restart(alive) => {
                return self.restart(|attempt| alive >> (attempt.0 % 64) & 1 == 1);
            }
            _ => {}
        }
        // What is not there is refused, and that is right.
        let _ = self.input_of(nth, step.clone()).map(|input| self.input(input));
    }

    fn input_of(&mut self, nth: usize, step: Step) -> Option<Input> {
        let name = |template: usize| TemplateName::new(TEMPLATES[template]);
        Some(match step {
            Step::Open { template, goal, until, contacts } => Input::Open(Open {
                name: format!("c{nth}").into(),
                template: name(template),
                goal,
                until: until.map(|time| self.now + seconds(time)),
                contacts: contacts
                    .into_iter()
                    .map(|(it, wave)| Listed { number: number(it), wave })
                    .collect(),
            }),
            Step::Campaign(who, course) => {
                let campaign = self.campaign(who)?;
                match course {
                    Course::Pause => Input::Pause(campaign),
                    Course::Resume => Input::Resume(campaign),
                    Course::Stop => Input::Stop(campaign),
                    Course::Forget => Input::Forget(campaign),
                }
            }
            Step::Hours(template, until) => Input::Hours {
                template: name(template),
                until: until.map(|time| self.now + seconds(time)),
            },
            Step::Room { template, waiting, free } => {
                Input::Room { template: name(template), waiting, free, keep: 1 }
            }
            Step::Busy(it) => Input::Busy(number(it)),
            Step::Free(who) => Input::Free(pick(self.others.keys().copied(), who)?),
            Step::Placed(who) => Input::Placed(self.attempt(who)?),
            Step::Full(template, full) => Input::Full { template: name(template), full },
            Step::Dials(who) => Input::Dials(self.attempt(who)?),
            Step::CannotBegin(who) => Input::CannotBegin(self.attempt(who)?),
            Step::Ended(who) => Input::Ended(self.attempt(who)?),
            Step::Claim(_)
            | Step::ClaimBack(_)
            | Step::SayBack(..)
            | Step::ClaimByCall { .. }
            | Step::Say(..)
            | Step::SayByCall { .. } => return self.said(step),
            Step::Choose { campaign, contact } => {
                let campaign = self.campaign(campaign)?;
                let contact = self.contact(&campaign, contact);
                Input::Choose { campaign, contact }
            }
            Step::Listed(it, true) => Input::NeverAgain(number(it)),
            Step::Listed(it, false) => Input::MayCall(number(it)),
            Step::Configure(templates) => Input::Configure { templates },
            Step::Pass(_) | Step::PassUntold(_) | Step::Restart(_) => return None,
        })
    }

    /// A claim, or what came of a contact: by the contact's own call, or by one that comes back.
    fn said(&mut self, step: Step) -> Option<Input> {
        Some(match step {
            Step::Claim(who) => {
                let attempt = self.attempt(who)?;
                let live = self.live[&attempt].clone();
                let by = By::Attempt(attempt);
                Input::Claim { campaign: live.campaign, contact: live.row, by }
            }
            Step::ClaimBack(who) => {
                let live = self.live[&self.attempt(who)?].clone();
                let by = calls_back(live.row);
                Input::Claim { campaign: live.campaign, contact: live.row, by }
            }
            Step::SayBack(who, saying) => {
                let live = self.live[&self.attempt(who)?].clone();
                let (then, by) = (self.then(saying), calls_back(live.row));
                Input::Disposition { campaign: live.campaign, contact: live.row, then, by }
            }
            Step::ClaimByCall { campaign, contact } => {
                let campaign = self.campaign(campaign)?;
                let contact = self.contact(&campaign, contact);
                Input::Claim { campaign, contact, by: calls_back(contact) }
            }
            Step::Say(who, saying) => {
                let attempt = self.attempt(who)?;
                let live = self.live[&attempt].clone();
                let (then, by) = (self.then(saying), By::Attempt(attempt));
                Input::Disposition { campaign: live.campaign, contact: live.row, then, by }
            }
            Step::SayByCall { campaign, contact, saying } => {
                let campaign = self.campaign(campaign)?;
                let contact = self.contact(&campaign, contact);
                let (then, by) = (self.then(saying), calls_back(contact));
                Input::Disposition { campaign, contact, then, by }
            }
            _ => return None,
        })
    }

    fn attempt(&self, who: Index) -> Option<AttemptId> {
        pick(self.live.keys().copied(), who)
    }

    fn run(site: &[Template], steps: &[Step]) -> Self {
        let mut world = Self::new(site.to_vec());
        for (nth, step) in steps.iter().enumerate() {
            world.step(nth, step);
        }
        world
    }
}

/// How many cases of 75 inputs on average: as many as `STROWGER_CAMPAIGN_INPUTS` asks for.
fn cases() -> u32 {
    let inputs = std::env::var("STROWGER_CAMPAIGN_INPUTS").ok();
    inputs.and_then(|inputs| inputs.parse::<u32>().ok()).map_or(400, |inputs| inputs / 75)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), ..ProptestConfig::default() })]

    #[test]
    fn every_output_makes_sense_and_the_accounts_are_right(site in site(), steps in prop::collection::vec(step(), 0..150)) {
        World::run(&site, &steps);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn deterministic(site in site(), steps in prop::collection::vec(step(), 0..80)) {
        prop_assert_eq!(World::run(&site, &steps).log, World::run(&site, &steps).log);
    }

    /// Nothing is forgotten: who went on dialling does what one does who was put back, whose calls
    /// all go on.
    #[test]
    fn a_restart_changes_nothing(site in whole_site(), before in prop::collection::vec(in_whole_site(), 0..80), after in prop::collection::vec(in_whole_site(), 0..60)) {
        let run = |restart: bool| {
            let mut world = World::run(&site, &before);
            world.ok(Input::Tick);
            world.place_all();
            if restart {
                world.restart(|_| true);
            }
            let past = world.log.len();
            for (step, nth) in after.iter().zip(1000..) {
                world.step(nth, step);
            }
            world.log.split_off(past)
        };
        // A number that is in no call of a campaign may be called in another order: whoever waited
        // for it does so anew, and whether that one may be called is seen then.
        let dues = |log: Vec<(Duration, Output)>| -> Vec<_> {
            let other = |output: &Output| {
                matches!(output, Output::Keep(_) | Output::NeverCalled { .. })
            };
            log.into_iter().filter(|(_, output)| !other(output)).collect()
        };
        let (stayed, restarted) = (run(false), run(true));
        // Whether a call that is up has done anything is not kept: a campaign whose flow calls nobody
        // may be paused a call later.
        let pauses = |log: &[(Duration, Output)]| {
            let never = |output: &Output| {
                matches!(output, Output::Alarm { why: Alarm::NeverDials, .. })
            };
            log.iter().any(|(_, output)| never(output))
        };
        prop_assume!(!pauses(&stayed) && !pauses(&restarted));
        prop_assert_eq!(dues(stayed), dues(restarted));
    }

    /// Whatever happened before: once every call says what it has to say, every campaign ends, and
    /// nobody is rung then.
    #[test]
    fn every_campaign_ends(site in site(), steps in prop::collection::vec(step(), 0..120)) {
        let mut world = World::run(&site, &steps);
        world.open_wide(&site);
        for round in 0.. {
            prop_assert!(round < 2000, "{:?} go on", world.running());
            let Some((&attempt, live)) = world.live.first_key_value() else {
                let next = world.dialler.next_deadline();
                let chosen = world.choose_somebody();
                match next {
                    _ if chosen => continue,
                    Some(at) => {
                        world.pass(at.saturating_sub(world.now));
                        world.ok(Input::Tick);
                        continue;
                    }
                    None => break,
                }
            };
            let (campaign, contact) = (live.campaign.clone(), live.row);
            let by = By::Attempt(attempt);
            let _ = world.input(Input::Dials(attempt));
            world.ok(Input::Disposition { campaign, contact, then: Then::Over, by });
            world.ok(Input::Ended(attempt));
        }
        prop_assert_eq!(world.running(), Vec::<CampaignName>::new());
        prop_assert_eq!(world.dialler.next_deadline(), None, "when all is over nothing is due");
    }
}

impl World {
    fn place_all(&mut self) {
        while let Some(attempt) = self.unplaced() {
            self.ok(Input::Placed(attempt));
        }
    }

    fn running(&self) -> Vec<CampaignName> {
        let runs = |name: &&CampaignName| {
            let status = self.dialler.status(name.as_str()).unwrap();
            !matches!(status.phase, Phase::Ended(_))
        };
        self.campaigns.keys().filter(runs).cloned().collect()
    }

    /// Nothing is in the way of any call.
    fn open_wide(&mut self, site: &[Template]) {
        let mut site = site.to_vec();
        site.resize(TEMPLATES.len(), site[0].clone());
        site.iter_mut().zip(TEMPLATES).for_each(|(it, name)| it.name = name.into());
        self.ok(Input::Configure { templates: site });
        for template in TEMPLATES.map(TemplateName::new) {
            self.ok(Input::Full { template: template.clone(), full: false });
            self.ok(Input::Room { template: template.clone(), waiting: false, free: 100, keep: 0 });
            self.ok(Input::Hours { template, until: Some(Duration::MAX) });
        }
        for campaign in self.campaigns.keys().cloned().collect::<Vec<_>>() {
            let _ = self.input(Input::Resume(campaign));
        }
        while let Some((&number, _)) = self.others.first_key_value() {
            self.ok(Input::Free(number));
        }
    }

    fn choose_somebody(&mut self) -> bool {
        for campaign in self.running() {
            for row in (0..self.campaigns[&campaign].list.len() as u32).map(Row) {
                if self.input(Input::Choose { campaign: campaign.clone(), contact: row }).is_ok() {
                    return true;
                }
            }
        }
        false
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, ..ProptestConfig::default() })]

    /// F2: acceptances in one instant, in any order: each place has one winner.
    #[test]
    fn of_acceptances_in_one_instant_as_many_win_as_there_are_places(goal in 1u32..4, order in prop::collection::vec(0u32..6, 1..20)) {
        let template = Template { first_wins: true, at_once: 9, ..Template::new("t") };
        let mut world = World::with(template, goal, list(&[1, 2, 3, 4, 5, 6]));
        let mut winners = BTreeSet::new();
        for row in &order {
            match world.claim(*row) {
                Claimed::Won => drop(winners.insert(*row)),
                Claimed::Lost => prop_assert_eq!(winners.len() as u32, goal),
                Claimed::Noted => prop_assert!(false, "nobody chooses"),
            }
        }
        let different: BTreeSet<u32> = order.into_iter().collect();
        prop_assert_eq!(winners.len(), different.len().min(goal as usize));
        let over = winners.len() as u32 == goal;
        let ended = Output::Ended { campaign: "c".into(), why: Over::Filled };
        prop_assert_eq!(world.log.iter().filter(|(_, output)| *output == ended).count(), usize::from(over));
    }
}
