//! The switches of the site: how they stand ([`board`]), and which calls have read them.
//!
//! Owns both, behind one lock: a call that reads a switch is told every turn after that, and no turn
//! twice. A turn costs the calls nothing that have not read the switch.

pub(crate) mod board;
#[cfg(test)]
mod tests;

use crate::{Clock, Exchange, memory::told};
use board::{Board, Furnished, NotTurned, TurnSwitch};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};
use strowger_call_port::Input;
use strowger_journal::{Change, Store, TurnQuery};
use strowger_model::{
    CallId, Timestamp,
    command::SetSwitch,
    event::{Refusal, RefusalReason},
    read::SiteSwitch,
    switch::{Means, SwitchNow, SwitchState, SwitchTurn, Turned},
};
use strowger_site::{Site, Switch};
use tokio::sync::Notify;

/// A wall clock that is set is noticed this late.
const LOOKED_AT_EVERY: Duration = Duration::from_secs(30);

/// The switches, and who has read them.
pub(crate) struct Switches {
    inner: Mutex<Inner>,
    /// The next switch that goes back by itself may do so sooner.
    sooner: Notify,
}

struct Inner {
    board: Board,
    /// Calls by the switch that they have read, as they call it, until they are over.
    readers: BTreeMap<String, BTreeSet<CallId>>,
}

impl Switches {
    /// As a journal has them.
    pub(crate) fn of(store: Option<&Store>) -> Self {
        let board = store.map(|store| {
            let turns = store.switch_turns(&TurnQuery::default());
            Board::of(told("switches", store.switches()), told("turns of switches", turns))
        });
        let inner = Inner { board: board.unwrap_or_default(), readers: BTreeMap::new() };
        Self { inner: Mutex::new(inner), sooner: Notify::new() }
    }

    /// Where a switch stands. The call is told when it is turned.
    pub(crate) fn read(&self, name: &str, call: CallId) -> Option<String> {
        let mut inner = self.lock();
        let position = inner.board.position(name)?.to_owned();
        match inner.readers.get_mut(name) {
            Some(readers) => drop(readers.insert(call)),
            None => drop(inner.readers.insert(name.to_owned(), BTreeSet::from([call]))),
        }
        Some(position)
    }

    /// A call is over.
    pub(crate) fn forget(&self, call: CallId) {
        self.lock().readers.retain(|_, readers| {
            readers.remove(&call);
            !readers.is_empty()
        });
    }

    /// Waits until a switch is to go back by itself.
    async fn deadline(&self, clock: Clock) {
        loop {
            let sooner = self.sooner.notified();
            let wait = self.lock().board.due().map(|at| at.since(clock.now()));
            match wait {
                None => sooner.await,
                Some(Duration::ZERO) => return,
                Some(wait) => tokio::select! {
                    () = tokio::time::sleep(wait.min(LOOKED_AT_EVERY)) => {}
                    () = sooner => {}
                },
            }
        }
    }

    /// The board is whole between any two of its operations, also if a holder of the lock panicked.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn now(&self, switch: &Switch) -> SwitchNow {
        let state = self.board.state(&switch.name).cloned().unwrap_or_else(|| SwitchState {
            name: switch.name.clone(),
            position: switch.positions.first().cloned().unwrap_or_default(),
            since: Timestamp(0),
            until: None,
            by: None,
            reason: None,
        });
        SwitchNow {
            label: switch.label.clone(),
            code: switch.code.clone(),
            positions: switch.positions.clone(),
            state,
        }
    }
}

impl Exchange {
    /// Every switch of the site, in the order of their labels.
    pub fn switches(&self) -> Vec<SwitchNow> {
        let site = self.catalogue.current().site.clone();
        let inner = self.switches.lock();
        site.switches.values().map(|switch| inner.now(switch)).collect()
    }

    /// Switches that the site file has no more and that are not in their normal positions: calls do
    /// not take the way for which somebody has turned them.
    pub fn dropped_switches(&self) -> Vec<SwitchState> {
        self.switches.lock().board.dropped().cloned().collect()
    }

    /// Turns a switch, by name or code. Calls that have read it are told.
    ///
    /// # Errors
    /// There is no such switch or position, or the switch would go back at once.
    pub fn turn_switch(&self, turn: TurnSwitch) -> Result<SwitchTurn, NotTurned> {
        let site = self.catalogue.current().site.clone();
        let name = site.switch(&turn.name).map_or(turn.name, |switch| switch.name.clone());
        let turn = TurnSwitch { name, ..turn };
        let mut inner = self.switches.lock();
        let turned = inner.board.turn(turn, self.clock.now())?;
        self.switch_turned(&inner, &turned);
        drop(inner);
        self.switches.sooner.notify_one();
        Ok(turned.turn)
    }

