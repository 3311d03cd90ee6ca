//! A site that answers what a test laid down.

use crate::{
    reads::{
        AgentStatus, Authority, CallBackStatus, CampaignStage, CampaignStatus, KnownContact, Level,
        ListedContact, PastCall, Purpose, QueueStatus, Reads, ScheduleStatus, SiteSwitch,
    },
    types::{Field, Millis, Moment, OrderId, Target, Weekday},
};
use std::{cell::RefCell, collections::BTreeMap};

/// What a flow under test is told when it asks. What was not laid down is not there.
#[derive(Clone, Debug, Default)]
pub struct Site {
    /// The flow's language; empty: `en`.
    pub language: String,
    /// Schedules, open or closed.
    pub schedules: BTreeMap<String, bool>,
    /// Positions of switches.
    pub switches: BTreeMap<String, String>,
    /// Queues.
    pub queues: BTreeMap<String, QueueStatus>,
    /// Agents.
    pub agents: BTreeMap<String, AgentStatus>,
    /// Contacts by number or id.
    pub contacts: BTreeMap<String, KnownContact>,
    /// Past calls by number.
    pub histories: BTreeMap<String, Vec<PastCall>>,
    /// Campaigns.
    pub campaigns: BTreeMap<String, CampaignStatus>,
    /// Contacts of campaigns, by campaign and id.
    pub campaign_contacts: BTreeMap<(String, String), ListedContact>,
    /// Call-backs that wait, by number.
    pub call_backs: BTreeMap<String, CallBackStatus>,
    /// Switches by name or code, for flows that turn them.
    pub site_switches: BTreeMap<String, SiteSwitch>,
    /// Whether the call may turn a switch in the name of an agent, by both.
    pub turners: BTreeMap<(String, String), Authority>,
    /// Rosters: who is on duty.
    pub rosters: BTreeMap<String, Vec<Target>>,
    /// Who is at which phone.
    pub phones: BTreeMap<String, String>,
    /// Which agent takes calls of which queues, by the words that the flow asks with.
    pub members: BTreeMap<(String, String), bool>,
    /// Agents' names by extension.
    pub extensions: BTreeMap<String, String>,
    /// Whether the call may act for an agent.
    pub authorities: BTreeMap<String, Authority>,
    /// How long anybody will probably wait, in milliseconds.
    pub expected_wait: Option<Millis>,
    /// The place in line of anybody; 0: the first.
    pub position: u32,
    /// The instant, in milliseconds since 1970, that passes with
    /// [`TestCall::passes`](super::TestCall::passes).
    pub instant: u64,
    /// What the flow logged.
    pub log: RefCell<Vec<String>>,
}

impl Site {
    /// Of a flow that speaks this language.
    pub fn language(mut self, language: &str) -> Self {
        self.language = language.into();
        self
    }

    /// With this schedule.
    pub fn schedule(mut self, name: &str, open: bool) -> Self {
        self.schedules.insert(name.into(), open);
        self
    }

    /// With this queue, in which so many agents are logged in and so many of them free.
    pub fn queue(mut self, name: &str, logged_in: u32, free: u32) -> Self {
        self.queues
            .insert(name.into(), QueueStatus { waiting: 0, longest_wait: 0, logged_in, free });
        self
    }

    /// With this agent.
    pub fn agent(mut self, name: &str, status: AgentStatus) -> Self {
        self.agents.insert(name.into(), status);
        self
    }

    /// With this contact, found by this number.
    pub fn contact(mut self, number: &str, contact: KnownContact) -> Self {
        self.contacts.insert(number.into(), contact);
        self
    }

    /// With a call from this number in the past.
    pub fn called(mut self, number: &str, past: PastCall) -> Self {
        self.histories.entry(number.into()).or_default().push(past);
        self
    }

    /// With this roster, and who is on duty.
    pub fn roster(mut self, name: &str, on_duty: impl IntoIterator<Item = Target>) -> Self {
        self.rosters.insert(name.into(), on_duty.into_iter().collect());
        self
    }

