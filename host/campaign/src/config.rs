//! What the site says of campaigns.

use serde::{Deserialize, Serialize};
use std::time::Duration;
use strowger_model::TemplateName;

/// How the campaigns of a kind are run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// Its name in the site.
    pub name: TemplateName,
    /// So many calls of a campaign at once, at most.
    pub at_once: u32,
    /// More people may be offered a place at once than there are places left: the first who accept
    /// have them. Else never more offers at once than places left.
    pub first_wins: bool,
    /// So often a contact is rung in vain, at most; from 1 on.
    pub attempts: u8,
    /// Between two attempts of a contact, from the end of the first one on.
    pub pause: Duration,
    /// Between campaigns that want the same number or the same agents; higher goes first.
    pub priority: u8,
    /// Rings only while [`Input::Room`](crate::Input::Room) says that there is room.
    pub gives_way: bool,
    /// How long after the campaign began to ring each wave joins; none: all contacts are of one
    /// wave, which begins at once. Does not go down.
    pub waves: Vec<Duration>,
    /// Who has a place.
    pub choose: Choose,
    /// [`Alarm::Soon`](crate::Alarm::Soon) so long before the campaign's end.
    pub alarm_before: Option<Duration>,
}

/// Who has a place of those who accept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Choose {
    /// The first.
    #[default]
    FirstCome,
    /// Whom the planner chooses.
    Planner {
        /// Of so many, at most.
        up_to: u32,
    },
}

impl Template {
    /// One call at once and one attempt, all contacts in one wave.
    pub fn new(name: impl Into<TemplateName>) -> Self {
        Self {
            name: name.into(),
            at_once: 1,
            first_wins: false,
            attempts: 1,
            pause: Duration::ZERO,
            priority: 0,
            gives_way: false,
            waves: Vec::new(),
            choose: Choose::FirstCome,
            alarm_before: None,
        }
    }
}
