//! The imports: each read of a flow is answered by what the host keeps for the step.

use super::{
    interfaces::{
        reads::{
            AgentStatus, Authority, CallBackStatus, CampaignStatus, Host as ReadsImports,
            KnownContact, Level, ListedContact, PastCall, QueueStatus, ScheduleStatus, SiteSwitch,
        },
        types::{Host as TypesImports, Moment, Target},
    },
    millis, to_guest,
};
use crate::host::Host;
use strowger_model::OrderId;

impl TypesImports for Host {}

impl ReadsImports for Host {
    fn now(&mut self) -> wasmtime::Result<Moment> {
        Ok(to_guest::moment(self.ask("now", "")?.now()))
    }

    fn instant(&mut self, civil: String) -> wasmtime::Result<Option<u64>> {
        Ok(self.ask("instant", &civil)?.instant(&civil).map(|at| at.0))
    }

    fn schedule(&mut self, name: String) -> wasmtime::Result<Option<ScheduleStatus>> {
        Ok(self.ask("schedule", &name)?.schedule(&name).map(to_guest::schedule))
    }

    fn switch(&mut self, name: String) -> wasmtime::Result<Option<String>> {
        Ok(self.ask("switch", &name)?.switch(&name))
    }

    fn switch_named(&mut self, key: String) -> wasmtime::Result<Option<SiteSwitch>> {
        Ok(self.ask("switch-named", &key)?.switch_named(&key).map(to_guest::site_switch))
    }

    fn authority_to_turn(&mut self, switch: String, agent: String) -> wasmtime::Result<Authority> {
        let reads = self.ask("authority-to-turn", &switch)?;
        Ok(to_guest::authority(reads.authority_to_turn(&switch, &agent)))
    }

    fn queue(&mut self, name: String) -> wasmtime::Result<Option<QueueStatus>> {
        Ok(self.ask("queue", &name)?.queue(&name).map(to_guest::queue))
    }

    fn agent(&mut self, name: String) -> wasmtime::Result<Option<AgentStatus>> {
        Ok(self.ask("agent", &name)?.agent(&name).map(to_guest::agent))
    }

    fn contact(&mut self, key: String) -> wasmtime::Result<Option<KnownContact>> {
        Ok(self.ask("contact", &key)?.contact(&key).map(to_guest::contact))
    }

    fn history(&mut self, number: String, days: u16) -> wasmtime::Result<Vec<PastCall>> {
        let calls = self.ask("history", &number)?.history(&number, days);
        Ok(calls.into_iter().map(to_guest::past_call).collect())
    }

    fn campaign(&mut self, name: String) -> wasmtime::Result<Option<CampaignStatus>> {
        Ok(self.ask("campaign", &name)?.campaign(&name).map(to_guest::campaign))
    }

    fn campaign_contact(
        &mut self,
        campaign: String,
        contact: String,
    ) -> wasmtime::Result<Option<ListedContact>> {
        let reads = self.ask("campaign-contact", &contact)?;
        Ok(reads.campaign_contact(&campaign, &contact).map(to_guest::campaign_contact))
    }

    fn call_back(&mut self, number: String) -> wasmtime::Result<Option<CallBackStatus>> {
        Ok(self.ask("call-back", &number)?.call_back(&number).map(to_guest::call_back))
    }

    fn on_duty(&mut self, roster: String) -> wasmtime::Result<Vec<Target>> {
        let duty = self.ask("on-duty", &roster)?.on_duty(&roster);
        Ok(duty.into_iter().map(to_guest::target).collect())
    }

    fn position(&mut self, entry: u32) -> wasmtime::Result<Option<u32>> {
        Ok(self.ask("position", "")?.position(OrderId(entry)))
    }

    fn expected_wait(&mut self, entry: u32) -> wasmtime::Result<Option<u32>> {
        Ok(self.ask("expected-wait", "")?.expected_wait(OrderId(entry)).map(millis))
    }

    fn agent_at(&mut self, phone: String) -> wasmtime::Result<Option<String>> {
        Ok(self.ask("agent-at", &phone)?.agent_at(&phone).map(|agent| agent.to_string()))
    }

    fn language(&mut self) -> wasmtime::Result<String> {
        Ok(self.ask("language", "")?.language())
    }

    fn agent_named(&mut self, key: String) -> wasmtime::Result<Option<String>> {
        Ok(self.ask("agent-named", &key)?.agent_named(&key).map(|agent| agent.to_string()))
    }

    fn authority_over(&mut self, agent: String) -> wasmtime::Result<Authority> {
        Ok(to_guest::authority(self.ask("authority-over", &agent)?.authority_over(&agent)))
    }

    fn in_queue(&mut self, agent: String, queue: String) -> wasmtime::Result<Option<bool>> {
        Ok(self.ask("in-queue", &agent)?.in_queue(&agent, &queue))
    }

    fn random(&mut self) -> wasmtime::Result<u64> {
        Ok(Host::random(self)?)
    }

    fn log(&mut self, level: Level, message: String) -> wasmtime::Result<()> {
        Ok(Host::log(self, to_guest::level(level), &message)?)
    }
}
