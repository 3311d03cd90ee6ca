//! A small host for tests. Whoever shows the name of a role as a secret has that role.

use crate::guard::Visitor;
use std::{
    sync::{Mutex, MutexGuard},
    time::Duration,
};
use strowger_api::{Error, Host, Lines, v1};
use strowger_model::{AgentName, CallId, CampaignName, FlowName, Timestamp};

#[derive(Default)]
pub(crate) struct Small(Mutex<Inside>);

#[derive(Default)]
struct Inside {
    calls: u64,
    asked: u32,
    nobody: bool,
    /// What was changed.
    done: Vec<String>,
    connected: bool,
    ill: Vec<String>,
}

pub(crate) fn visitor(_: &Small) -> Visitor {
    let who = v1::Who { name: "an".to_owned(), role: v1::Role::Viewer, id: "viewer".to_owned() };
    Visitor { who, secret: v1::Secret { secret: "viewer".to_owned() } }
}

impl Small {
    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.0.lock().unwrap()
    }

    pub(crate) fn set_calls(&self, calls: u64) {
        self.inside().calls = calls;
    }

    /// How often a board was made.
    pub(crate) fn asked(&self) -> u32 {
        self.inside().asked
    }

    pub(crate) fn forget_everybody(&self) {
        self.inside().nobody = true;
    }

    pub(crate) fn set_connected(&self, connected: bool) {
        self.inside().connected = connected;
    }

    pub(crate) fn falls_ill(&self, ill: &str) {
        self.inside().ill.push(ill.to_owned());
    }

    /// What was changed so far.
    pub(crate) fn done(&self) -> Vec<String> {
        self.inside().done.clone()
    }

    fn did(&self, what: impl std::fmt::Debug) {
        self.inside().done.push(format!("{what:?}"));
    }
}

fn none<T>() -> Result<T, Error> {
    Err(Error::not_found("the small host has none"))
}

fn switch() -> v1::Switch {
    v1::Switch {
        switch: "vcare/hap".to_owned(),
        label: "Vcare <HAP>".to_owned(),
        code: None,
        positions: vec!["Open".to_owned(), "Niet open".to_owned()],
        position: "Open".to_owned(),
        since: Some(Timestamp(1_795_000_000_000)),
        until: None,
        back_to: None,
        by: Some("bo".to_owned()),
        reason: Some("test".to_owned()),
    }
}

fn campaign() -> v1::Campaign {
    v1::Campaign {
        campaign: "griep 2026/1".into(),
        template: "reservelijst".into(),
        opened: Timestamp(1_795_000_000_000),
        by: None,
        goal: 6,
        until: None,
        fields: Vec::new(),
        stage: v1::CampaignStage::Running,
        end: None,
        planner_chooses: false,
        reached: 2,
        calls: 1,
        contacts: 40,
        untried: 30,
        to_offer: 31,
        accepted: 0,
        waits_for: None,
    }
}

impl Host for Small {
    async fn status(&self) -> Result<v1::Status, Error> {
        let inside = self.inside();
        Ok(v1::Status {
            ill: inside.ill.clone(),
            version: "0.1.0".to_owned(),
            since: Timestamp(1_795_000_000_000),
            calls: inside.calls,
            pbx: v1::PbxStatus {
                adapter: "sim".to_owned(),
                connected: inside.connected,
                error: None,
            },
            site: v1::SiteStatus { in_force: true, error: None, warnings: Vec::new() },
            flows: v1::FlowsStatus { serving: 1, wrong: Vec::new() },
            journal: v1::JournalStatus { pending: 0, stuck_since: None, error: None },
            mail: v1::MailStatus { server: true, waiting: 0, failed: 0, error: None },
            disk: v1::DiskStatus { folder: "/".to_owned(), free: Some(1 << 40) },
            switches: Vec::new(),
        })
    }

    async fn flows(&self) -> Result<Vec<v1::Flow>, Error> {
        let mut inside = self.inside();
        inside.asked += 1;
        Ok(vec![v1::Flow {
            name: "reception".into(),
            numbers: Vec::new(),
            plugin: None,
            plugin_version: None,
            version: Some("b2".to_owned()),
            previous: None,
            rolled_back: false,
            withdrawn: None,
            on_fallback: false,
            calls: [("a1".to_owned(), inside.calls)].into(),
            faults: 0,
            accepted: false,
            error: None,
        }])
    }

    async fn rollback(&self, flow: &FlowName) -> Result<v1::RolledBack, Error> {
        self.did(flow);
        Ok(v1::RolledBack { version: "a1".to_owned() })
    }

    async fn accept(&self, _: &FlowName, what: v1::Accept) -> Result<v1::Accepted, Error> {
        self.did(what);
        Ok(v1::Accepted { version: "a1".to_owned(), error: None })
    }

    async fn queues(&self) -> Result<Vec<v1::Queue>, Error> {
        let longest_wait = Duration::from_millis(75_500);
        Ok(vec![v1::Queue {
            queue: "desk".into(),
            code: None,
            now: v1::QueueNow { waiting: 2, longest_wait, logged_in: 2, free: 1 },
            answer_within_s: 20.0,
            handling: None,
            day: v1::QueueDay {
                offered: 12,
                answered: 8,
                answered_within: 6,
                left: 1,
                abandoned: 1,
            },
        }])
    }

