//! `strowger campaign`: people on a list are called until enough of them have accepted.

use crate::{
    args,
    commands::{
        file::list,
        floor::{sheet, show},
        reach::reach,
        sheet::Sheet,
        when,
    },
};
use anstream::{eprintln, print, println};
use anyhow::Result;
use indicatif::{ProgressBar, ProgressStyle};
use std::{
    io::{BufWriter, IsTerminal, Write, stderr, stdout},
    time::Duration,
};
use strowger_api::{
    Host,
    v1::{
        Campaign, CampaignContact, CampaignDo, CampaignEnd, CampaignStage, ContactStage, Field,
        OpenCampaign, WaitsFor,
    },
};
use strowger_exchange::Clock;
use strowger_model::{
    CampaignName,
    strangers::{Lines, Shown},
};

/// Between two looks at a campaign that is followed.
const LOOK: Duration = Duration::from_secs(1);

pub(crate) fn campaign(args: &args::Campaign) -> Result<bool> {
    use args::CampaignAction as Action;
    let (host, runtime) = reach(&args.host)?;
    let direct = |name: &CampaignName, what| {
        let campaign = runtime.block_on(host.direct_campaign(name, what))?;
        show(&[campaign], args.json, campaigns)
    };
    match args.action.as_ref().unwrap_or(&Action::List) {
        Action::List => show(&runtime.block_on(host.campaigns())?, args.json, campaigns),
        Action::Open(open) => {
            let opened = runtime.block_on(host.open_campaign(opening(open)?))?;
            let (never, all) = (opened.do_not_call, opened.contacts);
            let warnings = opened.warnings.clone();
            show(&[opened], args.json, campaigns)?;
            if never > 0 && !args.json {
                println!("{never} of {all} are on the do-not-call list, and not called");
            }
            warnings.iter().for_each(|warning| eprintln!("warning: {warning}"));
            Ok(true)
        }
        Action::Status { name, follow: false } => {
            one(&runtime.block_on(host.campaign(name))?, args.json)
        }
        Action::Status { name, follow: true } => {
            let last = runtime.block_on(follow(&host, name, args.json))?;
            one(&last, args.json)?;
            Ok(last.end == Some(CampaignEnd::Filled))
        }
        Action::Pause { name } => direct(name, CampaignDo::Pause),
        Action::Resume { name } => direct(name, CampaignDo::Resume),
        Action::Stop { name } => direct(name, CampaignDo::Stop),
        Action::Choose { name, contact } => {
            direct(name, CampaignDo::Choose { contact: contact.clone() })
        }
        Action::Export { name, csv } => {
            let contacts = runtime.block_on(host.campaign_contacts(name))?;
            export(&contacts, args.json, *csv)
        }
    }
}

fn opening(open: &args::OpenCampaign) -> Result<OpenCampaign> {
    let fields = open.fields.iter().map(|field| (field.key.clone(), field.value.clone()));
    Ok(OpenCampaign {
        template: open.template.clone(),
        name: open.name.clone(),
        goal: open.goal,
        until: open.until.map(when::known).transpose()?,
        fields: fields.collect(),
        list: open.list.as_deref().map(list).transpose()?,
        by: open.by.clone().or_else(when::logged_in),
    })
}

