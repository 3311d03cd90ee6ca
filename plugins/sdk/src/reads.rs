//! What a flow may ask. Answered at once from memory, and the same however often within a step.
//!
//! In a plugin the host answers. Natively, where a flow is tested as plain Rust, whoever was set
//! with [`answer_with`] does. That switch is the only difference between the two.
//!
//! A hand-written state machine asks here; a script asks its [`Call`](crate::Call), which remembers
//! the answers.

use crate::types::{Millis, Moment, OrderId, Target};

pub use crate::bindings::strowger::flow::reads::{
    AgentStatus, Authority, CallBackStatus, CampaignEnd, CampaignStage, CampaignStatus,
    KnownContact, Level, ListedContact, PastCall, Purpose, QueueStatus, ScheduleStatus, SiteSwitch,
};

/// Whoever answers a flow's questions.
pub trait Reads {
    /// The step's instant.
    fn now(&self) -> Moment;
    /// The instant of a civil date and time of the site.
    fn instant(&self, civil: &str) -> Option<u64>;
    /// An opening-hours schedule of the site.
    fn schedule(&self, name: &str) -> Option<ScheduleStatus>;
    /// The position of a switch.
    fn switch(&self, name: &str) -> Option<String>;
    /// A switch by name or code, to be turned by telephone.
    fn switch_named(&self, key: &str) -> Option<SiteSwitch>;
    /// Whether the call may turn a switch in the name of an agent.
    fn authority_to_turn(&self, switch: &str, agent: &str) -> Authority;
    /// A queue as it is now, by name or code.
    fn queue(&self, name: &str) -> Option<QueueStatus>;
    /// An agent as it is now, by name or extension.
    fn agent(&self, name: &str) -> Option<AgentStatus>;
    /// A contact by number (E.164) or id.
    fn contact(&self, key: &str) -> Option<KnownContact>;
    /// Calls from and missed attempts to a number in the last days, the newest first.
    fn history(&self, number: &str, days: u16) -> Vec<PastCall>;
    /// How far a campaign is.
    fn campaign(&self, name: &str) -> Option<CampaignStatus>;
    /// A contact of a campaign.
    fn campaign_contact(&self, campaign: &str, contact: &str) -> Option<ListedContact>;
    /// The call-back that waits for a number.
    fn call_back(&self, number: &str) -> Option<CallBackStatus>;
    /// Who is on duty now, by a roster of the site; the first first.
    fn on_duty(&self, roster: &str) -> Vec<Target>;
    /// The place in line of a queue order, from 1 on.
    fn position(&self, entry: OrderId) -> Option<u32>;
    /// How long a queue order will probably wait, in milliseconds.
    fn expected_wait(&self, entry: OrderId) -> Option<Millis>;
    /// The agent at a phone.
    fn agent_at(&self, phone: &str) -> Option<String>;
    /// The flow's language, BCP 47.
    fn language(&self) -> String;
    /// The agent who has an extension, or a name.
    fn agent_named(&self, key: &str) -> Option<String>;
    /// Whether the call may act for an agent.
    fn authority_over(&self, agent: &str) -> Authority;
    /// Whether an agent takes calls of a queue.
    fn in_queue(&self, agent: &str, queue: &str) -> Option<bool>;
    /// Seeded by call and step.
    fn random(&self) -> u64;
    /// For the operator's log.
    fn log(&self, level: Level, message: &str);
}