    async fn agents(&self) -> Result<Vec<v1::Agent>, Error> {
        use v1::AgentState::{Free, LoggedOut, Talking};
        let agent = |(name, status): (&str, _)| v1::Agent {
            agent: name.into(),
            display_name: name.to_owned(),
            extension: None,
            status,
            pause_reason: None,
            since: Timestamp(1_795_000_000_000),
            at: None,
            queues: vec!["desk".into()],
        };
        Ok([("an", Free), ("bo", Talking), ("dirk", LoggedOut)].map(agent).to_vec())
    }

    async fn agent(&self, _: &AgentName, what: v1::AgentDo) -> Result<(), Error> {
        self.did(what);
        Ok(())
    }

    async fn switches(&self) -> Result<Vec<v1::Switch>, Error> {
        Ok(vec![switch()])
    }

    async fn turn_switch(&self, name: &str, t: v1::TurnSwitch) -> Result<v1::SwitchTurn, Error> {
        let v1::TurnSwitch { position, by, reason, means, until } = t;
        self.did((name, &position, &by, &reason, means, until.is_some()));
        let (from, switch) = ("Open".to_owned(), name.to_owned());
        let at = Timestamp(1_795_000_000_000);
        Ok(v1::SwitchTurn {
            switch,
            at,
            by,
            means,
            endpoint: None,
            from,
            to: position,
            until,
            reason,
        })
    }

    async fn switch_turns(&self, _: v1::WhichTurns) -> Result<Vec<v1::SwitchTurn>, Error> {
        Ok(Vec::new())
    }

    async fn campaigns(&self) -> Result<Vec<v1::Campaign>, Error> {
        Ok(vec![campaign()])
    }

    async fn open_campaign(&self, _: v1::OpenCampaign) -> Result<v1::Campaign, Error> {
        none()
    }

    async fn campaign(&self, name: &CampaignName) -> Result<v1::Campaign, Error> {
        if *name == campaign().campaign { Ok(campaign()) } else { none() }
    }

    async fn campaign_contacts(&self, _: &CampaignName) -> Result<Vec<v1::CampaignContact>, Error> {
        Ok(Vec::new())
    }

    async fn shifts(&self, _: v1::WhichShifts) -> Result<v1::Shifts, Error> {
        Ok(v1::Shifts::default())
    }

    async fn direct_campaign(
        &self,
        name: &CampaignName,
        what: v1::CampaignDo,
    ) -> Result<v1::Campaign, Error> {
        self.did((name, what));
        self.campaign(name).await
    }

    async fn do_not_call(&self) -> Result<Vec<v1::DoNotCall>, Error> {
        Ok(Vec::new())
    }

    async fn never_call(&self, what: v1::NeverCall) -> Result<(), Error> {
        self.did(what);
        Ok(())
    }

    async fn import_numbers(&self, _: v1::ImportNumbers) -> Result<v1::Imported, Error> {
        none()
    }

    async fn forget_erased(&self) -> Result<(), Error> {
        Ok(())
    }

    async fn checklist(&self) -> Result<Vec<v1::Check>, Error> {
        Ok(Vec::new())
    }

    async fn calls(&self) -> Result<Vec<v1::Call>, Error> {
        Ok(Vec::new())
    }

    async fn call(&self, _: v1::NewCall) -> Result<Lines, Error> {
        none()
    }

    async fn take_out(&self, _: CallId) -> Result<(), Error> {
        none()
    }

    async fn send_on(&self, _: CallId, _: v1::SendOn) -> Result<(), Error> {
        none()
    }

    async fn cases(&self, _: v1::WhichCases) -> Result<Vec<v1::Case>, Error> {
        Ok(Vec::new())
    }

    async fn add_case(&self, _: v1::NewCase) -> Result<v1::Case, Error> {
        none()
    }

    async fn note_case(&self, _: &str, _: v1::Notes) -> Result<(), Error> {
        none()
    }

    async fn close_case(&self, _: &str, _: v1::CaseEnd) -> Result<(), Error> {
        none()
    }

    async fn note_record(&self, _: CallId, _: v1::Notes) -> Result<(), Error> {
        none()
    }

    async fn users(&self) -> Result<Vec<v1::User>, Error> {
        Ok(Vec::new())
    }

    async fn add_user(&self, _: v1::NewUser) -> Result<v1::User, Error> {
        none()
    }

    async fn change_user(&self, _: &str, _: v1::UserDo) -> Result<(), Error> {
        none()
    }

    async fn tokens(&self) -> Result<Vec<v1::Token>, Error> {
        Ok(Vec::new())
    }

    async fn issue_token(&self, _: v1::NewToken) -> Result<v1::IssuedToken, Error> {
        none()
    }

    async fn revoke_token(&self, token: &str) -> Result<(), Error> {
        self.did(token);
        Ok(())
    }

    /// The password of everybody is `correct horse`.
    async fn log_in(&self, asked: v1::LogIn) -> Result<v1::Session, Error> {
        match v1::Role::named(&asked.name).filter(|_| asked.password == "correct horse") {
            Some(_) => {
                let who = self.who(v1::Secret { secret: asked.name.clone() }).await?;
                Ok(v1::Session { secret: asked.name, who, until: Timestamp(u64::MAX) })
            }
            None => Err(Error::not_known("the name or the password is wrong")),
        }
    }

    async fn who(&self, shown: v1::Secret) -> Result<v1::Who, Error> {
        let role = v1::Role::named(&shown.secret).filter(|_| !self.inside().nobody);
        let role = role.ok_or_else(|| Error::not_known("nobody"))?;
        Ok(v1::Who { name: "an".to_owned(), role, id: shown.secret })
    }
}
