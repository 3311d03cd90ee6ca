//! What the host tells a service manager (systemd): that it serves, that it lives, that it stops.
//!
//! Without a service manager, which shows in `NOTIFY_SOCKET`, all of this does nothing.

use sd_notify::NotifyState;
use std::{sync::Arc, time::Duration};
use strowger_exchange::Exchange;
use strowger_pbx::port::{PbxEvent, PbxSink};

/// The host serves.
pub(crate) fn serving(adapter: &str) {
    tell(&[NotifyState::Ready, NotifyState::Status(&status(adapter))]);
}

/// The host's sink, which also tells whether the PBX can be reached, and if not, why.
pub(crate) fn told(adapter: &'static str, sink: PbxSink) -> PbxSink {
    Arc::new(move |event| {
        match &event {
            PbxEvent::Lost { why } => tell(&[NotifyState::Status(why)]),
            PbxEvent::Synced { .. } => tell(&[NotifyState::Status(&status(adapter))]),
            _ => {}
        }
        sink(event);
    })
}

fn status(adapter: &str) -> String {
    format!("serving calls of {adapter}")
}

/// The host stops; calls in progress have so long left.
pub(crate) fn stopping(calls: usize, within: Duration) {
    let more = u32::try_from((within + Duration::from_secs(5)).as_micros()).unwrap_or(u32::MAX);
    tell(&[
        NotifyState::Stopping,
        NotifyState::Status(&format!("{calls} calls are up; at most {} s more", within.as_secs())),
        NotifyState::ExtendTimeoutUsec(more),
    ]);
}

/// Says that the host lives, twice within the time after which the manager would take it for dead,
/// for as long as it is polled. It lives if its tasks run and the floor of queues and agents
/// answers.
pub(crate) async fn alive(exchange: Arc<Exchange>) {
    let Some(limit) = sd_notify::watchdog_enabled() else { return };
    let mut ticks = tokio::time::interval(limit / 2);
    loop {
        ticks.tick().await;
        exchange.touch_floor();
        tell(&[NotifyState::Watchdog]);
    }
}

fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!("the service manager cannot be told: {error}");
    }
}
