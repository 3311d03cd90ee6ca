//! How `v1` looks on the wire, field by field. What is published there may be added to, and not
//! changed.

use crate::small;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use std::fmt::Debug;
use strowger_api::v1::{
    Accept, Accepted, AgentDo, AgentState, CampaignDo, CampaignEnd, Case, CaseEnd, Closed, Field,
    ImportNumbers, Imported, IssuedToken, LogIn, NeverCall, NewCall, NewCase, NewToken, NewUser,
    Notes, OpenCampaign, Refused, Role, RolledBack, Secret, SendOn, Session, TurnSwitch, UserDo,
    WaitsFor, WhichCases, WhichTurns,
};
use strowger_model::Timestamp;

/// Written it is that, and that is read as it.
#[track_caller]
fn is<T: Serialize + DeserializeOwned + PartialEq + Debug>(it: T, on_the_wire: Value) {
    assert_eq!(serde_json::to_value(&it).unwrap(), on_the_wire);
    assert_eq!(serde_json::from_value::<T>(on_the_wire).unwrap(), it);
}

#[test]
fn status() {
    let on_the_wire = json!({
        "ill": ["the PBX (sim) is not connected: cut"],
        "version": "0.1.0",
        "since": 1_795_000_000_000_u64,
        "calls": 3,
        "pbx": { "adapter": "sim", "connected": false, "error": "cut" },
        "site": { "in_force": true, "error": null, "warnings": [] },
        "flows": { "serving": 2, "wrong": ["reception"] },
        "journal": { "pending": 4, "stuck_since": 1_795_000_000_000_u64, "error": "locked" },
        "mail": { "server": true, "waiting": 1, "failed": 2, "error": null },
        "disk": { "folder": "/var/lib/strowger", "free": 5 },
        "switches": [serde_json::to_value(small::switch()).unwrap()],
    });
    is(small::status(), on_the_wire);
}

#[test]
fn flows() {
    let on_the_wire = json!({
        "name": "reception",
        "numbers": ["+3292000100", "3000"],
        "plugin": "reception",
        "plugin_version": "0.1.0",
        "version": "b2",
        "previous": "a1",
        "rolled_back": false,
        "withdrawn": null,
        "on_fallback": false,
        "calls": { "a1": 1, "b2": 2 },
        "faults": 3,
        "accepted": true,
        "error": "flow.toml:3: unknown key",
    });
    is(small::flow(), on_the_wire);
    is(RolledBack { version: "a1".to_owned() }, json!({ "version": "a1" }));
    is(Accept { reason: "spoed".to_owned() }, json!({ "reason": "spoed" }));
    let accepted = Accepted { version: "b2".to_owned(), error: None };
    is(accepted, json!({ "version": "b2", "error": null }));
    is(Refused { error: "no".to_owned() }, json!({ "error": "no" }));
}

#[test]
fn campaigns() {
    let on_the_wire = json!({
        "campaign": "griep 2026/1",
        "template": "reservelijst",
        "opened": 1_795_000_000_000_u64,
        "by": "an",
        "goal": 6,
        "until": 1_795_003_600_000_u64,
        "fields": [{ "key": "slot", "value": "14:20" }],
        "stage": "running",
        "end": null,
        "planner_chooses": false,
        "reached": 2,
        "calls": 1,
        "contacts": 40,
        "untried": 30,
        "to_offer": 31,
        "accepted": 0,
        "waits_for": "agents",
        "attempts": 11,
        "do_not_call": 1,
        "halted": false,
        "next_wave": null,
        "opens": null,
        "warnings": [],
    });
    is(small::campaign(), on_the_wire);
    let on_the_wire = json!({
        "contact": "z9",
        "number": "+32470123456",
        "name": "Maes, An",
        "language": "nl-BE",
        "tags": ["intern"],
        "fields": [{ "key": "town", "value": "Gent" }],
        "wave": 1,
        "stage": "won",
        "attempts": 2,
        "calling": false,
        "not_before": null,
        "outcome": "accepted",
        "reason": null,
        "at": 1_795_000_000_000_u64,
        "agent": "an",
    });
    is(small::contact(), on_the_wire);
    is(small::never(), json!({ "number": null, "since": 1_795_000_000_000_u64, "by": "griep" }));
    let all =
        [CampaignEnd::Filled, CampaignEnd::ListOver, CampaignEnd::TimeOver, CampaignEnd::Stopped];
    is(all.to_vec(), json!(["filled", "list-over", "time-over", "stopped"]));
    is(vec![WaitsFor::Hours, WaitsFor::Flow, WaitsFor::Pbx], json!(["hours", "flow", "pbx"]));
    is(CampaignDo::Pause, json!({ "do": "pause" }));
    let chosen = CampaignDo::Choose { contact: "z9".to_owned() };
    is(chosen, json!({ "do": "choose", "contact": "z9" }));
    let open: OpenCampaign = serde_json::from_value(json!({ "template": "t" })).unwrap();
    assert_eq!((open.name, open.goal, open.list, open.fields.len()), (None, None, None, 0));
    let import = json!({ "list": { "text": "number" } });
    let import: ImportNumbers = serde_json::from_value(import).unwrap();
    assert_eq!((import.list.name.as_str(), import.by), ("list", None));
    let never: NeverCall = serde_json::from_value(json!({ "number": "1" })).unwrap();
    assert!(never.listed);
    is(Imported { added: 1, known: 2 }, json!({ "added": 1, "known": 2 }));
}

