//! A host in memory: one of everything.

use futures_util::{StreamExt, stream};
use std::{collections::BTreeMap, sync::Mutex, time::Duration};
use strowger_api::{Error, Host, Lines, v1};
use strowger_model::{CallId, FlowName, Timestamp};

/// One flow, one queue, one agent, one call; and the cases that were noted.
#[derive(Default)]
pub(crate) struct Small {
    cases: Mutex<Vec<v1::Case>>,
}

const NOON: Timestamp = Timestamp(1_795_000_000_000);

/// The call that is up.
pub(crate) fn call() -> CallId {
    CallId::next(NOON.0, None)
}

/// A call of which nothing can be noted.
pub(crate) fn broken_call() -> CallId {
    CallId::next(NOON.0, Some(call()))
}

pub(crate) fn flow() -> v1::Flow {
    v1::Flow {
        name: "reception".into(),
        numbers: vec!["+3292000100".to_owned(), "3000".to_owned()],
        plugin: Some("reception".to_owned()),
        plugin_version: Some("0.1.0".to_owned()),
        version: Some("b2".to_owned()),
        previous: Some("a1".to_owned()),
        rolled_back: false,
        withdrawn: None,
        on_fallback: false,
        calls: BTreeMap::from([("a1".to_owned(), 1), ("b2".to_owned(), 2)]),
        faults: 3,
        error: Some("flow.toml:3: unknown key".to_owned()),
    }
}

pub(crate) fn queue() -> v1::Queue {
    v1::Queue {
        queue: "desk".into(),
        code: Some("21".to_owned()),
        now: v1::QueueNow {
            waiting: 1,
            longest_wait: Duration::from_millis(75_500),
            logged_in: 3,
            free: 0,
        },
        answer_within_s: 20.0,
        handling: Some(Duration::from_secs(90)),
        day: v1::QueueDay { offered: 12, answered: 8, answered_within: 6, left: 1, abandoned: 2 },
    }
}

pub(crate) fn agent(status: v1::AgentState) -> v1::Agent {
    v1::Agent {
        agent: "an".into(),
        display_name: "An Peeters".to_owned(),
        extension: Some("101".to_owned()),
        status,
        pause_reason: None,
        since: NOON,
        at: Some("PJSIP/desk7".to_owned()),
        queues: vec!["desk".into()],
    }
}

pub(crate) fn up() -> v1::Call {
    v1::Call { call: call(), flow: "reception".into(), version: "b2".to_owned(), arrived: NOON }
}

fn case(id: String, new: v1::NewCase) -> v1::Case {
    let field = |(key, value)| v1::Field { key, value };
    v1::Case {
        id,
        kind: new.kind,
        call: new.call,
        flow: new.flow,
        opened: NOON,
        due: NOON.plus(Duration::from_secs(86_400)),
        by_day: true,
        fields: new.fields.into_iter().map(field).collect(),
        closed: None,
    }
}

impl Small {
    /// Works on an open case.
    fn open_case(&self, id: &str, work: impl FnOnce(&mut v1::Case)) -> Result<(), Error> {
        let mut cases = self.cases.lock().unwrap();
        let Some(case) = cases.iter_mut().find(|case| case.id == id) else {
            return Err(Error::not_found(format!("there is no case {id:?}")));
        };
        if case.closed.is_some() {
            return Err(Error::conflict(format!("case {id:?} was closed already")));
        }
        work(case);
        Ok(())
    }
}

impl Host for Small {
    async fn flows(&self) -> Result<Vec<v1::Flow>, Error> {
        Ok(vec![flow()])
    }

    async fn rollback(&self, name: &FlowName) -> Result<v1::RolledBack, Error> {
        match name.as_str() {
            "reception" => Ok(v1::RolledBack { version: "a1".to_owned() }),
            _ => Err(Error::conflict(format!("no flow {name:?} is loaded"))),
        }
    }

    async fn queues(&self) -> Result<Vec<v1::Queue>, Error> {
        Ok(vec![queue()])
    }

    async fn agents(&self) -> Result<Vec<v1::Agent>, Error> {
        use v1::AgentState::{Free, LoggedOut, Paused, Ringing, Talking, WrapUp};
        Ok([LoggedOut, Free, Ringing, Talking, WrapUp, Paused].map(agent).to_vec())
    }

    async fn calls(&self) -> Result<Vec<v1::Call>, Error> {
        Ok(vec![up()])
    }

    async fn call(&self, new: v1::NewCall) -> Result<Lines, Error> {
        match new.via {
            Some(_) => Err(Error::conflict("the host serves the sim: leave out --via")),
            None => {
                let lines = [format!("{new:?}"), String::new(), "hears \"Één\"".to_owned()];
                Ok(stream::iter(lines.map(Ok)).boxed())
            }
        }
    }

    async fn cases(&self, which: v1::WhichCases) -> Result<Vec<v1::Case>, Error> {
        let cases = self.cases.lock().unwrap();
        Ok(cases.iter().filter(|case| which.all || case.closed.is_none()).cloned().collect())
    }

    async fn add_case(&self, new: v1::NewCase) -> Result<v1::Case, Error> {
        if new.flow.as_str() != "reception" {
            return Err(Error::not_found(format!("there is no flow {:?}", new.flow)));
        }
        if new.kind.as_str() != "escalation" {
            return Err(Error::bad_request(format!("there is no kind of case {:?}", new.kind)));
        }
        let mut cases = self.cases.lock().unwrap();
        let case = case(format!("case-{}", cases.len()), new);
        cases.push(case.clone());
        Ok(case)
    }

    async fn note_case(&self, id: &str, more: v1::Notes) -> Result<(), Error> {
        self.open_case(id, |case| {
            case.fields.extend(more.into_iter().map(|(key, value)| v1::Field { key, value }));
        })
    }

    async fn close_case(&self, id: &str, end: v1::CaseEnd) -> Result<(), Error> {
        self.open_case(id, |case| {
            case.closed = Some(v1::Closed { outcome: end.outcome, at: NOON });
        })
    }

    async fn note_record(&self, noted: CallId, _: v1::Notes) -> Result<(), Error> {
        match noted == call() {
            true => Ok(()),
            false => Err(Error::internal("the journal cannot be changed: locked; try again")),
        }
    }
}
