//! What flows order of campaigns, and what they ask of them. A flow may do so for the contact that
//! its call is for, and for campaigns that its flow file permits.

use super::{Inner, desk::CampaignError};
use crate::{Exchange, house::switches::board::YEAR};
use std::sync::Arc;
use strowger_campaign::{By, Claimed, Input, RefusedInput, Row, Stage, Then};
use strowger_journal::CampaignChange;
use strowger_model::{
    AgentName, CallId, CampaignName,
    campaign::{CampaignNow, Direct, Disposed, NewCampaign},
    command::{ContactOf, Disposition, OpenCampaign},
    event::{Refusal, RefusalReason},
    read::{CampaignStatus, ListedContact, Purpose},
};
use strowger_site::Terms;

/// Characters of an outcome, at most.
const OUTCOME: usize = 60;
/// Characters of a reason, at most.
const REASON: usize = 500;

fn refusal(reason: RefusalReason, detail: impl Into<String>) -> Refusal {
    Refusal { reason, detail: detail.into() }
}

fn refused(error: CampaignError) -> Refusal {
    let reason = match &error {
        CampaignError::NoTemplate { .. }
        | CampaignError::NoFlow { .. }
        | CampaignError::NoCampaign { .. }
        | CampaignError::NoContact(..) => RefusalReason::UnknownName,
        CampaignError::Taken(_) => RefusalReason::DuplicateId,
        CampaignError::TooMuch(_) => RefusalReason::OverLimit,
        CampaignError::Refused(RefusedInput::HasEnded(_)) => RefusalReason::WrongState,
        _ => RefusalReason::Invalid,
    };
    refusal(reason, error.to_string())
}

fn not_permitted(what: &str) -> Refusal {
    let why = format!("{what}: the flow file does not permit it; see `campaigns` in [permissions]");
    refusal(RefusalReason::NotPermitted, why)
}

impl Exchange {
    /// Opens a campaign for a flow. Repeated by the same call it is done already.
    pub(crate) fn flow_opens_campaign(
        self: &Arc<Self>,
        call: CallId,
        flow: &Terms,
        open: OpenCampaign,
    ) -> Result<(), Refusal> {
        let OpenCampaign { template, name, goal, fields, until } = open;
        if !flow.permissions.may_campaign(&template) {
            return Err(not_permitted(&format!("template {template}")));
        }
        let by = Some(format!("flow {}, call {call}", flow.name));
        let known = self.campaign_now(&name);
        if known.is_ok_and(|known| known.opened.by == by) {
            return Ok(());
        }
        let (template, name) = (template.into(), name.into());
        let new = NewCampaign { template, name, goal, until, fields, people: None, by };
        self.open_campaign(new).map(drop).map_err(refused)
    }

    /// Ends a campaign for a flow.
    pub(crate) fn flow_stops_campaign(
        self: &Arc<Self>,
        flow: &Terms,
        name: &str,
    ) -> Result<(), Refusal> {
        let now = self.campaign_now(name).map_err(refused)?;
        if !flow.permissions.may_campaign(now.opened.template.as_str()) {
            return Err(not_permitted(&format!("campaign {name}")));
        }
        self.direct_campaign(name, Direct::Stop).map(drop).map_err(refused)
    }

    /// Takes a place for a contact. False: there is none.
    pub(crate) fn flow_claims(
        self: &Arc<Self>,
        call: CallId,
        flow: &Terms,
        who: &ContactOf,
    ) -> Result<bool, Refusal> {
        let mut inner = self.campaigns_with(&who.campaign);
        let (campaign, contact) = inner.permitted(call, flow, who)?;
        let claim = Input::Claim { campaign, contact, by: inner.by(call) };
        let claimed = self.tell_campaigns(&mut inner, claim, Vec::new(), Some(call));
        let claimed = claimed.map_err(|why| refused(CampaignError::Refused(why)))?;
        self.campaigns.look.notify_one();
        Ok(matches!(claimed, Some(Claimed::Won | Claimed::Noted)))
    }

