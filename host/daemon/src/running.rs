//! The running host as the API shows it.

use crate::{
    accounts::Accounts,
    answers, campaigns, checklist, paperwork, shifts,
    status::{self, Vitals},
    test_call::{Stage, TestLegs},
    watch::Watch,
};
use std::{sync::Arc, time::Duration};
use strowger_api::{Error, Host, Lines, v1};
use strowger_exchange::{ByHandError, Clock, Exchange};
use strowger_flows::Catalogue;
use strowger_journal::{Backend, TurnQuery};
use strowger_model::{AgentName, CallId, CampaignName, FlowName, Timestamp, event::RefusalReason};
use strowger_pbx::port::Pbx;
use strowger_sim::Sim;

/// The parts of a host that the API reaches.
pub struct Running {
    /// The flows.
    pub catalogue: Arc<Catalogue>,
    /// The calls.
    pub exchange: Arc<Exchange>,
    /// The PBX.
    pub pbx: Arc<dyn Pbx>,
    /// The PBX, if it is the sim.
    pub sim: Option<Arc<Sim>>,
    /// Shows calls; the exchange's observer.
    pub watch: Arc<Watch>,
    /// Of test calls.
    pub legs: Arc<TestLegs>,
    /// What the status is made of.
    pub vitals: Vitals,
    /// For what people keep, beside the host's own writer.
    pub journal: Arc<dyn Backend>,
    /// Who may use the host.
    pub accounts: Accounts,
}

/// For so long a command waits for the journal. When that is stuck, `status` says so.
const COMMIT: Duration = Duration::from_secs(2);

impl Running {
    fn now(&self) -> Timestamp {
        self.exchange.clock().now()
    }

    /// What somebody is told to be done outlives the host.
    async fn committed(&self) -> Result<(), Error> {
        let Some(store) = self.vitals.store.clone() else { return Ok(()) };
        let flush = tokio::task::spawn_blocking(move || store.flush(COMMIT));
        match flush.await.map_err(Error::internal)? {
            true => Ok(()),
            false => Err(Error::internal(
                "it is done, but the journal cannot be written now: if the host ends before it \
                 can, it is forgotten; see `strowger status`",
            )),
        }
    }
}

impl Host for Running {
    async fn status(&self) -> Result<v1::Status, Error> {
        status::status(&self.vitals).await
    }

    async fn flows(&self) -> Result<Vec<v1::Flow>, Error> {
        Ok(self.catalogue.status().into_iter().map(answers::flow).collect())
    }

    async fn rollback(&self, flow: &FlowName) -> Result<v1::RolledBack, Error> {
        let (catalogue, flow) = (self.catalogue.clone(), flow.clone());
        // It waits for a reload that is under way.
        let back = tokio::task::spawn_blocking(move || catalogue.rollback(flow.as_str())).await;
        let version = back.map_err(Error::internal)?.map_err(Error::conflict)?;
        self.exchange.site_changed();
        Ok(v1::RolledBack { version })
    }

    async fn accept(&self, flow: &FlowName, accept: v1::Accept) -> Result<v1::Accepted, Error> {
        let (catalogue, flow) = (self.catalogue.clone(), flow.clone());
        let accepted = move || catalogue.accept(flow.as_str(), &accept.reason);
        let accepted = tokio::task::spawn_blocking(accepted).await;
        let version = accepted.map_err(Error::internal)?.map_err(Error::conflict)?;
        self.exchange.site_changed();
        let report = self.catalogue.report();
        let error = (!report.is_good()).then(|| report.to_string());
        Ok(v1::Accepted { version, error })
    }

    async fn queues(&self) -> Result<Vec<v1::Queue>, Error> {
        Ok(self.exchange.queues().into_iter().map(answers::queue).collect())
    }

    async fn agents(&self) -> Result<Vec<v1::Agent>, Error> {
        Ok(self.exchange.agents().into_iter().map(answers::agent).collect())
    }

    async fn calls(&self) -> Result<Vec<v1::Call>, Error> {
        Ok(self.exchange.glances().await.into_iter().map(answers::call).collect())
    }

    async fn agent(&self, agent: &AgentName, what: v1::AgentDo) -> Result<(), Error> {
        let action = answers::agent_action(agent, what, &self.catalogue.current().site)?;
        self.exchange.agent(agent, action).map_err(|refusal| match refusal.reason {
            RefusalReason::UnknownName => Error::not_found(refusal.detail),
            _ => Error::conflict(refusal.detail),
        })?;
        self.committed().await
    }

