//! Elder: a plugin as it was built for version 0.1 of the contract, from `wit/v0_1`. It answers,
//! notes what the version has and later ones have not, and ends with the call.
//!
//! Expectation: every later host loads it, serves its calls, and makes an archived version of it
//! again.
#![allow(missing_docs)]

mod bindings {
    #![allow(unreachable_pub, unsafe_code, clippy::all, reason = "generated")]
    wit_bindgen::generate!({ path: "../../../wit/v0_1", world: "flow" });
    use super::Elder;
    export!(Elder);
}

use bindings::{
    Guest,
    strowger::flow::{reads, types::*},
};

struct Elder;

impl Guest for Elder {
    fn manifest() -> Manifest {
        Manifest {
            name: "elder".into(),
            version: "0.1.0".into(),
            settings_schema: r#"{"type": "object", "additionalProperties": false}"#.into(),
            state_version: 7,
        }
    }

    fn configure(_: String) -> Result<(), String> {
        Ok(())
    }

    /// The state is the number of steps so far.
    fn step(state: Vec<u8>, event: Event) -> Result<StepResult, String> {
        let count = u32::try_from(state.len()).unwrap_or_default();
        let commands = match event {
            Event::Arrived(arrival) => vec![
                Command::Answer,
                Command::Complaint(about("description", &arrival.dialled)),
                Command::Escalation(about("weekday", weekday())),
                Command::CallBack(about("number", arrival.caller.as_deref().unwrap_or("withheld"))),
            ],
            Event::HungUp(_) => vec![Command::Finish("served".into())],
            _ => vec![],
        };
        let orders = (count * 10..).zip(commands).map(|(id, command)| Order { id, command });
        Ok(StepResult { orders: orders.collect(), state: vec![0; state.len() + 1] })
    }

    fn migrate(_: Vec<u8>, _: u32) -> Option<Vec<u8>> {
        None
    }
}

fn about(key: &str, value: &str) -> Vec<Field> {
    vec![Field { key: key.into(), value: value.into() }]
}

fn weekday() -> &'static str {
    match reads::now().weekday {
        Weekday::Saturday | Weekday::Sunday => "weekend",
        _ => "a working day",
    }
}