    /// With this agent at this phone.
    pub fn phone(mut self, phone: &str, agent: &str) -> Self {
        self.phones.insert(phone.into(), agent.into());
        self
    }

    /// With an agent's extension.
    pub fn extension(mut self, extension: &str, agent: &str) -> Self {
        self.extensions.insert(extension.into(), agent.into());
        self
    }

    /// With this authority over an agent.
    pub fn authority(mut self, agent: &str, authority: Authority) -> Self {
        self.authorities.insert(agent.into(), authority);
        self
    }

    /// With this agent in this queue, or not.
    pub fn member(mut self, agent: &str, queue: &str, is: bool) -> Self {
        self.members.insert((agent.into(), queue.into()), is);
        self
    }

    /// With this campaign.
    pub fn campaign(mut self, name: &str, status: CampaignStatus) -> Self {
        self.campaigns.insert(name.into(), status);
        self
    }

    /// With this contact of a campaign.
    pub fn campaign_contact(mut self, campaign: &str, id: &str, contact: ListedContact) -> Self {
        self.campaign_contacts.insert((campaign.into(), id.into()), contact);
        self
    }

    /// With this switch.
    pub fn switch(mut self, name: &str, position: &str) -> Self {
        self.switches.insert(name.into(), position.into());
        self
    }
}

/// Somebody of a kind, of whom nothing else is known but the name.
pub fn contact(kind: &str, name: &str) -> KnownContact {
    KnownContact {
        id: name.into(),
        kind: kind.into(),
        name: name.into(),
        region: None,
        language: None,
        responsible: Vec::new(),
        do_not_call: false,
        tags: Vec::new(),
    }
}

/// A campaign that runs, with so many places of which so many are filled, and what it is about.
pub fn campaign(goal: u32, reached: u32, fields: &[(&str, &str)]) -> CampaignStatus {
    CampaignStatus {
        template: "offer".into(),
        stage: CampaignStage::Running,
        planner_chooses: false,
        goal,
        reached,
        remaining: 1,
        fields: self::fields(fields),
        end: None,
    }
}

/// Somebody on the list of a campaign who is to be offered a place, with further columns of the
/// list.
pub fn listed(name: &str, columns: &[(&str, &str)]) -> ListedContact {
    ListedContact {
        number: "+32470000001".into(),
        name: name.into(),
        language: None,
        tags: Vec::new(),
        fields: fields(columns),
        attempts: 1,
        purpose: Purpose::Offer,
        outcome: None,
    }
}

fn fields(fields: &[(&str, &str)]) -> Vec<Field> {
    fields.iter().map(|(key, value)| Field { key: (*key).into(), value: (*value).into() }).collect()
}

/// The instant of a civil time such as `2026-11-23 07:00`, in a zone that is UTC.
fn instant(civil: &str) -> Option<u64> {
    let numbers = civil.split(['-', ' ', ':']).map(|part| part.parse().ok());
    let [year, month, day, hour, minute] =
        <[i64; 5]>::try_from(numbers.collect::<Option<Vec<i64>>>()?).ok()?;
    // As in `moment`, with years that begin in March.
    let year = if month <= 2 { year - 1 } else { year };
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = year * 365 + year / 4 - year / 100 + year / 400 + day_of_year - 719_468;
    u64::try_from(((days * 24 + hour) * 60 + minute) * 60_000).ok()
}

