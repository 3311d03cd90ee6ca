//! One instance of a plugin in its store: one call after another, until it is worn or has faulted.

use crate::{
    contract::{
        Checked, Exports,
        current::{to_guest, wit},
    },
    failure::Failure,
    fault::FaultKind,
    host::{Host, StepReads},
    limits::Limits,
    words::Bytes,
};
use strowger_model::Event;
use wasmtime::Store;

/// An instance. Whoever meets a failure drops it.
pub(crate) struct Instance {
    store: Store<Host>,
    exports: Exports,
    steps: u32,
    /// Bytes of memory after it was configured.
    memory: usize,
}

impl Instance {
    /// An instance without settings.
    pub(crate) fn new(component: &Checked, limits: &Limits) -> Result<Self, Failure> {
        let mut store = Store::new(component.engine(), Host::new(limits));
        store.limiter(Host::limiter);
        store.set_epoch_deadline(1);
        store.epoch_deadline_callback(|mut store| store.data_mut().tick());
        store.set_hostcall_fuel(Limits::MANIFEST);
        match component.instantiate(&mut store) {
            Ok(exports) => Ok(Self { store, exports, steps: 0, memory: 0 }),
            Err(error) => Err(Failure::of_call("instantiate", &error, store.data())),
        }
    }

    /// Asks the plugin what it is.
    pub(crate) fn manifest(&mut self) -> Result<wit::Manifest, Failure> {
        self.store.data_mut().begin(None, Limits::SET_UP_TIME);
        self.exports
            .manifest(&mut self.store)
            .map_err(|error| Failure::of_call("manifest", &error, self.store.data()))
    }

    /// Gives it its settings, once. `SettingsRefused` when it says no itself.
    pub(crate) fn configure(&mut self, settings: &str, limits: &Limits) -> Result<(), Failure> {
        self.store.data_mut().begin(None, Limits::SET_UP_TIME);
        let answer = self
            .exports
            .configure(&mut self.store, settings)
            .map_err(|error| Failure::of_call("configure", &error, self.store.data()))?;
        answer.map_err(|said| {
            Failure::in_its_words("configure", FaultKind::SettingsRefused, &said)
        })?;
        // What is to be handed over in a step: the state and so many orders with their texts.
        let orders = limits.orders.saturating_add(1).saturating_mul(size_of::<wit::Order>());
        self.store.set_hostcall_fuel(
            limits.state.saturating_add(orders).saturating_add(Limits::ORDER_TEXT),
        );
        self.memory = self.store.data().memory_used();
        Ok(())
    }

    /// One event of one call.
    pub(crate) fn step(
        &mut self,
        state: &[u8],
        event: &Event,
        reads: StepReads,
        limits: &Limits,
    ) -> Result<wit::StepResult, Failure> {
        self.steps += 1;
        self.store.data_mut().begin(Some(reads), limits.step_time);
        self.store.set_epoch_deadline(1);
        let mut scratch = String::new();
        let event = to_guest::event(event, &mut scratch);
        let answer = self
            .exports
            .step(&mut self.store, state, event)
            .map_err(|error| Failure::of_call("step", &error, self.store.data()))?;
        self.store.data_mut().end();
        let failure = |kind, message| Err(Failure { function: "step", kind, message });
        match answer {
            Err(said) => Err(Failure::in_its_words("step", FaultKind::Error, &said)),
            Ok(result) if result.state.len() > limits.state => failure(
                FaultKind::StateTooLarge,
                format!(
                    "its state has {} bytes and may have {}",
                    result.state.len(),
                    Bytes(limits.state)
                ),
            ),
            Ok(result) if result.orders.len() > limits.orders => failure(
                FaultKind::TooManyOrders,
                format!(
                    "it gave {} orders; at most {} in a step",
                    result.orders.len(),
                    limits.orders
                ),
            ),
            Ok(result) => Ok(result),
        }
    }

    /// Whether it has served long enough, so that what it leaks or keeps by mistake has an end.
    pub(crate) fn is_worn(&self) -> bool {
        let host = self.store.data();
        self.steps >= Limits::STEPS
            || host.memory_used().saturating_sub(self.memory) > host.memory_limit() / 4
    }
}
