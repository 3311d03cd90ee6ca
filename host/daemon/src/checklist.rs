//! What must be prepared before an emergency comes, and what of it is not (R7).

use crate::status::{Vitals, ill_flow};
use std::collections::BTreeMap;
use strowger_api::v1::{
    Check,
    CheckKind::{self, Flow, Pbx, Phone, Queue, Roster, Site, Switch, Turner},
};
use strowger_exchange::Clock;
use strowger_flows::{FlowStatus, Snapshot, SwitchRead, Way};
use strowger_model::{
    FlowName, PhoneState,
    command::Target,
    read::{AgentFigures, AgentStatus},
    switch::SwitchNow,
};
use strowger_site::{Agent, Gap};

/// All of it, in the order in which one prepares it.
pub(crate) fn checklist(vitals: &Vitals) -> Vec<Check> {
    let Vitals { catalogue, exchange, pbx, connection, .. } = vitals;
    let current = catalogue.current();
    let gaps = current.site.gaps(Clock::system().now());
    let in_force = match catalogue.site_problems().is_empty() {
        true => ready(Site, "site.toml", "in force"),
        false => lacks(Site, "site.toml", "not in force as it is", "correct it: `strowger check`"),
    };
    let mut list = vec![self::pbx(pbx.name(), connection.error()), in_force];
    list.extend(catalogue.status().iter().filter_map(flow));
    list.extend(switches(&current, &exchange.switches()));
    list.extend(turners(&current));
    list.extend(queues(&current, &exchange.agents()));
    list.extend(exchange.phones().iter().map(phone));
    list.extend(rosters(&current, &gaps));
    list
}

fn ready(kind: CheckKind, about: impl Into<String>, state: impl Into<String>) -> Check {
    Check { kind, about: about.into(), state: state.into(), to_do: None }
}

fn lacks(
    kind: CheckKind,
    about: impl Into<String>,
    state: impl Into<String>,
    to_do: impl Into<String>,
) -> Check {
    Check { to_do: Some(to_do.into()), ..ready(kind, about, state) }
}

fn pbx(adapter: &str, error: Option<String>) -> Check {
    match error {
        None => ready(Pbx, adapter, "connected"),
        Some(why) => {
            let to_do = "connect it: until then, nobody knows how the phones are";
            lacks(Pbx, adapter, format!("not connected: {why}"), to_do)
        }
    }
}

/// None: its file is gone, and calls are still on it.
fn flow(flow: &FlowStatus) -> Option<Check> {
    if flow.version.is_none() && flow.error.is_none() && !flow.on_fallback {
        return None;
    }
    Some(match ill_flow(flow) {
        None => ready(Flow, &flow.name, "serves what its files say"),
        Some(ill) => lacks(Flow, &flow.name, ill, "see `strowger flows` and `strowger check`"),
    })
}

/// What each position of each switch leads to.
fn switches(current: &Snapshot, now: &[SwitchNow]) -> Vec<Check> {
    let reads: BTreeMap<&FlowName, Vec<SwitchRead>> =
        current.flows.iter().map(|(name, flow)| (name, flow.switches_read())).collect();
    let mut list = Vec::new();
    for SwitchNow { positions, state, .. } in now {
        let name = &state.name;
        let readers: Vec<(&FlowName, &SwitchRead)> = reads
            .iter()
            .flat_map(|(flow, reads)| reads.iter().map(|read| (*flow, read)))
            .filter(|(_, read)| read.switch == *name)
            .collect();
        if readers.is_empty() {
            let to_do = "put a flow with `redirect` in front of a number, see docs/switches.md";
            list.push(lacks(Switch, name, "no flow reads it: turning it does nothing", to_do));
            continue;
        }
        let stands = |position: &String| if *position == state.position { " (now)" } else { "" };
        list.extend(positions.iter().map(|position| {
            let about = format!("{name}: {position}{}", stands(position));
            self::position(current, about, position, &readers)
        }));
    }
    list
}