macro_rules! questions {
    ($($(#[$doc:meta])* fn $name:ident($($argument:ident: $type:ty),*) $(-> $answer:ty)?;)*) => {$(
        $(#[$doc])*
        pub fn $name($($argument: $type),*) $(-> $answer)? {
            #[cfg(target_arch = "wasm32")]
            return crate::bindings::strowger::flow::reads::$name($($argument),*);
            #[cfg(not(target_arch = "wasm32"))]
            native::ask(|reads| reads.$name($($argument),*))
        }
    )*};
}

questions! {
    /// The step's instant, with its civil date and time in the site's zone.
    fn now() -> Moment;
    /// The instant at which the clock of the site shows a civil date and time, such as
    /// `2026-11-23 07:00`; none: the text is none.
    fn instant(civil: &str) -> Option<u64>;
    /// An opening-hours schedule of the site; none: there is no such schedule.
    fn schedule(name: &str) -> Option<ScheduleStatus>;
    /// The position of a switch.
    fn switch(name: &str) -> Option<String>;
    /// A switch by name or code, to be turned by telephone.
    fn switch_named(key: &str) -> Option<SiteSwitch>;
    /// Whether this call may turn a switch (name or code) in the name of an agent (name or
    /// extension), by where it comes from.
    fn authority_to_turn(switch: &str, agent: &str) -> Authority;
    /// A queue as it is now.
    fn queue(name: &str) -> Option<QueueStatus>;
    /// An agent as it is now.
    fn agent(name: &str) -> Option<AgentStatus>;
    /// A contact by number (E.164) or id.
    fn contact(key: &str) -> Option<KnownContact>;
    /// Calls from and missed attempts to a number in the last days, the newest first.
    fn history(number: &str, days: u16) -> Vec<PastCall>;
    /// How far a campaign is.
    fn campaign(name: &str) -> Option<CampaignStatus>;
    /// A contact of a campaign.
    fn campaign_contact(campaign: &str, contact: &str) -> Option<ListedContact>;
    /// The call-back that waits in a queue for a number.
    fn call_back(number: &str) -> Option<CallBackStatus>;
    /// Who is on duty now, by a roster of the site; the first first.
    fn on_duty(roster: &str) -> Vec<Target>;
    /// The place in line of a queue order, from 1 on.
    fn position(entry: OrderId) -> Option<u32>;
    /// How long a queue order will probably wait from now on, in milliseconds; none: nothing can be
    /// said.
    fn expected_wait(entry: OrderId) -> Option<Millis>;
    /// The agent who has logged in at a phone, else whose phone it is: an address, an extension or
    /// a number.
    fn agent_at(phone: &str) -> Option<String>;
    /// The flow's language, BCP 47 such as `nl-BE`: that of its flow file, else that of the site.
    fn language() -> String;
    /// The name of the agent who has an extension, or that name.
    fn agent_named(key: &str) -> Option<String>;
    /// Whether this call may act for an agent (name or extension), by where it comes from.
    fn authority_over(agent: &str) -> Authority;
    /// Whether an agent (name or extension) takes calls of a queue (name or code) when logged in.
    fn in_queue(agent: &str, queue: &str) -> Option<bool>;
    /// Seeded by call and step: the same at a second run.
    fn random() -> u64;
    /// For the operator's log, under the call's id. Bounded; never give it personal data.
    fn log(level: Level, message: &str);
}

#[cfg(not(target_arch = "wasm32"))]
pub use native::answer_with;

#[cfg(not(target_arch = "wasm32"))]
mod native {
    use super::Reads;
    use std::{cell::RefCell, rc::Rc};

    thread_local! {
        static ANSWERS: RefCell<Option<Rc<dyn Reads>>> = const { RefCell::new(None) };
    }

    /// Lets `reads` answer whatever is asked on this thread while `during` runs. Native tests only.
    pub fn answer_with<T>(reads: Rc<dyn Reads>, during: impl FnOnce() -> T) -> T {
        struct Restore(Option<Rc<dyn Reads>>);
        impl Drop for Restore {
            fn drop(&mut self) {
                ANSWERS.set(self.0.take());
            }
        }
        let _restore = Restore(ANSWERS.replace(Some(reads)));
        during()
    }

    pub(super) fn ask<T>(question: impl FnOnce(&dyn Reads) -> T) -> T {
        let reads = ANSWERS.with_borrow(Clone::clone);
        match reads {
            Some(reads) => question(&*reads),
            None => panic!(
                "a flow asked its host, and there is none here: run the step in \
                 `strowger_sdk::testing`, or inside `strowger_sdk::reads::answer_with`"
            ),
        }
    }
}