    /// Notes what came of a contact.
    pub(crate) fn flow_disposes(
        self: &Arc<Self>,
        call: CallId,
        flow: &Terms,
        what: Disposition,
        agent: Option<AgentName>,
    ) -> Result<(), Refusal> {
        let Disposition { who, outcome, reason, not_before, never_again } = what;
        let is_short = |text: &str, most| text.chars().take(most + 1).count() <= most;
        if outcome.is_empty() || !is_short(&outcome, OUTCOME) {
            let why = format!("an outcome has 1 to {OUTCOME} characters");
            return Err(refusal(RefusalReason::Invalid, why));
        }
        if !is_short(reason.as_deref().unwrap_or_default(), REASON) {
            let why = format!("a reason has at most {REASON} characters");
            return Err(refusal(RefusalReason::Invalid, why));
        }
        let now = self.clock.now();
        if not_before.is_some_and(|at| at.since(now) > YEAR) {
            let why = "who is to be called later is called within a year";
            return Err(refusal(RefusalReason::Invalid, why));
        }
        let mut inner = self.campaigns_with(&who.campaign);
        let (campaign, contact) = inner.permitted(call, flow, &who)?;
        let then = match (never_again, not_before) {
            (true, _) => Then::Over,
            (false, Some(at)) => Then::NotBefore(self.clock.elapsed() + at.since(now)),
            (false, None) => match &*outcome {
                "accepted" => Then::Accepted,
                "not-reached" | "busy" => Then::Again,
                _ => Then::Over,
            },
        };
        let disposed = Disposed { outcome, reason, at: now, agent };
        let by = inner.by(call);
        let keeps = inner.dialler.keeps(&campaign, contact, then, by);
        let list = inner.lists.get_mut(&campaign);
        let number = list.and_then(|list| {
            if !keeps {
                list.disposed.insert(contact.0, disposed.clone());
            }
            list.person(contact)?.number.clone()
        });
        // Before what came of the contact: whoever said so is never called, also if the host dies now.
        if let Some(number) = number.filter(|_| never_again) {
            let by = Some(format!("campaign {campaign}"));
            self.set_never_called(&mut inner, &number, true, by);
        }
        if keeps {
            return Ok(());
        }
        let first = CampaignChange::Disposed { name: campaign.clone(), row: contact.0, disposed };
        let input = Input::Disposition { campaign: campaign.clone(), contact, then, by };
        self.tell_campaigns(&mut inner, input, vec![first], Some(call))
            .map_err(|why| refused(CampaignError::Refused(why)))?;
        self.campaigns.look.notify_one();
        Ok(())
    }

    /// A campaign as a flow sees it.
    pub(crate) fn campaign_status(&self, name: &str) -> Option<CampaignStatus> {
        let CampaignNow { opened, stage, end, planner_chooses, reached, to_offer, .. } =
            self.campaign_now(name).ok()?;
        Some(CampaignStatus {
            template: opened.template.to_string(),
            stage,
            planner_chooses,
            goal: opened.goal,
            reached,
            remaining: to_offer,
            fields: opened.fields,
            end,
        })
    }

    /// A contact of a campaign as a flow sees it, if it may.
    pub(crate) fn listed_contact(
        &self,
        call: CallId,
        flow: &Terms,
        campaign: &str,
        contact: &str,
    ) -> Option<ListedContact> {
        let who = ContactOf { campaign: campaign.to_owned(), contact: contact.to_owned() };
        let inner = self.campaigns_with(campaign);
        let (name, row) = inner.permitted(call, flow, &who).ok()?;
        let list = inner.lists.get(&name)?;
        let person = list.person(row)?.clone();
        let kept = inner.dialler.contact(campaign, row).unwrap_or_default();
        Some(ListedContact {
            number: person.number?,
            name: person.name,
            language: person.language,
            tags: person.tags,
            fields: person.fields,
            attempts: kept.attempts.into(),
            purpose: match kept.stage {
                Stage::Chosen => Purpose::Chosen,
                Stage::ToTell => Purpose::NotChosen,
                _ => Purpose::Offer,
            },
            outcome: match (kept.stage, kept.accepted_by) {
                // What comes of a place is up to the call in which it was taken, and others have to
                // know at once that it was.
                (Stage::Won | Stage::Accepted, Some(by)) if by == inner.by(call) => None,
                (Stage::Won | Stage::Accepted, _) => Some("accepted".to_owned()),
                _ => list.disposed.get(&row.0).map(|disposed| disposed.outcome.clone()),
            },
        })
    }
}

impl Inner {
    /// A call in the words of the state machine.
    fn by(&self, call: CallId) -> By {
        self.attempts.get(&call).map_or(By::Call(call), |attempt| By::Attempt(*attempt))
    }

    /// A contact about which a call may order something.
    fn permitted(
        &self,
        call: CallId,
        flow: &Terms,
        who: &ContactOf,
    ) -> Result<(CampaignName, Row), Refusal> {
        let list = self.list(&who.campaign).map_err(refused)?;
        let name = list.opened.name.clone();
        let no_contact = || refused(CampaignError::NoContact(name.clone(), who.contact.clone()));
        let row = list.row(&who.contact);
        let of = self.attempts.get(&call).and_then(|attempt| self.calls.get(attempt));
        let own = of.is_some_and(|of| of.campaign == name && Some(of.row) == row);
        if !own && !flow.permissions.may_campaign(list.opened.template.as_str()) {
            return Err(not_permitted(&format!("campaign {name}")));
        }
        Ok((name.clone(), row.ok_or_else(no_contact)?))
    }
}
