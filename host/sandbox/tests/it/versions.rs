//! Plugins of older versions of the contract, which new hosts go on serving.

use crate::common::{arrived, call, engine};
use strowger_model::{Event, LegName, event::Cause, step::Ordered};
use strowger_sandbox::{ContractVersion, Flow, Limits};
use strowger_test_support::{FixedReads, plugin_wasm};

fn elder() -> Flow {
    let plugin = engine().load("elder.wasm", &plugin_wasm("elder")).unwrap();
    assert_eq!(plugin.contract(), ContractVersion::V0_1);
    assert_eq!(plugin.manifest().name, "elder");
    plugin.configure("{}", Limits::default()).unwrap()
}

/// What a step ordered, as text.
fn orders(orders: &[Ordered]) -> Vec<String> {
    orders
        .iter()
        .map(|order| match order {
            Ordered::Order(order) => format!("{:?}", order.command),
            Ordered::Refused { command, refusal, .. } => format!("{command}: {refusal:?}"),
        })
        .collect()
}

#[test]
fn a_plugin_of_0_1_serves_a_call_from_its_arrival_to_its_end() {
    let flow = elder().twice();
    let step = flow.step(call(), &[], &arrived(), FixedReads::shared()).unwrap();
    let said = orders(&step.orders);
    assert_eq!(said.len(), 4, "{said:?}");
    assert_eq!(said[0], "Answer");
    for (said, [kind, part]) in said[1..].iter().zip([
        ["\"complaint\"", "+3227138700"],
        ["\"escalation\"", "weekend"],
        ["\"call-back\"", "+32470123456"],
    ]) {
        assert!(said.starts_with("Case") && said.contains(kind) && said.contains(part), "{said}");
    }
    let gone = Event::HungUp { leg: LegName::new("caller"), cause: Cause::Normal };
    let step = flow.step(call(), &step.state, &gone, FixedReads::shared()).unwrap();
    assert_eq!(orders(&step.orders), [r#"Finish { outcome: "served" }"#]);
    assert_eq!(step.state.len(), 2);
}

/// It had the event of a phone that asks for a transfer, but no host ever told it.
#[test]
fn a_plugin_of_0_1_is_not_told_what_no_host_told_it() {
    let asked = Event::TransferAsked { leg: LegName::new("agent"), target: "200".to_owned() };
    let plugin = elder().plugin().clone();
    assert!(plugin.knows(&arrived()) && !plugin.knows(&asked));
    let new = engine().load("hostile.wasm", &plugin_wasm("hostile")).unwrap();
    assert!(new.knows(&asked));
}

#[test]
fn new_plugins_are_built_for_the_version_in_work() {
    let plugin = engine().load("hostile.wasm", &plugin_wasm("hostile")).unwrap();
    assert_eq!(plugin.contract(), ContractVersion::Current);
    assert_eq!(plugin.contract().as_str(), "0.2.0");
}
