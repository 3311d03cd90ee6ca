//! What is deleted when: old steps and records, mail that was sent and cases that were closed,
//! versions that nothing refers to, and the personal data of one number or of a time.
//!
//! A plan is a list of [`Remove`]; each is carried out batch by batch until nothing is left of it,
//! so that the writer is never held up for long.

use crate::{
    backend::Backend,
    error::{Failure, OpenError},
    read::{Read, ReadError},
    remove::{Remove, Removed},
};
use std::{collections::BTreeSet, time::Duration};
use strowger_model::{FlowVersion, Timestamp, number::Notations};

/// How long things are kept, counted from the arrival of a call, or from the end of a campaign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Steps.
    pub steps: Duration,
    /// Records, and campaigns that have ended.
    pub records: Duration,
    /// Personal data: steps, in records the caller's number and the notes, whom mail went to, what
    /// closed cases were about, who was on the lists of campaigns that have ended. None: as long as steps and records. The content of mail goes when
    /// it is sent.
    pub personal: Option<Duration>,
}

/// A day.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

impl Default for Retention {
    /// Steps 30 days, records 400, personal data as long.
    fn default() -> Self {
        Self { steps: 30 * DAY, records: 400 * DAY, personal: None }
    }
}

impl Retention {
    /// What to delete now. `keep`: versions that may get a call at any moment; none: nobody knows
    /// them, and all versions stay.
    pub(crate) fn plan(&self, now: Timestamp, keep: Option<BTreeSet<FlowVersion>>) -> Vec<Remove> {
        let before =
            |so_long: Duration| Timestamp(now.0.saturating_sub(so_long.as_millis() as u64));
        let steps = before(self.personal.map_or(self.steps, |personal| personal.min(self.steps)));
        let records = before(self.records);
        let personal = self.personal.map(before);
        let mut plan = personal_data(steps, personal);
        plan.extend([Remove::Papers { before: records }, Remove::Records { before: records }]);
        plan.extend(keep.map(|keep| Remove::Versions { before: steps, keep }));
        plan
    }
}

/// Steps from before, and other personal data from before another moment.
fn personal_data(steps: Timestamp, others: Option<Timestamp>) -> Vec<Remove> {
    let callers = others.map(|before| Remove::Callers { before });
    let contents = others.map(|before| Remove::Contents { before });
    let always = [Remove::Steps { before: steps }];
    always.into_iter().chain(callers).chain([Remove::Sent]).chain(contents).collect()
}

/// Whose personal data to erase. Reports go on showing the calls: times, outcome and figures stay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Erase {
    /// Of calls whose caller has this number, and of those whose steps or notes say it; and in papers
    /// that say it.
    Number(Notations),
    /// Of calls that came in before.
    Before(Timestamp),
}

impl Erase {
    pub(crate) fn plan(&self, reader: &dyn Read) -> Result<Vec<Remove>, ReadError> {
        match self {
            Self::Before(at) => Ok(personal_data(*at, Some(*at))),
            Self::Number(number) => {
                let calls = reader.calls_about(number)?;
                let calls = calls.chunks(Remove::CALLS).map(|calls| Remove::Calls(calls.into()));
                Ok([Remove::Saying(number.clone())].into_iter().chain(calls).collect())
            }
        }
    }
}

/// Why something was not deleted.
#[derive(Debug, thiserror::Error)]
pub enum RemoveError {
    /// There is no journal that could be changed.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// What is to be deleted cannot be found.
    #[error("not everything could be deleted: {0}; try again")]
    Read(#[from] ReadError),
    /// The database says no.
    #[error("not everything could be deleted: {0}; try again")]
    Database(#[from] Failure),
    /// The writer has other worries, or so much is to be deleted that this would wait for too long.
    #[error("not everything could be deleted: the journal cannot be written now; try again later")]
    Stuck,
}

/// Deletes all of a plan, each part until nothing is left of it.
pub(crate) fn carry_out(
    plan: Vec<Remove>,
    mut batch: impl FnMut(&Remove) -> Result<Removed, RemoveError>,
) -> Result<Removed, RemoveError> {
    let mut total = Removed::default();
    for part in plan {
        loop {
            let removed = batch(&part)?;
            total += removed;
            if removed == Removed::default() || part.is_whole() {
                break;
            }
        }
    }
    Ok(total)
}

/// What [`erase`] would delete.
///
/// # Errors
/// There is no journal, or it cannot be read now.
pub fn would_erase(backend: &dyn Backend, erase: &Erase) -> Result<Removed, RemoveError> {
    let plan = erase.plan(&*backend.reader()?)?;
    Ok(backend.eraser()?.look(&plan)?)
}

/// Erases personal data beside a running host, or without one; it leaves logs and unused corners of
/// the database too, as far as that holds no host up.
///
/// # Errors
/// If there is no journal, or somebody holds its lock for too long; what was erased until then is
/// gone.
pub fn erase(backend: &dyn Backend, erase: &Erase) -> Result<Removed, RemoveError> {
    let plan = erase.plan(&*backend.reader()?)?;
    let mut eraser = backend.eraser()?;
    let removed = carry_out(plan, |batch| Ok(eraser.remove(batch)?))?;
    eraser.wipe()?;
    Ok(removed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_of_a_plan_is_carried_out_until_nothing_is_left_of_it() {
        let plan = Retention::default().plan(Timestamp(0), None);
        let versions = |plan: &[Remove]| {
            plan.iter().filter(|part| matches!(part, Remove::Versions { .. })).count()
        };
        assert_eq!(versions(&plan), 0, "nobody knows which may serve");
        assert_eq!(versions(&Retention::default().plan(Timestamp(0), Some(BTreeSet::new()))), 1);
        let mut batches = Vec::new();
        let removed = carry_out(plan, |batch| {
            batches.push(batch.clone());
            let left = batches.iter().filter(|earlier| *earlier == batch).count() < 3;
            Ok(Removed { steps: u64::from(left), ..Removed::default() })
        });
        assert_eq!(removed.unwrap().steps, 2 * 4);
        assert_eq!(batches.len(), 3 * 4);
        let calls = vec![Remove::Calls(Vec::new())];
        let removed = carry_out(calls, |_| Ok(Removed { cases: 1, ..Removed::default() }));
        assert_eq!(removed.unwrap().cases, 1, "once");
    }
}
