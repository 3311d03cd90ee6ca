//! What a plugin is: a pure function from settings, state and event to state and orders.

use crate::types::{Event, StepResult};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;

/// A flow, one event at a time.
///
/// Most flows are a [`Script`](crate::Script), which is one of these without being written as one.
/// Implement `Flow` itself for a hand-written state machine; the `reception` plugin is an example.
///
/// Two steps with the same settings, state, event and reads must give the same result: keep nothing
/// between steps but what the state holds.
pub trait Flow: 'static {
    /// The `[settings]` of a flow file. Their JSON Schema is what the host checks flow files
    /// against.
    type Settings: DeserializeOwned + JsonSchema + 'static;

    /// The fields in braces that the flow fills in in texts of its settings: `town` for `{town}`. A
    /// text with any other field is refused, since people would hear its name. None: texts are not
    /// looked at.
    const FIELDS: Option<&'static [&'static str]> = None;

    /// What the schema cannot say about settings, such as that one figure is less than another.
    ///
    /// # Errors
    /// A sentence for the operator: which setting, what is wrong, what to do. The flow file is
    /// refused.
    fn check(_settings: &Self::Settings) -> Result<(), String> {
        Ok(())
    }

    /// One event of one call. An empty state is a new call's; `state` holds what the last step
    /// gave.
    ///
    /// # Errors
    /// The step is a fault. The host tries it once more on a fresh instance, then the call goes to
    /// the flow's fallback route.
    fn step(
        settings: &'static Self::Settings,
        state: Vec<u8>,
        event: Event,
    ) -> Result<StepResult, String>;
}
