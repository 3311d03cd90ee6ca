//! What outlives the host that serves a catalogue: what served new calls, and what was decided
//! about it.

use strowger_model::{
    FlowVersion, VersionFiles,
    archive::{Decided, Decision, InForce},
};

/// Where a catalogue keeps what has to outlive its host.
pub trait Memory: Send + Sync {
    /// What served when it was kept last; none: nothing was kept yet.
    fn in_force(&self) -> Option<InForce>;

    /// What was decided, in this order.
    fn decisions(&self) -> Vec<Decision>;

    /// What a version is made of, if it was kept.
    fn version(&self, on: &FlowVersion) -> Option<VersionFiles>;

    /// Keeps what serves from now on, and what those versions are made of that are new.
    fn serves(&self, in_force: InForce, new: Vec<VersionFiles>);

    /// Keeps a decision of this moment.
    fn decided(&self, on: FlowVersion, what: Decided, reason: &str);
}
