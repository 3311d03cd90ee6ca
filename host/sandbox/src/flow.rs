//! A plugin with settings and bounds: a pool of instances that serve steps.

use crate::{
    contract::current::{from_guest, wit},
    failure::Failure,
    fault::{Fault, FaultKind},
    host::StepReads,
    instance::Instance,
    limits::Limits,
    plugin::Plugin,
    refused::LoadError,
};
use std::sync::{Arc, Mutex, PoisonError};
use strowger_model::{CallId, Event, step::Ordered, strangers::Logged};

/// Instances that wait for the next step, at most. As many serve at once as threads call
/// [`Flow::step`].
const IDLE: usize = 16;

/// A plugin with its settings. Clones share one pool of instances; calls may step on many threads
/// at once.
#[derive(Clone)]
pub struct Flow {
    shared: Arc<Shared>,
    /// Every step is a [`Flow::step_twice`].
    twice: bool,
}

struct Shared {
    plugin: Plugin,
    settings: String,
    limits: Limits,
    idle: Mutex<Vec<Instance>>,
}

/// What a step brought.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// The call's new state.
    pub state: Box<[u8]>,
    /// What is to be done, in order; what cannot be meant is refused in its place.
    pub orders: Vec<Ordered>,
    /// What went wrong at the first try, if it took a second one.
    pub faults: Vec<Fault>,
}

impl Plugin {
    /// Gives the plugin its settings, as JSON that was checked against its schema. The plugin may
    /// still refuse them.
    pub fn configure(&self, settings: &str, limits: Limits) -> Result<Flow, LoadError> {
        Flow::new(self.clone(), settings, limits)
    }
}

impl Flow {
    /// Makes and configures a first instance, which shows whether the plugin takes the settings.
    fn new(plugin: Plugin, settings: &str, limits: Limits) -> Result<Self, LoadError> {
        let shared =
            Shared { plugin, settings: settings.to_owned(), limits, idle: Mutex::default() };
        let flow = Self { shared: Arc::new(shared), twice: false };
        match flow.instance() {
            Ok(instance) => {
                flow.put_back(instance);
                Ok(flow)
            }
            Err(Failure { kind: FaultKind::SettingsRefused, message, .. }) => {
                let manifest = flow.plugin().manifest();
                Err(LoadError::SettingsRefused {
                    plugin: manifest.name.clone(),
                    version: manifest.version.clone(),
                    message,
                })
            }
            Err(failure) => Err(flow.fault(failure).into()),
        }
    }

    /// The plugin.
    pub fn plugin(&self) -> &Plugin {
        &self.shared.plugin
    }

    /// The same flow with every step taken twice, see [`Flow::step_twice`].
    pub fn twice(&self) -> Self {
        Self { twice: true, ..self.clone() }
    }

    /// One event of one call, on an instance of the pool. If that faults, the instance is thrown
    /// away and the step is tried once more on a fresh one, from the same state; the fault is then
    /// part of the [`Step`]. If that faults too, its fault is the answer, and the step has changed
    /// nothing.
    ///
    /// Takes some microseconds, and at worst twice the limit of a step's time, and must not be
    /// called where the thread's stack has less than 1 MiB left.
    pub fn step(
        &self,
        call: CallId,
        state: &[u8],
        event: &Event,
        reads: StepReads,
    ) -> Result<Step, Fault> {
        match self.twice {
            true => self.step_twice(call, state, event, reads),
            false => self.step_once(call, state, event, reads),
        }
    }

    fn step_once(
        &self,
        call: CallId,
        state: &[u8],
        event: &Event,
        reads: StepReads,
    ) -> Result<Step, Fault> {
        let pooled = self.take();
        match self.attempt(pooled, state, event, reads.clone()) {
            Ok(step) => Ok(step),
            Err(first) => {
                let second = self.attempt(None, state, event, reads);
                let mut step = second.inspect_err(|second| {
                    if *second != first {
                        let first = Logged(&first);
                        tracing::warn!(%call, "at the first try the step failed in another way: {first}");
                    }
                })?;
                step.faults.push(first);
                Ok(step)
            }
        }
    }

