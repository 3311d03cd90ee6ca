//! Flows in front of others, by what they say of the positions of switches: fronts that lead to each
//! other in a circle. A caller would go round until no more flows may rest in the call.

use crate::{LoadedFlow, SwitchRead, Way};
use std::{collections::BTreeMap, sync::Arc};
use strowger_model::FlowName;
use strowger_site::Problem;

/// What each flow says of the switches that it reads.
pub(crate) struct Fronts<'a>(BTreeMap<&'a FlowName, Vec<SwitchRead>>);

/// From one front to the next: in a position of a switch.
struct Step<'a> {
    from: &'a FlowName,
    switch: &'a str,
    way: &'a Way,
}

impl<'a> Fronts<'a> {
    pub(crate) fn of(flows: &'a BTreeMap<FlowName, Arc<LoadedFlow>>) -> Self {
        Self(flows.iter().map(|(name, flow)| (name, flow.switches_read())).collect())
    }

    /// What is wrong with a flow that callers come back to without a turn of a switch.
    pub(crate) fn circle(&self, flow: &LoadedFlow) -> Option<Problem> {
        let mut steps = Vec::new();
        if !self.leads(&flow.name, &flow.name, &mut steps) {
            return None;
        }
        let circle = steps.iter().map(|Step { from, switch, way }| {
            format!("`{from}` (`{switch}` in {:?}) -> ", way.position)
        });
        let circle: String = circle.collect();
        let message = format!("fronts lead in a circle: {circle}`{}`", flow.name);
        let help = "callers would go round, and then take the PBX's own route; let one of these \
                    positions lead elsewhere";
        let at = steps.first().map_or("/settings", |step| step.way.at.as_str());
        Some(flow.origin.source.at_value(at, message).help(help))
    }

    /// Finds a way from one flow to another, on which no switch stands in two positions at once.
    fn leads<'s>(&'s self, from: &'s FlowName, to: &FlowName, steps: &mut Vec<Step<'s>>) -> bool {
        for SwitchRead { switch, ways } in self.0.get(from).into_iter().flatten() {
            for way in ways {
                let elsewhere =
                    |step: &Step<'_>| step.switch == switch && step.way.position != way.position;
                if steps.iter().any(elsewhere) {
                    continue;
                }
                for next in &way.flows {
                    let was_here = steps.iter().any(|step| step.from == next);
                    steps.push(Step { from, switch, way });
                    if next == to || (!was_here && next != from && self.leads(next, to, steps)) {
                        return true;
                    }
                    steps.pop();
                }
            }
        }
        false
    }
}
