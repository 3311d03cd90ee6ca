//! Flows that rest behind another that has taken their call over (`continue-with` with `back-on`),
//! and the switches that a call has read.
//!
//! A flow that rests is a frame: its version, its state and what it knew of switches. When a switch
//! is turned that it named, it has the call again, as soon as the caller is in no conversation:
//! what the flows behind it have ordered is taken back as if their scripts had been dropped.
//!
//! A caller who talks is left alone. What comes after that is the end of a call, as a rule: the
//! flow goes on with it, and only a caller who would wait anew is taken back.

use crate::{
    Call, Phase,
    carry::no_flow,
    legs::Leg,
    order::{Carried, dial::Dialling, queue::Queueing, refusal, transfer_key::Replacing},
    turn::Turn,
};
use serde::{Deserialize, Serialize};
use std::{mem, sync::Arc};
use strowger_model::{
    Event, FlowVersion, LegName,
    event::{Cause, RefusalReason},
};
use strowger_pbx::port::LegId;
use strowger_site::Terms;

/// Flows that rest in a call, at most.
const RESTING: usize = 8;

/// What a call has to do with switches.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct Fronts {
    /// What the flow that has the call knows of switches.
    known: Vec<Known>,
    /// The outermost first.
    resting: Vec<Resting>,
}

/// A switch as a flow knows it.
#[derive(Clone, Serialize, Deserialize)]
struct Known {
    switch: String,
    position: String,
}

/// A flow that rests.
#[derive(Clone, Serialize, Deserialize)]
struct Resting {
    on: FlowVersion,
    #[serde(with = "serde_bytes")]
    state: Vec<u8>,
    known: Vec<Known>,
    back_on: Vec<BackOn>,
    /// None: only until the call is taken up.
    #[serde(skip)]
    terms: Option<Arc<Terms>>,
}

/// A switch by which a flow has its call back.
#[derive(Clone, Serialize, Deserialize)]
struct BackOn {
    switch: String,
    /// Where it stood for the flow when it began to rest.
    known: String,
    now: String,
}

impl Resting {
    /// The first switch that stands elsewhere than the flow knows.
    fn turned(&self) -> Option<Known> {
        let turned = self.back_on.iter().find(|back_on| back_on.known != back_on.now)?;
        Some(Known { switch: turned.switch.clone(), position: turned.now.clone() })
    }
}

impl Fronts {
    fn learn(&mut self, switch: &str, position: &str) {
        match self.known.iter_mut().find(|known| known.switch == switch) {
            Some(known) => position.clone_into(&mut known.position),
            None => {
                let (switch, position) = (switch.to_owned(), position.to_owned());
                self.known.push(Known { switch, position });
            }
        }
    }

    fn of(&self, switch: &str) -> Option<&str> {
        let known = self.known.iter().find(|known| known.switch == switch)?;
        Some(&known.position)
    }

    /// The versions of the flows that rest, the outermost first. One that is not to be had is
    /// forgotten.
    pub(crate) fn rest_in(&mut self, mut terms: impl FnMut(&FlowVersion) -> Option<Arc<Terms>>) {
        self.resting.retain_mut(|resting| {
            resting.terms = terms(&resting.on);
            resting.terms.is_some()
        });
    }
}

impl Call {
    fn fronts(&self) -> Option<&Fronts> {
        self.rare.as_deref().map(|rare| &rare.fronts)
    }

    fn fronts_mut(&mut self) -> &mut Fronts {
        &mut self.rare.get_or_insert_default().fronts
    }

    /// The flows that rest, the outermost first.
    pub(crate) fn resting(&self) -> impl Iterator<Item = &FlowVersion> {
        self.fronts().into_iter().flat_map(|fronts| &fronts.resting).map(|resting| &resting.on)
    }

    /// Where a switch stands as far as the flow knows, or is about to be told; none: it has not
    /// asked.
    fn knows_of(&self, switch: &str) -> Option<&str> {
        let told = self.unseen.iter().rev().find_map(|event| match event {
            Event::Switched { name, position } if name == switch => Some(position.as_str()),
            _ => None,
        });
        self.fronts()?.of(switch).map(|known| told.unwrap_or(known))
    }

