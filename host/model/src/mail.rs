//! Mail that a flow ordered, and cases that have to be answered.

use crate::{CallId, CaseKind, FlowName, Timestamp, command::Field};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A mail as it goes out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mail {
    /// Made of the call and the order: never two mails of one order. Its Message-ID begins with it.
    pub id: String,
    /// The call that ordered it.
    pub call: CallId,
    /// The flow that ordered it.
    pub flow: FlowName,
    /// The flow's name of the text.
    pub template: String,
    /// One mail address: whoever cannot be reached costs the others nothing.
    pub to: String,
    /// One line. Personal data.
    pub subject: String,
    /// Personal data.
    pub text: String,
    /// When it was ordered.
    pub ordered: Timestamp,
}

/// How far a mail is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MailState {
    /// To be tried, or tried again.
    Waiting,
    /// The mail server has it.
    Sent,
    /// Given up.
    Failed,
}

/// A try to send a mail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailTry {
    /// Of the mail.
    pub id: String,
    /// What it is from now on.
    pub state: MailState,
    /// How often it was tried.
    pub tries: u32,
    /// When that was known.
    pub at: Timestamp,
    /// When it is tried again, if it waits.
    pub next: Timestamp,
    /// What the mail server said last, if it was no success.
    pub error: Option<String>,
}

/// Something that has to be answered later, and until when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    /// Unique.
    pub id: String,
    /// What it is: a name in `[cases]` of the site file.
    pub kind: CaseKind,
    /// The call that brought it, if one did.
    pub call: Option<CallId>,
    /// The flow that noted it, or that it is about.
    pub flow: FlowName,
    /// When it was noted.
    pub opened: Timestamp,
    /// To be answered before.
    pub due: Timestamp,
    /// That is the end of a day, and not a time of day.
    pub by_day: bool,
    /// What it is about. Personal data.
    pub fields: Vec<Field>,
    /// How it ended, and when.
    pub closed: Option<Closed>,
}

impl Case {
    /// Whether it was not answered in time, as far as that is known now.
    pub fn is_late(&self, now: Timestamp) -> bool {
        self.closed.as_ref().map_or(now, |closed| closed.at) >= self.due
    }
}

/// How a case ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closed {
    /// Such as `founded`; the site file may say which there are.
    pub outcome: String,
    /// When.
    pub at: Timestamp,
}

/// What the site says of a kind of case: `[cases.KIND]` in the site file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseRule {
    /// How much time there is for an answer.
    pub term: Term,
    /// How a case may end. None named: as whoever closes it says.
    pub outcomes: Vec<String>,
    /// The column of reports in which it is counted.
    pub column: String,
    /// The column of reports that has the part of the answered calls without such a case.
    pub column_without: Option<String>,
}

/// The columns of reports that count calls: no column of cases has one of these names.
pub const CALL_COLUMNS: [&str; 14] = [
    "offered",
    "answered",
    "overflowed",
    "by_flow",
    "lost",
    "reachability",
    "at_once",
    "mean_wait_s",
    "longest_wait_s",
    "mean_talk_s",
    "mean_hold_s",
    "mean_consult_s",
    "transferred",
    "late",
];

/// What the site says of every kind of case.
pub type CaseRules = BTreeMap<CaseKind, CaseRule>;

/// How much time there is for an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Term {
    /// To the end of so many working days: all but Saturdays, Sundays and public holidays.
    WorkingDays(u32),
    /// To the end of so many days of the calendar.
    Days(u32),
    /// So many hours, by day and by night.
    Hours(u32),
}

impl Term {
    /// Whether it ends with a day, and not at a time of day.
    pub fn is_by_day(self) -> bool {
        !matches!(self, Self::Hours(_))
    }
}

impl MailState {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sent => "sent",
            Self::Failed => "failed",
        }
    }
}
