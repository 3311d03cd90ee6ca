//! What programs tell the control socket of calls, during or after them: cases, and notes such as a
//! wrap-up code (K5, V8).

use crate::{
    commands::cases,
    serve::control::{Desk, refused},
};
use axum::{
    Json,
    extract::{Path as Name, Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, path::Path, sync::Arc};
use strowger_exchange::Clock;
use strowger_model::{CallId, CaseKind, command::Field, mail::Closed};
use strowger_store::{CaseQuery, KeepError, Reader};

/// What is noted, by key.
type Fields = BTreeMap<String, String>;

#[derive(Deserialize)]
pub(crate) struct Which {
    /// Those that are closed too.
    #[serde(default)]
    all: bool,
}

/// A case to be noted.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewCase {
    kind: CaseKind,
    flow: String,
    call: Option<CallId>,
    #[serde(default)]
    fields: Fields,
}

/// How a case ends.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct End {
    outcome: String,
}

pub(crate) async fn list(State(desk): State<Arc<Desk>>, Query(which): Query<Which>) -> Response {
    let query = CaseQuery { open: !which.all, ..CaseQuery::default() };
    answer(&desk, move |journal| Ok(Reader::open(journal)?.cases(&query)?)).await
}

pub(crate) async fn add(State(desk): State<Arc<Desk>>, Json(new): Json<NewCase>) -> Response {
    let Some(flow) = desk.catalogue.current().flows.get(new.flow.as_str()).cloned() else {
        return refused(StatusCode::NOT_FOUND, format!("there is no flow {:?}", new.flow));
    };
    let case = match cases::new(&flow, new.kind, new.call, fields(new.fields)) {
        Ok(case) => case,
        Err(why) => return refused(StatusCode::UNPROCESSABLE_ENTITY, why),
    };
    answer(&desk, move |journal| strowger_store::add_case(journal, case)).await
}

pub(crate) async fn note(
    State(desk): State<Arc<Desk>>,
    Name(id): Name<String>,
    Json(more): Json<Fields>,
) -> Response {
    answer(&desk, move |journal| strowger_store::note_case(journal, &id, &fields(more))).await
}

pub(crate) async fn close(
    State(desk): State<Arc<Desk>>,
    Name(id): Name<String>,
    Json(end): Json<End>,
) -> Response {
    let closed = Closed { outcome: end.outcome, at: Clock::system().now() };
    let rules = desk.catalogue.current().site.cases.clone();
    answer(&desk, move |journal| strowger_store::close_case(journal, &id, &closed, &rules)).await
}

/// Notes on the record of a call that is over.
pub(crate) async fn note_record(
    State(desk): State<Arc<Desk>>,
    Name(call): Name<CallId>,
    Json(more): Json<Fields>,
) -> Response {
    answer(&desk, move |journal| strowger_store::note_record(journal, call, &fields(more))).await
}

fn fields(fields: Fields) -> Vec<Field> {
    fields.into_iter().map(|(key, value)| Field { key, value }).collect()
}

/// Works on the journal, beside the host's own writer.
async fn answer<T: Serialize + Send + 'static>(
    desk: &Desk,
    work: impl FnOnce(&Path) -> Result<T, KeepError> + Send + 'static,
) -> Response {
    let journal = desk.journal.clone();
    match tokio::task::spawn_blocking(move || work(&journal)).await {
        Ok(Ok(done)) => Json(done).into_response(),
        Ok(Err(error @ (KeepError::Unknown(_) | KeepError::NoRecord(_)))) => {
            refused(StatusCode::NOT_FOUND, error)
        }
        Ok(Err(
            error @ (KeepError::Closed { .. } | KeepError::Outcome { .. } | KeepError::Erased(_)),
        )) => refused(StatusCode::CONFLICT, error),
        Ok(Err(error)) => refused(StatusCode::INTERNAL_SERVER_ERROR, error),
        Err(error) => refused(StatusCode::INTERNAL_SERVER_ERROR, error),
    }
}
