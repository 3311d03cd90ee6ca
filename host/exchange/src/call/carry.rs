//! What the flow orders: checked against the state of the legs and the flow's permissions, and sent
//! on its way. What cannot be done is refused, with an event.

use super::{
    Call, Origin,
    leg::{Leg, Role},
    order::{Dialling, Doing, MoveDone, Open},
};
use crate::Observed;
use std::{sync::Arc, time::Duration};
use strowger_model::{
    AgentName, Command, LegName, Order, OrderId, Outcome, PhoneNumber, Prompt,
    command::{Dial, Field, Target},
    event::{Arrival, Event, Refusal, RefusalReason, Unanswered},
};
use strowger_pbx::{
    port::{Address, LegId, PbxCommand},
    prompts::{TimeOfDay, in_words},
};

/// Why an order is not carried out.
pub(super) fn refusal(reason: RefusalReason, detail: impl Into<String>) -> Refusal {
    Refusal { reason, detail: detail.into() }
}

pub(super) type Carried = Result<(), Refusal>;

impl Call {
    /// Carries out an order, or refuses it.
    pub(super) fn carry(&mut self, order: Order) {
        self.observe(&Observed::Order(&order));
        let Order { id, command } = order;
        let name = command.name();
        if let Err(refusal) = self.check_id(id, &command).and_then(|()| self.carry_out(id, command))
        {
            self.refuse(id, name, refusal);
        }
    }

    /// An id is free, or a timer's that is moved.
    fn check_id(&mut self, id: OrderId, command: &Command) -> Carried {
        if id >= OrderId::FIRST_OF_HOST {
            return Err(refusal(
                RefusalReason::Invalid,
                format!("order {id}: numbers from 0xffff0000 on are the host's"),
            ));
        }
        match self.order_mut(id).map(|open| &open.doing) {
            None => Ok(()),
            Some(Doing::Timing) if matches!(command, Command::Timer { .. }) => Ok(()),
            Some(_) => {
                Err(refusal(RefusalReason::DuplicateId, format!("order {id} is not finished")))
            }
        }
    }

    fn carry_out(&mut self, id: OrderId, command: Command) -> Carried {
        match command {
            Command::Answer => self.answer(id),
            Command::IndicateRinging => {
                let caller = LegName::caller();
                let leg = self.leg(&caller).ok_or_else(|| no_leg(&caller))?.id.clone();
                self.send(PbxCommand::IndicateRinging { leg });
                Ok(())
            }
            Command::Play { leg, prompts, barge_in } => {
                self.up(&leg)?;
                let play = self.play(&leg, self.voiced(prompts)?).ok_or_else(|| no_leg(&leg))?;
                self.open(id, None, Doing::Playing { play, leg, barge_in });
                Ok(())
            }
            Command::KeepWaiting(ask) => self.keep_waiting(id, ask),
            Command::Gather(ask) => self.gather(id, ask),
            Command::EnterQueue(ask) => self.enter_queue(id, *ask),
            Command::Widen { entry, to } => self.widen(entry, to),
            Command::Dial(ask) => self.dial(id, *ask),
            Command::Connect { legs } => self.connect(id, legs),
            Command::Hold { leg } => self.hold(id, leg),
            Command::Resume { leg } => self.resume(id, leg),
            Command::Part { leg } => self.part(id, leg),
            Command::Transfer { leg, target } => self.transfer(id, leg, target),
            Command::ContinueWith { flow, data } => self.continue_with(flow.as_str(), data),
            Command::SendDigits { leg, digits } => {
                let leg = self.up(&leg)?.id.clone();
                let valid = digits.chars().all(|c| matches!(c, '0'..='9' | 'A'..='D' | '*' | '#'));
                if !valid || digits.len() > 64 {
                    return Err(refusal(
                        RefusalReason::Invalid,
                        "at most 64 digits, of 0-9, A-D, * and #",
                    ));
                }
                self.send(PbxCommand::SendDigits { leg, digits });
                self.outcome(id, Outcome::Done);
                Ok(())
            }
            Command::Timer { after } => {
                let due = self.in_(after);
                // A timer that is moved has not gone off.
                self.unseen.retain(
                    |event| !matches!(event, Event::Order { id: other, .. } if *other == id),
                );
                match self.order_mut(id) {
                    Some(open) => open.due = Some(due),
                    None => self.open(id, Some(due), Doing::Timing),
                }
                Ok(())
            }
            Command::Cancel { order } => {
                self.unseen
                    .retain(|event| !matches!(event, Event::Order { id, .. } if *id == order));
                if let Some(open) = self.remove_order(order) {
                    self.take_back(open);
                }
                Ok(())
            }
            Command::Mail { template, to, fields } => self.mail(template, to, &fields),
            Command::Case { kind, fields } => self.case(kind, fields),
            Command::Note(Field { key, value }) => {
                match self.record.notes.iter_mut().find(|note| note.key == key) {
                    Some(note) => note.value = value,
                    None => self.record.notes.push(Field { key, value }),
                }
                Ok(())
            }
            Command::Tag { tag } => {
                if !self.record.tags.contains(&tag) {
                    self.record.tags.push(tag);
                }
                Ok(())
            }
            Command::Alarm { what, .. } => {
                tracing::warn!(call = %self.id, flow = %self.flow.name, "alarm: {what}");
                Ok(())
            }
            Command::Agent { agent, action, proof } => {
                self.order_of_agent(id, &agent, action, proof)
            }
            Command::HangUp { leg: Some(leg), cause } => {
                let id = self.leg(&leg).ok_or_else(|| no_leg(&leg))?.id.clone();
                self.hang_up(&id, cause);
                Ok(())
            }
            Command::HangUp { leg: None, cause } => {
                let all: Vec<LegId> = self
                    .legs
                    .iter()
                    .filter(|leg| leg.is_visible())
                    .map(|leg| leg.id.clone())
                    .collect();
                all.iter().for_each(|leg| self.hang_up(leg, cause));
                Ok(())
            }
            Command::Finish { outcome } => {
                self.finish(&outcome);
                Ok(())
            }
            Command::Watch { leg, patterns } => self.watch(id, leg, patterns),
            Command::Listen { leg, agent, mode } => self.listen(id, leg, &agent, mode),
            Command::Record { .. }
            | Command::Disposition { .. }
            | Command::SetSwitch { .. }
            | Command::OpenCampaign { .. }
            | Command::StopCampaign { .. }
            | Command::Claim { .. } => Err(refusal(
                RefusalReason::Unsupported,
                format!("this host does not carry out {} yet", command.name()),
            )),
        }
    }

