//! How the switches of the site stand: a state machine that is told the time.
//!
//! It also knows switches that the site file has no more. They stand where they stood, and nobody
//! sees them, until the site file has them again.

use std::{collections::BTreeMap, mem, time::Duration};
use strowger_model::{
    Timestamp,
    strangers::is_one_line,
    switch::{MOST_BY, MOST_REASON, Means, SwitchState, SwitchTurn, Turned, Until},
};
use strowger_site::Switch;

/// A switch that goes back by itself does so within this.
pub(crate) const YEAR: Duration = Duration::from_secs(366 * 24 * 60 * 60);

/// All switches.
#[derive(Default)]
pub(crate) struct Board {
    /// The positions of those that the site file has, the normal one first.
    positions: BTreeMap<String, Vec<String>>,
    /// How each stands that was ever turned.
    turned: BTreeMap<String, SwitchState>,
    /// The normal positions of those that the site file has no more, as they were last.
    normal: BTreeMap<String, String>,
    /// Names of before, each with the one that took its place. Calls may know a switch by them.
    names: BTreeMap<String, String>,
}

/// What comes of a new site file.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Furnished {
    /// Switches that go on under another name: the one before, and the one now.
    pub(crate) renamed: Vec<(String, String)>,
    /// Switches that stood in a position that they have no more.
    pub(crate) fallen: Vec<Turned>,
}

/// Somebody turns a switch.
#[derive(Clone, Debug)]
pub struct TurnSwitch {
    /// The switch, by name.
    pub name: String,
    /// To where.
    pub position: String,
    /// Then it goes back to the position that it had for good.
    pub until: Option<Timestamp>,
    /// Who turns it, if that is known.
    pub by: Option<String>,
    /// By what.
    pub means: Means,
    /// By telephone: the endpoint that the PBX has authenticated.
    pub endpoint: Option<String>,
    /// Why, if that is said.
    pub reason: Option<String>,
}

impl TurnSwitch {
    /// For good, and by nobody in particular.
    pub fn to(name: impl Into<String>, position: impl Into<String>, means: Means) -> Self {
        let (name, position) = (name.into(), position.into());
        Self { name, position, until: None, by: None, means, endpoint: None, reason: None }
    }
}

/// Why a switch is not turned.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotTurned {
    /// There is none of that name.
    #[error("there is no switch {0}; `strowger switch list` shows all")]
    NoSwitch(String),
    /// It has no such position.
    #[error("switch {name} has no position {position:?}; it has {}", positions.join(", "))]
    NoPosition {
        /// The switch.
        name: String,
        /// What was asked for.
        position: String,
        /// What it has.
        positions: Vec<String>,
    },
    /// Who turns it or why is too long a text.
    #[error("`{what}` has {has} characters, and may have {most}")]
    TooLong {
        /// `by` or `reason`.
        what: &'static str,
        /// Characters that it has.
        has: usize,
        /// Characters that it may have.
        most: usize,
    },
    /// `by` or `reason` has a line break or another control character in it.
    #[error("`{0}` has a line break or another control character in it: write one line")]
    NotOneLine(&'static str),
    /// The time at which it is to go back is over.
    #[error("the switch would go back at once: that time is over")]
    IsOver,
    /// The time at which it is to go back is more than a year away.
    #[error("the switch may go back by itself within a year, not later")]
    TooFar,
    /// It would go back to where it is turned to.
    #[error(
        "switch {name} is in {position:?} for good: turn it for some time to another position, or without a time"
    )]
    ForGood {
        /// The switch.
        name: String,
        /// Where it stands whenever nobody has turned it for some time.
        position: String,
    },
}

impl Board {
    /// As the journal has it, with all turns, the newest first. Until the first site file nobody sees
    /// anything of it.
    pub(crate) fn of(states: Vec<SwitchState>, turns: Vec<SwitchTurn>) -> Self {
        let turned = states.into_iter().map(|state| (state.name.clone(), state)).collect();
        // A switch is turned out of its normal position first.
        let normal = turns.into_iter().map(|turn| (turn.name, turn.from)).collect();
        Self { turned, normal, ..Self::default() }
    }

