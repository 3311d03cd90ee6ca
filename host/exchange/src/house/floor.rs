//! The floor of queues and agents, shared by all calls, with the clock that it does not have
//! itself.
//!
//! Owns the routing state machine behind a lock that is held for one input at a time. What it puts
//! out for a call is posted to that call's mailbox; a task that lives as long as the exchange gives
//! it a `Tick` when its next deadline comes.

use crate::clock::Clock;
use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use strowger_routing::{Floor, Input, Output, RefusedInput};
use tokio::sync::Notify;

/// The floor with its clock.
pub(crate) struct SharedFloor {
    clock: Clock,
    floor: Mutex<Floor>,
    /// The next deadline came nearer.
    sooner: Notify,
}

impl SharedFloor {
    pub(crate) fn new(clock: Clock) -> Self {
        Self { clock, floor: Mutex::new(Floor::new()), sooner: Notify::new() }
    }

    /// Gives an input and hands each output to `post` before anybody else's input is taken, so that
    /// no call sees them in another order.
    pub(crate) fn input(&self, input: Input, post: impl FnMut(Output)) -> Result<(), RefusedInput> {
        let mut outputs = Vec::new();
        let mut floor = self.floor();
        let before = floor.next_deadline();
        let result = floor.input(self.clock.elapsed(), input, &mut outputs);
        let after = floor.next_deadline();
        outputs.into_iter().for_each(post);
        drop(floor);
        if after.is_some_and(|after| before.is_none_or(|before| after < before)) {
            self.sooner.notify_one();
        }
        result
    }

    /// Looks at the floor.
    pub(crate) fn look<T>(&self, look: impl FnOnce(&Floor, Duration) -> T) -> T {
        look(&self.floor(), self.clock.elapsed())
    }

    /// Waits until the floor's next deadline has come.
    pub(crate) async fn deadline(&self) {
        loop {
            let next = self.floor().next_deadline();
            let sooner = self.sooner.notified();
            match next {
                None => sooner.await,
                Some(at) if at <= self.clock.elapsed() => return,
                Some(at) => tokio::select! {
                    () = tokio::time::sleep_until(self.clock.instant(at)) => {}
                    () = sooner => {}
                },
            }
        }
    }

    /// A panic inside the floor leaves a state that later inputs can go on from: each input checks
    /// what it needs.
    fn floor(&self) -> MutexGuard<'_, Floor> {
        self.floor.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
