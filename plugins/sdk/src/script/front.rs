//! A flow in front of another, which has the call back when a switch is turned.

use super::{Call, Either, Failure, Ordered, kind, race};
use crate::types::{Command, ContinueWith, Event, Switched};

/// A switch that was turned: the call is this flow's again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turned {
    /// The switch.
    pub name: String,
    /// Where it stands now.
    pub position: String,
}

/// # Agents, switches, campaigns
impl Call {
    /// Lets another flow have the call until one of these switches is turned. What this script has
    /// ordered and not yet had an outcome of is taken back: nothing of it comes any more, so do not
    /// race this against other waits.
    ///
    /// It goes on when a switch was turned and the caller is in no conversation. All that the other
    /// flow had ordered is taken back then: the caller is alone and hears nothing. If the other flow
    /// ends the call before, so does this script.
    ///
    /// A turn since this script has read a switch ([`Call::switch`]) counts, so read a switch first,
    /// decide, and order this.
    ///
    /// # Errors
    /// The other flow cannot have the call: there is none of that name, the flow file does not permit
    /// it, or it has as many calls as it may. So it is if there is no such switch.
    pub async fn continue_with_until(
        &self,
        flow: impl Into<String>,
        data: impl Into<String>,
        back_on: impl IntoIterator<Item = impl Into<String>>,
    ) -> Result<Turned, Failure> {
        let back_on = back_on.into_iter().map(Into::into).collect();
        let command = ContinueWith { flow: flow.into(), data: data.into(), back_on };
        let rests: Ordered<kind::Rest> = Ordered::new(self, Command::ContinueWith(command));
        let mut comes_back = self.events(|event| match event {
            Event::CameBack(Switched { name, position }) => {
                Some(Turned { name: name.clone(), position: position.clone() })
            }
            _ => None,
        });
        match race(rests, comes_back.next()).await {
            Either::Left(failure) => Err(failure),
            Either::Right(turned) => Ok(turned),
        }
    }
}
