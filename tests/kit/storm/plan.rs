//! What happens in a storm: all of it comes from one number.

use super::proxy::{Trick, Way};
use std::time::Duration;

/// Steele, Lea and Flood's SplitMix64.
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// Always falls the same way for a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// From 0 on, below a number.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound.max(1)
    }

    /// Once in so many times.
    pub fn once_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    /// So many milliseconds, at least and at most.
    pub fn millis(&mut self, least: u64, most: u64) -> Duration {
        Duration::from_millis(least + self.below(most - least + 1))
    }
}

/// When a host is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum KillPoint {
    /// At any moment.
    Plain,
    /// What is journalled does not leave any more.
    JournalledNotSent,
    /// What leaves is carried out, and what came of it does not arrive any more.
    SentNotAcknowledged,
    /// A phone rings.
    MidOffer,
    /// A flow is being swapped.
    MidSwap,
}

/// Something that goes wrong.
#[derive(Clone, Debug)]
pub enum Fault {
    /// The connection between host and adapter is gone for so long.
    Cut(Duration),
    /// It is there, and nothing passes for so long.
    Stall(Duration),
    /// Messages are lost, come twice or late for so long; then the connection breaks.
    Tricks(Way, Vec<Trick>, Duration),
    /// The host dies, and another comes after so long.
    Kill(KillPoint, Duration),
    /// Somebody else locks the database for so long.
    Lock(Duration),
    /// The wall clock jumps by so many milliseconds.
    Jump(i64),
}

/// A caller.
#[derive(Clone, Debug)]
pub struct Coming {
    /// The number that the caller shows: nobody else's.
    pub number: String,
    /// After the one before.
    pub after: Duration,
    /// Hangs up after so long, unless somebody has talked to this caller by then.
    pub patience: Option<Duration>,
    /// Calls the flow whose plugin fails.
    pub failing: bool,
}

/// How agents' phones behave from a moment on.
#[derive(Clone, Copy, Debug)]
pub enum Desk {
    /// Picked up after, hung up after.
    Answers(Duration, Duration),
    /// Engaged.
    Busy,
    /// Rings in vain for so long.
    GivesUp(Duration),
    /// Refused after so long.
    Declines(Duration),
}

/// A storm.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Where all of it comes from.
    pub seed: u64,
    /// How many agents there are.
    pub agents: u32,
    /// Callers.
    pub callers: Vec<Coming>,
    /// After which step the plugin of those fails who call it.
    pub fails_after: u64,
    /// What goes wrong, each so long after the one before, with phones behaving so from then on.
    pub faults: Vec<(Duration, Fault, Vec<Desk>)>,
}

/// So many are up when it begins.
pub const UP: usize = 20;

impl Plan {
    /// A storm of a seed.
    pub fn new(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        // Every fourth has one agent, so that the queue's order shows.
        let agents = if dice.once_in(4) { 1 } else { 2 + dice.below(3) as u32 };
        let failing = dice.once_in(3);
        let callers = 26 + dice.below(8);
        let callers = (0..callers)
            .map(|caller| Coming {
                number: format!("+32470{caller:06}"),
                after: dice.millis(0, 20),
                patience: dice.once_in(8).then(|| dice.millis(300, 2500)),
                failing: failing && dice.once_in(12),
            })
            .collect();
        let fails_after = dice.below(4);
        let count = 2 + dice.below(4);
        let faults = (0..count).map(|_| {
            (
                dice.millis(0, 150),
                Fault::roll(&mut dice),
                (0..agents).map(|_| Desk::roll(&mut dice)).collect(),
            )
        });
        Self { seed, agents, fails_after, faults: faults.collect(), callers }
    }

    /// Whether the database is locked at any time.
    pub fn locks(&self) -> bool {
        self.faults.iter().any(|(_, fault, _)| matches!(fault, Fault::Lock(_)))
    }
}

impl Fault {
    fn roll(dice: &mut Dice) -> Self {
        match dice.below(11) {
            0 => Self::Cut(dice.millis(10, 500)),
            1 => Self::Stall(dice.millis(50, 900)),
            2 | 3 => {
                let way = if dice.once_in(2) { Way::ToHost } else { Way::ToAdapter };
                let tricks = (0..1 + dice.below(6))
                    .map(|_| [Trick::Twice, Trick::Lost, Trick::Late][dice.below(3) as usize])
                    .collect();
                Self::Tricks(way, tricks, dice.millis(20, 250))
            }
            4 => Self::Lock(dice.millis(100, 600)),
            5 => {
                let far = dice.below(4) as usize;
                Self::Jump(if dice.once_in(2) {
                    [1_000, 10_000, 60_000, 3_600_000][far]
                } else {
                    -[1_000, 60_000, 3_600_000, 86_400_000][far]
                })
            }
            point => {
                use KillPoint::{JournalledNotSent, MidOffer, MidSwap, Plain, SentNotAcknowledged};
                let points = [Plain, JournalledNotSent, SentNotAcknowledged, MidOffer, MidSwap];
                Self::Kill(points[(point - 6) as usize], dice.millis(0, 300))
            }
        }
    }
}

impl Desk {
    fn roll(dice: &mut Dice) -> Self {
        match dice.below(8) {
            0 => Self::Busy,
            1 => Self::GivesUp(dice.millis(30, 300)),
            2 => Self::Declines(dice.millis(0, 200)),
            3 => Self::Answers(dice.millis(5, 200), dice.millis(0, 50)),
            _ => Self::Answers(dice.millis(5, 200), dice.millis(100, 800)),
        }
    }
}
