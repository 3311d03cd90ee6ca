//! Cases: what people have to answer in time; and what is noted of them and of calls.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use strowger_model::{CallId, CaseKind, FlowName, Timestamp};

/// What is noted, by key.
pub type Notes = BTreeMap<String, String>;

/// Something that has to be answered later, and until when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Case {
    /// Its id. No other case has it.
    pub id: String,
    /// What it is: a name in `[cases]` of the site file.
    pub kind: CaseKind,
    /// The call that brought it; null: none did.
    pub call: Option<CallId>,
    /// The flow that noted it, or that it is about.
    pub flow: FlowName,
    /// When it was noted.
    pub opened: Timestamp,
    /// It has to be answered before this instant.
    pub due: Timestamp,
    /// `due` is the end of a day at the site, and not a time of day.
    pub by_day: bool,
    /// What it is about, in the order in which it was noted. Personal data.
    pub fields: Vec<Field>,
    /// How and when it ended; null: it is open.
    pub closed: Option<Closed>,
}

/// Something that is noted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Field {
    /// Its name. A case has each only once.
    pub key: String,
    /// What is noted.
    pub value: String,
}

/// How a case ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Closed {
    /// Such as `founded`. The site file may say which outcomes there are.
    pub outcome: String,
    /// When.
    pub at: Timestamp,
}

/// Which cases are asked for: the query of an address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WhichCases {
    /// Those that are closed too.
    #[serde(default)]
    pub all: bool,
}

/// A case to be noted. When it is due is as the site file says of its kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCase {
    /// What it is: a name in `[cases]` of the site file.
    pub kind: CaseKind,
    /// The flow that it is about.
    pub flow: FlowName,
    /// The call that it is about; null: none.
    pub call: Option<CallId>,
    /// What it is about. Personal data.
    #[serde(default)]
    pub fields: Notes,
}

/// How a case is to be closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CaseEnd {
    /// One of the outcomes that the site file has for this kind of case, or any if it names none.
    pub outcome: String,
}
