//! The executor: from a state and an event to a state and orders, by running a script.

use super::{
    CALLER, Call, Ending, Failure, Script,
    history::{self, History},
    run::Said,
};
use crate::{
    event_name,
    reads::Level,
    types::{Cause, Command, Event, StepResult},
};
use std::{
    future::Future,
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

/// A script on its way: first its body, then what it declared for after the caller's hang-up.
struct Execution<'a, B> {
    call: Call,
    body: Pin<&'a mut Option<B>>,
    afterwards: Option<Pin<Box<dyn Future<Output = Ending>>>>,
    over: bool,
}

impl<'a, B: Future<Output = Result<Ending, Failure>>> Execution<'a, B> {
    fn new(call: Call, body: Pin<&'a mut Option<B>>) -> Self {
        Self { call, body, afterwards: None, over: false }
    }

    /// Hands over an event and lets the script go on as far as it can; false if the event is
    /// nobody's.
    fn feed(&mut self, event: Event) -> bool {
        let caller_gone = match &event {
            Event::HungUp(hung_up) if hung_up.leg == CALLER => Some(hung_up.cause),
            _ => None,
        };
        if self.over || !self.call.run.deliver(event) {
            return false;
        }
        let drops = self.body.is_some() && !self.call.run.outlives_caller.get();
        if let (Some(cause), true) = (caller_gone, drops) {
            self.body.set(None);
            let afterwards = self.call.run.set_afterwards(None);
            self.afterwards = Some(match afterwards {
                Some(afterwards) => afterwards(),
                // It was the PBX or the network, and not the caller.
                None if cause == Cause::Failed => Box::pin(std::future::ready("failed".into())),
                None => Box::pin(std::future::ready("abandoned".into())),
            });
        }
        if let Some(ending) = self.poll() {
            self.body.set(None);
            self.afterwards = None;
            drop(self.call.run.set_afterwards(None));
            self.call.run.order(Command::Finish(ending.0.into_owned()));
            self.over = true;
        }
        true
    }

    /// Polls until nothing moves: a branch that waits for another one of the same script is woken
    /// by it.
    fn poll(&mut self) -> Option<Ending> {
        thread_local! {
            static WOKEN: (Arc<Woken>, Waker) = {
                let woken = Arc::new(Woken(AtomicBool::new(false)));
                (woken.clone(), woken.into())
            };
        }
        WOKEN.with(|(woken, waker)| {
            let mut context = Context::from_waker(waker);
            loop {
                let poll = match (self.body.as_mut().as_pin_mut(), &mut self.afterwards) {
                    (Some(body), _) => body.poll(&mut context).map(|end| {
                        end.unwrap_or_else(|failure| {
                            self.call
                                .log(Level::Error, &format!("the script ended early: {failure}"));
                            "failed".into()
                        })
                    }),
                    (None, Some(afterwards)) => afterwards.as_mut().poll(&mut context),
                    (None, None) => return None,
                };
                match poll {
                    Poll::Ready(ending) => return Some(ending),
                    Poll::Pending if woken.0.swap(false, Ordering::Relaxed) => {}
                    Poll::Pending => return None,
                }
            }
        })
    }
}

impl<B> Drop for Execution<'_, B> {
    /// The step is over. The script is dropped in silence.
    fn drop(&mut self) {
        self.call.run.be_over();
        self.body.set(None);
    }
}

struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// One step of a script.
pub(super) fn step<S: Script>(
    settings: &'static S::Settings,
    mut state: Vec<u8>,
    event: Event,
) -> Result<StepResult, String> {
    if history::is_over(&state) {
        return Ok(StepResult { state, orders: Vec::new() });
    }
    if state.is_empty() && !matches!(event, Event::Arrived(_) | Event::ContactDue(_)) {
        return Err(format!(
            "a call begins with `arrived` or `contact-due`, and this one with `{}`",
            event_name(&event)
        ));
    }
    let call = Call::default();
    let body = pin!(Some(S::run(call.clone(), settings)));
    let mut script = Execution::new(call.clone(), body);
    let mut past = History::of(&state)?;
    while let Some(step) = past.next()? {
        let name = event_name(&step.event);
        let (from, to) = step.reads;
        call.run.past(&state[from..to]);
        if !script.feed(step.event) {
            let number = call.run.events.get() + 1;
            return Err(format!(
                "nondeterministic: at event {number} ({name}): the first run waited for it, this one not"
            ));
        }
        call.run.end_past(step.orders, || name.to_owned())?;
    }
    call.run.present();
    let kept = history::keep(&event);
    if !script.feed(event) {
        return Ok(StepResult { state, orders: Vec::new() });
    }
    let Said { orders, fingerprint, answers } = call.run.end_present()?;
    if script.over {
        state = history::over();
    } else {
        history::append(&mut state, &kept, fingerprint, &answers);
    }
    drop(script);
    Ok(StepResult { state, orders })
}

/// A script that runs once, through all its events, as no host does: the yardstick for the
/// re-running.
#[cfg(not(target_arch = "wasm32"))]
pub struct Continuous;

#[cfg(not(target_arch = "wasm32"))]
impl Continuous {
    /// Runs a script through events, each with the site as it is then, and gives the orders of
    /// each.
    ///
    /// # Errors
    /// As for a step.
    pub fn run<S: Script>(
        settings: &'static S::Settings,
        events: impl IntoIterator<Item = (crate::testing::Site, Event)>,
    ) -> Result<Vec<Vec<crate::types::Order>>, String> {
        let call = Call::default();
        let body = pin!(Some(S::run(call.clone(), settings)));
        let mut script = Execution::new(call.clone(), body);
        call.run.present();
        events
            .into_iter()
            .map(|(site, event)| {
                crate::reads::answer_with(std::rc::Rc::new(site), || script.feed(event));
                Ok(call.run.end_present()?.orders)
            })
            .collect()
    }
}
