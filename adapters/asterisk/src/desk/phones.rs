//! How the phones are that the host watches, by the device states of Asterisk.
//!
//! A device is in use also in a call in which the host has dialled it, and such a call is none of its
//! own. While there is one, the device is taken to be free. When the last one has ended, Asterisk says
//! a moment later that the device is not in use; until then, it is free as well. If Asterisk says
//! nothing, it is asked.

use super::{
    Desk,
    device::{Device, device_of},
    port::{Chore, Output},
};
use crate::wire::DeviceState;
use std::time::Duration;
use strowger_pbx::port::{Address, PbxEvent};

/// From the end of a call until Asterisk has said how the device is.
const SETTLES: Duration = Duration::from_secs(1);

impl Desk {
    pub(super) fn watch(&mut self, phones: Vec<Address>) {
        self.phones.by_device.clear();
        self.phones.quiet.clear();
        for at in phones {
            let dial_string = self.config.dial_string(&at);
            let Some(device) = dial_string.as_deref().and_then(device_of) else { continue };
            let phone = self.phones.by_device.entry(device.to_owned()).or_default();
            phone.at.push(at);
            if let (Some(quiet), Some((_, name))) =
                (&self.config.do_not_disturb, device.split_once('/'))
            {
                let quiet = quiet.replace("{extension}", name);
                self.phones.quiet.insert(quiet, device.to_owned());
            }
        }
        let devices = self.phones.by_device.keys().chain(self.phones.quiet.keys());
        let devices: Vec<String> = devices.cloned().collect();
        if !devices.is_empty() {
            self.out.push(Output::Chore(Chore::Watch(devices)));
        }
    }

    pub(super) fn device_is(&mut self, DeviceState { name, state }: DeviceState) {
        if let Some(phone) = self.phones.by_device.get_mut(&name) {
            (phone.state, phone.settles) = (Device::of(&state), false);
            return self.tell_phone(&name);
        }
        let Some(device) = self.phones.quiet.get(&name).cloned() else { return };
        if let Some(phone) = self.phones.by_device.get_mut(&device) {
            phone.do_not_disturb = Device::of(&state) == Device::InUse;
        }
        self.tell_phone(&device);
    }

    /// A leg is dialled at a device, or has ended there.
    pub(super) fn dialled_at(&mut self, device: &str, begins: bool) {
        let count = self.phones.dialled.entry(device.to_owned()).or_default();
        *count = if begins { *count + 1 } else { count.saturating_sub(1) };
        let dialled = *count > 0;
        if !dialled {
            self.phones.dialled.remove(device);
        }
        let Some(phone) = self.phones.by_device.get_mut(device) else { return };
        phone.settles = !dialled && phone.state == Device::InUse;
        if phone.settles {
            self.out.push(Output::Settle(device.to_owned(), SETTLES));
        }
        self.tell_phone(device);
    }

    /// It should have settled.
    pub(super) fn settled(&mut self, device: String) {
        if self.phones.by_device.get(&device).is_some_and(|phone| phone.settles)
            && !self.is_dialled_at(&device)
        {
            self.out.push(Output::Chore(Chore::Look(device)));
        }
    }

    fn is_dialled_at(&self, device: &str) -> bool {
        self.phones.dialled.contains_key(device)
    }

    fn tell_phone(&mut self, device: &str) {
        let dialled = self.is_dialled_at(device);
        let Some(phone) = self.phones.by_device.get_mut(device) else { return };
        let state = phone.told(dialled);
        if state == phone.told {
            return;
        }
        phone.told = state;
        let Some(state) = state else { return };
        for at in phone.at.clone() {
            self.out.push(Output::Emit(PbxEvent::Phone { at, state }));
        }
    }
}