    /// The outermost of the flows that rest of whose switches one has been turned.
    fn wanted_back(&self) -> Option<usize> {
        self.fronts()?.resting.iter().position(|resting| resting.turned().is_some())
    }

    /// Whether the caller is there and in no conversation. With an agent of whom the flow was not
    /// told yet, it is none.
    fn is_caller_free(&self) -> bool {
        let Some(caller) = self.legs.get(&LegName::caller()) else { return false };
        // A phone has given the caller on, and somebody is rung.
        let given_on = self.orders.all::<Replacing>().next().is_some();
        let with_caller = |other: &Leg| {
            !other.is_caller()
                && other.known
                && other.up
                && !other.is_ending()
                && (other.is_with(caller)
                    || other.is_to_be_with(caller)
                    || caller.held_from.is_some())
        };
        !given_on && !self.legs.iter().any(with_caller)
    }

    fn waits(&self) -> bool {
        let for_agents = self.orders.all::<Queueing>().any(|(_, it)| it.ask.with_caller);
        for_agents || self.orders.all::<Dialling>().next().is_some()
    }
}

impl Turn<'_> {
    /// The flow has read switches in a step.
    pub(crate) fn has_read(&mut self, switches: Vec<(String, String)>) {
        for (switch, position) in switches {
            self.call.fronts_mut().learn(&switch, &position);
        }
    }

    /// The flow sees an event: it knows what that says of a switch.
    pub(crate) fn learns_of(&mut self, event: &Event) {
        if let Event::Switched { name, position } | Event::CameBack { switch: name, position } =
            event
        {
            self.call.fronts_mut().learn(name, position);
        }
    }

    /// Another flow has the call from now on, and this one rests until one of these switches is
    /// turned.
    pub(crate) fn continue_and_rest(
        &mut self,
        flow: &str,
        data: String,
        back_on: Vec<String>,
    ) -> Carried {
        if self.call.fronts().map_or(0, |fronts| fronts.resting.len()) >= RESTING {
            let why = format!("{RESTING} flows rest in this call already");
            return Err(refusal(RefusalReason::OverLimit, why));
        }
        // By what the flow has seen: a turn that it is about to be told brings it back.
        let seen = |turn: &Self, switch: &str| {
            turn.call.fronts().and_then(|fronts| fronts.of(switch)).map(str::to_owned)
        };
        let mut watched = Vec::with_capacity(back_on.len());
        for switch in back_on {
            let Some(now) = self.house.watch_switch(&switch) else {
                let why = format!("there is no switch {switch:?}");
                return Err(refusal(RefusalReason::UnknownName, why));
            };
            let known = seen(self, &switch).unwrap_or_else(|| now.clone());
            watched.push(BackOn { switch, known, now });
        }
        let before = self.call.terms.clone();
        let next = self.house.change_flow(flow, true).map_err(|no| no_flow(flow, &no))?;
        self.drop_orders();
        let state = mem::take(&mut self.call.state).into();
        let fronts = self.call.fronts_mut();
        let known = mem::take(&mut fronts.known);
        let (on, terms) = (before.on(), Some(before));
        fronts.resting.push(Resting { on, state, known, back_on: watched, terms });
        self.begin_on(next, data);
        Ok(())
    }

    /// The flow that has the call from now on has read nothing yet.
    pub(crate) fn forget_switches(&mut self) {
        if let Some(rare) = &mut self.call.rare {
            rare.fronts.known = Vec::new();
        }
    }

    /// A switch was turned.
    pub(crate) fn turned(&mut self, switch: String, position: String) {
        if self.call.phase == Phase::Over {
            return;
        }
        for resting in self.call.rare.iter_mut().flat_map(|rare| &mut rare.fronts.resting) {
            for back_on in resting.back_on.iter_mut().filter(|it| it.switch == switch) {
                back_on.now.clone_from(&position);
            }
        }
        if self.call.knows_of(&switch).is_some_and(|known| known != position) {
            self.tell(Event::Switched { name: switch, position });
        }
        // What outlived the host has to be settled first.
        if self.call.resuming.is_none() {
            self.come_back_if_free();
        }
    }

    /// A call that outlived its host: what was turned meanwhile.
    pub(crate) fn look_at_switches(&mut self) {
        let Some(fronts) = self.call.fronts() else { return };
        let known = fronts.known.iter().map(|known| known.switch.clone());
        let back_on = fronts.resting.iter().flat_map(|resting| &resting.back_on);
        let all: Vec<String> = known.chain(back_on.map(|it| it.switch.clone())).collect();
        for switch in all {
            if let Some(position) = self.house.watch_switch(&switch) {
                self.turned(switch, position);
            }
        }
    }

    /// A flow has its call back, if that is wanted and the caller is in no conversation. Says
    /// whether it has.
    pub(crate) fn come_back_if_free(&mut self) -> bool {
        match self.call.wanted_back() {
            Some(to) if self.call.phase == Phase::Served && self.call.is_caller_free() => {
                self.come_back(to);
                true
            }
            _ => false,
        }
    }

    /// The same, once the flow behind it has said what comes after a conversation, and the caller
    /// would wait again.
    pub(crate) fn come_back_if_waiting(&mut self) -> bool {
        self.call.waits() && self.come_back_if_free()
    }

    fn come_back(&mut self, to: usize) {
        let fronts = self.call.fronts_mut();
        let Some(resting) = fronts.resting.drain(to..).next() else { return };
        let (Some(why), Some(terms)) = (resting.turned(), resting.terms) else { return };
        fronts.known = resting.known;
        self.drop_orders();
        self.end_hold_of(&LegName::caller());
        self.hang_up_all_but_caller();
        self.house.come_back(to);
        self.run_on(terms);
        self.call.state = resting.state.into();
        // Keys that were keyed for the other flow are nobody's.
        if let Some(caller) = self.call.legs.get_mut(&LegName::caller()) {
            caller.keyed = Box::default();
        }
        let also = resting.back_on.into_iter().filter(|it| it.known != it.now);
        let also = also.filter(|it| it.switch != why.switch).map(|it| (it.switch, it.now));
        let also: Vec<(String, String)> = also.collect();
        self.tell(Event::CameBack { switch: why.switch.clone(), position: why.position });
        for (name, position) in also {
            self.tell(Event::Switched { name, position });
        }
        // What was turned and would not have brought it back.
        let known = self.call.fronts().map(|fronts| fronts.known.clone()).unwrap_or_default();
        for Known { switch, .. } in known.into_iter().filter(|known| known.switch != why.switch) {
            if let Some(position) = self.house.watch_switch(&switch)
                && self.call.knows_of(&switch) != Some(&position)
            {
                self.tell(Event::Switched { name: switch, position });
            }
        }
    }

    /// Nobody rests any more: the flow is over, and so are those that rested.
    pub(crate) fn end_fronts(&mut self) {
        let Some(rare) = &mut self.call.rare else { return };
        if !mem::take(&mut rare.fronts).resting.is_empty() {
            self.house.rests_no_more();
        }
    }

    /// Who is in conversation with somebody is left so.
    fn hang_up_all_but_caller(&mut self) {
        let legs = &self.call.legs;
        let lonely = legs.iter().filter(|leg| !leg.is_caller() && legs.is_lonely(leg));
        let lonely: Vec<LegId> = lonely.map(|leg| leg.id.clone()).collect();
        lonely.iter().for_each(|leg| self.hang_up(leg, Cause::Normal));
    }
}

#[cfg(test)]
impl Fronts {
    /// With everything that it can have.
    pub(crate) fn example() -> Self {
        let known = |switch: &str| Known { switch: switch.to_owned(), position: "open".to_owned() };
        let back_on =
            BackOn { switch: "hap".to_owned(), known: "open".to_owned(), now: "closed".to_owned() };
        let resting = Resting {
            on: FlowVersion { flow: "flow".into(), version: "1".to_owned() },
            state: vec![1, 2, 3],
            known: vec![known("hap")],
            back_on: vec![back_on],
            terms: None,
        };
        Self { known: vec![known("text")], resting: vec![resting] }
    }
}
