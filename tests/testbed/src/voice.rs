//! The voice and the ear of a caller or a phone: it plays a tone of its own, and tells which tones
//! it hears, so that a test sees in the media itself who hears whom.
//!
//! SIPp's own media can only be replayed through raw sockets. This is a socket beside it, whose
//! port the party's SDP names. It sends to wherever the far ends of the party's calls want their
//! media, and listens to what comes back; each call of the party is heard apart.

use crate::{
    keys::{EVENTS, Packets},
    process::Output,
};
use anyhow::{Context, Result, bail};
use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    f64::consts::TAU,
    net::{Ipv4Addr, SocketAddr, UdpSocket},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

/// The port that the SDP of a party with a voice names.
pub(crate) const PORT: u16 = 17_000;
/// The tone of the bed's music.
pub const MUSIC: u32 = 300;
/// Tones that a party may have, in hertz. None is a multiple of another.
pub const TONES: [u32; 5] = [500, 700, 900, 1100, 1300];

const PACKET: Duration = Duration::from_millis(20);
const SAMPLES: usize = 160;
/// So much of the past is listened to.
const WINDOW: usize = 3200;
/// Louder than this counts as heard. A tone is 8 times as loud.
const AUDIBLE: f64 = 500.0;
const LOUD: f64 = 4000.0;

/// A party's voice and ear. Falls silent when dropped.
pub struct Voice {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    over: AtomicBool,
    heard: Mutex<BTreeMap<SocketAddr, Heard>>,
    /// What is sent instead of the tone; none: the tone.
    keys: Mutex<VecDeque<Option<[u8; 16]>>>,
}

#[derive(Default)]
struct Heard {
    samples: VecDeque<f64>,
    last: Option<Instant>,
    keys: String,
    /// When the last of them was pressed, in samples.
    key_pressed: Option<[u8; 4]>,
}

impl Heard {
    /// A packet of a telephone event (RFC 4733). All packets of a key have one time stamp.
    fn key(&mut self, packet: &[u8]) {
        let pressed = packet[4..8].first_chunk().copied();
        if std::mem::replace(&mut self.key_pressed, pressed) != pressed {
            self.keys.extend(crate::keys::digit(packet[12]));
        }
    }
}

impl Voice {
    /// Speaks at an address, wherever the messages that a party gets want its media.
    pub(crate) fn start(address: Ipv4Addr, hertz: u32, messages: Output) -> Result<Self> {
        let socket = UdpSocket::bind((address, PORT)).context("cannot open a socket for media")?;
        socket.set_nonblocking(true)?;
        let shared = Arc::new(Shared::default());
        let voice = Self { shared: shared.clone() };
        thread::spawn(move || speak(&socket, hertz, &messages, &shared));
        Ok(voice)
    }

    /// Keys digits, from now on.
    ///
    /// # Errors
    /// One of them is none.
    pub fn key(&self, digits: &str) -> Result<()> {
        let events = digits.chars().map(crate::keys::event).collect::<Result<Vec<u8>>>()?;
        let mut packets = Packets::default();
        let keys = events
            .into_iter()
            .flat_map(|event| packets.of(event).into_iter().map(Some).chain([None; 5]));
        self.shared.keys.lock().unwrap_or_else(PoisonError::into_inner).extend(keys);
        Ok(())
    }

    /// The keys that were heard so far, as telephone events, in their order.
    pub fn keys(&self) -> String {
        let heard = self.shared.heard.lock().unwrap_or_else(PoisonError::into_inner);
        heard.values().map(|heard| heard.keys.as_str()).collect()
    }

    /// The tones that are heard now, the music's among them.
    pub fn hears(&self) -> BTreeSet<u32> {
        let heard = self.shared.heard.lock().unwrap_or_else(PoisonError::into_inner);
        let now = heard.values().filter(|heard| {
            heard.last.is_some_and(|last| last.elapsed() < PACKET * 10)
                && heard.samples.len() >= WINDOW
        });
        let tones = now.flat_map(|heard| {
            let samples: Vec<f64> = heard.samples.iter().copied().collect();
            TONES
                .into_iter()
                .chain([MUSIC])
                .filter(move |hertz| loudness(&samples, f64::from(*hertz)) > AUDIBLE)
        });
        tones.collect()
    }

    /// Waits until exactly these keys were heard.
    ///
    /// # Errors
    /// That is not so in time; the error says which were.
    pub fn until_keyed(&self, keys: &str, within: Duration) -> Result<()> {
        let since = Instant::now();
        while self.keys() != keys {
            if since.elapsed() >= within {
                bail!("expected the keys {keys:?} within {within:?}, heard {:?}", self.keys());
            }
            thread::sleep(PACKET);
        }
        Ok(())
    }

