//! The transfer key of a phone: it asks that those in conversation with it be given to somebody
//! else. The PBX does nothing by itself, so only what the flow may dial can be reached.
//!
//! A blind transfer: the host dials the target. Whoever answers takes the place of the phone under
//! the same name of leg, so the flow goes on as if it were the same leg. Until then the phone keeps
//! its place; if it hangs up before, the others hear music. An attended (announced) transfer: the
//! phone has another call, and whoever is transferred goes there. If that is a call of the host, they
//! take the place of the phone in it ([`crate::takeover`]). If it is a call of the PBX's own, they go
//! to the one whom the phone has reached.

use super::{Carried, refusal, transfer::Transferring};
use crate::{
    Phase,
    legs::{Leg, Role},
    orders::Kind,
    turn::Turn,
};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use strowger_call_port::Takeover;
use strowger_model::{
    AgentName, Event, LegName, OrderId, Outcome,
    command::Target,
    event::{Cause, Refusal, RefusalReason},
    strangers::Logged,
};
use strowger_pbx::port::{Address, Announced, LegId, PbxCommand, TransferAsked};

/// From dialling to the first sign of ringing, and how long it may ring then.
const SET_UP: Duration = Duration::from_secs(10);
const RINGING: Duration = Duration::from_secs(30);
/// A phone that is gone so soon after it was told that nothing comes of its transfer had left
/// already, and has not hung up on the caller.
const GOES_ALL_THE_SAME: Duration = Duration::from_secs(2);

/// Somebody is dialled in the place of a phone. Under the number of the flow's order, or under one
/// of the host's.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Replacing {
    /// The leg that is dialled.
    pub(crate) leg: LegId,
    /// The leg of the phone.
    pub(crate) of: LegId,
    /// The phone has hung up meanwhile; why.
    pub(crate) gone: Option<(Box<Leg>, Cause)>,
}

impl Kind for Replacing {
    fn is_of(&self, _: &LegName) -> bool {
        false
    }

    fn take_back(self, _: OrderId, turn: &mut Turn<'_>) {
        turn.hang_up(&self.leg, Cause::Normal);
        turn.not_replaced(self);
    }

    fn leg_gone(&self, _: &LegName) -> Option<Outcome> {
        None
    }

    /// The set-up or the ringing took too long.
    fn due(id: OrderId, turn: &mut Turn<'_>) {
        turn.replacement_failed(id, "nobody answered");
    }
}

// ---------------------------------------------------------------------- what is asked

