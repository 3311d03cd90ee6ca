//! Which mail is tried when, and what came of it.
//!
//! Lives as long as the host; what it knows is in the journal. A mail that cannot be sent is tried
//! again after 5 s, 10 s, 20 s and so on, at last every quarter of an hour, for five days; then it
//! is given up. That is logged as an error, and so is at once that the mail server refuses it:
//! somebody has to do something about it.

use crate::Courier;
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};
use strowger_journal::{Change, Entry, Posted, ReadError, Store};
use strowger_model::{MailState, Timestamp, mail::MailTry};
use tokio::sync::{Notify, oneshot};

/// When mail is tried again.
#[derive(Clone)]
pub struct Rules {
    /// After the first try; each time twice as long.
    pub first: Duration,
    /// But no longer.
    pub longest: Duration,
    /// From the order on; then it is given up.
    pub give_up_after: Duration,
    /// The time of day, as a clock says that does not jump.
    pub clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
}

impl Rules {
    /// 5 s, a quarter of an hour, five days.
    pub fn new(clock: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        let minutes = |minutes: u64| Duration::from_secs(minutes * 60);
        Self {
            first: Duration::from_secs(5),
            longest: minutes(15),
            give_up_after: minutes(5 * 24 * 60),
            clock: Arc::new(clock),
        }
    }

    /// How long to wait after so many tries.
    fn pause(&self, tries: u32) -> Duration {
        self.first.saturating_mul(2u32.saturating_pow(tries.saturating_sub(1))).min(self.longest)
    }
}

/// Mail tried in one go before looking again.
const BATCH: u32 = 20;
/// The journal is looked at so often at least: it may have been stuck when mail was given to it.
const LOOK: Duration = Duration::from_secs(30);

/// Sends what is in the outbox.
pub struct Outbox {
    store: Store,
    posted: Arc<Notify>,
    rules: Rules,
    /// What came of mail, as long as the journal cannot take it: not to be sent twice.
    settled: HashMap<String, MailTry>,
    /// Mail of which a failure was logged.
    told: HashSet<String>,
}

impl Outbox {
    /// `posted` is notified when mail was given to the journal.
    pub fn new(store: Store, posted: Arc<Notify>, rules: Rules) -> Self {
        Self { store, posted, rules, settled: HashMap::new(), told: HashSet::new() }
    }

    /// Sends mail whenever there is some. Never ends. Without a courier mail waits, and that is
    /// logged once at the first.
    pub async fn run(mut self, courier: Option<Courier>) {
        let Some(courier) = courier else { return self.wait().await };
        loop {
            match self.due().await {
                Ok(due) if due.is_empty() => {}
                Ok(due) => {
                    for posted in due {
                        self.attempt(&courier, posted).await;
                    }
                    continue;
                }
                Err(error) => tracing::error!(
                    "mail waits, because it cannot be read from the journal: {error}"
                ),
            }
            let _ = tokio::time::timeout(self.rest().await, self.posted.notified()).await;
        }
    }

    async fn wait(self) {
        loop {
            match self.next().await {
                Some(_) => {
                    tracing::warn!(
                        "mail waits in the outbox: strowger.toml has no table [mail]; see `strowger mails`"
                    );
                    return;
                }
                None => self.posted.notified().await,
            }
        }
    }

    /// Until the next mail is due, or the journal is to be looked at again.
    async fn rest(&self) -> Duration {
        let now = (self.rules.clock)();
        self.next().await.map_or(LOOK, |next| {
            Duration::from_millis(next.0.saturating_sub(now.0))
                .clamp(Duration::from_millis(50), LOOK)
        })
    }

    async fn next(&self) -> Option<Timestamp> {
        let store = self.store.clone();
        tokio::task::spawn_blocking(move || store.next_mail()).await.ok()?.ok()?
    }

    async fn due(&mut self) -> Result<Vec<Posted>, ReadError> {
        let (store, now) = (self.store.clone(), (self.rules.clock)());
        let due = tokio::task::spawn_blocking(move || store.mail_due(now, BATCH))
            .await
            .unwrap_or_else(|_| Ok(Vec::new()))?;
        let (settled, fresh): (Vec<Posted>, Vec<Posted>) =
            due.into_iter().partition(|posted| self.settled.contains_key(&posted.mail.id));
        for posted in settled {
            // The journal works again, as far as can be told: what it does not have yet is given to
            // it once more.
            if let Some(tried) = self.settled.get(&posted.mail.id).cloned() {
                self.keep(tried).await;
            }
        }
        Ok(fresh)
    }

    /// Tries a mail and keeps what came of it before the next is tried.
    async fn attempt(&mut self, courier: &Courier, posted: Posted) {
        let (mail, tries) = (posted.mail, posted.last.tries.saturating_add(1));
        let error = courier.send(&mail).await.err();
        let at = (self.rules.clock)();
        let state = match &error {
            None => MailState::Sent,
            Some(_) if at.since(mail.ordered) >= self.rules.give_up_after => MailState::Failed,
            Some(_) => MailState::Waiting,
        };
        let (id, call) = (mail.id.as_str(), mail.call);
        match state {
            MailState::Sent => {
                self.told.remove(id);
                tracing::info!(%call, mail = id, tries, "mail sent");
            }
            MailState::Failed => {
                self.told.remove(id);
                tracing::error!(%call, mail = id, tries, "ALARM: a mail could not be sent and is given up; `strowger mails` shows it and what the mail server said");
            }
            MailState::Waiting if !self.told.insert(id.to_owned()) => {}
            MailState::Waiting if error.as_ref().is_some_and(|error| error.refused) => {
                tracing::error!(%call, mail = id, "ALARM: the mail server refuses a mail; the host tries again; `strowger mails` shows what the mail server said");
            }
            MailState::Waiting => {
                tracing::warn!(%call, mail = id, "a mail cannot be sent now; the host tries again; `strowger mails` shows what the mail server said");
            }
        }
        let next = Timestamp(at.0 + self.rules.pause(tries).as_millis() as u64);
        self.keep(MailTry {
            id: mail.id,
            state,
            tries,
            at,
            next,
            error: error.map(|error| error.said),
        })
        .await;
    }

    /// Has the journal take what came of a try, and waits for that. If it is stuck it is remembered
    /// here.
    async fn keep(&mut self, tried: MailTry) {
        let (done, committed) = oneshot::channel();
        let change = Change::MailTry(Box::new(tried.clone()));
        self.store.submit(Entry {
            changes: vec![change],
            release: Some(Box::new(move || {
                let _ = done.send(());
            })),
        });
        let _ = committed.await;
        match matches!(*self.store.health().borrow(), strowger_journal::Health::Journalling) {
            true => drop(self.settled.remove(&tried.id)),
            false => drop(self.settled.insert(tried.id.clone(), tried)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_quarter_of_an_hour() {
        let rules = Rules::new(|| Timestamp(0));
        let pauses: Vec<u64> = (1..=10).map(|tries| rules.pause(tries).as_secs()).collect();
        assert_eq!(pauses, [5, 10, 20, 40, 80, 160, 320, 640, 900, 900]);
        assert_eq!(rules.pause(u32::MAX).as_secs(), 900);
    }
}
