//! Somebody turns the switch in front of the helpdesk, and no turn is lost.

use super::{Storm, plan::Turn};
use anyhow::{Result, ensure};
use std::time::Duration;
use strowger_exchange::TurnSwitch;
use strowger_journal::TurnQuery;
use strowger_model::switch::Means;

/// In the order of the site file.
const POSITIONS: [&str; 3] = ["Open", "Dicht", "Anders"];

impl Storm {
    pub(super) fn turn(&mut self, turn: Turn) -> Result<()> {
        if !self.plan.front {
            return Ok(());
        }
        let served = self.served()?;
        let to = POSITIONS[turn.position];
        served.host.exchange.turn_switch(TurnSwitch::to("front", to, Means::Api))?;
        // As whoever turns it by command waits.
        let is_sure = turn.surely && served.store.flush(Duration::from_secs(2));
        if is_sure {
            self.may_stand.clear();
            self.sure_turns.push(turn.position);
        }
        self.may_stand.push(turn.position);
        self.weather.turns += 1;
        Ok(())
    }

    /// Calm again: the usual way is open.
    pub(super) fn turn_back(&mut self) -> Result<()> {
        self.turn(Turn { position: 0, surely: true })
    }

    /// A host has started: the switch stands where it was turned to.
    pub(super) fn stands_as_turned(&mut self) -> Result<()> {
        if !self.plan.front {
            return Ok(());
        }
        let switches = self.served()?.host.exchange.switches();
        let stands = &switches[0].state.position;
        let index = POSITIONS.iter().position(|position| position == stands);
        let may_stand = std::mem::take(&mut self.may_stand);
        let may = |at: &usize| may_stand.contains(at) || may_stand.is_empty() && *at == 0;
        let at = index.filter(may);
        ensure!(at.is_some(), "a turn is lost: {stands:?} is none of {may_stand:?}");
        self.may_stand.extend(at);
        Ok(())
    }

    /// The history has every turn that was sure, and each begins where the one before it ended.
    pub(super) fn turns_are_kept(&self) -> Result<()> {
        if !self.plan.front {
            return Ok(());
        }
        let mut turns = self.served()?.store.switch_turns(&TurnQuery::default())?;
        turns.reverse();
        let mut stood = POSITIONS[0];
        let mut sure = self.sure_turns.iter().map(|at| POSITIONS[*at]).peekable();
        for turn in &turns {
            ensure!(turn.from == stood, "{stood:?} is not where this turn begins: {turns:#?}");
            stood = &turn.to;
            sure.next_if_eq(&stood);
        }
        ensure!(sure.peek().is_none(), "{:?} is not in {turns:#?}", self.sure_turns);
        ensure!(stood == POSITIONS[0], "it stands in {stood:?}");
        Ok(())
    }
}
