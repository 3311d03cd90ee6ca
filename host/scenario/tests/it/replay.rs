//! Recorded steps run again: the same, altered, incomplete.

use crate::common::{Loaded, PLUGINS, flows_dir};
use std::sync::Arc;
use strowger_model::{
    CallId, Event, FlowVersion, OrderId, StepRecord,
    event::{Arrival, Outcome},
    step::Recorder,
};
use strowger_sandbox::Flow;
use strowger_scenario::replay::{Otherwise, Recorded, Verdict, replay};
use strowger_test_support::FixedReads;

fn call() -> CallId {
    CallId::next(1_795_345_200_000, None)
}

fn on() -> FlowVersion {
    FlowVersion { flow: "vaccination-helpdesk".into(), version: "v1".to_owned() }
}

/// Two steps of a call, recorded.
fn steps(flow: &Flow) -> Vec<(u32, StepRecord)> {
    let arrival = Arrival {
        call: call(),
        caller: Some("+32470123456".to_owned()),
        caller_name: None,
        endpoint: None,
        dialled: "0900".to_owned(),
        diverted_from: None,
        line: None,
        adapter: "sim".to_owned(),
        data: String::new(),
        at: FixedReads::NOW,
    };
    let events = [
        Event::Arrived(Box::new(arrival)),
        Event::Order { id: OrderId(1), outcome: Outcome::Answered },
    ];
    let mut state: Box<[u8]> = Box::default();
    let mut take = |event: Event, on| {
        let reads = Arc::new(Recorder::new(FixedReads::default()));
        let step = flow.step(call(), &state, &event, reads.clone()).unwrap();
        state = step.state;
        StepRecord {
            at: FixedReads::NOW,
            on,
            event,
            reads: reads.take(),
            orders: step.orders,
            fault: None,
        }
    };
    let [first, second] = events;
    vec![(0, take(first, Some(on()))), (1, take(second, None))]
}

#[test]
fn the_first_difference_is_where_it_is() {
    let loaded = Loaded::new(flows_dir(), PLUGINS);
    let flow = loaded.flow("vaccination-helpdesk").flow.clone();
    let recorded = steps(&flow);
    let asks = recorded.iter().position(|(_, step)| !step.reads.is_empty()).unwrap();
    let orders = recorded.iter().rposition(|(_, step)| !step.orders.is_empty()).unwrap();
    let run = |steps: &[(u32, StepRecord)]| {
        replay(&Recorded { call: call(), steps }, |_| Ok(flow.clone()))
    };
    let differs = |steps: &[(u32, StepRecord)]| match run(steps) {
        Verdict::Differs(difference) => (difference.step, difference.what),
        other => panic!("{other:?}"),
    };
    assert_eq!(run(&recorded), Verdict::Same);

    let mut altered = recorded.clone();
    let lost = altered[orders].1.orders.pop();
    let (step, what) = differs(&altered);
    assert_eq!(step as usize, orders);
    assert!(matches!(what, Otherwise::Orders { now, .. } if now.last() == lost.as_ref()));

    let mut altered = recorded.clone();
    altered[asks].1.reads.clear();
    let (step, what) = differs(&altered);
    assert!(step as usize == asks && matches!(what, Otherwise::Asked(_)));

    let mut altered = recorded.clone();
    altered[0].1.fault = Some("too slow".to_owned());
    assert!(matches!(differs(&altered), (0, Otherwise::NoLongerFails { .. })));

    let impossible = |verdict: Verdict| match verdict {
        Verdict::Impossible(why) => why,
        other => panic!("{other:?}"),
    };
    assert!(impossible(run(&recorded[1..])).contains("step 0 is missing"));
    assert!(impossible(run(&[])).contains("no steps"));
    let nowhere =
        replay(&Recorded { call: call(), steps: &recorded }, |_| Err("no such version".to_owned()));
    assert_eq!(impossible(nowhere), "no such version");
}
