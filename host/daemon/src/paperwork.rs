//! What the API does in the journal, beside the host's own writer: cases, and notes on records of
//! calls that are over (K5, V8).

use crate::{answers, case::new_case};
use std::sync::Arc;
use strowger_api::{Error, v1};
use strowger_exchange::Clock;
use strowger_flows::LoadedFlow;
use strowger_journal::{Backend, CaseQuery};
use strowger_model::{CallId, command::Field, mail::Closed};
use strowger_office::KeepError;
use strowger_site::Site;

pub(crate) async fn list(
    journal: &Arc<dyn Backend>,
    which: v1::WhichCases,
) -> Result<Vec<v1::Case>, Error> {
    let query = CaseQuery { open: !which.all, ..CaseQuery::default() };
    let cases = work(journal, move |journal| Ok(journal.reader()?.cases(&query)?)).await?;
    Ok(cases.into_iter().map(answers::case).collect())
}

pub(crate) async fn add(
    journal: &Arc<dyn Backend>,
    flow: &LoadedFlow,
    new: v1::NewCase,
) -> Result<v1::Case, Error> {
    let case =
        new_case(flow, new.kind, new.call, fields(new.fields)).map_err(Error::bad_request)?;
    work(journal, move |journal| strowger_office::add_case(journal, case)).await.map(answers::case)
}

pub(crate) async fn note(
    journal: &Arc<dyn Backend>,
    id: &str,
    more: v1::Notes,
) -> Result<(), Error> {
    let id = id.to_owned();
    work(journal, move |journal| strowger_office::note_case(journal, &id, &fields(more))).await
}

pub(crate) async fn close(
    journal: &Arc<dyn Backend>,
    id: &str,
    end: v1::CaseEnd,
    site: Arc<Site>,
) -> Result<(), Error> {
    let id = id.to_owned();
    let closed = Closed { outcome: end.outcome, at: Clock::system().now() };
    work(journal, move |journal| strowger_office::close_case(journal, &id, &closed, &site.cases))
        .await
}

pub(crate) async fn note_record(
    journal: &Arc<dyn Backend>,
    call: CallId,
    more: v1::Notes,
) -> Result<(), Error> {
    work(journal, move |journal| strowger_office::note_record(journal, call, &fields(more))).await
}

fn fields(notes: v1::Notes) -> Vec<Field> {
    notes.into_iter().map(|(key, value)| Field { key, value }).collect()
}

async fn work<T: Send + 'static>(
    journal: &Arc<dyn Backend>,
    work: impl FnOnce(&dyn Backend) -> Result<T, KeepError> + Send + 'static,
) -> Result<T, Error> {
    let journal = journal.clone();
    let done = tokio::task::spawn_blocking(move || work(&*journal)).await;
    done.map_err(Error::internal)?.map_err(|error| match error {
        KeepError::Unknown(_) | KeepError::NoCall(_) | KeepError::NoRecord(_) => {
            Error::not_found(error)
        }
        KeepError::Closed { .. } | KeepError::Outcome { .. } | KeepError::Erased(_) => {
            Error::conflict(error)
        }
        error => Error::internal(error),
    })
}