fn position(
    current: &Snapshot,
    about: String,
    position: &str,
    readers: &[(&FlowName, &SwitchRead)],
) -> Check {
    let way = |read: &SwitchRead| read.ways.iter().find(|way| way.position == position).cloned();
    let ways: Vec<(&FlowName, Option<Way>)> =
        readers.iter().map(|(flow, read)| (*flow, way(read))).collect();
    let shown = ways.iter().map(|(flow, way)| match way {
        Some(way) => format!("{flow}: {}", way.shown),
        None => format!("{flow} reads it; its settings do not say what follows"),
    });
    let state = shown.collect::<Vec<_>>().join("; ");
    let led = ways.iter().filter_map(|(_, way)| way.as_ref()).flat_map(|way| &way.flows);
    let gone = |flow: &&FlowName| current.flows.get(*flow).is_none_or(|flow| flow.withdrawn);
    match led.into_iter().find(gone) {
        None => ready(Switch, about, state),
        Some(flow) => {
            lacks(Switch, about, state, format!("flow {flow} does not serve: correct its files"))
        }
    }
}

/// Who may turn the switches that have a code, and whether they can.
fn turners(current: &Snapshot) -> Vec<Check> {
    let site = &current.site;
    let mut list = Vec::new();
    for switch in site.switches.values().filter(|switch| switch.code.is_some()) {
        let name = &switch.name;
        let desk = current.flows.values().any(|flow| flow.permissions.may_turn(name));
        if !desk {
            let to_do = "load a flow with `switch-desk` that has it in `switches`";
            list.push(lacks(Turner, name, "no flow turns it by telephone", to_do));
        }
        if switch.turned_by.is_empty() {
            let to_do = "name agents in `turned_by` of the site file";
            list.push(lacks(Turner, name, "nobody may turn it by telephone", to_do));
        }
        let agents = switch.turned_by.iter().filter_map(|agent| site.agents.get(agent.as_str()));
        list.extend(agents.map(|agent| turner(name, agent)));
    }
    list
}

fn turner(switch: &str, agent: &Agent) -> Check {
    let about = format!("{switch} by {}", agent.name);
    // A trunk says who somebody is, and is no phone that the PBX has authenticated.
    let is_own = |target: &&Target| !matches!(target, Target::Number(_));
    let own = agent.endpoints.iter().map(|endpoint| &endpoint.target).find(is_own);
    match (own, agent.pin.is_some() && agent.extension.is_some()) {
        (Some(_), true) => ready(Turner, about, "at an own phone, and elsewhere by PIN"),
        (Some(_), false) => ready(Turner, about, "at an own phone"),
        (None, true) => ready(Turner, about, "by PIN"),
        (None, false) => lacks(
            Turner,
            about,
            "cannot prove at any phone to be it",
            "give the agent an extension and a PIN (`strowger pin`), or a phone of the PBX",
        ),
    }
}

fn queues(current: &Snapshot, agents: &[AgentFigures]) -> Vec<Check> {
    let of = |queue: &strowger_site::Queue| {
        let here: Vec<&AgentFigures> =
            agents.iter().filter(|agent| agent.queues.contains(&queue.name)).collect();
        let away = here.iter().filter(|agent| agent.status == AgentStatus::LoggedOut).count();
        let state = format!("{} of {} agents logged in", here.len() - away, here.len());
        match here.is_empty() {
            false => ready(Queue, queue.name.as_str(), state),
            true => {
                let to_do = "name agents for it in the site file, or have some join it";
                lacks(Queue, queue.name.as_str(), "no agents", to_do)
            }
        }
    };
    current.site.queues.values().map(of).collect()
}

