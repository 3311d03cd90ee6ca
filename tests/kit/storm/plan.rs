//! What happens in a storm: all of it comes from one number.

use super::proxy::{Trick, Way};
use anyhow::{Context, Result};
use std::{
    env,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

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

/// Which storms are to rage: so many, or as many as the variable says. The first has another seed in
/// every second; `STROWGER_STORM_FROM=17` begins with the one of that seed, and `STROWGER_STORM=17`
/// has it alone.
///
/// # Errors
/// A variable is no number.
pub fn seeds(variable: &str, usual: u64) -> Result<Vec<u64>> {
    if let Some(seed) = number("STROWGER_STORM")? {
        return Ok(vec![seed]);
    }
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_secs());
    let first = number("STROWGER_STORM_FROM")?.unwrap_or_else(now);
    let many = number(variable)?.unwrap_or(usual);
    println!(
        "{many} storms: STROWGER_STORM_FROM={first} has them again, STROWGER_STORM={first} the first alone"
    );
    Ok((first..first + many).collect())
}

/// A number that the environment says.
///
/// # Errors
/// It is none.
pub fn number(variable: &str) -> Result<Option<u64>> {
    let Ok(text) = env::var(variable) else { return Ok(None) };
    text.parse().map(Some).with_context(|| format!("{variable}={text}: not a number"))
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

/// What goes wrong at the same time.
#[derive(Clone, Debug)]
pub struct Gust {
    /// After the gust before.
    pub after: Duration,
    /// All of it. A host that is killed does not die while the database is locked: steps that are
    /// not journalled die with their host, as they may.
    pub faults: Vec<Fault>,
    /// How phones behave from then on.
    pub phones: Phones,
    /// The switch in front of the helpdesk is turned just before.
    pub turn: Option<Turn>,
}

/// Somebody turns the switch.
#[derive(Clone, Copy, Debug)]
pub struct Turn {
    /// 0 to 2; the first is the normal one.
    pub position: usize,
    /// Whoever turns it waits until the journal has that.
    pub surely: bool,
}

/// A campaign.
#[derive(Clone, Debug)]
pub struct Drive {
    /// Places.
    pub goal: u32,
    /// How often somebody is called.
    pub attempts: u32,
    /// So many are called at once, at most.
    pub at_once: u32,
    /// Who is on the list.
    pub contacts: Vec<Contact>,
}

/// Somebody on the list of a campaign, by what comes of a call.
#[derive(Clone, Copy, Debug)]
pub enum Contact {
    /// Answers after so long and takes the place.
    Accepts(Duration),
    /// Answers after so long and keys nothing.
    VoiceMail(Duration),
    /// Answers after so long and hangs up at once.
    Leaves(Duration),
    /// Refuses the call after so long, and is not to be called again.
    Declines(Duration),
    /// Rings in vain for so long.
    GivesUp(Duration),
    /// Engaged.
    Busy,
    /// A number that there is not.
    Unknown,
}

impl Contact {
    /// Whether the phone rings.
    pub fn rings(self) -> bool {
        !matches!(self, Self::Busy | Self::Unknown)
    }
}

/// How the phones of a town behave.
#[derive(Clone, Debug)]
pub struct Phones {
    /// The agents'.
    pub desks: Vec<Desk>,
    /// That of a colleague whom agents consult, and to whom they send callers.
    pub colleague: Desk,
    /// The central helpdesk's, which callers are put through to who wait for too long.
    pub central: Desk,
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
    /// What the caller is.
    pub who: Who,
}

/// What somebody calls for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// For help.
    Caller,
    /// Calls the flow whose plugin fails.
    Failing,
    /// Listens to an agent, whispers and joins in (V9), and hangs up after so long.
    Coach(Duration),
}

/// How agents' phones behave from a moment on.
#[derive(Clone, Copy, Debug)]
pub enum Desk {
    /// Picked up after, hung up after; and what is keyed meanwhile.
    Answers(Duration, Duration, Option<Keyed>),
    /// Engaged.
    Busy,
    /// Rings in vain for so long.
    GivesUp(Duration),
    /// Refused after so long.
    Declines(Duration),
}

/// What an agent keys in a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keyed {
    /// A colleague is consulted (R4).
    Consult,
    /// The same, and the agent goes back to the caller.
    ConsultAndBack,
    /// The caller is sent on (R4).
    SendOn,
    /// A complaint is noted, and mailed (V8).
    Complaint,
}

impl Keyed {
    fn roll(dice: &mut Dice) -> Self {
        [Self::Complaint, Self::Consult, Self::ConsultAndBack, Self::SendOn][dice.below(4) as usize]
    }

    /// The keys.
    pub fn keys(self) -> &'static str {
        match self {
            Self::Consult => "*4150#",
            Self::ConsultAndBack => "*4150#*#",
            Self::SendOn => "*7150#",
            Self::Complaint => "*9#",
        }
    }
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
    /// Who waits for so long is put through to the central helpdesk: a second or two, or far longer
    /// than a storm.
    pub overflow_after: Duration,
    /// What goes wrong.
    pub gusts: Vec<Gust>,
    /// How phones behave when it is calm again: they are quick.
    pub calm: Phones,
    /// Callers come by a front with a switch.
    pub front: bool,
    /// A campaign calls people meanwhile.
    pub drive: Option<Drive>,
}

/// So many are up when it begins.
pub const UP: usize = 20;

/// In seconds: far longer than a storm.
const LATE: u64 = 3_600;

