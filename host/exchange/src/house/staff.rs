//! What agents do, and where they are.
//!
//! Owns the seats: the phone that each agent has logged in at, which rings first until the agent
//! logs out. A seat is part of how the agent stands ([`AgentStanding::at`]), so the journal keeps
//! it. Whether somebody may act for an agent is asked before, by the call (`strowger_call`); who
//! comes here has been let in.

use crate::{
    Exchange,
    house::{pins::Pins, plan},
};
use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};
use strowger_journal::Change;
use strowger_model::{
    AgentName, AgentStanding, QueueName, Timestamp,
    command::{AgentAction, Target},
    event::{Refusal, RefusalReason},
    read::{AgentFigures, AgentStatus, Authority, QueueFigures},
};
use strowger_routing::{FloorAction, Input, RefusedInput};
use strowger_site::{Agent, Endpoint, Permissions, Site, address::address};

/// Where agents have logged in, other than at their own first phone.
pub(crate) type Seats = BTreeMap<AgentName, Target>;

/// What is known of agents besides how they stand on the floor.
#[derive(Default)]
pub(crate) struct Staff {
    /// Locked after the site, and before the floor: what an agent does is done whole, and
    /// journalled in its order.
    seats: Mutex<Seats>,
    /// By which agents prove who they are.
    pub(crate) pins: Pins,
}

impl Staff {
    /// A map is whole between any two of its operations, also if a holder of the lock panicked.
    pub(crate) fn seats(&self) -> MutexGuard<'_, Seats> {
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn unknown(what: impl std::fmt::Display) -> Refusal {
    Refusal { reason: RefusalReason::UnknownName, detail: what.to_string() }
}

impl Exchange {
    /// What an agent (name or extension) does, at a phone, by API or in a scenario. Queues are
    /// given by name or code.
    ///
    /// # Errors
    /// There is no such agent or queue; or the agent is not logged in and wants to pause.
    pub fn agent(&self, agent: &AgentName, action: AgentAction) -> Result<(), Refusal> {
        let site = self.site.lock().unwrap_or_else(PoisonError::into_inner);
        let site = site.as_ref().ok_or_else(|| unknown("there is no site file yet"))?;
        let agent = site
            .agent(agent.as_str())
            .ok_or_else(|| unknown(RefusedInput::UnknownAgent(agent.clone())))?;
        let queue = |key: QueueName| match site.queue(key.as_str()) {
            Some(queue) => Ok(queue.name.clone()),
            None => Err(unknown(RefusedInput::UnknownQueue(key))),
        };
        let mut seats = self.staff.seats();
        let does = |action: FloorAction| {
            let done = self.tell_floor(Input::Agent { agent: agent.name.clone(), action }, None);
            done.map_err(|refused| match refused {
                RefusedInput::NotLoggedIn(_) => {
                    Refusal { reason: RefusalReason::WrongState, detail: refused.to_string() }
                }
                refused => unknown(refused),
            })
        };
        let sits = |at: Option<&Target>| {
            let endpoints = agent
                .endpoints_at(at)
                .iter()
                .map(|endpoint| self.phones.config(endpoint))
                .collect();
            self.tell_floor(Input::Endpoints { agent: agent.name.clone(), endpoints }, None)
                .map_err(unknown)
        };
        match action {
            AgentAction::LogIn(at) => {
                let own = matches!(at, Target::Agent(_))
                    || agent.endpoints.first().is_some_and(|first| first.target == at);
                match own {
                    true => drop(seats.remove(&agent.name)),
                    false => drop(seats.insert(agent.name.clone(), at)),
                }
                self.watch_phones(site, &seats, false);
                sits(seats.get(&agent.name))?;
                does(FloorAction::LogIn)?;
            }
            AgentAction::LogOut => {
                does(FloorAction::LogOut)?;
                seats.remove(&agent.name);
                self.watch_phones(site, &seats, false);
                sits(None)?;
            }
            AgentAction::Ready => drop(does(FloorAction::Ready)?),
            AgentAction::Pause(reason) => drop(does(FloorAction::Pause(reason))?),
            AgentAction::Join(key) => drop(does(FloorAction::Join(queue(key)?))?),
            AgentAction::Leave(key) => drop(does(FloorAction::Leave(queue(key)?))?),
        }
        self.journal_agent(&agent.name, &seats);
        Ok(())
    }

    /// Has the journal know how an agent stands: whenever that has changed, but for ringing and
    /// talking.
    pub(crate) fn keep_agent(&self, agent: &AgentName) {
        self.journal_agent(agent, &self.staff.seats());
    }

    fn journal_agent(&self, agent: &AgentName, seats: &Seats) {
        let Some(journal) = &self.journal else { return };
        // A call may know an agent who was renamed meanwhile.
        let site = self.catalogue.current().site.clone();
        let agent = site.now_called(agent);
        if let Some(standing) = self.floor.look(|floor, _| floor.standing(agent.as_str())) {
            let at = seats.get(agent).cloned();
            journal.keep(Change::Agent {
                agent: agent.clone(),
                standing: AgentStanding { at, ..crate::wake::kept(standing) },
            });
        }
    }