    // ------------------------------------------------------------------ the caller

    fn answer(&mut self, id: OrderId) -> Carried {
        let caller = LegName::caller();
        let leg = self.leg(&caller).ok_or_else(|| no_leg(&caller))?;
        let (leg, up) = (leg.id.clone(), leg.up);
        self.open(id, None, Doing::Answering);
        if !up {
            if let Some(caller) = self.leg_by_id(&leg) {
                caller.up = true;
            }
            self.send(PbxCommand::Answer { leg });
        } else if self.record.answered.is_some() {
            // Perhaps by a flow that had the call before this one.
            self.outcome(id, Outcome::Answered);
        }
        Ok(())
    }

    // ------------------------------------------------------------------ dialling

    fn dial(&mut self, id: OrderId, ask: Dial) -> Carried {
        self.check_free(&ask.leg)?;
        let permitted = self.permitted(&ask.target)?;
        let caller_id = match &ask.caller_id {
            None => self.flow.caller_id.as_ref().map(PhoneNumber::to_string),
            Some(number) if self.may_show(number) => Some(number.to_string()),
            Some(number) => {
                return Err(refusal(
                    RefusalReason::NotPermitted,
                    format!("{number} is neither the flow's caller-id nor a number that it serves"),
                ));
            }
        };
        if ask.machine_detection {
            return Err(refusal(
                RefusalReason::Unsupported,
                "this host does not tell people from machines yet",
            ));
        }
        if let Some(entry) = ask.keep_place
            && !self.is_queueing(entry)
        {
            return Err(refusal(
                RefusalReason::UnknownName,
                format!("keep-place: order {entry} is not in a queue"),
            ));
        }
        let agent = self.exchange.agent_called(&ask.target);
        if let Some(agent) = &agent
            && !self.engage(id, agent)?
        {
            self.outcome(id, Outcome::Unanswered(Unanswered::Busy));
            return Ok(());
        }
        let to =
            agent.as_ref().and_then(|agent| self.agent_address(agent).ok()).unwrap_or(permitted);
        let leg = LegId(format!("{}-{}-{}", self.id, self.record.steps, self.index).into());
        let due = self.in_(ask.set_up_limit);
        let limit = ask.limit.duration(self.flow.site.cadence);
        self.legs.push(Leg {
            engages: agent,
            ..Leg::new(ask.leg.clone(), leg.clone(), Role::Dialled(id))
        });
        self.exchange.enrol_leg(&leg, self.id);
        self.send(PbxCommand::Dial { leg, to, caller_id, display_name: ask.display_name });
        let dialling = Dialling {
            leg: ask.leg,
            limit,
            keep_place: ask.keep_place,
            confirm: ask.confirm,
            asking: None,
        };
        self.open(id, Some(due), Doing::Dialling(Box::new(dialling)));
        Ok(())
    }

