//! Plays a scenario, and compares what comes with what is expected.

use super::{
    CALLER_ID, DISPLAY_NAME, FROM, Far, Ground, Hearing, NEXT_CALLER_ID, NEXT_DISPLAY_NAME,
    Scenario, Showing, Shown, Step, TO,
};
use std::{
    collections::BTreeMap,
    fmt::Write as _,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};
use strowger_pbx::port::{Address, AliveLeg, ArrivedLeg, LegId, PbxCommand, PbxEvent, PlayId};
use tokio::time::{Instant, timeout_at};

/// An event of a run, with the time since its start.
pub type Seen = (Duration, String);

/// Plays a scenario. Gives what was seen.
///
/// # Errors
/// The first expectation that did not hold, with everything seen until then.
pub async fn run<G: Ground>(scenario: &Scenario, ground: &mut G) -> anyhow::Result<Vec<Seen>> {
    /// So that leg ids never repeat at one PBX.
    static RUNS: AtomicU64 = AtomicU64::new(0);
    let mut run = Run {
        prefix: format!("c{}-{}", std::process::id(), RUNS.fetch_add(1, Ordering::Relaxed)),
        names: BTreeMap::new(),
        born: BTreeMap::new(),
        phones: BTreeMap::new(),
        start: Instant::now(),
        lost: false,
        last: Instant::now(),
        seen: Vec::new(),
    };
    let unfit = |step: &Step| match step {
        Step::Interrupt(_) => !ground.loses_nothing(),
        Step::Watch(..) => !ground.tells_phones(),
        Step::AskTransfer(..) => !ground.tells_transfers(),
        _ => false,
    };
    if scenario.steps.iter().any(unfit) {
        return Ok(Vec::new());
    }
    for (number, step) in scenario.steps.iter().enumerate() {
        if let Err(error) = run.step(step, ground).await {
            let mut seen = String::new();
            for (at, event) in &run.seen {
                let _ = write!(seen, "\n  {:7.3} s  {event}", at.as_secs_f64());
            }
            anyhow::bail!(
                "{}, step {} ({step:?}): {error}; seen:{seen}",
                scenario.name,
                number + 1
            );
        }
        run.last = Instant::now();
    }
    Ok(run.seen)
}

impl Showing {
    fn shown(self) -> Shown {
        match self {
            Self::Both => Shown {
                caller_id: Some(CALLER_ID.to_owned()),
                display_name: Some(DISPLAY_NAME.to_owned()),
            },
            Self::Next => Shown {
                caller_id: Some(NEXT_CALLER_ID.to_owned()),
                display_name: Some(NEXT_DISPLAY_NAME.to_owned()),
            },
            Self::Nothing => Shown::default(),
        }
    }
}

/// Of a name: a PBX may escape, replace or leave out the rest.
fn letters(name: &Option<String>) -> Option<String> {
    name.as_ref().map(|name| name.chars().filter(|c| c.is_alphanumeric()).collect())
}

fn check_arrival(arrived: &ArrivedLeg) -> anyhow::Result<()> {
    let ArrivedLeg { caller, dialled, .. } = arrived;
    anyhow::ensure!(caller.as_deref() == Some(FROM), "the caller is {caller:?}");
    anyhow::ensure!(dialled == TO, "{dialled:?} was dialled");
    Ok(())
}

struct Run {
    prefix: String,
    /// From names at the PBX to names in the scenario.
    names: BTreeMap<String, String>,
    /// Legs, by their names in the scenario: since when they are there.
    born: BTreeMap<String, Instant>,
    /// Where phones were dialled, by the names of their legs.
    phones: BTreeMap<&'static str, Address>,
    start: Instant,
    /// The last event was `lost`.
    lost: bool,
    /// When the last step ended.
    last: Instant,
    seen: Vec<Seen>,
}