#[test]
fn switches() {
    let on_the_wire = json!({
        "switch": "vcare-hap",
        "label": "Vcare HAP",
        "code": "31",
        "positions": ["Open", "Gesloten"],
        "position": "Gesloten",
        "since": 1_795_000_000_000_u64,
        "until": 1_795_003_600_000_u64,
        "back_to": "Open",
        "by": "an",
        "reason": "brand",
    });
    is(small::switch(), on_the_wire);
    let on_the_wire = json!({
        "switch": "vcare-hap",
        "at": 1_795_000_000_000_u64,
        "by": "an",
        "means": "telephone",
        "endpoint": "PJSIP/an",
        "from": "Open",
        "to": "Gesloten",
        "until": null,
        "reason": null,
    });
    is(small::turn(), on_the_wire);
    let turn: TurnSwitch = serde_json::from_value(json!({ "position": "Open" })).unwrap();
    let on_the_wire =
        json!({ "position": "Open", "until": null, "by": null, "reason": null, "means": "api" });
    is(turn, on_the_wire);
    is(WhichTurns { switch: None, limit: Some(3) }, json!({ "limit": 3 }));
}

#[test]
fn a_checklist() {
    let on_the_wire = json!({
        "kind": "phone",
        "about": "an PJSIP/an",
        "state": "not registered",
        "to_do": "connect it",
    });
    is(small::check(), on_the_wire);
}

#[test]
fn queues_and_agents() {
    let on_the_wire = json!({
        "queue": "desk",
        "code": "21",
        "now": {
            "waiting": 1,
            "longest_wait": { "secs": 75, "nanos": 500_000_000 },
            "logged_in": 3,
            "free": 0,
        },
        "answer_within_s": 20.0,
        "handling": { "secs": 90, "nanos": 0 },
        "day": { "offered": 12, "answered": 8, "answered_within": 6, "left": 1, "abandoned": 2 },
    });
    is(small::queue(), on_the_wire);

    let on_the_wire = json!({
        "agent": "an",
        "display_name": "An Peeters",
        "extension": "101",
        "status": "wrap-up",
        "pause_reason": null,
        "since": 1_795_000_000_000_u64,
        "at": "PJSIP/desk7",
        "queues": ["desk"],
    });
    is(small::agent(AgentState::WrapUp), on_the_wire);
    let states = [
        (AgentState::LoggedOut, "logged-out"),
        (AgentState::Free, "free"),
        (AgentState::Ringing, "ringing"),
        (AgentState::Talking, "talking"),
        (AgentState::WrapUp, "wrap-up"),
        (AgentState::Paused, "paused"),
    ];
    for (state, word) in states {
        is(state, json!(word));
    }
}

#[test]
fn what_agents_do() {
    let pause = AgentDo::Pause { reason: Some("lunch".to_owned()) };
    for (what, on_the_wire) in [
        (AgentDo::LogIn { at: None }, json!({ "do": "log-in", "at": null })),
        (AgentDo::LogOut, json!({ "do": "log-out" })),
        (pause, json!({ "do": "pause", "reason": "lunch" })),
        (AgentDo::Ready, json!({ "do": "ready" })),
        (AgentDo::Join { queue: "desk".into() }, json!({ "do": "join", "queue": "desk" })),
        (AgentDo::Leave { queue: "21".into() }, json!({ "do": "leave", "queue": "21" })),
    ] {
        is(what, on_the_wire);
    }
    let short: AgentDo = serde_json::from_value(json!({ "do": "log-in" })).unwrap();
    assert_eq!(short, AgentDo::LogIn { at: None });
    assert!(serde_json::from_value::<AgentDo>(json!({ "do": "pause", "why": "x" })).is_err());
}

