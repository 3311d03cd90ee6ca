//! The site's queues and agents in the words of routing.

use crate::house::{phones::Phones, staff::Seats};
use strowger_model::AgentName;
use strowger_routing as routing;
use strowger_site::{Agent, RingEndpoints, Site, Strategy};

/// What the floor is told of a site whose agents sit there. `before`: the site until now.
pub(crate) fn floor_plan(
    site: &Site,
    before: Option<&Site>,
    seats: &Seats,
    phones: &Phones,
) -> (Vec<routing::QueueConfig>, Vec<routing::AgentConfig>) {
    let queues = site.queues.values().map(|queue| routing::QueueConfig {
        name: queue.name.clone(),
        was: queue.was.clone(),
        strategy: match queue.strategy {
            Strategy::RingAll => routing::Strategy::RingAll,
            Strategy::LongestIdle => routing::Strategy::LongestIdle,
            Strategy::RoundRobin => routing::Strategy::RoundRobin,
            Strategy::Linear => routing::Strategy::Linear,
        },
        agents: queue.agents.clone(),
        cap: queue.cap,
        ring_time: queue.ring_time,
        wrap_up: queue.wrap_up,
        retry_after: queue.retry_after,
        pause_after: queue.pause_after,
        answer_within: queue.answer_within,
        leave_when_empty: queue.leave_when_empty,
        interrupts: queue.interrupts,
        ring_busy: queue.ring_busy,
    });
    let agents = site.agents.values().map(|agent| routing::AgentConfig {
        name: agent.name.clone(),
        was: who_was(agent, site, before),
        endpoints: agent
            .endpoints_at(seats.get(&agent.name))
            .iter()
            .map(|endpoint| phones.config(endpoint))
            .collect(),
        ring_endpoints: match agent.ring_endpoints {
            RingEndpoints::OneByOne => routing::RingEndpoints::OneByOne,
            RingEndpoints::Together => routing::RingEndpoints::Together,
        },
        logged_in: agent.logged_in,
    });
    (queues.collect(), agents.collect())
}

/// The name of before of an agent: as the site file says, or that of one who has gone and had the
/// phones of an agent who is new. The phones may be in a conversation.
pub(crate) fn who_was(agent: &Agent, site: &Site, before: Option<&Site>) -> Option<AgentName> {
    if agent.was.is_some() {
        return agent.was.clone();
    }
    let before = before?;
    let is_new = !before.agents.contains_key(&agent.name);
    let gone = before.agents.values().filter(|old| !site.agents.contains_key(&old.name));
    let mut same = gone.filter(|old| is_new && old.endpoints == agent.endpoints);
    same.next().map(|old| old.name.clone())
}
