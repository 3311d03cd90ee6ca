//! What a call and those who keep what calls share must name alike: where the PBX finds a target, and
//! the leg of a phone that rings for a queue.

use strowger_model::{CallId, OrderId, command::Target};
use strowger_pbx::port::{Address, LegId};
use strowger_routing::{AttemptId, EntryId};

/// Where the PBX finds an endpoint. An agent has no address but those of its endpoints.
pub fn address_of(target: &Target) -> Address {
    match target {
        Target::Number(number) => Address::Number(number.to_string()),
        Target::Extension(extension) => Address::Extension(extension.clone()),
        Target::Address(address) => Address::Endpoint(address.clone()),
        Target::Agent(agent) => Address::Endpoint(agent.to_string()),
    }
}

/// The leg of a phone that was rung for an entry. It keeps its name when it rings on for another.
pub fn offered_leg(first: EntryId, attempt: AttemptId) -> LegId {
    let EntryId { call, order } = first;
    LegId(format!("{call}-q{}-{attempt}", order.0).into())
}

/// For whom the phone of a leg was rung, as its name says; none: a queue has not rung it.
pub fn first_offered(leg: &LegId) -> Option<EntryId> {
    let (call, rest) = leg.0.split_once("-q")?;
    let (order, _) = rest.split_once('-')?;
    Some(EntryId { call: call.parse::<CallId>().ok()?, order: OrderId(order.parse().ok()?) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leg_says_for_whom_it_was_rung() {
        let first = EntryId { call: CallId::next(1_790_000_000_000, None), order: OrderId(7) };
        assert_eq!(first_offered(&offered_leg(first, AttemptId(12))), Some(first));
        for other in ["", "caller", "038g0xwfyg000-2-2", "038g0xwfyg000-q7", "x-q7-1"] {
            assert_eq!(first_offered(&other.into()), None, "{other}");
        }
    }
}
