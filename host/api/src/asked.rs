//! What a request asks, or an [`Error`] that says why it cannot be understood: as JSON, like every
//! other.

use crate::Error;
use axum::{
    Json,
    extract::{FromRequest, FromRequestParts, Path, Query, Request},
    http::request::Parts,
};
use serde::de::DeserializeOwned;

/// A part of a request: its body, names in its path, or what stands behind its `?`.
pub(crate) struct Asked<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Asked<Json<T>> {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self, Error> {
        let read = Json::from_request(request, state).await;
        read.map(Self).map_err(|why| not_understood(&why.body_text()))
    }
}

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Asked<Path<T>> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        let read = Path::from_request_parts(parts, state).await;
        read.map(Self).map_err(|why| not_understood(&why.body_text()))
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Asked<Query<T>> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        let read = Query::from_request_parts(parts, state).await;
        read.map(Self).map_err(|why| not_understood(&why.body_text()))
    }
}

fn not_understood(why: &str) -> Error {
    Error::bad_request(format!("the request cannot be understood: {why}"))
}