    /// Waits until exactly these tones are heard, for a while.
    ///
    /// # Errors
    /// That is not so in time; the error says what is heard.
    pub fn until_hears(&self, tones: &[u32], within: Duration) -> Result<()> {
        let (wanted, since) = (tones.iter().copied().collect::<BTreeSet<u32>>(), Instant::now());
        let mut held = 0;
        while since.elapsed() < within {
            held = if self.hears() == wanted { held + 1 } else { 0 };
            if held == 10 {
                return Ok(());
            }
            thread::sleep(PACKET * 2);
        }
        bail!("expected to hear {wanted:?} within {within:?}, hears {:?}", self.hears())
    }
}

impl Drop for Voice {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::Relaxed);
    }
}

fn speak(socket: &UdpSocket, hertz: u32, messages: &Output, shared: &Shared) {
    let (mut next, mut number, mut pressed, mut peers) =
        (Instant::now(), 0_u32, 0_u32, BTreeSet::new());
    while !shared.over.load(Ordering::Relaxed) {
        if number % 5 == 0 {
            peers = crate::message::parse(&messages.text())
                .iter()
                .filter(|message| !message.sent)
                .filter_map(crate::keys::media_of)
                .collect();
        }
        let key = shared.keys.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        let packet = match key.flatten() {
            None => tone(hertz, number),
            // Part of the same stream: its numbers, and the time at which the key was pressed.
            Some(mut key) => {
                if key[1] & 0x80 != 0 {
                    pressed = number;
                }
                key[2..12].copy_from_slice(&header(number, pressed));
                key.to_vec()
            }
        };
        for (address, port) in &peers {
            let _ = socket.send_to(&packet, (address.as_str(), *port));
        }
        let mut incoming = [0; 2048];
        while let Ok((length, from)) = socket.recv_from(&mut incoming) {
            if length <= 12 {
                continue;
            }
            let mut heard = shared.heard.lock().unwrap_or_else(PoisonError::into_inner);
            let heard = heard.entry(from).or_default();
            match incoming[1] & 0x7f {
                EVENTS => heard.key(&incoming[..length]),
                // PCMU without extensions.
                0 => {
                    heard.samples.extend(incoming[12..length].iter().map(|byte| decode(*byte)));
                    let surplus = heard.samples.len().saturating_sub(WINDOW);
                    heard.samples.drain(..surplus);
                    heard.last = Some(Instant::now());
                }
                _ => {}
            }
        }
        number += 1;
        next += PACKET;
        thread::sleep(next.saturating_duration_since(Instant::now()));
    }
}

/// Number, time and source of a packet.
fn header(number: u32, since: u32) -> [u8; 10] {
    let mut header = [0; 10];
    header[..2].copy_from_slice(&(number as u16).to_be_bytes());
    header[2..6].copy_from_slice(&since.wrapping_mul(SAMPLES as u32).to_be_bytes());
    header[6..].copy_from_slice(b"tone");
    header
}

/// The packet of a tone with this number.
fn tone(hertz: u32, number: u32) -> Vec<u8> {
    let stamp = number.wrapping_mul(SAMPLES as u32);
    let mut packet = vec![0x80, 0];
    packet.extend(header(number, number));
    let sample = |at: u32| LOUD * (TAU * f64::from(hertz) * f64::from(at) / 8000.0).sin();
    packet.extend((0..SAMPLES as u32).map(|at| encode(sample(stamp.wrapping_add(at) % 8000))));
    packet
}

/// How loud a tone is in samples (Goertzel).
fn loudness(samples: &[f64], hertz: f64) -> f64 {
    let coefficient = 2.0 * (TAU * hertz / 8000.0).cos();
    let (mut one, mut two) = (0.0, 0.0);
    for sample in samples {
        (one, two) = (sample + coefficient * one - two, one);
    }
    let power = one * one + two * two - coefficient * one * two;
    2.0 * power.max(0.0).sqrt() / samples.len() as f64
}

/// A sample in mu-law (G.711).
fn encode(sample: f64) -> u8 {
    let sign = if sample < 0.0 { 0x80 } else { 0 };
    let magnitude = (sample.abs() as i32).min(32_635) + 132;
    let exponent = (7..15).rev().find(|bit| magnitude >> bit != 0).unwrap_or(7) - 7;
    let mantissa = (magnitude >> (exponent + 3)) & 0x0f;
    !(sign | (exponent << 4) as u8 | mantissa as u8)
}

fn decode(byte: u8) -> f64 {
    let byte = !byte;
    let magnitude = (((i32::from(byte & 0x0f) << 3) + 132) << ((byte & 0x70) >> 4)) - 132;
    f64::from(if byte & 0x80 != 0 { -magnitude } else { magnitude })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tone_is_told_from_the_others() {
        let samples: Vec<f64> = (0..WINDOW as u32 / 160)
            .flat_map(|number| tone(700, number)[12..].to_vec())
            .map(decode)
            .collect();
        for hertz in TONES.into_iter().chain([MUSIC]) {
            let loud = loudness(&samples, f64::from(hertz));
            assert_eq!(loud > AUDIBLE, hertz == 700, "{hertz}: {loud}");
        }
    }
}