    async fn switches(&self) -> Result<Vec<v1::Switch>, Error> {
        Ok(self.exchange.switches().into_iter().map(answers::switch).collect())
    }

    async fn turn_switch(
        &self,
        switch: &str,
        turn: v1::TurnSwitch,
    ) -> Result<v1::SwitchTurn, Error> {
        let turned = self.exchange.turn_switch(answers::turn_switch(switch, turn));
        let turned = turned.map_err(answers::not_turned)?;
        self.committed().await?;
        Ok(answers::switch_turn(turned))
    }

    async fn switch_turns(&self, which: v1::WhichTurns) -> Result<Vec<v1::SwitchTurn>, Error> {
        let site = self.catalogue.current().site.clone();
        let known = |name: &str| site.switch(name).or_else(|| site.switch_called(name));
        let switch = which.switch.map(|name| known(&name).map_or(name, |it| it.name.clone()));
        let mut turns = Vec::new();
        if let Some(store) = self.vitals.store.clone() {
            let limit = which.limit.unwrap_or(v1::WhichTurns::LIMIT);
            let query = TurnQuery { name: switch.clone(), limit: Some(limit) };
            let read = tokio::task::spawn_blocking(move || store.switch_turns(&query)).await;
            turns = read.map_err(Error::internal)?.map_err(Error::internal)?;
        }
        // One that the site file has no more may have been turned.
        if let Some(name) = switch.filter(|name| turns.is_empty() && known(name).is_none()) {
            let why = format!(
                "there is no switch {name}, and no turn of one; `strowger switch` shows all"
            );
            return Err(Error::not_found(why));
        }
        Ok(turns.into_iter().map(answers::switch_turn).collect())
    }

    async fn campaigns(&self) -> Result<Vec<v1::Campaign>, Error> {
        // Lists of campaigns that ended before the host started may have to be read.
        let exchange = self.exchange.clone();
        let all = tokio::task::spawn_blocking(move || exchange.campaigns()).await;
        Ok(all.map_err(Error::internal)?.into_iter().map(campaigns::campaign).collect())
    }

    async fn open_campaign(&self, open: v1::OpenCampaign) -> Result<v1::Campaign, Error> {
        let (exchange, site) = (self.exchange.clone(), self.catalogue.current().site.clone());
        // A long list takes a while.
        let opened = tokio::task::spawn_blocking(move || {
            let now = Clock::system().now();
            let new = campaigns::opening(open, &exchange, &site, now)?;
            let opened = exchange.open_campaign(new).map_err(campaigns::not_done)?;
            let warnings = campaigns::warnings(&opened, &site, now);
            Ok::<_, Error>(v1::Campaign { warnings, ..campaigns::campaign(opened) })
        });
        let opened = opened.await.map_err(Error::internal)??;
        self.committed().await?;
        Ok(opened)
    }

    async fn campaign(&self, campaign: &CampaignName) -> Result<v1::Campaign, Error> {
        let now = self.exchange.campaign_now(campaign.as_str());
        now.map(campaigns::campaign).map_err(campaigns::not_done)
    }

    async fn campaign_contacts(
        &self,
        campaign: &CampaignName,
    ) -> Result<Vec<v1::CampaignContact>, Error> {
        let contacts = self.exchange.campaign_contacts(campaign.as_str());
        let contacts = contacts.map_err(campaigns::not_done)?;
        Ok(contacts.into_iter().map(campaigns::contact).collect())
    }

    async fn shifts(&self, which: v1::WhichShifts) -> Result<v1::Shifts, Error> {
        Ok(shifts::shifts(&self.exchange, &self.catalogue.current().site, which))
    }

    async fn direct_campaign(
        &self,
        campaign: &CampaignName,
        what: v1::CampaignDo,
    ) -> Result<v1::Campaign, Error> {
        let directed = self.exchange.direct_campaign(campaign.as_str(), campaigns::direct(what));
        let directed = directed.map_err(campaigns::not_done)?;
        self.committed().await?;
        Ok(campaigns::campaign(directed))
    }

    async fn do_not_call(&self) -> Result<Vec<v1::DoNotCall>, Error> {
        Ok(self.exchange.never_called().into_iter().map(campaigns::never_called).collect())
    }

    async fn never_call(&self, never: v1::NeverCall) -> Result<(), Error> {
        let v1::NeverCall { number, listed, by } = never;
        campaigns::check_by(by.as_deref())?;
        let number = campaigns::number(&number, &self.catalogue.current().site)?;
        if !self.exchange.never_call(&number, listed, by) && !listed {
            return Err(Error::not_found("this number is not on the do-not-call list"));
        }
        self.committed().await
    }