    /// The address of a target that the flow may dial.
    pub(super) fn permitted(&self, target: &Target) -> Result<Address, Refusal> {
        let permissions = &self.flow.permissions;
        let (address, allowed) = match target {
            Target::Number(number) => {
                (Address::Number(number.to_string()), permissions.may_dial(number.as_str()))
            }
            Target::Extension(extension) => {
                let valid = !extension.is_empty()
                    && extension.chars().all(|c| matches!(c, '0'..='9' | '*' | '#'));
                if !valid {
                    return Err(refusal(
                        RefusalReason::Invalid,
                        format!("{extension:?} is not an extension: digits, * and #"),
                    ));
                }
                (Address::Extension(extension.clone()), permissions.may_dial(extension))
            }
            Target::Address(address) => {
                (Address::Endpoint(address.clone()), permissions.may_use_address(address))
            }
            Target::Agent(agent) => (self.agent_address(agent)?, self.may_use_agent(agent)),
        };
        match allowed {
            true => Ok(address),
            false => Err(refusal(
                RefusalReason::NotPermitted,
                format!("{target:?}: the flow file does not permit it; see [permissions]"),
            )),
        }
    }

    /// The first endpoint of an agent.
    fn agent_address(&self, agent: &AgentName) -> Result<Address, Refusal> {
        self.exchange.endpoint(agent, 0).map(|target| address_of(&target)).ok_or_else(|| {
            refusal(RefusalReason::UnknownName, format!("there is no agent {agent}"))
        })
    }

    // ------------------------------------------------------------------ conversations

    fn connect(&mut self, id: OrderId, legs: Vec<LegName>) -> Carried {
        let (Some(first), true) = (legs.first(), legs.len() > 1) else {
            return Err(refusal(RefusalReason::Invalid, "two legs at least"));
        };
        let to = self.up(first)?.place.clone();
        for leg in &legs {
            self.up(leg)?;
        }
        for leg in &legs {
            self.end_company_of(leg);
            self.end_hold_of(leg);
        }
        let moving = self.move_all(&legs[1..], &to);
        self.come_back_to(&legs, &to);
        self.moving(id, moving, MoveDone::Joined);
        Ok(())
    }

    fn part(&mut self, id: OrderId, leg: LegName) -> Carried {
        let moving = self.set_apart(&leg)?;
        self.end_hold_of(&leg);
        self.moving(id, moving, MoveDone::Done);
        Ok(())
    }

    fn hold(&mut self, id: OrderId, name: LegName) -> Carried {
        let leg = self.up(&name)?;
        if leg.held_from.is_some() {
            return Err(refusal(RefusalReason::WrongState, format!("{name} is held already")));
        }
        let Some(with) =
            self.legs.iter().find(|other| other.is_with(leg)).map(|other| other.id.clone())
        else {
            return Err(refusal(
                RefusalReason::WrongState,
                format!("{name} is in conversation with nobody"),
            ));
        };
        let moving = self.set_apart(&name)?;
        let id_at_pbx = self.up(&name)?.id.clone();
        if let Some(leg) = self.leg_by_id(&id_at_pbx) {
            leg.held_from = Some(with);
        }
        self.hold_music(id_at_pbx);
        self.moving(id, moving, MoveDone::Done);
        Ok(())
    }

    pub(super) fn hold_music(&mut self, leg: LegId) {
        let class = self.flow.site.music.values().next().cloned();
        self.send(PbxCommand::Music { leg, class });
    }