impl Turn<'_> {
    /// A phone asks. The flow may decide first.
    pub(crate) fn transfer_asked(&mut self, asked: TransferAsked) {
        // One at a time: what comes of the first is told for both.
        let of_phone = |replacing: &Replacing| replacing.of == asked.leg;
        let busy = self.call.orders.find(of_phone).is_some();
        let leg = self.call.legs.by_id_mut(&asked.leg);
        let Some(leg) = leg.filter(|leg| leg.up && leg.is_visible() && !busy) else { return };
        let (name, target) = (leg.name.clone(), asked.to.clone());
        leg.asks = Some(Box::new(asked));
        let event = Event::TransferAsked { leg: name.clone(), target };
        match self.call.phase == Phase::Served && self.house.knows(&event) {
            true => self.tell(event),
            false => self.transfer_as_asked(&name),
        }
    }

    /// What the flow did not settle.
    pub(crate) fn transfer_as_asked(&mut self, name: &LegName) {
        let Some(id) = self.own_order() else { return };
        let leg = self.call.legs.get(name).filter(|leg| leg.asks.is_some());
        let Some(leg) = leg.map(|leg| leg.id.clone()) else { return };
        if let Err(Refusal { detail, .. }) = self.carry_transfer(id, &leg, None) {
            let (call, flow) = (self.call.id, &self.call.terms.name);
            tracing::warn!(%call, %flow, leg = %name, "a phone's transfer is refused: {}", Logged(detail));
            self.refuse_transfer(&leg);
        }
    }

    /// A number of the host's that no order and no leg has.
    fn own_order(&self) -> Option<OrderId> {
        let is_of =
            |leg: &Leg, id| matches!(leg.role, Role::Substitute { order, .. } if order == id);
        let free = |id: &OrderId| {
            let taken = self.call.legs.iter().any(|leg| is_of(leg, *id));
            !taken && self.call.orders.any(*id).is_none()
        };
        (OrderId::FIRST_OF_HOST.0..).map(OrderId).find(free)
    }

    /// The flow settles it.
    pub(crate) fn settle_transfer(
        &mut self,
        id: OrderId,
        name: &LegName,
        to: Option<Target>,
    ) -> Carried {
        let leg = self.call.legs.named(name)?;
        if leg.asks.is_none() {
            let why = format!("{name} has not asked for a transfer, or it is settled");
            return Err(refusal(RefusalReason::WrongState, why));
        }
        let leg = leg.id.clone();
        let Some(target) = to else {
            self.refuse_transfer(&leg);
            self.outcome(id, Outcome::Done);
            return Ok(());
        };
        let carried = self.carry_transfer(id, &leg, Some(target));
        if carried.is_err() {
            self.refuse_transfer(&leg);
        }
        carried
    }

    /// The phone is told that nothing comes of it.
    fn refuse_transfer(&mut self, id: &LegId) {
        if let Some(leg) = self.call.legs.by_id_mut(id).filter(|leg| !leg.is_ending()) {
            leg.asks = None;
            let refused = Some((id.clone(), self.now.elapsed));
            self.call.rare.get_or_insert_default().refused = refused;
            self.send(PbxCommand::RefuseTransfer { leg: id.clone() });
        }
    }

    fn carry_transfer(&mut self, id: OrderId, leg: &LegId, to: Option<Target>) -> Carried {
        let wrong = |why: &str| Err(refusal(RefusalReason::WrongState, why));
        let asks =
            self.call.legs.by_id_mut(leg).and_then(|leg| Some((leg.asks.take()?, leg.clone())));
        let Some((asked, leg)) = asks else { return Ok(()) };
        if leg.is_caller() {
            let why = "the caller's own phone may not transfer anybody";
            return Err(refusal(RefusalReason::NotPermitted, why));
        }
        let others: Vec<Leg> = self.call.legs.with(&leg).cloned().collect();
        let (Some(other), alone) = (others.first(), others.len() == 1) else {
            return wrong("the phone is in conversation with nobody");
        };
        let target = || to.map_or_else(|| Ok(self.keyed(&asked.to)), Ok::<_, Refusal>);
        match asked.announced {
            None => self.replace(id, &leg, &target()?),
            // One leg can go to another call; more could not stay together.
            Some(_) if !alone || other.agent().is_some() => {
                wrong("whom to give to the phone's other call is not clear")
            }
            Some(Announced::Leg(of)) => self.give_away(id, other, &leg.id, of),
            Some(Announced::Call(call)) => {
                let target = target()?;
                self.whom_to_dial(&target, self.house.agent_called(&target).as_ref())?;
                if id < OrderId::FIRST_OF_HOST {
                    let leg = other.name.clone();
                    self.call.orders.open(id, None, Transferring { leg });
                }
                self.send_away(&other.id, Some(Address::Call(call)));
                self.hang_up(&leg.id, Cause::Normal);
                Ok(())
            }
        }
    }

    /// What a keyed number means by itself.
    fn keyed(&self, to: &str) -> Target {
        let terms = &self.call.terms;
        let may = |number: &str| terms.permissions.may_dial(number);
        let number = terms.site.numbering.written(to);
        let number = number.filter(|number| may(number.as_str()) || !may(to));
        number.map_or_else(|| Target::Extension(to.to_owned()), Target::Number)
    }

    /// One who talks with a phone goes to the other call of that phone.
    fn give_away(&mut self, id: OrderId, other: &Leg, phone: &LegId, of: LegId) -> Carried {
        let (record, origin) = (&self.call.kept.record, &self.call.kept.origin);
        let mut takeover = Takeover { leg: other.id.clone(), of, ..Takeover::default() };
        if other.role == Role::Caller {
            takeover.caller.clone_from(&record.caller);
            takeover.caller_name.clone_from(&origin.caller_name);
            takeover.endpoint.clone_from(&origin.endpoint);
        }
        if !self.house.hand_over(takeover) {
            let why = "the other call of the phone is over";
            return Err(refusal(RefusalReason::WrongState, why));
        }
        self.call.legs.remove(&other.id);
        if id < OrderId::FIRST_OF_HOST {
            self.tell(Event::Order { id, outcome: Outcome::Transferred });
        }
        if other.known {
            self.tell(Event::HungUp { leg: other.name.clone(), cause: Cause::Normal });
        }
        self.hang_up(phone, Cause::Normal);
        if self.call.phase == Phase::Over {
            self.hang_up_lonely();
        }
        Ok(())
    }
}

