//! What the host tells a service manager (systemd): that it serves, that it lives, that it stops.
//!
//! Without a service manager, which shows in `NOTIFY_SOCKET`, all of this does nothing.

use crate::status::{self, Vitals};
use sd_notify::NotifyState;
use std::{sync::Arc, time::Duration};
use strowger_exchange::Exchange;

/// The host serves.
pub(crate) fn serving() {
    tell(&[NotifyState::Ready]);
}

/// Tells how the host is, whenever that has changed, for as long as it is polled: what is ill first
/// of all.
pub(crate) async fn tell_status(vitals: Vitals) {
    if std::env::var_os("NOTIFY_SOCKET").is_none() {
        return;
    }
    let mut told = String::new();
    let mut ticks = tokio::time::interval(STATUS_EVERY);
    loop {
        ticks.tick().await;
        let now = match status::without_mail(&vitals).ill.join("; ") {
            ill if ill.is_empty() => format!("serving calls of {}", vitals.pbx.name()),
            ill => ill.lines().collect::<Vec<_>>().join(" "),
        };
        if now != told {
            tell(&[NotifyState::Status(&now)]);
            told = now;
        }
    }
}

/// Says in the log what rosters lack: at once, and then every day.
pub(crate) async fn tell_gaps(vitals: Vitals) {
    let mut days = tokio::time::interval(Duration::from_secs(24 * 60 * 60));
    loop {
        days.tick().await;
        for gap in status::gaps(&vitals) {
            tracing::warn!("ALARM: {gap}");
        }
    }
}

const STATUS_EVERY: Duration = Duration::from_secs(2);

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