    /// Gives the floor the queues and agents of a site. `before`: the site until now.
    pub(crate) fn furnish(&self, site: &Site, before: Option<&Site>) {
        let mut seats = self.staff.seats();
        for agent in site.agents.values() {
            let was = plan::who_was(agent, site, before);
            let was = was.filter(|was| !site.agents.contains_key(was));
            if let Some(at) = was.and_then(|was| seats.remove(&was)) {
                seats.entry(agent.name.clone()).or_insert(at);
            }
        }
        self.watch_phones(site, &seats, false);
        let (queues, agents) = plan::floor_plan(site, before, &seats, &self.phones);
        if let Err(refused) = self.tell_floor(Input::Configure { queues, agents }, None) {
            tracing::error!("the queues and agents of the site cannot be used: {refused}");
        }
    }

    /// An endpoint of an agent, as the floor counts them.
    pub(crate) fn endpoint(&self, agent: &AgentName, endpoint: usize) -> Option<Endpoint> {
        let site = self.site.lock().unwrap_or_else(PoisonError::into_inner);
        let agent = site.as_ref()?.agents.get(agent.as_str())?;
        let seats = self.staff.seats();
        agent.endpoints_at(seats.get(&agent.name)).into_iter().nth(endpoint)
    }

    /// The agent who is meant when a target is dialled, by name or by extension.
    pub(crate) fn agent_called(&self, target: &Target) -> Option<AgentName> {
        let site = self.site.lock().unwrap_or_else(PoisonError::into_inner);
        let mut agents = site.as_ref()?.agents.values();
        let agent = match target {
            Target::Agent(name) => agents.find(|agent| agent.name == *name),
            Target::Extension(extension) => {
                agents.find(|agent| agent.extension.as_ref() == Some(extension))
            }
            Target::Number(_) | Target::Address(_) => None,
        };
        agent.map(|agent| agent.name.clone())
    }

    /// The agent who has logged in at a phone, else whose phone it is.
    pub(crate) fn agent_at(&self, phone: &str) -> Option<AgentName> {
        let phone = address(phone)?;
        let here = |agent: &AgentName| {
            self.agent_status(agent.as_str()).is_some_and(|status| status != AgentStatus::LoggedOut)
        };
        let seated: Vec<AgentName> = {
            let seats = self.staff.seats();
            seats.iter().filter(|(_, at)| **at == phone).map(|(agent, _)| agent.clone()).collect()
        };
        let owner =
            || self.catalogue.current().site.owners(&phone).next().map(|agent| agent.name.clone());
        seated.into_iter().find(here).or_else(owner)
    }

    /// Whether a call that comes from an endpoint that the PBX has authenticated may act for an
    /// agent. What the caller claims to be is worth nothing.
    pub(crate) fn authority(
        &self,
        site: &Site,
        permissions: &Permissions,
        endpoint: Option<&str>,
        agent: &Agent,
    ) -> Authority {
        if !permissions.may_log_in(agent.name.as_str()) {
            return Authority::Nothing;
        }
        let here = endpoint.and_then(address);
        let is_here = |at: &Target| here.as_ref() == Some(at);
        if agent.endpoints.iter().any(|endpoint| is_here(&endpoint.target))
            || self.staff.seats().get(&agent.name).is_some_and(is_here)
        {
            return Authority::Enough;
        }
        match agent.pin {
            Some(_) => Authority::Proof,
            None if site.has_phone(permissions, endpoint) => Authority::Enough,
            None => Authority::Nothing,
        }
    }

    /// Whether an agent takes calls of a queue.
    pub(crate) fn in_queue(&self, agent: &str, queue: &str) -> Option<bool> {
        let site = &self.catalogue.current().site;
        let (agent, queue) = (site.agent(agent)?, site.queue(queue)?);
        self.floor
            .look(|floor, _| Some(floor.queues_of(agent.name.as_str())?.contains(&queue.name)))
    }

    /// Every queue of the site, and what came of its callers since the site's day began.
    pub fn queues(&self) -> Vec<QueueFigures> {
        self.look_at_the_day();
        let site = &self.catalogue.current().site;
        let figures = |queue: &strowger_site::Queue| {
            let figures = self.floor.look(|floor, now| floor.figures(queue.name.as_str(), now))?;
            Some(QueueFigures { code: queue.code.clone(), ..figures })
        };
        site.queues.values().filter_map(figures).collect()
    }

    /// Every agent of the site.
    pub fn agents(&self) -> Vec<AgentFigures> {
        let site = &self.catalogue.current().site;
        let figures = |agent: &strowger_site::Agent| {
            let name = agent.name.as_str();
            let (standing, (status, since), queues) = self.floor.look(|floor, _| {
                Some((floor.standing(name)?, floor.agent_since(name)?, floor.queues_of(name)?))
            })?;
            let at = self.staff.seats().get(&agent.name).map(|at| match at {
                Target::Number(number) => number.to_string(),
                Target::Extension(text) | Target::Address(text) => text.clone(),
                Target::Agent(agent) => agent.to_string(),
            });
            Some(AgentFigures {
                agent: agent.name.clone(),
                display_name: agent.display_name.clone(),
                extension: agent.extension.clone(),
                status,
                pause_reason: standing.pause_reason,
                since: Timestamp(since.as_millis() as u64),
                at,
                queues,
            })
        };
        site.agents.values().filter_map(figures).collect()
    }
}
