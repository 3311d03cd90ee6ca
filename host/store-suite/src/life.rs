//! Things to keep, as they look in life.

use std::{collections::BTreeMap, time::Duration};
use strowger_model::{
    AgentStanding, CallId, CallRecord, Command, Event, FlowName, FlowVersion, LegName, Order,
    OrderId, StepRecord, Talk, Timestamp, VersionFiles,
    archive::{PluginFile, TextFile},
    command::{Field, Target},
    event::{Outcome, PlayEnd},
    read::Moment,
    step::{Ordered, Read},
};

pub fn on(version: &str) -> FlowVersion {
    FlowVersion { flow: FlowName::from("helpdesk"), version: version.to_owned() }
}

pub fn version(version: &str) -> VersionFiles {
    VersionFiles {
        on: on(version),
        flow: TextFile {
            path: "flows/helpdesk/flow.toml".to_owned(),
            text: "plugin = \"helpdesk\"".to_owned(),
        },
        site: TextFile { path: "flows/site.toml".to_owned(), text: String::new() },
        recordings: BTreeMap::from([(
            "welcome".to_owned(),
            "flows/helpdesk/prompts/welcome.wav".to_owned(),
        )]),
        site_recordings: BTreeMap::new(),
        plugin: PluginFile { hash: "0123".to_owned(), bytes: [1, 2, 3].into() },
    }
}

pub fn image(filled_with: u8) -> Box<[u8]> {
    vec![filled_with; 700].into()
}

/// Roughly 300 bytes.
pub fn step(call: CallId, number: u32) -> StepRecord {
    let at = Timestamp(call.given().0 + 1000 * u64::from(number));
    let now = Moment {
        instant: at,
        year: 2026,
        month: 11,
        day: 2,
        hour: 9,
        minute: 30,
        second: 1,
        weekday: 0,
    };
    let order = |id, command| Ordered::Order(Order { id: OrderId(id), command });
    StepRecord {
        at,
        on: (number == 0).then(|| on("v1")),
        event: Event::Order { id: OrderId(number), outcome: Outcome::Played(PlayEnd::Whole) },
        reads: vec![
            Read::Now(now),
            Read::Switch("emergency".to_owned(), Some("normal".to_owned())),
        ],
        orders: vec![
            order(
                number + 1,
                Command::Play { leg: LegName::caller(), prompts: Vec::new(), barge_in: false },
            ),
            order(number + 2, Command::Timer { after: Duration::from_secs(180) }),
            order(
                number + 3,
                Command::Note(Field { key: "waited".to_owned(), value: "180".to_owned() }),
            ),
        ],
        fault: None,
    }
}

pub fn record(call: CallId) -> CallRecord {
    let arrived = call.given();
    CallRecord {
        call,
        flow: FlowName::from("helpdesk"),
        version: "v1".to_owned(),
        caller: Some("+32475123456".to_owned()),
        dialled: "+3227138700".to_owned(),
        arrived,
        answered: Some(arrived.plus(Duration::from_secs(1))),
        connected: None,
        agent: None,
        waited: Duration::from_millis(61_500),
        overflowed: true,
        fumbled: 2,
        talks: vec![Talk {
            agent: Some("an".into()),
            began: Timestamp(5),
            ended: Timestamp(9),
            talked: Duration::from_millis(4),
            held: Duration::ZERO,
            consulted: Duration::from_millis(1),
        }],
        outcome: "message".to_owned(),
        notes: vec![Field { key: "name".to_owned(), value: "Janssens".to_owned() }],
        tags: vec!["urgent".to_owned()],
        steps: 2,
        faults: 0,
        refused: 1,
        unjournalled: false,
        campaign: None,
        ended: arrived.plus(Duration::from_secs(70)),
    }
}

pub fn agent() -> AgentStanding {
    AgentStanding {
        logged_in: true,
        joined: vec!["other".into()],
        wrap_up_until: Some(Timestamp(5)),
        pause_reason: Some("lunch".to_owned()),
        idle_since: Some(Timestamp(3)),
        at: Some(Target::Address("PJSIP/desk".to_owned())),
        ..AgentStanding::default()
    }
}
