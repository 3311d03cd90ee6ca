//! A host in memory: one of everything.

use futures_util::{StreamExt, stream};
use std::{collections::BTreeMap, sync::Mutex, time::Duration};
use strowger_api::{Error, Host, Lines, v1};
use strowger_model::{AgentName, CallId, CampaignName, FlowName, Timestamp};

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
        accepted: true,
        error: Some("flow.toml:3: unknown key".to_owned()),
    }
}

pub(crate) fn status() -> v1::Status {
    v1::Status {
        ill: vec!["the PBX (sim) is not connected: cut".to_owned()],
        version: "0.1.0".to_owned(),
        since: NOON,
        calls: 3,
        pbx: v1::PbxStatus {
            adapter: "sim".to_owned(),
            connected: false,
            error: Some("cut".to_owned()),
        },
        site: v1::SiteStatus { in_force: true, error: None, warnings: Vec::new() },
        flows: v1::FlowsStatus { serving: 2, wrong: vec!["reception".into()] },
        journal: v1::JournalStatus {
            pending: 4,
            stuck_since: Some(NOON),
            error: Some("locked".to_owned()),
        },
        mail: v1::MailStatus { server: true, waiting: 1, failed: 2, error: None },
        disk: v1::DiskStatus { folder: "/var/lib/strowger".to_owned(), free: Some(5) },
        switches: vec![switch()],
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
    let now = v1::CallNow {
        caller: Some("+32470123456".to_owned()),
        dialled: "+3292000100".to_owned(),
        waits_for: vec!["desk".to_owned()],
        waited: Some(Duration::from_secs(75)),
        rings: vec!["an".into()],
        talks_with: vec!["bram".to_owned()],
        behind: vec!["front".into()],
    };
    v1::Call {
        call: call(),
        flow: "reception".into(),
        version: "b2".to_owned(),
        arrived: NOON,
        now: Some(now),
    }
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

pub(crate) fn switch() -> v1::Switch {
    v1::Switch {
        switch: "vcare-hap".to_owned(),
        label: "Vcare HAP".to_owned(),
        code: Some("31".to_owned()),
        positions: vec!["Open".to_owned(), "Gesloten".to_owned()],
        position: "Gesloten".to_owned(),
        since: Some(NOON),
        until: Some(NOON.plus(Duration::from_secs(3600))),
        back_to: Some("Open".to_owned()),
        by: Some("an".to_owned()),
        reason: Some("brand".to_owned()),
    }
}

pub(crate) fn turn() -> v1::SwitchTurn {
    v1::SwitchTurn {
        switch: "vcare-hap".to_owned(),
        at: NOON,
        by: Some("an".to_owned()),
        means: v1::Means::Telephone,
        endpoint: Some("PJSIP/an".to_owned()),
        from: "Open".to_owned(),
        to: "Gesloten".to_owned(),
        until: None,
        reason: None,
    }
}

pub(crate) fn campaign() -> v1::Campaign {
    v1::Campaign {
        campaign: "griep 2026/1".into(),
        template: "reservelijst".into(),
        opened: NOON,
        by: Some("an".to_owned()),
        goal: 6,
        until: Some(NOON.plus(Duration::from_secs(3600))),
        fields: vec![v1::Field { key: "slot".to_owned(), value: "14:20".to_owned() }],
        stage: v1::CampaignStage::Running,
        end: None,
        planner_chooses: false,
        reached: 2,
        calls: 1,
        contacts: 40,
        untried: 30,
        to_offer: 31,
        accepted: 0,
        waits_for: Some(v1::WaitsFor::Agents),
    }
}

pub(crate) fn contact() -> v1::CampaignContact {
    v1::CampaignContact {
        contact: "z9".to_owned(),
        number: Some("+32470123456".to_owned()),
        name: "Maes, An".to_owned(),
        language: Some("nl-BE".to_owned()),
        tags: vec!["intern".to_owned()],
        fields: vec![v1::Field { key: "town".to_owned(), value: "Gent".to_owned() }],
        wave: 1,
        stage: v1::ContactStage::Won,
        attempts: 2,
        calling: false,
        not_before: None,
        outcome: Some("accepted".to_owned()),
        reason: None,
        at: Some(NOON),
        agent: Some("an".into()),
    }
}

pub(crate) fn never() -> v1::DoNotCall {
    v1::DoNotCall { number: None, since: NOON, by: Some("griep".to_owned()) }
}

pub(crate) fn check() -> v1::Check {
    v1::Check {
        kind: v1::CheckKind::Phone,
        about: "an PJSIP/an".to_owned(),
        state: "not registered".to_owned(),
        to_do: Some("connect it".to_owned()),
    }
}

impl Host for Small {
    async fn status(&self) -> Result<v1::Status, Error> {
        Ok(status())
    }

    async fn flows(&self) -> Result<Vec<v1::Flow>, Error> {
        Ok(vec![flow()])
    }

    async fn rollback(&self, name: &FlowName) -> Result<v1::RolledBack, Error> {
        match name.as_str() {
            "reception" => Ok(v1::RolledBack { version: "a1".to_owned() }),
            _ => Err(Error::conflict(format!("no flow {name:?} is loaded"))),
        }
    }

    async fn accept(&self, name: &FlowName, accept: v1::Accept) -> Result<v1::Accepted, Error> {
        match name.as_str() {
            "reception" => {
                Ok(v1::Accepted { version: "b2".to_owned(), error: Some(accept.reason) })
            }
            _ => Err(Error::conflict(format!("there is no flow {name:?}"))),
        }
    }

    async fn queues(&self) -> Result<Vec<v1::Queue>, Error> {
        Ok(vec![queue()])
    }

    async fn agents(&self) -> Result<Vec<v1::Agent>, Error> {
        use v1::AgentState::{Free, LoggedOut, Paused, Ringing, Talking, WrapUp};
        Ok([LoggedOut, Free, Ringing, Talking, WrapUp, Paused].map(agent).to_vec())
    }

    async fn agent(&self, agent: &AgentName, what: v1::AgentDo) -> Result<(), Error> {
        match (agent.as_str(), what) {
            ("an", v1::AgentDo::LogIn { at: Some(at) }) if at.is_empty() => {
                Err(Error::bad_request("not a phone"))
            }
            ("an", v1::AgentDo::Ready) => Err(Error::conflict("an is not logged in")),
            ("an", _) => Ok(()),
            _ => Err(Error::not_found(format!("no agent {agent:?}"))),
        }
    }

    async fn switches(&self) -> Result<Vec<v1::Switch>, Error> {
        Ok(vec![switch()])
    }

    async fn turn_switch(
        &self,
        switch: &str,
        asked: v1::TurnSwitch,
    ) -> Result<v1::SwitchTurn, Error> {
        match (switch, asked.position.as_str()) {
            ("vcare / hap", "Gesloten") => {
                let v1::TurnSwitch { until, by, reason, means, .. } = asked;
                Ok(v1::SwitchTurn { until, by, reason, means, ..turn() })
            }
            ("vcare / hap", _) => Err(Error::bad_request("it has no such position")),
            _ => Err(Error::not_found("there is no such switch")),
        }
    }

    async fn switch_turns(&self, which: v1::WhichTurns) -> Result<Vec<v1::SwitchTurn>, Error> {
        match which {
            v1::WhichTurns { switch: Some(name), limit: Some(1) } => {
                Ok(vec![v1::SwitchTurn { switch: name, ..turn() }])
            }
            v1::WhichTurns { switch: Some(_), .. } => {
                Err(Error::not_found("there is no such switch, and no turn of one"))
            }
            _ => Err(Error::internal("the journal cannot be read")),
        }
    }

    async fn campaigns(&self) -> Result<Vec<v1::Campaign>, Error> {
        Ok(vec![campaign()])
    }

    async fn open_campaign(&self, open: v1::OpenCampaign) -> Result<v1::Campaign, Error> {
        let name = open.name.ok_or_else(|| Error::conflict("there is such a campaign"))?;
        let list = open.list.ok_or_else(|| Error::bad_request("there is nobody to call"))?;
        let field = |(key, value)| v1::Field { key, value };
        Ok(v1::Campaign {
            campaign: name,
            goal: open.goal.unwrap_or(1),
            contacts: list.text.lines().count() as u32,
            by: Some(list.name),
            fields: open.fields.into_iter().map(field).collect(),
            ..campaign()
        })
    }

    async fn campaign(&self, name: &CampaignName) -> Result<v1::Campaign, Error> {
        match *name == campaign().campaign {
            true => Ok(campaign()),
            false => Err(Error::not_found("there is no such campaign")),
        }
    }

    async fn campaign_contacts(
        &self,
        name: &CampaignName,
    ) -> Result<Vec<v1::CampaignContact>, Error> {
        self.campaign(name).await.map(|_| vec![contact()])
    }

    async fn shifts(&self, which: v1::WhichShifts) -> Result<v1::Shifts, Error> {
        let person = v1::ShiftPerson {
            person: "f1".to_owned(),
            name: format!("{which:?}"),
            asked: 3,
            calls: 4,
            accepted: 1,
            refused: 1,
            not_reached: 1,
        };
        Ok(v1::Shifts { people: vec![person], ..v1::Shifts::default() })
    }

    async fn direct_campaign(
        &self,
        name: &CampaignName,
        what: v1::CampaignDo,
    ) -> Result<v1::Campaign, Error> {
        let by = Some(format!("{what:?}"));
        self.campaign(name).await.map(|campaign| v1::Campaign { by, ..campaign })
    }

    async fn do_not_call(&self) -> Result<Vec<v1::DoNotCall>, Error> {
        Ok(vec![never()])
    }

    async fn never_call(&self, never: v1::NeverCall) -> Result<(), Error> {
        match never.listed {
            true => Ok(()),
            false => Err(Error::not_found(format!("{:?} says so", never.by))),
        }
    }

    async fn import_numbers(&self, import: v1::ImportNumbers) -> Result<v1::Imported, Error> {
        Ok(v1::Imported { added: import.list.text.len() as u64, known: 2 })
    }

    async fn forget_erased(&self) -> Result<(), Error> {
        Err(Error::internal("the journal cannot be read"))
    }

    async fn checklist(&self) -> Result<Vec<v1::Check>, Error> {
        Ok(vec![check()])
    }

    async fn take_out(&self, out: CallId) -> Result<(), Error> {
        match out == call() {
            true => Ok(()),
            false => Err(Error::not_found("there is no such call")),
        }
    }

    async fn send_on(&self, out: CallId, to: v1::SendOn) -> Result<(), Error> {
        match (out == call(), to.to.as_str()) {
            (true, "") => Err(Error::bad_request("not whom one can call")),
            (true, _) => Ok(()),
            (false, _) => Err(Error::conflict("the caller has gone")),
        }
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

    async fn users(&self) -> Result<Vec<v1::User>, Error> {
        Ok(vec![user("an")])
    }

    async fn add_user(&self, new: v1::NewUser) -> Result<v1::User, Error> {
        match &*new.name {
            "an" => Err(Error::conflict("there is such a user")),
            name => Ok(v1::User { role: new.role, ..user(name) }),
        }
    }

    async fn change_user(&self, name: &str, _: v1::UserDo) -> Result<(), Error> {
        match name {
            "an" => Ok(()),
            _ => Err(Error::not_found("there is no such user")),
        }
    }

    async fn tokens(&self) -> Result<Vec<v1::Token>, Error> {
        Ok(vec![token()])
    }

    async fn issue_token(&self, new: v1::NewToken) -> Result<v1::IssuedToken, Error> {
        match new.days {
            0 => Err(Error::bad_request("a token is good for a day at least")),
            _ => Ok(v1::IssuedToken { token: token(), secret: new.label }),
        }
    }

    async fn revoke_token(&self, token: &str) -> Result<(), Error> {
        match token {
            "a1" => Ok(()),
            _ => Err(Error::not_found("there is no such token")),
        }
    }

    async fn log_in(&self, asked: v1::LogIn) -> Result<v1::Session, Error> {
        let who = self.who(v1::Secret { secret: asked.password }).await?;
        Ok(v1::Session { secret: asked.name, who, until: NOON })
    }

    async fn who(&self, shown: v1::Secret) -> Result<v1::Who, Error> {
        match &*shown.secret {
            "correct horse" => Ok(who()),
            _ => Err(Error::not_known("that is wrong")),
        }
    }
}

pub(crate) fn user(name: &str) -> v1::User {
    v1::User { name: name.to_owned(), role: v1::Role::Supervisor, since: NOON }
}

pub(crate) fn token() -> v1::Token {
    let until = NOON.plus(Duration::from_secs(86_400));
    let label = "wallboard".to_owned();
    v1::Token { id: "a1".to_owned(), label, role: v1::Role::Viewer, made: NOON, until }
}

pub(crate) fn who() -> v1::Who {
    v1::Who { name: "an".to_owned(), role: v1::Role::Agent, id: "a1".to_owned() }
}
