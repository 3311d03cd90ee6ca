//! Campaigns as figures of a flex pool: what departments lacked, and who came.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strowger_model::Timestamp;

/// Which campaigns are counted: the query of an address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WhichShifts {
    /// Those whose shift is on the day of this instant, or later.
    pub since: Option<Timestamp>,
    /// Those whose shift is on a day before that of this instant.
    pub until: Option<Timestamp>,
}

/// Figures of the campaigns that say a department.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Shifts {
    /// By department and month.
    pub months: Vec<ShiftMonth>,
    /// Why people did not come, by department; what was said most often first.
    pub refusals: Vec<ShiftRefusals>,
    /// How often each person was asked, by id.
    pub people: Vec<ShiftPerson>,
}

/// What a department lacked in a month.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ShiftMonth {
    /// The department.
    pub department: String,
    /// Such as `2026-11`.
    pub month: String,
    /// So many people.
    pub needs: u64,
    /// For so many of them somebody was found.
    pub filled: u64,
    /// The same in per cent.
    pub fill_rate: f64,
    /// Half of them were found within so many seconds; null: nobody was found.
    pub median_to_fill_s: Option<u64>,
    /// And nine of ten within so many.
    pub p90_to_fill_s: Option<u64>,
    /// So many people who were asked have said no.
    pub refusals: u64,
    /// So many people at hand would have been enough on nine of ten days.
    pub pool: u64,
}

/// Why people did not come whom a department has asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ShiftRefusals {
    /// The department.
    pub department: String,
    /// The outcome, such as `cannot-now`.
    pub outcome: String,
    /// The reason, if one was given.
    pub reason: String,
    /// How often.
    pub count: u64,
}

/// How often somebody was asked. Personal data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ShiftPerson {
    /// As in the list of contacts.
    pub person: String,
    /// For people; empty once it was erased.
    pub name: String,
    /// For so many campaigns.
    pub asked: u64,
    /// With so many calls.
    pub calls: u64,
    /// So often the answer was yes, or the place was given.
    pub accepted: u64,
    /// So often it was no.
    pub refused: u64,
    /// So often nobody answered.
    pub not_reached: u64,
}