// ---------------------------------------------------------------------- one in the place of another

impl Turn<'_> {
    /// Dials somebody who will take the place of a phone.
    fn replace(&mut self, id: OrderId, phone: &Leg, target: &Target) -> Carried {
        let agent = self.house.agent_called(target);
        let (to, caller_id) = self.whom_to_dial(target, agent.as_ref())?;
        if let Some(agent) = &agent
            && !self.engage(id, agent)?
        {
            return Err(refusal(RefusalReason::WrongState, format!("agent {agent} is engaged")));
        }
        self.call.plays += 1;
        let leg = LegId(format!("{}-t{}", self.call.id, self.call.plays).into());
        let role = Role::Substitute { order: id, of: Some(phone.id.clone()) };
        let dialled = Leg::new(phone.name.clone(), leg.clone(), role);
        let away_from = Some(phone.place.clone());
        let confirm = agent.as_ref().and_then(|agent| self.to_confirm(agent, 0));
        self.call.legs.add(Leg { engages: agent, away_from, confirm, ..dialled });
        self.house.enrol(&leg);
        self.send(PbxCommand::Dial { leg: leg.clone(), to, caller_id, display_name: None });
        let replacing = Replacing { leg, of: phone.id.clone(), gone: None };
        let due = self.in_(SET_UP);
        self.call.orders.open(id, Some(due), replacing);
        Ok(())
    }

    /// The address of a target, and the number that is shown there: inside, that of the caller.
    pub(crate) fn whom_to_dial(
        &self,
        target: &Target,
        agent: Option<&AgentName>,
    ) -> Result<(Address, Option<String>), Refusal> {
        let to = match agent {
            Some(agent) if self.may_use_agent(agent) => self.agent_address(agent)?,
            Some(agent) => {
                self.permitted(target)?;
                self.agent_address(agent)?
            }
            None => self.permitted(target)?,
        };
        let own = || self.own_number().as_ref().map(ToString::to_string);
        let shown = match target {
            Target::Number(_) => own(),
            _ => self.call.kept.record.caller.clone(),
        };
        Ok((to, shown))
    }

    pub(crate) fn replacement_rings(&mut self, order: OrderId) {
        if self.call.orders.get::<Replacing>(order).is_some() {
            let due = self.in_(RINGING);
            self.call.orders.set_due(order, Some(due));
        }
    }

    /// Somebody has answered in the place of a phone.
    pub(crate) fn replacement_answered(&mut self, order: OrderId, id: &LegId) {
        let Some(replacing) = self.call.orders.take::<Replacing>(order) else {
            return self.hang_up(id, Cause::Normal);
        };
        let there = self.call.legs.by_id(&replacing.of).cloned();
        let before = there.clone().or_else(|| Some(*replacing.gone.clone()?.0));
        let waits_at = before.as_ref().map(|phone| phone.place.clone());
        let other = self.call.legs.iter().find(|leg| {
            leg.is_visible()
                && leg.up
                && leg.id != replacing.of
                && Some(&leg.place) == waits_at.as_ref()
        });
        let (Some(before), Some(other)) = (before, other.map(|leg| leg.name.clone())) else {
            self.hang_up(id, Cause::Normal);
            return self.say_not_replaced(order, replacing, "there is nobody left to talk with");
        };
        let Some(to) = self.place_of(&other) else { return };
        if there.is_none() {
            self.music_in(&to, false);
        }
        if let Some(phone) = self.call.legs.by_id_mut(&replacing.of) {
            phone.known = false;
        }
        self.hang_up(&replacing.of, Cause::Normal);
        if let Some(leg) = self.call.legs.by_id_mut(id) {
            leg.role = Role::Substitute { order, of: None };
            leg.known = before.known;
            leg.held_from = before.held_from;
            leg.away_from = None;
            leg.place = to.clone();
            let (leg, agent) = (leg.id.clone(), leg.engages.clone());
            if let Some(agent) = agent {
                self.house.talks(&agent, &leg);
            }
            self.send(PbxCommand::Move { leg, to });
        }
        if order < OrderId::FIRST_OF_HOST {
            self.tell(Event::Order { id: order, outcome: Outcome::Transferred });
        }
    }

    /// The phone that asked has hung up, and somebody is still being dialled in its place: the
    /// others wait. False: nobody is dialled.
    pub(crate) fn waits_for_replacement(&mut self, phone: &Leg, cause: Cause) -> bool {
        let of_phone = |replacing: &Replacing| replacing.of == phone.id;
        let Some((id, replacing)) = self.call.orders.find_mut(of_phone) else { return false };
        if phone.is_ending() {
            self.take_back(id);
            return false;
        }
        replacing.gone = Some((Box::new(phone.clone()), cause));
        let leg = replacing.leg.clone();
        let with_phone =
            |other: &&Leg| other.up && other.is_visible() && other.place == phone.place;
        let other = self.call.legs.iter().find(with_phone).map(|other| other.name.clone());
        let Some(other) = other else {
            self.take_back(id);
            return true;
        };
        let Some(place) = self.place_of(&other) else { return true };
        self.music_in(&place, true);
        if let Some(leg) = self.call.legs.by_id_mut(&leg) {
            leg.away_from = Some(place.clone());
        }
        let waits = self.call.orders.get_mut::<Replacing>(id);
        if let Some((phone, _)) = waits.and_then(|replacing| replacing.gone.as_mut()) {
            phone.place = place;
        }
        true
    }

    /// Nobody takes the place of a phone: the leg that was dialled is hung up.
    pub(crate) fn replacement_failed(&mut self, order: OrderId, why: &str) {
        if let Some(replacing) = self.call.orders.take::<Replacing>(order) {
            self.hang_up(&replacing.leg, Cause::Normal);
            self.say_not_replaced(order, replacing, why);
        }
    }

    /// That the phone has gone, if it has, is told first: the flow then knows that the others are
    /// alone.
    fn say_not_replaced(&mut self, order: OrderId, replacing: Replacing, why: &str) {
        self.not_replaced(replacing);
        if order < OrderId::FIRST_OF_HOST {
            let outcome = Outcome::NotTransferred { why: why.to_owned() };
            self.tell(Event::Order { id: order, outcome });
        }
    }

    /// The phone is told so, or it has hung up and is gone for good.
    fn not_replaced(&mut self, replacing: Replacing) {
        let Some((phone, cause)) = replacing.gone else {
            return self.refuse_transfer(&replacing.of);
        };
        self.strand_caller();
        self.music_in(&phone.place, false);
        if phone.known {
            self.tell(Event::HungUp { leg: phone.name, cause });
        }
        if self.call.phase == Phase::Over {
            self.hang_up_lonely();
        }
    }

    /// A phone is gone.
    pub(crate) fn goes_all_the_same(&mut self, phone: &Leg) {
        let refused = self.call.rare.as_ref().and_then(|rare| rare.refused.as_ref());
        let refused = refused.filter(|(leg, _)| *leg == phone.id);
        let until = refused.map(|(_, at)| *at + GOES_ALL_THE_SAME);
        if !phone.is_ending() && until.is_some_and(|until| self.now.elapsed < until) {
            self.strand_caller();
        }
    }

    /// The caller was to be transferred, and nobody is there: if the flow is over, or ends when it
    /// sees that, it is not the caller who wanted to hang up.
    fn strand_caller(&mut self) {
        self.call.rare.get_or_insert_default().stranded = true;
    }
}
