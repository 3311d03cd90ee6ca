//! Campaigns as a state machine without I/O: who is called next, and who has a place.
//!
//! A [`Dialler`] has all campaigns of a site. It is told what happened ([`Input`]) and when, and
//! says what is to be done ([`Output`]). It has no clock, no socket, no task and no chance: the
//! same inputs at the same times give the same outputs. It knows no telephone numbers, only a hash
//! of each ([`NumberKey`]), and no columns of a list, only its rows ([`Row`]).
//!
//! # Layout
//! * [`config`]: what the site says of campaigns.
//! * [`port`]: inputs, outputs and the identifiers in them.
//! * `dialler`: the [`Dialler`].
//! * `campaign`: one campaign, and which of its contacts is called next.
//! * `contact`: a contact, and its rank among the others.
//! * `numbers`: which numbers are in a call or never to be called.
//! * `ix`: which campaign, which template.
//!
//! # Who is called next
//! * Of a campaign, whom the planner has chosen; then who is to hear that others have the places;
//!   then who asked to be called at a time that has come; then who is to be offered a place. Among
//!   these the ones with the fewest attempts, of these the earliest wave, of these the first of the
//!   list: everybody is tried once before anybody is tried again.
//! * Between campaigns the one with the higher priority, then the one that was opened first.
//! * Never more calls of a campaign at once than [`Template::at_once`], and never more offers than
//!   places left, unless the [first wins](Template::first_wins). An offer is over when the contact
//!   has said something: claimed, or a [`Then`] other than `Again`.
//! * A contact whose number is in another call, of a campaign or not, is passed over until that is
//!   over. A contact on the do-not-call list is passed over for good.
//! * Nobody is called while the campaign is paused or has ended, outside the template's hours,
//!   without room beside the inbound calls ([`Input::Room`]), or while no call can begin
//!   ([`Input::Full`]). That is looked at again when the call dials ([`Input::Dials`]): an agent may
//!   have been looked for meanwhile.
//! * An attempt is a dial to the contact. That of a call which could not begin, or ends without a
//!   dial, is given back.
//! * A wave joins when the campaign has run for so long. That clock stands still while the campaign
//!   is paused or closed, so that those who know the place best are asked first also where a
//!   campaign was opened at night.
//!
//! # Who has a place
//! * [`Choose::FirstCome`](Choose): whoever claims first, until all places are taken. Then all who
//!   are being offered one hear of it ([`Output::Withdrawn`]), and the campaign ends.
//! * [`Choose::Planner`](Choose): so many claims are noted, then the planner is asked
//!   ([`Output::ToChoose`]). The chosen contact is called and confirms by a claim of its own; only
//!   then the others who were noted are called and told. If the chosen one declines or is not
//!   reached, the planner is asked again.
//! * A place of a campaign whose list is over can still be claimed, by who calls back.
//! * What was accepted in one call stays, whatever comes of the attempt that is under way: that is
//!   told so ([`Output::Accepted`]).
//! * Whoever has a place may give it back ([`Input::Disposition`]). Then the campaign goes on, also
//!   one that had ended because all places were taken.
//!
//! # The stages of a contact
//! | stage | then | it becomes |
//! |---|---|---|
//! | to offer | a claim | won, or accepted if the planner chooses |
//! | to offer, chosen, to tell | attempts used up, or [`Then::Over`] | over |
//! | won, accepted | anything but [`Then::Accepted`] | to offer or over, as said |
//! | accepted | [`Input::Choose`] | chosen |
//! | chosen | a claim | won |
//! | accepted | all places are taken | to tell |
//! | over | [`Then::NotBefore`], or a claim | to offer, or won or accepted |
//!
//! # When the host was away
//! Every input's [`Output::Keep`]s are to be committed together, before anything else that it said
//! is done. So an attempt is in the journal before its call begins. [`Input::Restore`] puts
//! everything back. A call that was under way and is not alive counts as made, also if it had not
//! dialled: perhaps it rang.
//!
//! **Architecture invariant:** between two inputs nobody waits whose turn it is.

mod campaign;
pub mod config;
mod contact;
mod dialler;
mod ix;
mod numbers;
pub mod port;
#[cfg(test)]
mod tests;

pub use config::{Choose, Template};
pub use dialler::{Dialler, Status};
pub use port::{
    Alarm, AttemptId, By, Claimed, Dialled, Input, Kept, KeptCampaign, KeptContact, Listed,
    NumberKey, Open, Output, Over, Phase, Purpose, RefusedInput, Restored, Row, Stage, Then,
};

use std::time::Duration;

/// A contact whose call has ended without a dial is called again so much later.
pub const LATER: Duration = Duration::from_secs(60);

/// A length of time in nanoseconds; 292 years at most.
fn nanos(time: Duration) -> i64 {
    i64::try_from(time.as_nanos()).unwrap_or(i64::MAX)
}
