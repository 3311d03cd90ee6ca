//! The terms on which a version of a flow serves calls: all that a call needs to know of its flow but
//! how its plugin carries out steps.

use crate::{Permissions, Site, Template};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};
use strowger_model::{
    CaseKind, FlowName, FlowVersion, NumberPattern, PhoneNumber, command::Target,
};

/// The terms of one version of a flow. They never change.
#[derive(Clone)]
pub struct Terms {
    /// The name of its flow file.
    pub name: FlowName,
    /// Short hash of all that it was made of: flow file, plugin, and what of the site it depends
    /// on.
    pub version: String,
    /// What it serves.
    pub numbers: Vec<NumberPattern>,
    /// What its orders may touch.
    pub permissions: Permissions,
    /// Steps in the life of a call.
    pub steps: u32,
    /// Steps because of one event from outside of the call: what its own orders bring about at once
    /// counts for the event that they were given at.
    pub steps_in_a_row: u32,
    /// What a call may keep, write and send.
    pub quota: Quota,
    /// Where a call goes that the flow cannot serve.
    pub fallback: Fallback,
    /// BCP 47: of texts that name none.
    pub language: String,
    /// Shown to the far end when the flow dials; none: one of its numbers.
    pub caller_id: Option<PhoneNumber>,
    /// Texts of mails, by name.
    pub mails: BTreeMap<String, Template>,
    /// Mail addresses of those who are told of a case when it is noted, by kind. They get the mail
    /// of the flow that is named like the kind.
    pub cases_to: BTreeMap<CaseKind, Vec<String>>,
    /// The site that it was checked against.
    pub site: Arc<Site>,
    /// Recordings by name: its own in `prompts/`, and the site's.
    pub recordings: BTreeMap<String, PathBuf>,
}

impl Terms {
    /// Its name and version.
    pub fn on(&self) -> FlowVersion {
        FlowVersion { flow: self.name.clone(), version: self.version.clone() }
    }

    /// The number that is shown when the flow dials and asks for no other: its `caller_id`, else the
    /// one of its numbers that the caller dialled, else the first. None: it has none.
    pub fn own_number(&self, dialled: &str) -> Option<PhoneNumber> {
        let is_own = |number: &PhoneNumber| {
            self.numbers.iter().any(|pattern| pattern.matches(number.as_str()))
        };
        let first = || self.numbers.iter().find_map(|pattern| pattern.as_str().parse().ok());
        self.caller_id.clone().or_else(|| dialled.parse().ok().filter(is_own)).or_else(first)
    }

    /// A recording by name: the flow's own, else the site's.
    pub fn recording(&self, name: &str) -> Option<&Path> {
        self.recordings.get(name).map(PathBuf::as_path)
    }
}

/// What one call may keep, write and send in all its life.
#[derive(Clone, Copy, Debug)]
pub struct Quota {
    /// Bytes of notes and tags.
    pub notes: usize,
    /// Orders that are not finished, at once.
    pub open_orders: u32,
    /// Legs that it dials.
    pub dials: u32,
    /// Mails, one for each recipient.
    pub mails: u32,
    /// Cases.
    pub cases: u32,
    /// Alarms.
    pub alarms: u32,
}

impl Default for Quota {
    /// 64 KiB of notes and tags, 256 orders at once, 500 dials, 200 mails, 50 cases, 100 alarms.
    fn default() -> Self {
        Self { notes: 64 << 10, open_orders: 256, dials: 500, mails: 200, cases: 50, alarms: 100 }
    }
}

/// Where a call goes that its flow cannot serve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fallback {
    /// Back to the PBX's own route, behind the hand-over to the host.
    Pbx,
    /// A number, an extension, or an address in the PBX's own words.
    To(Target),
}