/// An instant with its civil time, in a zone that is UTC.
pub fn moment(instant: u64) -> Moment {
    const WEEK: [Weekday; 7] = [
        Weekday::Thursday,
        Weekday::Friday,
        Weekday::Saturday,
        Weekday::Sunday,
        Weekday::Monday,
        Weekday::Tuesday,
        Weekday::Wednesday,
    ];
    let seconds = instant / 1000;
    let days = seconds / 86_400;
    // Days since 0000-03-01, in eras of 400 years, as the Gregorian calendar repeats.
    let from_march = days + 719_468;
    let (era, day_of_era) = (from_march / 146_097, from_march % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    Moment {
        instant,
        year: (era * 400 + year_of_era + u64::from(month <= 2)) as i32,
        month: month as u8,
        day: (day_of_year - (153 * shifted + 2) / 5 + 1) as u8,
        hour: (seconds / 3600 % 24) as u8,
        minute: (seconds / 60 % 60) as u8,
        second: (seconds % 60) as u8,
        weekday: WEEK[(days % 7) as usize],
    }
}

impl Reads for Site {
    fn now(&self) -> Moment {
        moment(self.instant)
    }

    fn instant(&self, civil: &str) -> Option<u64> {
        instant(civil)
    }

    fn schedule(&self, name: &str) -> Option<ScheduleStatus> {
        let open = *self.schedules.get(name)?;
        Some(ScheduleStatus { open, until: None, reason: None, holiday: false })
    }

    fn switch(&self, name: &str) -> Option<String> {
        self.switches.get(name).cloned()
    }

    fn switch_named(&self, key: &str) -> Option<SiteSwitch> {
        self.site_switches.get(key).cloned()
    }

    fn authority_to_turn(&self, switch: &str, agent: &str) -> Authority {
        let asked = (switch.to_owned(), agent.to_owned());
        self.turners.get(&asked).copied().unwrap_or(Authority::Nothing)
    }

    fn queue(&self, name: &str) -> Option<QueueStatus> {
        self.queues.get(name).copied()
    }

    fn agent(&self, name: &str) -> Option<AgentStatus> {
        self.agents.get(name).copied()
    }

    fn contact(&self, key: &str) -> Option<KnownContact> {
        self.contacts.get(key).cloned()
    }

    fn history(&self, number: &str, _days: u16) -> Vec<PastCall> {
        self.histories.get(number).cloned().unwrap_or_default()
    }

    fn campaign(&self, name: &str) -> Option<CampaignStatus> {
        self.campaigns.get(name).cloned()
    }

    fn campaign_contact(&self, campaign: &str, contact: &str) -> Option<ListedContact> {
        self.campaign_contacts.get(&(campaign.to_owned(), contact.to_owned())).cloned()
    }

    fn call_back(&self, number: &str) -> Option<CallBackStatus> {
        self.call_backs.get(number).cloned()
    }

    fn on_duty(&self, roster: &str) -> Vec<Target> {
        self.rosters.get(roster).cloned().unwrap_or_default()
    }

    fn position(&self, _entry: OrderId) -> Option<u32> {
        Some(self.position.max(1))
    }

    fn expected_wait(&self, _entry: OrderId) -> Option<Millis> {
        self.expected_wait
    }

    fn agent_at(&self, phone: &str) -> Option<String> {
        self.phones.get(phone).cloned()
    }

    fn language(&self) -> String {
        match self.language.is_empty() {
            true => "en".into(),
            false => self.language.clone(),
        }
    }

    fn agent_named(&self, key: &str) -> Option<String> {
        let named = || self.agents.contains_key(key).then(|| key.to_owned());
        self.extensions.get(key).cloned().or_else(named)
    }

    fn authority_over(&self, agent: &str) -> Authority {
        self.authorities.get(agent).copied().unwrap_or(Authority::Nothing)
    }

    fn in_queue(&self, agent: &str, queue: &str) -> Option<bool> {
        self.members.get(&(agent.to_owned(), queue.to_owned())).copied()
    }

    fn random(&self) -> u64 {
        self.instant.wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }

    fn log(&self, level: Level, message: &str) {
        self.log.borrow_mut().push(format!("{level:?}: {message}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn civil_time_of_an_instant() {
        // 10 March 2021, the date of the third seed, was a Wednesday.
        let moment = moment(1_615_372_205_000);
        assert_eq!((moment.year, moment.month, moment.day), (2021, 3, 10));
        assert_eq!((moment.hour, moment.minute, moment.second), (10, 30, 5));
        assert_eq!(moment.weekday, Weekday::Wednesday);
    }
}
