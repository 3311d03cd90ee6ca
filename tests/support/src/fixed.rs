//! Reads with fixed answers.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use strowger_model::{
    AgentName, OrderId, Timestamp,
    command::Target,
    read::{
        AgentStatus, Authority, CallBackStatus, CampaignStatus, Contact, ListedContact, LogLevel,
        Moment, PastCall, QueueStatus, Reads, ScheduleStatus, SiteSwitch,
    },
};

/// Reads for a site where it is always Sunday 22 November 2026, 12:00:00 in Brussels, every
/// schedule is open, every queue has one free agent, the language is `nl-BE`, and nothing else is
/// known. What a flow logs is kept.
#[derive(Debug, Default)]
pub struct FixedReads {
    logged: Mutex<Vec<(LogLevel, String)>>,
}

impl FixedReads {
    /// The instant at which these reads stand.
    pub const NOW: Timestamp = Timestamp(1_795_345_200_000);

    /// As a step takes them.
    pub fn shared() -> Arc<Self> {
        Arc::default()
    }

    /// What was logged so far, in order.
    pub fn logged(&self) -> Vec<(LogLevel, String)> {
        self.logged.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Reads for FixedReads {
    fn now(&self) -> Moment {
        Moment {
            instant: Self::NOW,
            year: 2026,
            month: 11,
            day: 22,
            hour: 12,
            minute: 0,
            second: 0,
            weekday: 6,
        }
    }

    fn instant(&self, _civil: &str) -> Option<Timestamp> {
        None
    }

    fn schedule(&self, _name: &str) -> Option<ScheduleStatus> {
        Some(ScheduleStatus { open: true, until: None, reason: None, holiday: false })
    }

    fn switch(&self, _name: &str) -> Option<String> {
        None
    }

    fn switch_named(&self, _key: &str) -> Option<SiteSwitch> {
        None
    }

    fn authority_to_turn(&self, _switch: &str, _agent: &str) -> Authority {
        Authority::Nothing
    }

    fn queue(&self, _name: &str) -> Option<QueueStatus> {
        Some(QueueStatus { logged_in: 1, free: 1, ..QueueStatus::default() })
    }

    fn agent(&self, _name: &str) -> Option<AgentStatus> {
        Some(AgentStatus::Free)
    }

    fn contact(&self, _key: &str) -> Option<Contact> {
        None
    }

    fn history(&self, _number: &str, _days: u16) -> Vec<PastCall> {
        Vec::new()
    }

    fn campaign(&self, _name: &str) -> Option<CampaignStatus> {
        None
    }

    fn campaign_contact(&self, _campaign: &str, _contact: &str) -> Option<ListedContact> {
        None
    }

    fn call_back(&self, _number: &str) -> Option<CallBackStatus> {
        None
    }

    fn on_duty(&self, _roster: &str) -> Vec<Target> {
        Vec::new()
    }

    fn position(&self, _entry: OrderId) -> Option<u32> {
        Some(1)
    }

    fn expected_wait(&self, _entry: OrderId) -> Option<Duration> {
        None
    }

    fn agent_at(&self, _phone: &str) -> Option<AgentName> {
        None
    }

    fn language(&self) -> String {
        "nl-BE".to_owned()
    }

    fn agent_named(&self, _key: &str) -> Option<AgentName> {
        None
    }

    fn authority_over(&self, _agent: &str) -> Authority {
        Authority::Nothing
    }

    fn in_queue(&self, _agent: &str, _queue: &str) -> Option<bool> {
        None
    }

    fn random(&self, n: u32) -> u64 {
        u64::from(n)
    }

    fn log(&self, level: LogLevel, message: &str) {
        let mut logged = self.logged.lock().unwrap_or_else(PoisonError::into_inner);
        logged.push((level, message.to_owned()));
    }
}
