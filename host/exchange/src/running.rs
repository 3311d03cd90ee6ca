//! The task of a call: takes its mail, gives it to the call, has the journal take what came of it.
//!
//! **Architecture invariant:** commands leave for the PBX when what brought them forth is in the
//! journal, once for each mail and all together.

use crate::{Exchange, Journal, house::Guest, wake::Roll};
use std::{collections::BTreeMap, pin::pin, sync::Arc, time::Duration};
use strowger_call::{Call, House, Input, Now, Observed, Out, Paper};
use strowger_flows::OnFlow;
use strowger_journal::Change;
use strowger_model::event::Unanswered;
use strowger_pbx::port::{AliveLeg, LegId};
use strowger_routing::{Input as FloorInput, Output};
use tokio::sync::mpsc::Receiver;

/// What a new host finds of a call.
pub(crate) struct Found {
    /// Legs that are alive at the PBX.
    pub(crate) alive: BTreeMap<LegId, AliveLeg>,
    /// How long there was no host.
    pub(crate) gap: Duration,
    /// Let go of when the call goes on.
    pub(crate) roll: Arc<Roll>,
}

/// A call with its host.
pub(crate) struct Running {
    pub(crate) call: Call,
    pub(crate) exchange: Arc<Exchange>,
    /// The version that the call is on; a version lives as long as somebody is on it.
    pub(crate) flow: OnFlow,
}

impl Running {
    /// The call's life; one that outlived its host is told what was found of it. The task has room
    /// for that as long as it lives: so it is boxed.
    #[expect(clippy::manual_async_fn, reason = "an `async fn` keeps room for its arguments twice")]
    pub(crate) fn run(
        mut self,
        found: Option<Box<Found>>,
        mut mailbox: Receiver<Box<Input>>,
    ) -> impl Future<Output = ()> + Send {
        async move {
            self.begin(found);
            // One timer for the whole life, moved when what it waits for changes: making one for
            // each mail costs more than the mail.
            let clock = self.exchange.clock;
            let mut alarm = pin!(tokio::time::sleep_until(clock.instant(Duration::ZERO)));
            while !self.call.is_over() {
                let due = self.call.due().map(|due| clock.instant(due));
                if let Some(due) = due.filter(|&due| due != alarm.deadline()) {
                    alarm.as_mut().reset(due);
                }
                tokio::select! {
                    biased;
                    mail = mailbox.recv() => {
                        self.take(mail.map_or(Input::Swamped, |mail| *mail));
                    }
                    () = &mut alarm, if due.is_some() => self.take(Input::Due),
                }
            }
            self.close(mailbox);
        }
    }

    fn begin(&mut self, found: Option<Box<Found>>) {
        match found.map(|found| *found) {
            None => self.take(Input::Begin),
            Some(Found { alive, gap, roll }) => {
                self.take(Input::Resume { alive, gap });
                drop(roll);
            }
        }
    }

    /// Gives the call an input. The journal takes what has happened as a whole; the commands that
    /// it brought forth leave for the PBX when it has.
    fn take(&mut self, input: Input) {
        let clock = &self.exchange.clock;
        let now = Now { wall: clock.now(), elapsed: clock.elapsed() };
        let mut out = Out::default();
        let mut guest = Guest {
            call: self.call.id(),
            exchange: &self.exchange,
            flow: &mut self.flow,
            changes: Vec::new(),
        };
        self.call.input(now, input, &mut guest, &mut out);
        let changes = guest.changes;
        self.commit(out, changes);
    }

    fn commit(&mut self, out: Out, mut changes: Vec<Change>) {
        let over = self.call.is_over();
        if over {
            self.call.close(self.exchange.clock.now());
        }
        let Some(journal) = &self.exchange.journal else {
            // Without a journal, in a scenario, nothing is kept and no mail is sent.
            return out.commands.into_iter().for_each(|command| self.exchange.send(command));
        };
        if out.commands.is_empty() && out.papers.is_empty() && changes.is_empty() && !over {
            return;
        }
        let mail = out.papers.iter().any(|paper| matches!(paper, Paper::Mail(_)));
        changes.extend(out.papers.into_iter().map(|paper| match paper {
            Paper::Mail(mail) => Change::Mail(mail),
            Paper::Case(case) => Change::Case(case),
        }));
        changes.push(match over {
            true => Change::Closed(Box::new(self.call.record().clone())),
            false => Journal::image(&self.call, self.flow.on(), self.exchange.clock.elapsed()),
        });
        let exchange = self.exchange.clone();
        let posted = mail.then(|| exchange.posted.clone());
        journal.submit(changes, out.commands, posted, move |command| exchange.send(command));
    }

    fn close(mut self, mut mailbox: Receiver<Box<Input>>) {
        let id = self.call.id();
        self.exchange.remember(self.call.record());
        let guest =
            Guest { call: id, exchange: &self.exchange, flow: &mut self.flow, changes: Vec::new() };
        guest.observe(&Observed::Closed(self.call.record()));
        // The floor may have said to ring a phone before it knew that nobody waits any more. It
        // never rang, and its agent is free.
        while let Ok(mail) = mailbox.try_recv() {
            let Input::Floor(Output::Ring { attempt, .. }) = *mail else { continue };
            let input = FloorInput::Unanswered { attempt, why: Unanswered::Cancelled };
            if let Err(refused) = self.exchange.tell_floor(input, None) {
                tracing::debug!(call = %id, "the floor had settled it: {refused}");
            }
        }
        self.exchange.register.strike(id);
    }
}