    /// The same on an instance made for this step alone, and without a second try.
    pub fn step_fresh(
        &self,
        call: CallId,
        state: &[u8],
        event: &Event,
        reads: StepReads,
    ) -> Result<Step, Fault> {
        tracing::trace!(%call, "step on a fresh instance");
        let mut instance = self.instance().map_err(|failure| self.fault(failure))?;
        self.run(&mut instance, state, event, reads)
    }

    /// The same twice, on an instance of the pool and on a fresh one, which must give the same
    /// state and orders: else the plugin keeps something between steps that it should not, or takes
    /// something from an unordered map. For checks and scenarios; it costs a fresh instance each
    /// time.
    pub fn step_twice(
        &self,
        call: CallId,
        state: &[u8],
        event: &Event,
        reads: StepReads,
    ) -> Result<Step, Fault> {
        let step = self.step_once(call, state, event, reads.clone())?;
        let again = self.step_fresh(call, state, event, reads)?;
        match difference(&step, &again) {
            None => Ok(step),
            Some(message) => Err(self.fault(Failure {
                function: "step",
                kind: FaultKind::Nondeterministic,
                message,
            })),
        }
    }

    fn attempt(
        &self,
        pooled: Option<Instance>,
        state: &[u8],
        event: &Event,
        reads: StepReads,
    ) -> Result<Step, Fault> {
        let mut instance = match pooled {
            Some(instance) => instance,
            None => self.instance().map_err(|failure| self.fault(failure))?,
        };
        let step = self.run(&mut instance, state, event, reads)?;
        self.put_back(instance);
        Ok(step)
    }

    fn run(
        &self,
        instance: &mut Instance,
        state: &[u8],
        event: &Event,
        reads: StepReads,
    ) -> Result<Step, Fault> {
        let result = instance
            .step(state, event, reads, &self.shared.limits)
            .map_err(|failure| self.fault(failure))?;
        Ok(Step {
            state: result.state.into_boxed_slice(),
            orders: result.orders.into_iter().map(order).collect(),
            faults: Vec::new(),
        })
    }

    fn instance(&self) -> Result<Instance, Failure> {
        let Shared { plugin, settings, limits, .. } = &*self.shared;
        let mut instance = plugin.instantiate(limits)?;
        instance.configure(settings, limits)?;
        Ok(instance)
    }

    fn take(&self) -> Option<Instance> {
        self.shared.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    fn put_back(&self, instance: Instance) {
        if instance.is_worn() {
            return;
        }
        let mut idle = self.shared.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < IDLE {
            idle.push(instance);
        }
    }

    fn fault(&self, failure: Failure) -> Fault {
        let manifest = self.plugin().manifest();
        failure.by(&manifest.name, &manifest.version)
    }
}

fn order(order: wit::Order) -> Ordered {
    match from_guest::order(order) {
        Ok(order) => Ordered::Order(order),
        Err((id, command, refusal)) => {
            Ordered::Refused { id, command: command.to_owned(), refusal }
        }
    }
}

/// Where two steps differ, in words.
fn difference(one: &Step, other: &Step) -> Option<String> {
    let says = |order: Option<&Ordered>| match order {
        None => "nothing more".to_owned(),
        Some(Ordered::Order(order)) => format!("{} {}", order.command.name(), order.id),
        Some(Ordered::Refused { id, command, .. }) => format!("{command} {id}"),
    };
    let longest = one.orders.len().max(other.orders.len());
    if let Some(place) =
        (0..longest).find(|&place| one.orders.get(place) != other.orders.get(place))
    {
        return Some(format!(
            "asked twice, its order {} was {}, and then {}, or the same with other words",
            place + 1,
            says(one.orders.get(place)),
            says(other.orders.get(place)),
        ));
    }
    (one.state != other.state)
        .then(|| "asked twice, it gave the same orders and another state".to_owned())
}