impl Plan {
    /// A storm of a seed.
    pub fn new(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        // Every fourth has one agent, so that the queue's order shows.
        let agents = if dice.once_in(4) { 1 } else { 2 + dice.below(3) as u32 };
        let (failing, coached) = (dice.once_in(3), dice.once_in(3));
        let callers = 26 + dice.below(8);
        let callers = (0..callers)
            .map(|caller| Coming {
                number: format!("+32470{caller:06}"),
                after: dice.millis(0, 20),
                patience: dice.once_in(8).then(|| dice.millis(300, 2500)),
                who: match dice.below(12) {
                    0 if failing => Who::Failing,
                    1 if coached => Who::Coach(dice.millis(500, 3000)),
                    _ => Who::Caller,
                },
            })
            .collect();
        let fails_after = dice.below(4);
        let soon = dice.once_in(3);
        let overflow_after = Duration::from_secs(if soon { 1 + dice.below(2) } else { LATE });
        let count = 2 + dice.below(4);
        let gusts = (0..count).map(|_| Gust::roll(&mut dice, agents)).collect();
        let calm = Phones {
            desks: (0..agents)
                .map(|_| Desk::quick(dice.once_in(2).then(|| Keyed::roll(&mut dice))))
                .collect(),
            colleague: Desk::quick(None),
            central: Desk::quick(None),
        };
        let front = !dice.once_in(if agents == 1 { 2 } else { 4 });
        let drive = (!dice.once_in(3)).then(|| Drive::roll(&mut dice));
        Self { seed, agents, fails_after, overflow_after, gusts, calm, callers, front, drive }
    }

    fn faults(&self) -> impl Iterator<Item = &Fault> {
        self.gusts.iter().flat_map(|gust| &gust.faults)
    }

    /// Whether the database is locked at any time.
    pub fn locks(&self) -> bool {
        self.faults().any(|fault| matches!(fault, Fault::Lock(_)))
    }

    /// Whether somebody may have waited too long: in truth, or for all that a host can know. What
    /// the wall clock jumps while there is no host, or just before one dies, is time that has
    /// passed.
    pub fn may_overflow(&self) -> bool {
        let kills = self.faults().any(|fault| matches!(fault, Fault::Kill(..)));
        let late = |fault: &Fault| matches!(fault, Fault::Jump(by) if *by >= LATE as i64 * 1000);
        self.overflow_after < Duration::from_secs(LATE) || kills && self.faults().any(late)
    }
}

impl Gust {
    /// Every third has two faults at once.
    fn roll(dice: &mut Dice, agents: u32) -> Self {
        let mut faults = vec![Fault::roll(dice)];
        if dice.once_in(3) {
            let second = Fault::roll(dice);
            if !faults[0].excludes(&second) {
                faults.push(second);
            }
        }
        let phones = Phones {
            desks: (0..agents).map(|_| Desk::roll(dice)).collect(),
            colleague: Desk::roll(dice),
            central: Desk::roll(dice),
        };
        let turn = dice.once_in(2).then(|| Turn::roll(dice));
        Self { after: dice.millis(0, 150), faults, phones, turn }
    }
}

impl Turn {
    fn roll(dice: &mut Dice) -> Self {
        Self { position: dice.below(3) as usize, surely: !dice.once_in(3) }
    }
}

impl Drive {
    /// A campaign of a seed.
    pub fn new(seed: u64) -> Self {
        Self::roll(&mut Dice::new(seed))
    }

    /// One of each kind, and some more.
    fn roll(dice: &mut Dice) -> Self {
        let mut contacts: Vec<Contact> =
            (0..7).chain(dice.below(7)..7).map(|kind| Contact::roll(kind, dice)).collect();
        for place in (1..contacts.len()).rev() {
            contacts.swap(place, dice.below(place as u64 + 1) as usize);
        }
        let (goal, attempts) = (1 + dice.below(4) as u32, 1 + dice.below(2) as u32);
        Self { goal, attempts, at_once: 1 + dice.below(4) as u32, contacts }
    }
}

impl Contact {
    fn roll(kind: u64, dice: &mut Dice) -> Self {
        let after = dice.millis(5, 300);
        match kind {
            0 => Self::VoiceMail(after),
            1 => Self::Leaves(after),
            2 => Self::Declines(after),
            3 => Self::GivesUp(after),
            4 => Self::Busy,
            5 => Self::Unknown,
            _ => Self::Accepts(after),
        }
    }
}

impl Fault {
    /// Whether the two cannot happen at once.
    fn excludes(&self, other: &Self) -> bool {
        let dies = |fault: &Self| matches!(fault, Self::Kill(..));
        let locks = |fault: &Self| matches!(fault, Self::Lock(_));
        dies(self) && (dies(other) || locks(other)) || locks(self) && (dies(other) || locks(other))
    }

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
    /// Whoever keys something needs a moment.
    fn quick(keyed: Option<Keyed>) -> Self {
        let talks = if keyed.is_some() { 200 } else { 120 };
        Self::Answers(Duration::from_millis(5), Duration::from_millis(talks), keyed)
    }

    fn roll(dice: &mut Dice) -> Self {
        match dice.below(8) {
            0 => Self::Busy,
            1 => Self::GivesUp(dice.millis(30, 300)),
            2 => Self::Declines(dice.millis(0, 200)),
            3 => Self::Answers(dice.millis(5, 200), dice.millis(0, 50), None),
            _ => {
                let keyed = dice.once_in(2).then(|| Keyed::roll(dice));
                Self::Answers(dice.millis(5, 200), dice.millis(100, 800), keyed)
            }
        }
    }
}
