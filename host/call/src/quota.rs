//! How much a call may keep, write and send in all its life. What goes beyond is refused, and
//! counts as a fault of the flow's version, once for a call.

use crate::{
    order::{Carried, refusal},
    turn::Turn,
};
use serde::{Deserialize, Serialize};
use std::mem;
use strowger_model::{
    Command,
    event::{Refusal, RefusalReason},
};

/// What a call has used of its quota.
#[derive(Clone, Copy, Default, Serialize, Deserialize)]
pub(crate) struct Used {
    dials: u32,
    mails: u32,
    cases: u32,
    alarms: u32,
    /// It wanted more than it may.
    overran: bool,
}

impl Turn<'_> {
    /// Counts what an order uses, or refuses it.
    pub(crate) fn charge(&mut self, command: &Command) -> Carried {
        let quota = self.call.terms.quota;
        let used = &mut self.call.kept.used;
        let (what, used, more, most) = match command {
            Command::Dial(_) => ("dials", &mut used.dials, 1, quota.dials),
            Command::Mail { to, .. } => ("mails", &mut used.mails, to.len() as u32, quota.mails),
            Command::Case { .. } => ("cases", &mut used.cases, 1, quota.cases),
            Command::Alarm { .. } => ("alarms", &mut used.alarms, 1, quota.alarms),
            _ => return Ok(()),
        };
        if used.saturating_add(more) > most {
            return Err(self.over_quota(what, most as usize));
        }
        *used += more;
        Ok(())
    }

    /// Refuses what goes beyond the quota.
    pub(crate) fn over_quota(&mut self, what: &str, most: usize) -> Refusal {
        let why = format!("a call has at most {most} {what}; see [limits] in the flow file");
        if !mem::replace(&mut self.call.kept.used.overran, true) {
            self.house.overran(&why);
        }
        refusal(RefusalReason::OverLimit, why)
    }
}