fn phone(phone: &strowger_exchange::Phone) -> Check {
    let at = match &phone.at {
        Target::Number(number) => number.to_string(),
        Target::Extension(text) | Target::Address(text) => text.clone(),
        Target::Agent(agent) => agent.to_string(),
    };
    let about = format!("{} {at}", phone.agent);
    match (phone.state, &phone.at) {
        (Some(PhoneState::Free), _) => ready(Phone, about, "reachable"),
        (Some(PhoneState::Busy), _) => ready(Phone, about, "reachable, in a call"),
        (Some(PhoneState::DoNotDisturb), _) => {
            lacks(Phone, about, "do not disturb", "end do-not-disturb at the phone")
        }
        (Some(PhoneState::Unreachable), _) => {
            lacks(Phone, about, "not registered", "connect the phone, or take it out of the file")
        }
        (None, Target::Number(_)) => {
            ready(Phone, about, "a telephone number: no PBX can tell, ring it")
        }
        (None, _) => lacks(Phone, about, "the PBX has told nothing", "ring it to be sure"),
    }
}

fn rosters(current: &Snapshot, gaps: &[Gap]) -> Vec<Check> {
    let of = |name: &String| match gaps.iter().find(|gap| gap.roster == *name) {
        None => ready(Roster, name, "complete for as long as the site file asks"),
        Some(gap) => lacks(Roster, name, gap.to_string(), "complete the file of the roster"),
    };
    current.site.rosters.keys().map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use strowger_site::{read_site, source::Source};

    fn phone_is(at: Target, state: Option<PhoneState>) -> (String, String, bool) {
        let check = phone(&strowger_exchange::Phone { agent: "an".into(), at, state });
        (check.about, check.state, check.to_do.is_some())
    }

    #[test]
    fn r7_a_phone_that_would_not_ring_is_not_prepared() {
        let own = || Target::Address("PJSIP/an".to_owned());
        let about = "an PJSIP/an";
        for (state, shown, lacks) in [
            (Some(PhoneState::Free), "reachable", false),
            (Some(PhoneState::Busy), "reachable, in a call", false),
            (Some(PhoneState::DoNotDisturb), "do not disturb", true),
            (Some(PhoneState::Unreachable), "not registered", true),
            (None, "the PBX has told nothing", true),
        ] {
            assert_eq!(phone_is(own(), state), (about.to_owned(), shown.to_owned(), lacks));
        }
        let mobile = Target::Number("+32470000191".parse().unwrap());
        let (about, state, lacks) = phone_is(mobile, None);
        assert_eq!((about.as_str(), lacks), ("an +32470000191", false), "{state}");
    }

    #[test]
    fn r7_who_can_prove_nothing_cannot_turn_a_switch() {
        let text = "time_zone = \"Europe/Brussels\"\nlanguage = \"nl-BE\"\n\
            [switches.hap]\npositions = [\"Open\", \"Dicht\"]\ncode = \"31\"\n\
            turned_by = [\"desk\", \"mobile\"]\n\
            [switches.sign]\npositions = [\"Open\", \"Dicht\"]\ncode = \"32\"\n\
            [agents.desk]\nendpoints = [{ address = \"PJSIP/desk\" }]\n\
            [agents.mobile]\nendpoints = [{ address = \"+32470000191\" }]\n\
            [queues.empty]\n";
        let source = Source::parse(std::path::Path::new("site.toml"), text).unwrap();
        let site = read_site::site(&source, read_site::People::Files).unwrap();
        let current = Snapshot { site: site.into(), flows: BTreeMap::new() };
        let said = |list: Vec<Check>| -> Vec<String> {
            let line = |check: Check| match check.to_do {
                None => format!("{}: {}", check.about, check.state),
                Some(_) => format!("! {}: {}", check.about, check.state),
            };
            list.into_iter().map(line).collect()
        };
        assert_eq!(
            said(turners(&current)),
            [
                "! hap: no flow turns it by telephone",
                "hap by desk: at an own phone",
                "! hap by mobile: cannot prove at any phone to be it",
                "! sign: no flow turns it by telephone",
                "! sign: nobody may turn it by telephone",
            ]
        );
        assert_eq!(said(queues(&current, &[])), ["! empty: no agents"]);
    }
}
