//! What was kept, read back.

use crate::table::{
    account, agent, campaign, case, clock, decision, in_force, mail, open_call, record, step,
    switch, version,
};
use rusqlite::Connection;
use std::sync::{Mutex, PoisonError};
use strowger_journal::{
    CaseQuery, Clocks, KeptCampaign, KeptContact, KeptToken, KeptUser, OpenCall, Posted, Query,
    Read, ReadError, StepBody, TurnQuery,
};
use strowger_model::{
    AgentName, AgentStanding, CallId, CallRecord, CampaignName, Case, FlowVersion, Timestamp,
    VersionFiles,
    archive::{Decision, InForce},
    campaign::NeverCalled,
    number::Notations,
    switch::{SwitchState, SwitchTurn},
};

pub(crate) struct SqliteReader(Mutex<Connection>);

impl SqliteReader {
    pub(crate) fn new(connection: Connection) -> Self {
        Self(Mutex::new(connection))
    }

    fn read<T>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, ReadError> {
        let connection = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        work(&connection).map_err(|error| ReadError::Database(error.into()))
    }
}

impl Read for SqliteReader {
    fn open_calls(&self) -> Result<Vec<OpenCall>, ReadError> {
        self.read(open_call::all)
    }

    fn agents(&self) -> Result<Vec<(AgentName, AgentStanding)>, ReadError> {
        self.read(agent::all)
    }

    fn clocks(&self) -> Result<Option<Clocks>, ReadError> {
        self.read(clock::last)
    }

    fn step_bodies(&self, call: CallId) -> Result<Vec<StepBody>, ReadError> {
        self.read(|connection| step::of(connection, call))
    }

    fn version(&self, on: &FlowVersion) -> Result<Option<VersionFiles>, ReadError> {
        self.read(|connection| version::find(connection, on))
    }

    fn in_force(&self) -> Result<Option<InForce>, ReadError> {
        self.read(in_force::last)
    }

    fn decisions(&self) -> Result<Vec<Decision>, ReadError> {
        self.read(decision::all)
    }

    fn switches(&self) -> Result<Vec<SwitchState>, ReadError> {
        self.read(switch::all)
    }

    fn switch_turns(&self, query: &TurnQuery) -> Result<Vec<SwitchTurn>, ReadError> {
        self.read(|connection| switch::turns(connection, query))
    }

    fn campaigns_with_lists_since(&self, ended: Timestamp) -> Result<Vec<KeptCampaign>, ReadError> {
        self.read(|connection| campaign::all(connection, Some(ended)))
    }

    fn campaign_list(&self, name: &CampaignName) -> Result<Vec<KeptContact>, ReadError> {
        self.read(|connection| campaign::contacts(connection, name.as_str()))
    }

    fn campaigns(&self) -> Result<Vec<KeptCampaign>, ReadError> {
        self.read(|connection| campaign::all(connection, None))
    }

    fn do_not_call(&self) -> Result<Vec<NeverCalled>, ReadError> {
        self.read(campaign::do_not_call)
    }

    fn salt(&self) -> Result<[u8; 16], ReadError> {
        self.read(campaign::salt)
    }

    fn users(&self) -> Result<Vec<KeptUser>, ReadError> {
        self.read(account::users)
    }

    fn tokens(&self) -> Result<Vec<KeptToken>, ReadError> {
        self.read(account::tokens)
    }

    fn records(&self, query: &Query) -> Result<Vec<CallRecord>, ReadError> {
        self.read(|connection| record::those(connection, query))
    }

    fn record(&self, call: CallId) -> Result<Option<CallRecord>, ReadError> {
        self.read(|connection| record::find(connection, call))
    }

    fn calls_about(&self, number: &Notations) -> Result<Vec<CallId>, ReadError> {
        self.read(|connection| record::about(connection, number))
    }

    fn cases(&self, query: &CaseQuery) -> Result<Vec<Case>, ReadError> {
        self.read(|connection| case::those(connection, query))
    }

    fn mail_due(&self, now: Timestamp, at_most: u32) -> Result<Vec<Posted>, ReadError> {
        self.read(|connection| mail::due(connection, now, at_most))
    }

    fn next_mail(&self) -> Result<Option<Timestamp>, ReadError> {
        self.read(mail::next)
    }

    fn mails(&self, since: Option<Timestamp>) -> Result<Vec<Posted>, ReadError> {
        self.read(|connection| mail::since(connection, since))
    }
}