    fn resume(&mut self, id: OrderId, name: LegName) -> Carried {
        let leg = self.up(&name)?;
        let with = leg
            .held_from
            .clone()
            .ok_or_else(|| refusal(RefusalReason::WrongState, format!("{name} is not held")))?;
        let Some(to) = self
            .legs
            .iter()
            .find(|other| other.id == with && other.up && !other.is_ending())
            .map(|other| other.place.clone())
        else {
            return Err(refusal(
                RefusalReason::WrongState,
                format!("whom {name} was held from is gone"),
            ));
        };
        self.end_hold_of(&name);
        let moving = self.move_all(&[name], &to);
        self.moving(id, moving, MoveDone::Done);
        Ok(())
    }

    /// A leg that was held hears no music any more.
    fn end_hold_of(&mut self, name: &LegName) {
        let Some(leg) = self.legs.iter_mut().find(|leg| leg.is_visible() && &leg.name == name)
        else {
            return;
        };
        if leg.held_from.take().is_some() {
            let leg = leg.id.clone();
            self.send(PbxCommand::Music { leg, class: None });
        }
    }

    /// Has a leg be alone in its own conversation: it goes there, or the others leave it. Gives who
    /// is on the way.
    pub(super) fn set_apart(&mut self, name: &LegName) -> Result<Vec<LegName>, Refusal> {
        let leg = self.up(name)?;
        if leg.place != leg.id {
            let own = leg.id.clone();
            return Ok(self.move_all(std::slice::from_ref(name), &own));
        }
        let others: Vec<LegName> = self
            .legs
            .iter()
            .filter(|other| other.is_with(leg))
            .map(|other| other.name.clone())
            .collect();
        let elsewhere =
            self.legs.iter().find(|other| other.is_with(leg)).map(|other| other.id.clone());
        Ok(elsewhere.map_or_else(Vec::new, |to| self.move_all(&others, &to)))
    }

    /// Sends legs to a conversation and gives those that were not there already.
    pub(super) fn move_all(&mut self, names: &[LegName], to: &LegId) -> Vec<LegName> {
        let mut moving = Vec::new();
        for name in names {
            let Some(leg) = self.legs.iter_mut().find(|leg| leg.is_visible() && &leg.name == name)
            else {
                continue;
            };
            if leg.place != *to {
                leg.place = to.clone();
                let leg = leg.id.clone();
                moving.push(name.clone());
                self.send(PbxCommand::Move { leg, to: to.clone() });
            }
        }
        moving
    }

    fn moving(&mut self, id: OrderId, legs: Vec<LegName>, done: MoveDone) {
        match legs.is_empty() {
            true => self.outcome(id, done.outcome()),
            false => self.open(id, None, Doing::Moving { legs, done }),
        }
    }

    // ------------------------------------------------------------------ away from here

    fn transfer(&mut self, id: OrderId, name: LegName, target: Option<Target>) -> Carried {
        let to = target.as_ref().map(|target| self.permitted(target)).transpose()?;
        let leg = self.leg(&name).ok_or_else(|| no_leg(&name))?.id.clone();
        if name.is_caller() && to.is_some() {
            self.note_overflow();
        }
        self.send_away(leg, to);
        self.open(id, None, Doing::Transferring { leg: name });
        Ok(())
    }

    fn continue_with(&mut self, flow: &str, data: String) -> Carried {
        let snapshot = self.exchange.catalogue.current();
        if !self.flow.permissions.may_continue_with(flow) {
            return Err(refusal(
                RefusalReason::NotPermitted,
                format!("flow {flow}: the flow file does not permit it; see [permissions]"),
            ));
        }
        let Some(next) = snapshot.flows.get(flow) else {
            return Err(refusal(RefusalReason::UnknownName, format!("there is no flow {flow:?}")));
        };
        if crate::is_full(next) {
            return Err(refusal(
                RefusalReason::OverLimit,
                format!("{flow} has as many calls as its limit allows"),
            ));
        }
        let next = next.begin();
        self.drop_orders();
        self.flow = next;
        self.state = Box::default();
        self.on_new_version = true;
        self.record.flow = self.flow.name.clone();
        self.record.version = self.flow.version.to_string();
        let Origin { caller_name, endpoint, diverted_from, line, adapter } = (*self.origin).clone();
        let arrival = Arrival {
            call: self.id,
            caller: self.record.caller.clone(),
            caller_name,
            endpoint,
            dialled: self.record.dialled.clone(),
            diverted_from,
            line,
            adapter,
            data,
            at: self.exchange.clock.now(),
        };
        self.tell(Event::Arrived(Box::new(arrival)));
        Ok(())
    }