impl Run {
    async fn step<G: Ground>(&mut self, step: &Step, ground: &mut G) -> anyhow::Result<()> {
        match step {
            Step::Call(near) => ground.call(*near, FROM, TO).await?,
            Step::Dial(name, far) => self.dial(name, *far, Showing::Both, ground).await?,
            Step::DialWithheld(name, far) => {
                self.dial(name, *far, Showing::Nothing, ground).await?
            }
            Step::Watch(..)
            | Step::OwnCall(..)
            | Step::DialAgain(_)
            | Step::AskTransfer(..)
            | Step::Transfers(..) => self.phone_step(step, ground).await?,
            Step::Shows(_, Showing::Next) if !ground.shows_anew() => {}
            Step::Shows(name, showing) => {
                let Some(shown) = ground.shows(&self.phones[name]).await? else { return Ok(()) };
                let expected = showing.shown();
                let alike = shown.caller_id == expected.caller_id
                    && letters(&shown.display_name) == letters(&expected.display_name);
                anyhow::ensure!(alike, "expected {expected:?}, shows {shown:?}");
            }
            Step::Send(command) => ground.pbx().send(self.with_real_names(command.clone())),
            Step::Expect(after, expected) => {
                let from = self.last;
                let seen = self.next(*after + ground.slack(), ground).await?;
                anyhow::ensure!(seen == *expected, "expected {expected:?}, came {seen:?}");
                let took = from.elapsed();
                anyhow::ensure!(
                    took + ground.slack() >= *after,
                    "{expected:?} was expected after {after:?}, came after {took:?}"
                );
            }
            Step::AnyOrder(expected) => {
                let mut missing = expected.to_vec();
                while !missing.is_empty() {
                    let seen = self.next(ground.slack(), ground).await?;
                    let Some(place) = missing.iter().position(|expected| *expected == seen) else {
                        anyhow::bail!("expected any of {missing:?}, came {seen:?}");
                    };
                    missing.remove(place);
                }
            }
            Step::Quiet(length) => match self.next(*length, ground).await {
                Ok(seen) => anyhow::bail!("expected nothing for {length:?}, came {seen:?}"),
                Err(_) => return Ok(()),
            },
            Step::Cut(length) => ground.cut(*length).await?,
            Step::Interrupt(length) => ground.interrupt(*length).await?,
            Step::Alive(expected) => {
                let alive = ground.pbx().alive().await?;
                self.check_alive(&alive, ground.slack())?;
                let alive = self.listed(&alive);
                anyhow::ensure!(alive == *expected, "expected alive {expected:?}, are {alive:?}");
            }
            Step::Hears(expected) => {
                let Some(hears) = ground.hears().await? else { return Ok(()) };
                let mut hears: Vec<String> =
                    hears.iter().map(|hearing| self.hearing(hearing)).collect();
                hears.sort();
                anyhow::ensure!(
                    hears == *expected,
                    "expected to hear {expected:?}, hear {hears:?}"
                );
            }
        }
        Ok(())
    }

    /// What phones do by themselves.
    async fn phone_step<G: Ground>(&mut self, step: &Step, ground: &mut G) -> anyhow::Result<()> {
        match step {
            Step::Watch(name, far) => {
                let at = ground.phone(*far).await?;
                self.last = Instant::now();
                self.phones.insert(name, at.clone());
                ground.pbx().send(PbxCommand::Watch { phones: vec![at] });
            }
            Step::OwnCall(name, length) => {
                ground.own_call(&self.phones[name], *length).await?;
                self.last = Instant::now();
            }
            Step::AskTransfer(name, to) => {
                ground.ask_transfer(&self.phones[name], to).await?;
                self.last = Instant::now();
            }
            Step::Transfers(name, expected) => {
                let told = ground.transfers(&self.phones[name], expected.len()).await?;
                anyhow::ensure!(
                    told == *expected,
                    "expected {expected:?}, {name} was told {told:?}"
                );
            }
            Step::DialAgain(name) => {
                let to = self.phones[name].clone();
                self.dial_at(name, to, Showing::Both, ground);
            }
            _ => {}
        }
        Ok(())
    }

    async fn next<G: Ground>(
        &mut self,
        within: Duration,
        ground: &mut G,
    ) -> anyhow::Result<String> {
        let deadline = self.last + within;
        let event = loop {
            let event = match timeout_at(deadline, ground.events().recv()).await {
                Ok(Some(event)) => event,
                Ok(None) => anyhow::bail!("the adapter dropped its sink"),
                Err(_) => anyhow::bail!("nothing came within {within:?}"),
            };
            let lost = matches!(event, PbxEvent::Lost { .. });
            // For another cause.
            if !(std::mem::replace(&mut self.lost, lost) && lost) {
                break event;
            }
        };
        match &event {
            PbxEvent::Arrived(arrived) => {
                self.names.insert(arrived.leg.to_string(), "caller".to_owned());
                self.born.insert("caller".to_owned(), Instant::now());
                check_arrival(arrived)?;
            }
            PbxEvent::Synced { alive } => self.check_alive(alive, ground.slack())?,
            _ => {}
        }
        let text = self.describe(&event);
        self.seen.push((self.start.elapsed(), text.clone()));
        Ok(text)
    }

    fn describe(&self, event: &PbxEvent) -> String {
        let name = |leg: &LegId| self.name(&leg.0);
        match event {
            PbxEvent::Arrived(arrived) => format!("arrived {}", name(&arrived.leg)),
            PbxEvent::Ringing { leg } => format!("ringing {}", name(leg)),
            PbxEvent::Answered { leg } => format!("answered {}", name(leg)),
            PbxEvent::Moved { leg, to } => format!("moved {} to {}", name(leg), name(to)),
            PbxEvent::Listening { leg } => format!("listening {}", name(leg)),
            PbxEvent::ListeningEnded { leg } => format!("listening-ended {}", name(leg)),
            PbxEvent::Digit { leg, digit } => format!("digit {} {digit}", name(leg)),
            PbxEvent::Played { leg, play, end } => {
                format!("played {} {} {end:?}", name(leg), self.name(&play.0)).to_lowercase()
            }
            PbxEvent::TransferAsked(asked) => {
                format!("transfer-asked {} {}", name(&asked.leg), asked.to)
            }
            PbxEvent::Ended(ended) => {
                let left = if ended.left { " left" } else { "" };
                format!("ended {} {:?}{left}", name(&ended.leg), ended.cause)
            }
            PbxEvent::Phone { at, state } => {
                let name = self.phones.iter().find(|(_, known)| *known == at);
                format!("phone {} {state:?}", name.map_or("unknown", |(name, _)| name))
            }
            PbxEvent::Lost { .. } => "lost".to_owned(),
            PbxEvent::Synced { alive } => {
                format!("synced {}", self.listed(alive).join(", ")).trim_end().to_owned()
            }
        }
    }

