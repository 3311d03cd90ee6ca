//! Between a host and its sim: a figure sees what passes.

use anyhow::Result;
use std::sync::Arc;
use strowger_exchange::Exchange;
use strowger_pbx::port::{AliveLeg, BoxFuture, Pbx, PbxCommand, PbxEvent};
use strowger_sim::{Sim, SimConfig};

/// Sees events on their way to the host, and commands on their way to the sim.
pub(crate) trait Sees: Send + Sync + 'static {
    fn told(&self, event: &PbxEvent);
    fn ordered(&self, command: &PbxCommand);
}

struct Tap<S> {
    sees: Arc<S>,
    sim: Arc<Sim>,
}

/// A sim for an exchange, with somebody who looks on. Inside a runtime only.
pub(crate) fn sim<S: Sees>(exchange: &Arc<Exchange>, sees: &Arc<S>) -> Arc<Sim> {
    let (sink, told) = (exchange.sink(), sees.clone());
    let told = move |event| {
        told.told(&event);
        sink(event);
    };
    let sim = Arc::new(Sim::new(SimConfig::default(), Arc::new(told)));
    exchange.attach(Arc::new(Tap { sees: sees.clone(), sim: sim.clone() }));
    sim
}

impl<S: Sees> Pbx for Tap<S> {
    fn name(&self) -> &str {
        self.sim.name()
    }

    fn send(&self, command: PbxCommand) {
        self.sees.ordered(&command);
        self.sim.send(command);
    }

    fn alive(&self) -> BoxFuture<'_, Result<Vec<AliveLeg>>> {
        self.sim.alive()
    }
}
