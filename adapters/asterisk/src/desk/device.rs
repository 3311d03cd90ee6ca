//! Phones that the host watches, as devices of Asterisk.

use std::collections::BTreeMap;
use strowger_model::PhoneState;
use strowger_pbx::port::Address;

/// What the host watches.
#[derive(Default)]
pub(super) struct Phones {
    pub(super) by_device: BTreeMap<String, Phone>,
    /// From a device that says whether somebody wants to be rung to that one's phone.
    pub(super) quiet: BTreeMap<String, String>,
    /// How many legs are dialled at each device.
    pub(super) dialled: BTreeMap<String, u32>,
}

#[derive(Default)]
pub(super) struct Phone {
    /// As the host names it.
    pub(super) at: Vec<Address>,
    pub(super) state: Device,
    /// A call of the host has ended, and nothing was heard since.
    pub(super) settles: bool,
    pub(super) do_not_disturb: bool,
    pub(super) told: Option<PhoneState>,
}

#[derive(Clone, Copy, Default, PartialEq)]
pub(super) enum Device {
    /// Asterisk has said nothing yet.
    #[default]
    Unknown,
    Idle,
    InUse,
    Gone,
}

impl Device {
    pub(super) fn of(state: &str) -> Self {
        match state {
            "INUSE" | "BUSY" | "RINGING" | "RINGINUSE" | "ONHOLD" => Self::InUse,
            "INVALID" | "UNAVAILABLE" => Self::Gone,
            // Also what Asterisk calls unknown: it may be rung.
            _ => Self::Idle,
        }
    }
}

impl Phone {
    /// As the host is to be told; none: Asterisk has said nothing yet.
    pub(super) fn told(&self, dialled: bool) -> Option<PhoneState> {
        Some(match self.state {
            Device::Unknown => return None,
            Device::Gone => PhoneState::Unreachable,
            _ if self.do_not_disturb => PhoneState::DoNotDisturb,
            Device::InUse if !dialled && !self.settles => PhoneState::Busy,
            Device::InUse | Device::Idle => PhoneState::Free,
        })
    }
}

/// The device of a dial string; none: it is no phone of the PBX, such as a number behind a trunk.
pub(super) fn device_of(dial_string: &str) -> Option<&str> {
    let (_, name) = dial_string.split_once('/')?;
    (!name.contains(['/', '@'])).then_some(dial_string)
}
