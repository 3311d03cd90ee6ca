//! What people ask of calls that are up, and do with them. Each call is asked by mail, as it is
//! told everything else.

use crate::{CallSummary, Exchange};
use std::time::Duration;
use strowger_call_port::{Answer, ByHand, Glance, Input};
use strowger_model::{CallId, command::Target};
use tokio::{sync::oneshot, time::timeout};

/// For the answer of a call, or of all calls together. A call that works on something long answers
/// late.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// Why nothing was done with a call.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ByHandError {
    /// It is not up.
    #[error("there is no call {0} in progress; `strowger calls` lists those that are")]
    NoCall(CallId),
    /// Its caller does not wait.
    #[error("the caller of {0} does not wait in a queue")]
    NotWaiting(CallId),
    /// Its caller has gone.
    #[error("the caller of {0} has gone")]
    NoCaller(CallId),
}

impl Exchange {
    /// Every call that is up, the oldest first, and how it is; none: it did not answer in time.
    pub async fn glances(&self) -> Vec<(CallSummary, Option<Glance>)> {
        let asked: Vec<_> = self
            .calls()
            .into_iter()
            .map(|summary| (self.by_hand(summary.call, ByHand::Look), summary))
            .collect();
        let until = tokio::time::Instant::now() + ANSWER_WITHIN;
        let mut all = Vec::with_capacity(asked.len());
        for (answer, summary) in asked {
            let answer = tokio::time::timeout_at(until, answer).await;
            all.push((summary, answer.ok().and_then(Result::ok)));
        }
        all
    }

    /// The caller of a call waits no longer: to the flow it is as if nobody could be reached.
    ///
    /// # Errors
    /// The call is not up, or its caller does not wait.
    pub async fn take_out(&self, call: CallId) -> Result<(), ByHandError> {
        match self.done(call, ByHand::TakeOut).await? {
            true => Ok(()),
            false => Err(ByHandError::NotWaiting(call)),
        }
    }

    /// The caller of a call goes to a number, an extension or an address, and the call is over.
    ///
    /// # Errors
    /// The call is not up, or its caller has gone.
    pub async fn send_on(&self, call: CallId, to: &Target) -> Result<(), ByHandError> {
        let to = strowger_call_port::address_of(to);
        match self.done(call, |answer| ByHand::SendOn(to, answer)).await? {
            true => Ok(()),
            false => Err(ByHandError::NoCaller(call)),
        }
    }

    async fn done(
        &self,
        call: CallId,
        what: impl FnOnce(Answer<bool>) -> ByHand,
    ) -> Result<bool, ByHandError> {
        let answer = timeout(ANSWER_WITHIN, self.by_hand(call, what)).await;
        answer.ok().and_then(Result::ok).ok_or(ByHandError::NoCall(call))
    }

    /// The answer of a call; an error if the call is not up.
    fn by_hand<T: Send + 'static>(
        &self,
        call: CallId,
        what: impl FnOnce(Answer<T>) -> ByHand,
    ) -> oneshot::Receiver<T> {
        let (answer, answered) = oneshot::channel();
        // Nobody waits any more if that fails.
        let answer = Box::new(move |said| drop(answer.send(said)));
        self.register.post(call, Input::ByHand(what(answer)));
        answered
    }
}
