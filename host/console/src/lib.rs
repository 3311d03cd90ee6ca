//! The console: a running host, served over HTTP for people and programs.
//!
//! It knows the host only by the trait [`Host`]. Every page is made of what the API serves, and the
//! API is here too, for whoever may use it.
//!
//! # Layout
//! * [`config`]: where it listens. [`serve`](mod@serve): how it does; its certificate.
//! * `guard`: who asks, and whether they may. `session`: logging in and out. `lockout`: who tried too
//!   many wrong passwords.
//! * `board`: the board, made once for all who look. `events`: the board as it changes.
//! * `page`: what people see. `words`: in which language. `assets`: the style and the script.
//! * `health`: for what watches over the host; `metrics`: figures for Prometheus.
//!
//! **Architecture invariants:** nothing is let through that no table names, see `guard`. A viewer
//! costs the host nothing: whoever looks shares one board. No page needs a script; the script only
//! takes what has changed into the page.

mod assets;
mod board;
pub mod config;
mod events;
mod guard;
mod health;
mod lockout;
mod metrics;
mod page;
pub mod serve;
mod session;
#[cfg(test)]
mod small;
#[cfg(test)]
mod tests;
mod words;

pub use config::HttpConfig;
pub use serve::{Serving, serve};

use axum::{
    Router,
    middleware::from_fn_with_state,
    routing::{get, post},
};
use board::Boards;
use lockout::Lockout;
use std::sync::Arc;
use strowger_api::Host;
use tokio::sync::Semaphore;

/// What requests share.
pub(crate) struct Console<H> {
    host: Arc<H>,
    boards: Boards<H>,
    lockout: Lockout,
    viewers: Arc<Semaphore>,
    /// Browsers reach it by HTTPS.
    encrypted: bool,
}

impl<H: Host> Console<H> {
    pub(crate) fn new(host: Arc<H>, encrypted: bool) -> Arc<Self> {
        let viewers = Arc::new(Semaphore::new(events::VIEWERS));
        let (boards, lockout) = (Boards::of(host.clone()), Lockout::default());
        Arc::new(Self { host, boards, lockout, viewers, encrypted })
    }

    /// The name of the cookie of a session. Browsers give one that begins so only to this host, and
    /// only by HTTPS.
    pub(crate) fn cookie(&self) -> &'static str {
        if self.encrypted { "__Host-strowger" } else { "strowger" }
    }
}

/// Everything that a host is asked over HTTP. `encrypted`: browsers reach it by HTTPS.
pub fn routes<H: Host>(host: Arc<H>, encrypted: bool) -> Router {
    let console = Console::new(host.clone(), encrypted);
    let pages = Router::new()
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz::<H>))
        .route("/metrics", get(health::metrics::<H>))
        .route("/assets/{file}", get(assets::file))
        .route("/log-in", get(session::form::<H>).post(session::log_in::<H>))
        .route("/log-out", post(session::log_out::<H>))
        .route("/language", post(session::language::<H>))
        .route("/v1/events", get(events::boards::<H>))
        .route("/live/{page}", get(events::parts::<H>))
        .route("/", get(page::start))
        .route("/wallboard", get(page::live::<H>))
        .route("/switches", get(page::live::<H>))
        .route(
            "/switches/{switch}",
            get(page::switches::confirm::<H>).post(page::switches::turn::<H>),
        )
        .route("/campaigns", get(page::live::<H>))
        .route(
            "/campaigns/{campaign}",
            get(page::campaigns::confirm::<H>).post(page::campaigns::direct::<H>),
        )
        .with_state(console.clone());
    let all = strowger_api::router(host).merge(pages);
    all.layer(from_fn_with_state(console, guard::guard::<H>))
}
