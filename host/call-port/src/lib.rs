//! The port between a call (`strowger-call`) and the host around it (`strowger-exchange`): what each
//! may say to the other. Types and a trait; nothing is decided here.
//!
//! # Layout
//! * `input`: what a call is told ([`Input`]), and what comes of that ([`Out`]).
//! * `house`: what a call asks while it deals with an input ([`House`]).
//! * `glance`: an operator looks at a call, or does something with it ([`ByHand`]).
//! * `observe`: what is shown of a call ([`Observed`]).
//! * `names`: what both call a leg and an address.

mod glance;
mod house;
mod input;
mod names;
mod observe;

pub use glance::{Answer, ByHand, Glance};
pub use house::{Ask, ComesFrom, House, KeptPlace, NoFlow, Now, Proof, Prove, Stepped, Takeover};
pub use input::{Input, Out, Paper};
pub use names::{address_of, first_offered, offered_leg};
pub use observe::{NoObserver, Observed, Observer};