    async fn import_numbers(&self, import: v1::ImportNumbers) -> Result<v1::Imported, Error> {
        campaigns::check_by(import.by.as_deref())?;
        let (exchange, site) = (self.exchange.clone(), self.catalogue.current().site.clone());
        let imported = tokio::task::spawn_blocking(move || {
            let numbers = campaigns::numbers(&import.list, &site)?;
            let (mut added, all) = (0, numbers.len() as u64);
            for number in &numbers {
                added += u64::from(exchange.never_call(number, true, import.by.clone()));
            }
            Ok(v1::Imported { added, known: all - added })
        });
        let imported = imported.await.map_err(Error::internal)??;
        self.committed().await?;
        Ok(imported)
    }

    async fn forget_erased(&self) -> Result<(), Error> {
        let exchange = self.exchange.clone();
        let read = tokio::task::spawn_blocking(move || exchange.read_history()).await;
        read.map_err(Error::internal)?.map_err(Error::internal)
    }

    async fn checklist(&self) -> Result<Vec<v1::Check>, Error> {
        Ok(checklist::checklist(&self.vitals))
    }

    async fn take_out(&self, call: CallId) -> Result<(), Error> {
        self.exchange.take_out(call).await.map_err(by_hand)
    }

    async fn send_on(&self, call: CallId, to: v1::SendOn) -> Result<(), Error> {
        let to = answers::callable(&to.to, &self.catalogue.current().site)?;
        self.exchange.send_on(call, &to).await.map_err(by_hand)
    }

    async fn call(&self, new: v1::NewCall) -> Result<Lines, Error> {
        if let Some(why) = self.vitals.connection.error() {
            return Err(Error::conflict(format!("the PBX is not connected: {why}")));
        }
        let stage = Stage {
            snapshot: &self.catalogue.current(),
            watch: &self.watch,
            pbx: &self.pbx,
            sim: self.sim.as_deref(),
            legs: &self.legs,
        };
        stage.call(new).await
    }

    async fn cases(&self, which: v1::WhichCases) -> Result<Vec<v1::Case>, Error> {
        paperwork::list(&self.journal, which).await
    }

    async fn add_case(&self, new: v1::NewCase) -> Result<v1::Case, Error> {
        let Some(flow) = self.catalogue.current().flows.get(&new.flow).cloned() else {
            return Err(Error::not_found(format!("there is no flow {:?}", new.flow)));
        };
        paperwork::add(&self.journal, &flow, new).await
    }

    async fn note_case(&self, case: &str, more: v1::Notes) -> Result<(), Error> {
        paperwork::note(&self.journal, case, more).await
    }

    async fn close_case(&self, case: &str, end: v1::CaseEnd) -> Result<(), Error> {
        let site = self.catalogue.current().site.clone();
        paperwork::close(&self.journal, case, end, site).await
    }

    async fn note_record(&self, call: CallId, more: v1::Notes) -> Result<(), Error> {
        paperwork::note_record(&self.journal, call, more).await
    }

    async fn users(&self) -> Result<Vec<v1::User>, Error> {
        Ok(self.accounts.users())
    }

    async fn add_user(&self, new: v1::NewUser) -> Result<v1::User, Error> {
        let added = self.accounts.add_user(new, self.now()).await?;
        self.committed().await?;
        Ok(added)
    }

    async fn change_user(&self, user: &str, what: v1::UserDo) -> Result<(), Error> {
        self.accounts.change_user(user, what).await?;
        self.committed().await
    }

    async fn tokens(&self) -> Result<Vec<v1::Token>, Error> {
        Ok(self.accounts.tokens(self.now()))
    }

    async fn issue_token(&self, new: v1::NewToken) -> Result<v1::IssuedToken, Error> {
        let issued = self.accounts.issue(new, self.now())?;
        self.committed().await?;
        Ok(issued)
    }

    async fn revoke_token(&self, token: &str) -> Result<(), Error> {
        self.accounts.revoke(token)?;
        self.committed().await
    }

    async fn log_in(&self, log_in: v1::LogIn) -> Result<v1::Session, Error> {
        // A session that the journal does not get in time ends with the host.
        self.accounts.log_in(log_in, self.now()).await
    }

    async fn who(&self, shown: v1::Secret) -> Result<v1::Who, Error> {
        self.accounts.who(&shown.secret, self.now())
    }
}

fn by_hand(error: ByHandError) -> Error {
    match error {
        ByHandError::NoCall(_) => Error::not_found(error),
        ByHandError::NotWaiting(_) | ByHandError::NoCaller(_) => Error::conflict(error),
    }
}
