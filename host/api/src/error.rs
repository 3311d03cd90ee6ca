//! Why something was not done, as it is and as it travels: a status with `{"error": "..."}`.

use crate::v1::Refused;
use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use std::fmt::Display;

/// Why something was not done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    /// Of which kind it is, for programs.
    pub kind: Kind,
    /// What was being done, to what, and what to do about it, for people. It begins in lower case.
    pub message: String,
}

/// What kinds of errors there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// What the request names is not there.
    NotFound,
    /// It is there, but as it is now the request cannot be carried out: it is closed or erased, or
    /// there is nothing to go back to.
    Conflict,
    /// The request is not as it should be. The same request will fail again.
    BadRequest,
    /// Nobody knows who asks: what was shown is wrong, or has expired.
    NotKnown,
    /// Whoever asks may not.
    Forbidden,
    /// It was tried too often. Later it may be tried again.
    TooOften,
    /// No host answers. Only a [`Client`](crate::Client) says so.
    Unreachable,
    /// It is the host's own fault, such as a journal that cannot be changed now.
    Internal,
}

/// Each kind with its status.
const STATUSES: [(Kind, StatusCode); 8] = [
    (Kind::NotFound, StatusCode::NOT_FOUND),
    (Kind::Conflict, StatusCode::CONFLICT),
    (Kind::BadRequest, StatusCode::UNPROCESSABLE_ENTITY),
    (Kind::NotKnown, StatusCode::UNAUTHORIZED),
    (Kind::Forbidden, StatusCode::FORBIDDEN),
    (Kind::TooOften, StatusCode::TOO_MANY_REQUESTS),
    (Kind::Unreachable, StatusCode::SERVICE_UNAVAILABLE),
    (Kind::Internal, StatusCode::INTERNAL_SERVER_ERROR),
];

impl Kind {
    /// The status of HTTP for it.
    pub fn status(self) -> StatusCode {
        let known = STATUSES.iter().find(|(kind, _)| *kind == self);
        known.map_or(StatusCode::INTERNAL_SERVER_ERROR, |(_, status)| *status)
    }

    /// The kind that a status stands for. Of those that have none, 400 to 499 are bad requests, and
    /// all others internal.
    pub fn of(status: StatusCode) -> Self {
        let other = if status.is_client_error() { Self::BadRequest } else { Self::Internal };
        STATUSES.iter().find(|(_, known)| *known == status).map_or(other, |(kind, _)| *kind)
    }
}

impl Error {
    /// An error of a kind.
    pub fn new(kind: Kind, message: impl Display) -> Self {
        Self { kind, message: message.to_string() }
    }

    /// What the request names is not there.
    pub fn not_found(message: impl Display) -> Self {
        Self::new(Kind::NotFound, message)
    }

    /// As things are now, it cannot be done.
    pub fn conflict(message: impl Display) -> Self {
        Self::new(Kind::Conflict, message)
    }

    /// The request is not as it should be.
    pub fn bad_request(message: impl Display) -> Self {
        Self::new(Kind::BadRequest, message)
    }

    /// Nobody knows who asks.
    pub fn not_known(message: impl Display) -> Self {
        Self::new(Kind::NotKnown, message)
    }

    /// Whoever asks may not.
    pub fn forbidden(message: impl Display) -> Self {
        Self::new(Kind::Forbidden, message)
    }

    /// It is the host's own fault.
    pub fn internal(message: impl Display) -> Self {
        Self::new(Kind::Internal, message)
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        (self.kind.status(), Json(Refused { error: self.message })).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_comes_back_from_its_status() {
        for (kind, status) in STATUSES {
            assert_eq!((kind.status(), Kind::of(status)), (status, kind));
        }
        assert_eq!(Kind::of(StatusCode::UNSUPPORTED_MEDIA_TYPE), Kind::BadRequest);
        assert_eq!(Kind::of(StatusCode::BAD_GATEWAY), Kind::Internal);
    }
}