    /// The site file has these switches from now on. One that stands in a position that it has no
    /// more goes to its normal one. One that has another name stands where it stood.
    pub(crate) fn furnish<'a>(
        &mut self,
        site: impl IntoIterator<Item = &'a Switch> + Clone,
        now: Timestamp,
    ) -> Furnished {
        let renamed = self.rename(site.clone());
        let of_site = |switch: &Switch| (switch.name.clone(), switch.positions.clone());
        let before = mem::replace(&mut self.positions, site.into_iter().map(of_site).collect());
        let normal =
            |(name, positions): (String, Vec<String>)| Some((name, positions.into_iter().next()?));
        self.normal.extend(before.into_iter().filter_map(normal));
        let mut fallen = Vec::new();
        for (name, positions) in &self.positions {
            let Some(normal) = positions.first() else { continue };
            let Some(state) = self.turned.get_mut(name) else { continue };
            if let Some(until) = &mut state.until
                && !positions.contains(&until.back_to)
            {
                until.back_to.clone_from(normal);
            }
            state.until.take_if(|until| until.back_to == state.position);
            if !positions.contains(&state.position) {
                fallen.push(go(state, normal.clone(), now, Means::SiteFile));
            }
        }
        Furnished { renamed, fallen }
    }

    /// Takes up the names of a new site file. A switch that was there before under its own name, and
    /// was turned, is no other one.
    fn rename<'a>(&mut self, site: impl IntoIterator<Item = &'a Switch>) -> Vec<(String, String)> {
        let mut renamed = Vec::new();
        for Switch { name, was, .. } in site {
            self.names.remove(name);
            let Some(was) = was else { continue };
            self.names.insert(was.clone(), name.clone());
            let is_new = self.positions.contains_key(was) && !self.positions.contains_key(name);
            if self.turned.contains_key(name) && !is_new {
                continue;
            }
            if let Some(state) = self.turned.remove(was) {
                self.turned.insert(name.clone(), SwitchState { name: name.clone(), ..state });
                renamed.push((was.clone(), name.clone()));
            }
        }
        renamed
    }

    /// What a switch is called now that somebody knows by this name.
    pub(crate) fn now_called<'a>(&'a self, name: &'a str) -> &'a str {
        let mut now = name;
        // No name leads back to one before it: the last one is that of a switch.
        while let Some(next) = self.names.get(now) {
            now = next;
        }
        now
    }

    /// Switches that the site file has no more and that were not in their normal positions.
    pub(crate) fn dropped(&self) -> impl Iterator<Item = &SwitchState> {
        let is_gone = |state: &&SwitchState| !self.positions.contains_key(&state.name);
        let turned = |state: &&SwitchState| self.normal.get(&state.name) != Some(&state.position);
        self.turned.values().filter(is_gone).filter(turned)
    }

    /// Where a switch of the site file stands, by its name or one of before.
    pub(crate) fn position(&self, name: &str) -> Option<&str> {
        let name = self.now_called(name);
        let normal = self.positions.get(name)?.first()?;
        Some(self.turned.get(name).map_or(normal, |state| &state.position))
    }

    /// How a switch of the site file stands; none: it was never turned.
    pub(crate) fn state(&self, name: &str) -> Option<&SwitchState> {
        self.positions.get(name).and_then(|_| self.turned.get(name))
    }

    /// Turns a switch.
    pub(crate) fn turn(&mut self, turn: TurnSwitch, now: Timestamp) -> Result<Turned, NotTurned> {
        let TurnSwitch { name, position, until, by, means, endpoint, reason } = turn;
        let Some(positions) = self.positions.get(&name) else {
            return Err(NotTurned::NoSwitch(name));
        };
        if !positions.contains(&position) {
            let positions = positions.clone();
            return Err(NotTurned::NoPosition { name, position, positions });
        }
        for (what, text, most) in [("by", &by, MOST_BY), ("reason", &reason, MOST_REASON)] {
            let has = text.as_ref().map_or(0, |text| text.chars().count());
            if has > most {
                return Err(NotTurned::TooLong { what, has, most });
            }
            if !is_one_line(text.as_deref().unwrap_or_default()) {
                return Err(NotTurned::NotOneLine(what));
            }
        }
        if until.is_some_and(|until| until <= now) {
            return Err(NotTurned::IsOver);
        }
        if until.is_some_and(|until| until.since(now) > YEAR) {
            return Err(NotTurned::TooFar);
        }
        let from = self.position(&name).unwrap_or(&position).to_owned();
        let before = self.turned.get(&name);
        // Out of a position for some time nobody goes back to that one.
        let for_good = match before.and_then(|before| before.until.as_ref()) {
            Some(until) => until.back_to.clone(),
            None => from.clone(),
        };
        if until.is_some() && for_good == position {
            return Err(NotTurned::ForGood { name, position });
        }
        let until = until.map(|at| Until { at, back_to: for_good });
        let since = before.filter(|_| from == position).map_or(now, |before| before.since);
        let turn = SwitchTurn {
            name: name.clone(),
            at: now,
            by: by.clone(),
            means,
            endpoint,
            from,
            to: position.clone(),
            until: until.as_ref().map(|until| until.at),
            reason: reason.clone(),
        };
        let state = SwitchState { name: name.clone(), position, since, until, by, reason };
        self.turned.insert(name, state.clone());
        Ok(Turned { state, turn })
    }

    /// When the next switch goes back by itself.
    pub(crate) fn due(&self) -> Option<Timestamp> {
        let seen = self.turned.values().filter(|state| self.positions.contains_key(&state.name));
        seen.filter_map(|state| Some(state.until.as_ref()?.at)).min()
    }

    /// Switches whose time is over go back.
    pub(crate) fn go_back(&mut self, now: Timestamp) -> Vec<Turned> {
        let mut turned = Vec::new();
        for state in self.turned.values_mut() {
            if self.positions.contains_key(&state.name)
                && let Some(until) = state.until.take_if(|until| until.at <= now)
            {
                turned.push(go(state, until.back_to, now, Means::Time));
            }
        }
        turned
    }
}

/// A switch goes to a position without anybody's doing.
fn go(state: &mut SwitchState, to: String, now: Timestamp, means: Means) -> Turned {
    let from = mem::replace(&mut state.position, to.clone());
    (state.since, state.until, state.by, state.reason) = (now, None, None, None);
    let name = state.name.clone();
    let (by, endpoint, until, reason) = (None, None, None, None);
    let turn = SwitchTurn { name, at: now, by, means, endpoint, from, to, until, reason };
    Turned { state: state.clone(), turn }
}
