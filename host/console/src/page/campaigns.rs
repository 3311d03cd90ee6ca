//! Campaigns: how far they are, and pausing, resuming and stopping one.

use super::{Page, html, show::When};
use crate::{
    Console,
    guard::Visitor,
    words::{Language, Words},
};
use askama::Template;
use axum::{
    Extension, Form,
    extract::{Path, State},
    response::{Redirect, Response},
};
use serde::Deserialize;
use std::sync::Arc;
use strowger_api::{
    Error, Host,
    v1::{Board, Campaign, CampaignDo, CampaignEnd, CampaignStage, Role, WaitsFor, Who},
};
use strowger_model::CampaignName;

#[derive(Template)]
#[template(path = "campaigns.html")]
struct Campaigns<'a> {
    w: &'a Words,
    /// Those that go on first, and of each kind the newest first.
    campaigns: Vec<&'a Campaign>,
    /// The reader may direct them.
    may: bool,
}

pub(crate) fn part(board: &Board, who: &Who, w: &Words) -> Result<String, Error> {
    let mut campaigns: Vec<&Campaign> = board.campaigns.iter().rev().collect();
    campaigns.sort_by_key(|campaign| campaign.stage == CampaignStage::Ended);
    let may = who.role >= Role::Supervisor;
    Campaigns { w, campaigns, may }.render().map_err(Error::internal)
}

/// How it stands, in words.
fn stage(campaign: &Campaign, w: &Words) -> String {
    match (campaign.stage, campaign.end, campaign.waits_for) {
        (CampaignStage::Ended, end, _) => match end {
            Some(CampaignEnd::Filled) => w.ended_filled,
            Some(CampaignEnd::ListOver) => w.ended_list,
            Some(CampaignEnd::TimeOver) => w.ended_time,
            Some(CampaignEnd::Stopped) | None => w.ended_stopped,
        }
        .to_owned(),
        (CampaignStage::Paused, ..) => w.pauses.to_owned(),
        (CampaignStage::Running, _, None) => w.running.to_owned(),
        (CampaignStage::Running, _, Some(waits_for)) => {
            let waits_for = match waits_for {
                WaitsFor::Hours => w.waits_hours,
                WaitsFor::Agents => w.waits_agents,
                WaitsFor::Flow => w.waits_flow,
                WaitsFor::Pbx => w.waits_pbx,
                WaitsFor::Journal => w.waits_journal,
                WaitsFor::Room => w.waits_room,
            };
            format!("{}, {waits_for}", w.running)
        }
    }
}

/// Nobody is called, and nobody will be unless somebody does something.
fn calls_for_somebody(campaign: &Campaign) -> bool {
    campaign.stage == CampaignStage::Running && campaign.waits_for == Some(WaitsFor::Flow)
}

fn goes_on(campaign: &Campaign) -> bool {
    campaign.stage != CampaignStage::Ended
}

fn pauses(campaign: &Campaign) -> bool {
    campaign.stage == CampaignStage::Paused
}

#[derive(Template)]
#[template(path = "campaign.html")]
struct Confirm<'a> {
    page: Page<'a>,
    campaign: &'a Campaign,
}

/// Asks whether to stop a campaign.
pub(crate) async fn confirm<H: Host>(
    State(console): State<Arc<Console<H>>>,
    Extension(visitor): Extension<Visitor>,
    language: Language,
    Path(name): Path<CampaignName>,
) -> Result<Response, Error> {
    let campaign = console.host.campaign(&name).await?;
    let (words, title) = (language.words(), name.as_str());
    let page = Page { words, here: "/campaigns/", title, who: Some(&visitor.who) };
    html(&Confirm { page, campaign: &campaign })
}

#[derive(Deserialize)]
pub(crate) struct Directed {
    #[serde(rename = "do")]
    what: What,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum What {
    Pause,
    Resume,
    Stop,
}

/// Somebody pauses, resumes or stops a campaign.
pub(crate) async fn direct<H: Host>(
    State(console): State<Arc<Console<H>>>,
    Path(name): Path<CampaignName>,
    Form(Directed { what }): Form<Directed>,
) -> Result<Redirect, Error> {
    let what = match what {
        What::Pause => CampaignDo::Pause,
        What::Resume => CampaignDo::Resume,
        What::Stop => CampaignDo::Stop,
    };
    console.host.direct_campaign(&name, what).await?;
    Ok(Redirect::to("/campaigns"))
}
