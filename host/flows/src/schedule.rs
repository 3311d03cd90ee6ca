//! Opening hours in civil time, with public holidays and dated exceptions.

use chrono_tz::Tz;
use strowger_model::{
    Timestamp,
    read::{Moment, ScheduleStatus},
};

/// Opening hours of the site.
#[derive(Debug)]
pub struct Schedule;

impl Schedule {
    /// As it stands at an instant.
    pub fn status(&self, _at: Timestamp) -> ScheduleStatus {
        todo!()
    }
}

pub(crate) fn moment(_zone: Tz, _instant: Timestamp) -> Moment {
    todo!()
}
