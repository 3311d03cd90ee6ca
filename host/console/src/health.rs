//! For what watches over the host: whether it lives, whether it serves, and its figures.

use crate::{Console, metrics};
use axum::{
    extract::State,
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use std::sync::Arc;
use strowger_api::{Error, Host};

/// The host lives.
pub(crate) async fn healthz() -> &'static str {
    "ok\n"
}

/// Whether new calls are served as they should be. What is wrong is not told to everybody.
pub(crate) async fn readyz<H: Host>(State(console): State<Arc<Console<H>>>) -> Response {
    match console.boards.status().await {
        Ok(status)
            if status.pbx.connected
                && status.site.in_force
                && status.journal.stuck_since.is_none() =>
        {
            "ready\n".into_response()
        }
        _ => (StatusCode::SERVICE_UNAVAILABLE, "not ready\n").into_response(),
    }
}

/// Figures for Prometheus.
pub(crate) async fn metrics<H: Host>(
    State(console): State<Arc<Console<H>>>,
) -> Result<Response, Error> {
    let made = console.boards.newest().await?;
    let status = console.boards.status().await?;
    let flows = console.host.flows().await?;
    let text = metrics::text(&made.board, &status, &flows).map_err(Error::internal)?;
    Ok(([(CONTENT_TYPE, metrics::CONTENT_TYPE)], text).into_response())
}