/// Looks until the campaign is over, and shows how far it is: a bar on a terminal, else a line
/// whenever something has changed, beside what is JSON.
async fn follow(host: &impl Host, name: &CampaignName, json: bool) -> Result<Campaign> {
    let style = ProgressStyle::with_template("{wide_bar} {pos} of {len} places, {msg:.50}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = ProgressBar::new(0).with_style(style);
    let terminal = stdout().is_terminal() && stderr().is_terminal();
    let bar = if terminal { bar } else { ProgressBar::hidden() };
    let mut said = String::new();
    loop {
        let campaign = host.campaign(name).await?;
        let says = format!(
            "{} of {} places, {}",
            campaign.reached,
            campaign.goal,
            Lines(under_way(&campaign))
        );
        if !terminal && campaign.stage != CampaignStage::Ended && says != said {
            let line = format!("{}: {says}", when::local(Clock::system().now()));
            match json {
                true => eprintln!("{line}"),
                false => println!("{line}"),
            }
            said = says;
        }
        bar.set_length(u64::from(campaign.goal));
        bar.set_position(u64::from(campaign.reached));
        bar.set_message(Lines(under_way(&campaign)).to_string());
        if campaign.stage == CampaignStage::Ended {
            bar.finish_and_clear();
            return Ok(campaign);
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// What is going on, in a few words.
fn under_way(campaign: &Campaign) -> String {
    let accepted = match (campaign.planner_chooses, campaign.accepted) {
        (true, accepted) => format!("{accepted} have accepted, "),
        (false, _) => String::new(),
    };
    let calls = match campaign.calls {
        1 => "1 call".to_owned(),
        calls => format!("{calls} calls"),
    };
    format!("{accepted}{calls}, {} may still be called; {}", campaign.to_offer, stage(campaign))
}

fn stage(campaign: &Campaign) -> &'static str {
    match (campaign.stage, campaign.end, campaign.waits_for) {
        (CampaignStage::Paused, ..) if campaign.halted => "paused: its flow calls nobody",
        (CampaignStage::Paused, ..) => "paused",
        (CampaignStage::Ended, Some(CampaignEnd::Filled), _) => "ended: all places are filled",
        (CampaignStage::Ended, Some(CampaignEnd::ListOver), _) => "ended: nobody is left to call",
        (CampaignStage::Ended, Some(CampaignEnd::TimeOver), _) => "ended: its time is over",
        (CampaignStage::Ended, Some(CampaignEnd::Stopped), _) => "ended: stopped",
        (CampaignStage::Ended, None, _) => "ended",
        (CampaignStage::Running, _, None) => "running",
        (CampaignStage::Running, _, Some(WaitsFor::Hours)) => "waits for its hours",
        (CampaignStage::Running, _, Some(WaitsFor::Agents)) => "waits for free agents",
        (CampaignStage::Running, _, Some(WaitsFor::Flow)) => "waits for its template and its flow",
        (CampaignStage::Running, _, Some(WaitsFor::Pbx)) => "waits for the PBX",
        (CampaignStage::Running, _, Some(WaitsFor::Journal)) => "waits for the journal",
        (CampaignStage::Running, _, Some(WaitsFor::Room)) => "waits for room for more calls",
    }
}

const CAMPAIGN: [&str; 9] =
    ["campaign", "template", "opened", "is", "places", "up_now", "attempts", "people", "to_call"];

fn campaigns(campaigns: &[Campaign]) -> Sheet {
    let row = |campaign: &Campaign| {
        [
            campaign.campaign.to_string(),
            campaign.template.to_string(),
            when::local(campaign.opened),
            stage(campaign).to_owned(),
            format!("{} of {}", campaign.reached, campaign.goal),
            campaign.calls.to_string(),
            campaign.attempts.to_string(),
            campaign.contacts.to_string(),
            campaign.to_offer.to_string(),
        ]
        .to_vec()
    };
    sheet(&CAMPAIGN, campaigns.iter().map(row))
}

fn one(campaign: &Campaign, json: bool) -> Result<bool> {
    match json {
        true => println!("{}", serde_json::to_string_pretty(campaign)?),
        false => print!("{}", Lines(told(campaign))),
    }
    Ok(true)
}

fn told(campaign: &Campaign) -> String {
    let by = campaign.by.as_ref().map_or(String::new(), |by| format!(" by {}", Shown(by)));
    let until = campaign.until.map_or(String::new(), |at| format!(", until {}", when::local(at)));
    let accepted = match campaign.planner_chooses {
        true => format!(", and {} have accepted", campaign.accepted),
        false => String::new(),
    };
    let opens = campaign.opens.map(|at| format!(", open again from {}", when::local(at)));
    let wave = campaign.next_wave.map(|at| format!(", the next wave joins {}", when::local(at)));
    let next: String = opens.into_iter().chain(wave).collect();
    let never = match campaign.do_not_call {
        0 => String::new(),
        never => format!(", {never} on the do-not-call list"),
    };
    let mut lines = vec![
        format!("campaign  {} ({})", Shown(&campaign.campaign), campaign.template),
        format!("opened    {}{by}{until}", when::local(campaign.opened)),
        format!("is        {}{next}", stage(campaign)),
        format!("places    {} of {} are filled{accepted}", campaign.reached, campaign.goal),
        format!("calls     {} up now, {} attempts so far", campaign.calls, campaign.attempts),
        format!(
            "people    {}: {} may still be called, {} were never called{never}",
            campaign.contacts, campaign.to_offer, campaign.untried
        ),
    ];
    let field = |field: &Field| format!("field     {}: {}", Shown(&field.key), Shown(&field.value));
    lines.extend(campaign.fields.iter().map(field));
    lines.join("\n") + "\n"
}

fn export(contacts: &[CampaignContact], json: bool, csv: bool) -> Result<bool> {
    let mut out = BufWriter::new(stdout().lock());
    match (json, csv) {
        (true, _) => writeln!(out, "{}", serde_json::to_string_pretty(contacts)?)?,
        (false, true) => people(contacts, "").csv(&mut out)?,
        (false, false) => people(contacts, "-").table(&mut out)?,
    }
    out.flush()?;
    Ok(true)
}

const PERSON: [&str; 12] = [
    "id",
    "name",
    "number",
    "tags",
    "wave",
    "is",
    "attempts",
    "outcome",
    "reason",
    "at",
    "agent",
    "not_before",
];

/// The columns of the list of its own stand behind the others. `nothing`: what stands in a cell for
/// what is not there.
fn people(contacts: &[CampaignContact], nothing: &str) -> Sheet {
    let or_none = |text: Option<&str>| text.unwrap_or(nothing).to_owned();
    let mut keys: Vec<&str> = Vec::new();
    for field in contacts.iter().flat_map(|contact| &contact.fields) {
        // A list that was an export has some of these columns already.
        let known = keys.iter().chain(&PERSON).any(|key| *key == field.key);
        if !known {
            keys.push(&field.key);
        }
    }
    let row = |contact: &CampaignContact| {
        let own = keys.iter().map(|key| {
            let field = contact.fields.iter().find(|field| field.key == *key);
            field.map_or(String::new(), |field| field.value.clone())
        });
        let of_list = [
            contact.contact.clone(),
            contact.name.clone(),
            contact.number.clone().unwrap_or_default(),
            contact.tags.join(";"),
            (contact.wave + 1).to_string(),
            contact_stage(contact).to_owned(),
            contact.attempts.to_string(),
            or_none(contact.outcome.as_deref()),
            or_none(contact.reason.as_deref()),
            or_none(contact.at.map(when::local).as_deref()),
            or_none(contact.agent.as_ref().map(|agent| agent.as_str())),
            or_none(contact.not_before.map(when::local).as_deref()),
        ];
        of_list.into_iter().chain(own).collect()
    };
    let head: Vec<&str> = PERSON.iter().copied().chain(keys.iter().copied()).collect();
    sheet(&head, contacts.iter().map(row))
}

fn contact_stage(contact: &CampaignContact) -> &'static str {
    match contact.stage {
        _ if contact.calling => "being called",
        ContactStage::ToOffer => "to be called",
        ContactStage::NotCalled => "not called",
        ContactStage::Accepted => "accepted",
        ContactStage::Chosen => "chosen",
        ContactStage::ToTell => "to be told",
        ContactStage::Won => "has a place",
        ContactStage::Over => "over",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use strowger_model::Timestamp;

    fn field(key: &str, value: &str) -> Field {
        Field { key: key.to_owned(), value: value.to_owned() }
    }

    fn contact(id: &str, fields: &[Field]) -> CampaignContact {
        CampaignContact {
            contact: id.to_owned(),
            number: Some("+32470123456".to_owned()),
            name: "Maes, An".to_owned(),
            language: None,
            tags: vec!["intern".to_owned(), "spoed".to_owned()],
            fields: fields.to_vec(),
            wave: 0,
            stage: ContactStage::Over,
            attempts: 2,
            calling: false,
            not_before: None,
            outcome: Some("never again".to_owned()),
            reason: None,
            at: None,
            agent: Some("an".into()),
        }
    }

    #[test]
    fn o5_an_export_has_the_columns_of_the_list_behind_the_others() {
        let erased =
            CampaignContact { number: None, calling: true, ..contact("b", &[field("y", "2")]) };
        let all = [contact("a", &[field("x", "1")]), erased];
        let sheet = people(&all, "-");
        assert_eq!(sheet.0[0][12..], ["x", "y"]);
        let a = ["a", "Maes, An", "+32470123456", "intern;spoed", "1", "over", "2", "never again"];
        assert_eq!(
            (&sheet.0[1][..8], &sheet.0[1][8..]),
            (&a.map(str::to_owned)[..], &["-", "-", "an", "-", "1", ""].map(str::to_owned)[..])
        );
        assert_eq!(
            (&*sheet.0[2][2], &*sheet.0[2][5], &sheet.0[2][12..]),
            ("", "being called", &["".to_owned(), "2".to_owned()][..])
        );
        let mut csv = Vec::new();
        people(&all, "").csv(&mut csv).unwrap();
        let csv = String::from_utf8(csv).unwrap();
        assert!(csv.contains(",never again,,,an,,1,\n") && !csv.contains('-'), "{csv}");
    }

    #[test]
    fn o1_it_is_said_why_nobody_is_called() {
        let mut campaign = Campaign {
            campaign: "griep".into(),
            template: "reservelijst".into(),
            opened: Timestamp(0),
            by: Some("an".to_owned()),
            goal: 6,
            until: None,
            fields: vec![field("slot", "14:20")],
            stage: CampaignStage::Running,
            end: None,
            planner_chooses: true,
            halted: false,
            reached: 2,
            calls: 1,
            attempts: 11,
            contacts: 40,
            do_not_call: 2,
            untried: 30,
            to_offer: 31,
            accepted: 3,
            waits_for: Some(WaitsFor::Hours),
            opens: Some(Timestamp(0)),
            next_wave: None,
            warnings: Vec::new(),
        };
        assert_eq!(
            under_way(&campaign),
            "3 have accepted, 1 call, 31 may still be called; waits for its hours"
        );
        let said = told(&campaign);
        assert!(said.contains("places    2 of 6 are filled, and 3 have accepted\n"), "{said}");
        assert!(said.contains("is        waits for its hours, open again from 1970-"), "{said}");
        assert!(said.contains("1 up now, 11 attempts so far\n"), "{said}");
        assert!(said.contains("30 were never called, 2 on the do-not-call list\n"), "{said}");
        assert!(said.ends_with("field     slot: 14:20\n"), "{said}");
        (campaign.stage, campaign.halted) = (CampaignStage::Paused, true);
        assert_eq!(stage(&campaign), "paused: its flow calls nobody");
        let forged = Campaign {
            by: Some("an\nis        ended".to_owned()),
            fields: vec![field("a\nb", "c\nplaces    6 of 6 are filled")],
            ..campaign.clone()
        };
        assert_eq!(told(&forged).lines().count(), said.lines().count(), "{}", told(&forged));
        (campaign.stage, campaign.end) = (CampaignStage::Ended, Some(CampaignEnd::ListOver));
        assert_eq!(campaigns(&[campaign]).0[1][3], "ended: nobody is left to call");
    }
}