    // ------------------------------------------------------------------ small things that the
    // others share

    pub(super) fn open(&mut self, id: OrderId, due: Option<Duration>, doing: Doing) {
        self.orders.push(Open { id, due, doing });
    }

    /// So long from now, in the exchange's monotonic time.
    pub(super) fn in_(&self, after: Duration) -> Duration {
        self.exchange.clock.elapsed() + after
    }

    /// A leg that is answered.
    pub(super) fn up(&self, name: &LegName) -> Result<&Leg, Refusal> {
        let leg = self.leg(name).ok_or_else(|| no_leg(name))?;
        match leg.up {
            true => Ok(leg),
            false => Err(refusal(RefusalReason::WrongState, format!("{name} is not answered"))),
        }
    }

    /// A name that no leg bears and no order has set aside.
    pub(super) fn check_free(&self, name: &LegName) -> Carried {
        let reserved = self
            .orders
            .iter()
            .any(|order| matches!(&order.doing, Doing::Queueing(q) if &q.ask.agent_leg == name));
        match name.is_caller()
            || reserved
            || self.legs.iter().any(|leg| leg.is_visible() && &leg.name == name)
        {
            true => Err(refusal(
                RefusalReason::WrongState,
                format!("a leg named {name} is there already"),
            )),
            false => Ok(()),
        }
    }

    fn may_show(&self, number: &PhoneNumber) -> bool {
        self.flow.caller_id.as_ref() == Some(number)
            || self.flow.numbers.iter().any(|pattern| pattern.matches(number.as_str()))
            || self.flow.permissions.may_show(number.as_str())
    }

    /// Prompts in the flow's language where they name none, figures in words where that is not the
    /// site's, and with the flow's own recordings before the site's.
    pub(super) fn voiced(&self, prompts: Vec<Prompt>) -> Result<Arc<[Prompt]>, Refusal> {
        let voiced = prompts.into_iter().map(|prompt| match prompt {
            Prompt::Text { text, language: None } => {
                Ok(Prompt::Text { text, language: Some(self.flow.language.clone()) })
            }
            Prompt::Recording(name) => match self.flow.recording(&name) {
                Some(_) => Ok(Prompt::Recording(format!("{}/prompts/{name}", self.flow.name))),
                None => Err(refusal(
                    RefusalReason::UnknownName,
                    format!("there is no recording {name:?}"),
                )),
            },
            // The PBX says these in the language of the site.
            figure if self.flow.language != self.flow.site.language => {
                let site = self.flow.site.clone();
                let time_of_day: TimeOfDay = Arc::new(move |at| {
                    let moment = site.moment(at);
                    (moment.hour, moment.minute)
                });
                Ok(in_words(figure, &self.flow.language, &time_of_day))
            }
            prompt => Ok(prompt),
        });
        voiced.collect()
    }
}

/// Where the PBX finds an endpoint. An agent has no address but those of its endpoints.
pub(super) fn address_of(target: &Target) -> Address {
    match target {
        Target::Number(number) => Address::Number(number.to_string()),
        Target::Extension(extension) => Address::Extension(extension.clone()),
        Target::Address(address) => Address::Endpoint(address.clone()),
        Target::Agent(agent) => Address::Endpoint(agent.to_string()),
    }
}

fn no_leg(name: &LegName) -> Refusal {
    refusal(RefusalReason::UnknownName, format!("there is no leg {name}"))
}

impl MoveDone {
    pub(super) fn outcome(self) -> Outcome {
        match self {
            Self::Joined => Outcome::Joined,
            Self::Done => Outcome::Done,
        }
    }
}

impl Doing {
    /// Whether it is about a leg that, gone, leaves it without an outcome.
    pub(super) fn is_of(&self, name: &LegName) -> bool {
        match self {
            Self::Answering => name.is_caller(),
            Self::Playing { leg, .. } | Self::Transferring { leg } => leg == name,
            Self::KeepingCompany(company) => &company.leg == name,
            Self::Gathering(gathering) => &gathering.ask.leg == name,
            Self::Watching(watching) => &watching.leg == name,
            Self::Listening(listening) => &listening.leg == name,
            Self::Queueing(queueing) => queueing.ask.with_caller && name.is_caller(),
            Self::Moving { legs, .. } => legs.contains(name),
            Self::Dialling(_) | Self::Timing | Self::Proving(_) => false,
        }
    }
}
