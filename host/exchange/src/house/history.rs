//! Calls that are over, by the caller's number: what tells a repeat caller (K3).
//!
//! In memory, from the records of the last days; bounded by age and for each number. Personal data
//! that is erased from the journal is gone from here when it is read again, which the host does
//! every hour.

use crate::Exchange;
use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, MutexGuard, PoisonError},
    time::Duration,
};
use strowger_journal::{Query, ReadError};
use strowger_model::{CallRecord, Timestamp, read::PastCall};
use strowger_site::Site;

/// How far back.
pub(crate) const KEPT: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// Of each number, the newest.
const EACH: usize = 50;

/// Calls that are over, by number.
#[derive(Default)]
pub(crate) struct History {
    /// The newest first.
    calls: HashMap<Box<str>, VecDeque<PastCall>>,
    /// Calls added since all numbers were last looked through.
    added: usize,
}

impl History {
    /// Adds a call that is over. Who withheld the number is not known again.
    pub(crate) fn close(&mut self, record: &CallRecord, site: &Site) {
        let campaign = record.campaign.as_deref().cloned();
        let number = match campaign {
            Some(_) => Some(&record.dialled).filter(|dialled| !dialled.is_empty()),
            None => record.caller.as_ref(),
        };
        let Some(number) = number else { return };
        let call = PastCall {
            at: record.arrived,
            outbound: campaign.is_some(),
            flow: record.flow.to_string(),
            outcome: record.outcome.clone(),
            dialled: record.dialled.clone(),
            campaign,
        };
        self.add(&key(number, site), call, record.ended);
    }

    /// Adds a call with a number in E.164.
    pub(crate) fn add(&mut self, number: &str, call: PastCall, now: Timestamp) {
        let calls = self.calls.entry(number.into()).or_default();
        let place = calls.iter().position(|other| other.at <= call.at).unwrap_or(calls.len());
        calls.insert(place, call);
        calls.truncate(EACH);
        self.added += 1;
        if 2 * self.added > self.calls.len() {
            self.added = 0;
            self.calls.retain(|_, calls| {
                calls.front().is_some_and(|newest| now.since(newest.at) <= KEPT)
            });
            self.calls
                .values_mut()
                .for_each(|calls| calls.retain(|call| now.since(call.at) <= KEPT));
        }
    }

    /// Calls of the last days, the newest first.
    pub(crate) fn of(&self, number: &str, days: u16, now: Timestamp, site: &Site) -> Vec<PastCall> {
        let within = Duration::from_secs(u64::from(days) * 24 * 60 * 60).min(KEPT);
        let calls = self.calls.get(&*key(number, site)).into_iter().flatten();
        calls.filter(|call| now.since(call.at) <= within).cloned().collect()
    }
}

impl Exchange {
    /// Reads from the journal what calls there were. To be called now and then, and when something
    /// was erased from it: that is to be forgotten here too.
    ///
    /// # Errors
    /// The journal cannot be read; the log says so. What was known is known still.
    pub fn read_history(self: &Arc<Self>) -> Result<(), ReadError> {
        let Some(journal) = &self.journal else { return Ok(()) };
        let since = Timestamp(self.clock.now().0.saturating_sub(KEPT.as_millis() as u64));
        let records = || journal.store.records(&Query { since: Some(since), ..Query::default() });
        let read = self.forget_campaigns(&journal.store).and_then(|()| records());
        let records = read.inspect_err(|error| {
            tracing::error!(
                "what is known of earlier calls cannot be read from the journal: {error}"
            );
        })?;
        let site = self.catalogue.current().site.clone();
        let mut history = History::default();
        records.iter().for_each(|record| history.close(record, &site));
        *self.history() = history;
        Ok(())
    }

    /// Has flows know of an earlier call with a number: for scenarios.
    pub fn recall(&self, number: &str, call: PastCall) {
        let site = self.catalogue.current().site.clone();
        self.history().add(&key(number, &site), call, self.clock.now());
    }

    pub(crate) fn remember(&self, record: &CallRecord) {
        let site = self.catalogue.current().site.clone();
        self.history().close(record, &site);
    }

    pub(crate) fn history(&self) -> MutexGuard<'_, History> {
        self.history.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A number is the same however it is written.
pub(crate) fn key(number: &str, site: &Site) -> String {
    site.number(number).map_or_else(|| number.to_owned(), |number| number.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u64 = 24 * 60 * 60 * 1000;

    fn call(at: u64) -> PastCall {
        PastCall {
            at: Timestamp(at),
            outbound: false,
            flow: "helpdesk".to_owned(),
            outcome: "answered".to_owned(),
            dialled: "+3292000300".to_owned(),
            campaign: None,
        }
    }

    #[test]
    fn k3_calls_are_bounded_by_age_and_for_each_number() {
        let mut history = History::default();
        let now = Timestamp(100 * DAY);
        for at in [99 * DAY, 60 * DAY, 95 * DAY, 80 * DAY] {
            history.add("+32470000001", call(at), now);
        }
        let of = |history: &History, days| {
            let site = strowger_site::Site::empty();
            history
                .of("+32470000001", days, now, &site)
                .iter()
                .map(|call| call.at.0 / DAY)
                .collect::<Vec<_>>()
        };
        assert_eq!(of(&history, 30), [99, 95, 80]);
        assert_eq!(of(&history, 5), [99, 95]);
        assert_eq!(of(&history, 365), [99, 95, 80], "no further back than is kept");
        for at in 0..200 {
            history.add("+32470000001", call(90 * DAY + at), now);
        }
        assert_eq!(of(&history, 30).len(), EACH);
        for number in 0..1000 {
            history.add(
                &format!("+3247{number:07}"),
                call((number + 1) * DAY),
                Timestamp((number + 1) * DAY),
            );
        }
        assert!(history.calls.len() < 100, "those of long ago are forgotten");
    }
}