    /// Turns a switch for an agent who was let in (`strowger_call`).
    pub(crate) fn turn_from_phone(
        &self,
        turn: SetSwitch,
        endpoint: Option<&str>,
    ) -> Result<(), Refusal> {
        let SetSwitch { name, position, agent, until, .. } = turn;
        let turn = TurnSwitch {
            until,
            by: Some(agent.to_string()),
            endpoint: endpoint.map(str::to_owned),
            ..TurnSwitch::to(name, position, Means::Telephone)
        };
        let refused = |not: NotTurned| {
            let reason = match not {
                NotTurned::NoSwitch(_) | NotTurned::NoPosition { .. } => RefusalReason::UnknownName,
                NotTurned::TooLong { .. }
                | NotTurned::NotOneLine(_)
                | NotTurned::IsOver
                | NotTurned::TooFar
                | NotTurned::ForGood { .. } => RefusalReason::Invalid,
            };
            Refusal { reason, detail: not.to_string() }
        };
        self.turn_switch(turn).map(drop).map_err(refused)
    }

    /// A switch as somebody sees it who wants to turn it: by name or code.
    pub(crate) fn switch_named(&self, key: &str) -> Option<SiteSwitch> {
        let site = self.catalogue.current().site.clone();
        let SwitchNow { label, positions, state, .. } = self.switches.lock().now(site.switch(key)?);
        let SwitchState { name, position, until, .. } = state;
        Some(SiteSwitch { name, label, positions, position, until: until.map(|until| until.at) })
    }

    /// The site file has other switches from now on.
    pub(crate) fn furnish_switches(&self, site: &Site) {
        let mut inner = self.switches.lock();
        let inner = &mut *inner;
        let knew = |name: &String| (name.clone(), inner.board.position(name).map(str::to_owned));
        let known: Vec<(String, Option<String>)> = inner.readers.keys().map(knew).collect();
        let gone: BTreeSet<String> = inner.board.dropped().map(|it| it.name.clone()).collect();
        let Furnished { renamed, fallen } =
            inner.board.furnish(site.switches.values(), self.clock.now());
        for (was, name) in renamed {
            tracing::info!(switch = name, was, "a switch has another name, and stands as it stood");
            if let Some(journal) = &self.journal {
                journal.keep(Change::SwitchRenamed { was, name });
            }
        }
        for turned in fallen {
            let SwitchTurn { name, from, to, .. } = &turned.turn;
            tracing::error!(
                switch = name,
                "ALARM: the site file has position {from:?} no more, in which the switch stood: \
                 it stands in {to:?} now"
            );
            self.keep_turn(&turned);
        }
        for SwitchState { name, position, .. } in inner.board.dropped() {
            if !gone.contains(name) {
                tracing::error!(
                    switch = name,
                    "ALARM: the site file has this switch no more, which stands in {position:?}"
                );
            }
        }
        // However it comes about: who has read a switch is told where it stands now.
        for (name, before) in known {
            if let Some(now) =
                inner.board.position(&name).filter(|now| before.as_deref() != Some(now))
            {
                self.tell_readers(inner, &name, now);
            }
        }
        self.switches.sooner.notify_one();
    }

    fn switches_go_back(&self) {
        let mut inner = self.switches.lock();
        for turned in inner.board.go_back(self.clock.now()) {
            self.switch_turned(&inner, &turned);
        }
    }

    /// The journal has a turn before the calls do something because of it. All of this happens with
    /// the lock, so that everybody sees turns in one order.
    fn switch_turned(&self, inner: &Inner, turned: &Turned) {
        self.keep_turn(turned);
        let SwitchTurn { name, from, to, .. } = &turned.turn;
        if from != to {
            let known = inner.readers.keys().filter(|known| inner.board.now_called(known) == name);
            known.for_each(|known| self.tell_readers(inner, known, to));
        }
    }

    fn keep_turn(&self, turned: &Turned) {
        let SwitchTurn { name, from, to, by, means, .. } = &turned.turn;
        let by = by.as_deref().unwrap_or("-");
        tracing::info!(switch = name, by, ?means, "a switch is turned from {from:?} to {to:?}");
        if let Some(journal) = &self.journal {
            journal.keep(Change::Switch(Box::new(turned.clone())));
        }
    }

    /// Who has read a switch by this name is told where it stands.
    fn tell_readers(&self, inner: &Inner, name: &str, position: &str) {
        for &call in inner.readers.get(name).into_iter().flatten() {
            let (switch, position) = (name.to_owned(), position.to_owned());
            self.register.post(call, Input::Turned { switch, position });
        }
    }
}

/// Has switches go back in their time, until the exchange is gone.
pub(crate) async fn tick(switches: Arc<Switches>, clock: Clock, exchange: Weak<Exchange>) {
    loop {
        switches.deadline(clock).await;
        let Some(exchange) = exchange.upgrade() else { return };
        exchange.switches_go_back();
    }
}
