//! Answers what a flow asks during one step: from the site, the floor and the step itself, all in
//! memory.

use crate::Exchange;
use std::{sync::Arc, time::Duration};
use strowger_flows::{LoadedFlow, log_lines::Line};
use strowger_model::{
    AgentName, CallId, OrderId, Timestamp,
    command::Target,
    read::{
        AgentStatus, Authority, CallBackStatus, CampaignStatus, Contact, ListedContact, LogLevel,
        Moment, PastCall, QueueStatus, Reads, ScheduleStatus, SiteSwitch,
    },
    strangers::Logged,
};
use strowger_routing::EntryId;
use strowger_site::{Agent, Switch};

/// What one step may ask.
pub(crate) struct StepReads {
    pub(crate) exchange: Arc<Exchange>,
    pub(crate) flow: Arc<LoadedFlow>,
    pub(crate) call: CallId,
    pub(crate) step: u32,
    /// The endpoint of the caller that the PBX has authenticated.
    pub(crate) endpoint: Option<Arc<str>>,
    pub(crate) now: Timestamp,
}

impl Reads for StepReads {
    fn now(&self) -> Moment {
        self.flow.site.moment(self.now)
    }

    fn instant(&self, civil: &str) -> Option<Timestamp> {
        self.flow.site.instant(civil)
    }

    fn schedule(&self, name: &str) -> Option<ScheduleStatus> {
        self.flow.site.schedule(name, self.now)
    }

    fn switch(&self, name: &str) -> Option<String> {
        self.exchange.switches.read(name, self.call)
    }

    fn switch_named(&self, key: &str) -> Option<SiteSwitch> {
        self.exchange.switch_named(key)
    }

    fn authority_to_turn(&self, switch: &str, agent: &str) -> Authority {
        let site = &self.exchange.catalogue.current().site;
        let may = |(switch, agent): (&Switch, &Agent)| {
            switch.turned_by.contains(&agent.name) && self.flow.permissions.may_turn(&switch.name)
        };
        match site.switch(switch).zip(site.agent(agent)).filter(|both| may(*both)) {
            Some((_, agent)) => self.exchange.authority(
                site,
                &self.flow.permissions,
                self.endpoint.as_deref(),
                agent,
            ),
            None => Authority::Nothing,
        }
    }

    fn queue(&self, name: &str) -> Option<QueueStatus> {
        self.exchange.queue(name)
    }

    fn agent(&self, name: &str) -> Option<AgentStatus> {
        self.exchange.agent_status(name)
    }

    fn contact(&self, key: &str) -> Option<Contact> {
        self.flow.site.contact(key).map(Contact::from)
    }

    fn history(&self, number: &str, days: u16) -> Vec<PastCall> {
        let past = self.exchange.history().of(number, days, self.now, &self.flow.site);
        // Whoever calls back while the telephone rings is known, too.
        let number = self.flow.site.number(number);
        let now = number.and_then(|number| self.exchange.contact_called_now(&number));
        now.into_iter().chain(past).collect()
    }

    fn campaign(&self, name: &str) -> Option<CampaignStatus> {
        self.exchange.campaign_status(name)
    }

    fn campaign_contact(&self, campaign: &str, contact: &str) -> Option<ListedContact> {
        self.exchange.listed_contact(self.call, &self.flow, campaign, contact)
    }

    fn call_back(&self, number: &str) -> Option<CallBackStatus> {
        self.exchange.places.of(number)
    }

    fn on_duty(&self, roster: &str) -> Vec<Target> {
        self.flow.site.on_duty(roster, self.now)
    }

    fn position(&self, entry: OrderId) -> Option<u32> {
        self.exchange.position(EntryId { call: self.call, order: entry })
    }

    fn expected_wait(&self, entry: OrderId) -> Option<Duration> {
        self.exchange.expected_wait(EntryId { call: self.call, order: entry })
    }

    fn agent_at(&self, phone: &str) -> Option<AgentName> {
        self.exchange.agent_at(phone)
    }

    fn language(&self) -> String {
        self.flow.language.clone()
    }

    fn agent_named(&self, key: &str) -> Option<AgentName> {
        self.exchange.catalogue.current().site.agent(key).map(|agent| agent.name.clone())
    }

    fn authority_over(&self, agent: &str) -> Authority {
        let site = &self.exchange.catalogue.current().site;
        let by = |agent: &Agent| {
            self.exchange.authority(site, &self.flow.permissions, self.endpoint.as_deref(), agent)
        };
        site.agent(agent).map_or(Authority::Nothing, by)
    }

    fn in_queue(&self, agent: &str, queue: &str) -> Option<bool> {
        self.exchange.in_queue(agent, queue)
    }

    fn random(&self, n: u32) -> u64 {
        let seed = self.call.as_u64()
            ^ u64::from(self.step).rotate_left(40)
            ^ u64::from(n).rotate_left(20);
        splitmix64(seed)
    }

    fn log(&self, level: LogLevel, message: &str) {
        if !is_wanted(level) {
            return;
        }
        let (call, flow, most) = (self.call, &self.flow.name, self.flow.limits.log_lines);
        match self.flow.log_lines().next(self.exchange.clock.elapsed(), most) {
            Line::Written => {}
            Line::Dropped => return,
            Line::FirstDropped => {
                return tracing::warn!(
                    %call, %flow,
                    "the flow has written {most} lines to the log within a minute: further ones \
                     are dropped until the minute is over; see log_lines in [limits]"
                );
            }
        }
        let message = Logged(message);
        match level {
            LogLevel::Debug => tracing::debug!(%call, %flow, "{message}"),
            LogLevel::Info => tracing::info!(%call, %flow, "{message}"),
            LogLevel::Warn => tracing::warn!(%call, %flow, "{message}"),
            LogLevel::Error => tracing::error!(%call, %flow, "{message}"),
        }
    }
}

/// Whether lines of a level are written at all.
fn is_wanted(level: LogLevel) -> bool {
    match level {
        LogLevel::Debug => tracing::enabled!(tracing::Level::DEBUG),
        LogLevel::Info => tracing::enabled!(tracing::Level::INFO),
        LogLevel::Warn => tracing::enabled!(tracing::Level::WARN),
        LogLevel::Error => tracing::enabled!(tracing::Level::ERROR),
    }
}

/// Steele, Lea and Flood's SplitMix64: one multiplication chain, every seed a good one.
fn splitmix64(seed: u64) -> u64 {
    let z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
