//! Keys of a telephone, sent as RFC 4733 events beside SIPp.
//!
//! SIPp can only replay captures, through raw sockets that need root. The bed's Asterisk takes
//! media from any address, so a socket of our own does it.

use crate::{
    message::{Message, PATIENCE, parse},
    process::Output,
};
use anyhow::{Context, Result, ensure};
use std::{
    net::{Ipv4Addr, UdpSocket},
    thread,
    time::Duration,
};

/// The payload type of events, as in the callers' offer.
pub(crate) const EVENTS: u8 = 101;
/// Between packets, in time and in samples.
const PACKET: (Duration, u16) = (Duration::from_millis(20), 160);
/// How many packets a key is held, and how many pass until the next.
const HELD: u16 = 5;
const PAUSE: u32 = 10;

/// Keys digits, from so long after the answer on; in a thread of its own, which ends with the
/// caller at the latest.
pub(crate) fn key(caller: Output, from: Ipv4Addr, after: Duration, digits: &str) -> Result<()> {
    let keyed = Keyed::of(from, digits)?;
    thread::spawn(move || {
        let answered = caller.until("answer", PATIENCE, |log| parse(log).iter().find_map(media));
        // A caller who is never answered keys nothing.
        let Ok(to) = answered else { return };
        thread::sleep(after);
        keyed.send(&to);
    });
    Ok(())
}

/// Digits to be keyed.
pub(crate) struct Keyed {
    events: Vec<u8>,
    socket: UdpSocket,
}

impl Keyed {
    pub(crate) fn of(from: Ipv4Addr, digits: &str) -> Result<Self> {
        let events = digits.chars().map(event).collect::<Result<_>>()?;
        let socket = UdpSocket::bind((from, 0)).context("cannot open a socket for media")?;
        Ok(Self { events, socket })
    }

    /// Keys them; this takes its time.
    pub(crate) fn send(&self, (address, port): &(String, u16)) {
        let mut packets = Packets::default();
        for event in &self.events {
            for packet in packets.of(*event) {
                let _ = self.socket.send_to(&packet, (address.as_str(), *port));
                thread::sleep(PACKET.0);
            }
        }
    }
}

/// The keys, in the order of their events.
const KEYS: &str = "0123456789*#ABCD";

/// The key of an event, if it is one.
pub(crate) fn digit(event: u8) -> Option<char> {
    KEYS.chars().nth(event.into())
}

pub(crate) fn event(digit: char) -> Result<u8> {
    let place = KEYS.find(digit);
    ensure!(place.is_some(), "{digit:?} is not a key");
    Ok(place.unwrap_or_default() as u8)
}

/// Where the far end wants its media, from its 200 to the INVITE.
fn media(message: &Message) -> Option<(String, u16)> {
    if message.sent || !message.line().ends_with("200 OK") {
        return None;
    }
    media_of(message)
}

/// Where its sender wants media.
pub(crate) fn media_of(message: &Message) -> Option<(String, u16)> {
    let line = |start: &str| message.text.lines().find_map(|line| line.strip_prefix(start));
    Some((line("c=IN IP4 ")?.trim().to_owned(), line("m=audio ")?.split(' ').next()?.parse().ok()?))
}

pub(crate) struct Packets {
    sequence: u16,
    stamp: u32,
}

impl Default for Packets {
    fn default() -> Self {
        Self { sequence: 1, stamp: 160 }
    }
}

impl Packets {
    /// A key pressed, held and let go; the end three times, since packets get lost.
    pub(crate) fn of(&mut self, event: u8) -> Vec<[u8; 16]> {
        let ends = [false, false, false, false, false, true, true, true];
        let packets = ends.iter().zip(1..).map(|(end, number)| {
            let length = number.min(HELD) * PACKET.1;
            let mut packet = [0; 16];
            packet[0] = 0x80;
            packet[1] = EVENTS | if number == 1 { 0x80 } else { 0 };
            packet[2..4].copy_from_slice(&self.sequence.to_be_bytes());
            packet[4..8].copy_from_slice(&self.stamp.to_be_bytes());
            packet[8..12].copy_from_slice(b"keys");
            packet[12] = event;
            packet[13] = 10 | if *end { 0x80 } else { 0 };
            packet[14..16].copy_from_slice(&length.to_be_bytes());
            self.sequence = self.sequence.wrapping_add(1);
            packet
        });
        let packets = packets.collect();
        self.stamp += (u32::from(HELD) + PAUSE) * u32::from(PACKET.1);
        packets
    }
}