#[test]
fn calls() {
    let on_the_wire = json!({
        "call": small::call(),
        "flow": "reception",
        "version": "b2",
        "arrived": 1_795_000_000_000_u64,
        "now": {
            "caller": "+32470123456",
            "dialled": "+3292000100",
            "waits_for": ["desk"],
            "waited": { "secs": 75, "nanos": 0 },
            "rings": ["an"],
            "talks_with": ["bram"],
            "behind": ["front"],
            "campaign": null,
        },
    });
    is(small::up(), on_the_wire);
    is(SendOn { to: "PJSIP/an".to_owned() }, json!({ "to": "PJSIP/an" }));
    let new = NewCall {
        number: "+3292000100".to_owned(),
        from: None,
        patience: 60,
        keys: vec![(1.5, "1#".to_owned())],
        via: None,
        line: Some("world".to_owned()),
        headers: vec![("Privacy".to_owned(), "id".to_owned())],
    };
    let on_the_wire = json!({
        "number": "+3292000100",
        "from": null,
        "patience": 60,
        "keys": [[1.5, "1#"]],
        "via": null,
        "line": "world",
        "headers": [["Privacy", "id"]],
    });
    is(new, on_the_wire);
}

#[test]
fn cases() {
    let case = Case {
        id: "038g0xwfyg000-3-1".to_owned(),
        kind: "complaint".into(),
        call: Some("038g0xwfyg000".parse().unwrap()),
        flow: "helpdesk".into(),
        opened: Timestamp(5),
        due: Timestamp(9),
        by_day: true,
        fields: vec![Field { key: "what".to_owned(), value: "Wachttijd".to_owned() }],
        closed: Some(Closed { outcome: "founded".to_owned(), at: Timestamp(7) }),
    };
    let on_the_wire = json!({
        "id": "038g0xwfyg000-3-1",
        "kind": "complaint",
        "call": "038g0xwfyg000",
        "flow": "helpdesk",
        "opened": 5,
        "due": 9,
        "by_day": true,
        "fields": [{ "key": "what", "value": "Wachttijd" }],
        "closed": { "outcome": "founded", "at": 7 },
    });
    is(case, on_the_wire);
    let new = NewCase {
        kind: "complaint".into(),
        flow: "helpdesk".into(),
        call: None,
        fields: Notes::from([("what".to_owned(), "Wachttijd".to_owned())]),
    };
    let on_the_wire = json!({
        "kind": "complaint",
        "flow": "helpdesk",
        "call": null,
        "fields": { "what": "Wachttijd" },
    });
    is(new, on_the_wire);
    is(CaseEnd { outcome: "founded".to_owned() }, json!({ "outcome": "founded" }));
    is(WhichCases { all: true }, json!({ "all": true }));
}

/// What a request may leave out, and what it may not have.
#[test]
fn requests() {
    let short = json!({ "kind": "complaint", "flow": "helpdesk" });
    let new: NewCase = serde_json::from_value(short).unwrap();
    assert_eq!((new.call, new.fields), (None, Notes::new()));
    let more = json!({ "kind": "complaint", "flow": "helpdesk", "due": 5 });
    assert!(serde_json::from_value::<NewCase>(more).is_err());
    assert!(serde_json::from_value::<CaseEnd>(json!({ "outcome": "x", "at": 5 })).is_err());
    let short = json!({ "number": "100", "patience": 5, "keys": [] });
    assert!(serde_json::from_value::<NewCall>(short).unwrap().from.is_none());
    assert_eq!(serde_json::from_value::<WhichCases>(json!({})).unwrap(), WhichCases { all: false });
}

#[test]
fn accounts() {
    is(small::user("an"), json!({ "name": "an", "role": "supervisor", "since": NOON }));
    is(small::who(), json!({ "name": "an", "role": "agent", "id": "a1" }));
    let token = json!({
        "id": "a1", "label": "wallboard", "role": "viewer", "made": NOON, "until": NOON + 86_400_000
    });
    is(small::token(), token.clone());
    let issued = IssuedToken { token: small::token(), secret: "s".to_owned() };
    is(issued, json!({ "token": token, "secret": "s" }));
    let who = json!({ "name": "an", "role": "agent", "id": "a1" });
    let session = Session { secret: "s".to_owned(), who: small::who(), until: Timestamp(NOON) };
    is(session, json!({ "secret": "s", "who": who, "until": NOON }));
    let (name, password) = ("an".to_owned(), "correct horse".to_owned());
    let log_in = LogIn { name: name.clone(), password: password.clone() };
    is(log_in, json!({ "name": "an", "password": "correct horse" }));
    let new = NewUser { name, role: Role::Admin, password: password.clone() };
    is(new, json!({ "name": "an", "role": "admin", "password": "correct horse" }));
    is(UserDo::Remove, json!({ "do": "remove" }));
    is(UserDo::Role { role: Role::Operator }, json!({ "do": "role", "role": "operator" }));
    is(UserDo::Password { password }, json!({ "do": "password", "password": "correct horse" }));
    let new = NewToken { label: "wallboard".to_owned(), role: Role::Viewer, days: 30 };
    is(new, json!({ "label": "wallboard", "role": "viewer", "days": 30 }));
    is(Secret { secret: "s".to_owned() }, json!({ "secret": "s" }));
    for role in Role::ALL {
        is(role, json!(role.as_str()));
        assert_eq!(Role::named(role.as_str()), Some(role));
    }
}

const NOON: u64 = 1_795_000_000_000;