    async fn dial<G: Ground>(
        &mut self,
        name: &'static str,
        far: Far,
        showing: Showing,
        ground: &mut G,
    ) -> anyhow::Result<()> {
        let to = ground.phone(far).await?;
        self.dial_at(name, to, showing, ground);
        Ok(())
    }

    fn dial_at<G: Ground>(
        &mut self,
        name: &'static str,
        to: Address,
        showing: Showing,
        ground: &mut G,
    ) {
        self.last = Instant::now();
        self.phones.insert(name, to.clone());
        self.born.entry(name.to_owned()).or_insert(self.last);
        let Shown { caller_id, display_name } = showing.shown();
        let leg = self.real(name);
        ground.pbx().send(PbxCommand::Dial { leg, to, caller_id, display_name });
    }

    /// A line for each leg that is alive.
    fn listed(&self, alive: &[AliveLeg]) -> Vec<String> {
        let line = |leg: &AliveLeg| {
            let place = leg.conversation.as_ref().map_or("none".to_owned(), |id| self.name(&id.0));
            format!("{} {:?} in {place}", self.name(&leg.leg.0), leg.state)
        };
        let mut lines: Vec<String> = alive.iter().map(line).collect();
        lines.sort();
        lines
    }

    /// What legs that are alive tell of how they came to be.
    fn check_alive(&self, alive: &[AliveLeg], slack: Duration) -> anyhow::Result<()> {
        for leg in alive {
            let name = self.name(&leg.leg.0);
            let Some(age) = self.born.get(&name).map(Instant::elapsed) else { continue };
            let close = age.abs_diff(leg.age) <= slack;
            anyhow::ensure!(close, "{name} is there since {age:?}, not {:?}", leg.age);
            match &leg.arrived {
                Some(arrived) => check_arrival(arrived)?,
                None => anyhow::ensure!(name != "caller", "the caller's arrival is not told"),
            }
        }
        Ok(())
    }

    fn hearing(&self, hearing: &Hearing) -> String {
        let mut with: Vec<String> = hearing.with.iter().map(|leg| self.name(&leg.0)).collect();
        with.sort();
        let mut heard = vec![with.join(" ")];
        heard.extend(hearing.music.as_ref().map(|class| format!("music {class}")));
        heard.push(format!("keys {}", hearing.keys));
        heard.retain(|part| !part.is_empty() && part != "keys ");
        format!("{} hears {}", self.name(&hearing.leg.0), heard.join(", ")).trim_end().to_owned()
    }

    /// The name in the scenario.
    fn name(&self, real: &str) -> String {
        match (self.names.get(real), real.strip_prefix(&self.prefix)) {
            (Some(name), _) => name.clone(),
            (None, Some(rest)) => rest.trim_start_matches('-').to_owned(),
            (None, None) => real.to_owned(),
        }
    }

    /// The name at the PBX.
    fn real(&self, name: &str) -> LegId {
        let known = self.names.iter().find(|(_, known)| *known == name);
        let own = || format!("{}-{name}", self.prefix);
        LegId::from(known.map_or_else(own, |(real, _)| real.clone()).as_str())
    }

    fn with_real_names(&self, mut command: PbxCommand) -> PbxCommand {
        let play_name = |play: &PlayId| PlayId(self.real(&play.0).0);
        match &mut command {
            PbxCommand::Play { play, conversation, .. } => {
                *play = play_name(play);
                *conversation = self.real(&conversation.0);
            }
            PbxCommand::Stop { play } => *play = play_name(play),
            PbxCommand::Move { leg, to } | PbxCommand::Listen { leg, to, .. } => {
                *leg = self.real(&leg.0);
                *to = self.real(&to.0);
            }
            PbxCommand::Watch { .. } => {}
            PbxCommand::Answer { leg }
            | PbxCommand::IndicateRinging { leg }
            | PbxCommand::Dial { leg, .. }
            | PbxCommand::Show { leg, .. }
            | PbxCommand::Music { leg, .. }
            | PbxCommand::Transfer { leg, .. }
            | PbxCommand::SendDigits { leg, .. }
            | PbxCommand::StopListening { leg }
            | PbxCommand::RefuseTransfer { leg }
            | PbxCommand::HangUp { leg, .. } => *leg = self.real(&leg.0),
        }
        command
    }
}
