//! A campaign of the small host, and somebody on its list.

use crate::small::NOON;
use std::time::Duration;
use strowger_api::v1;

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
        halted: false,
        reached: 2,
        calls: 1,
        attempts: 11,
        contacts: 40,
        do_not_call: 1,
        untried: 30,
        to_offer: 31,
        accepted: 0,
        waits_for: Some(v1::WaitsFor::Agents),
        opens: None,
        next_wave: None,
        warnings: Vec::new(),
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
