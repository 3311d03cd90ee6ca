//! What the PBX tells, given to the calls that it is for; and the beginning of calls.

use crate::{Exchange, is_full, running::Running};
use std::{
    collections::HashSet,
    sync::{Arc, atomic::Ordering},
};
use strowger_call::{Call, fallback};
use strowger_call_port::Input;
use strowger_flows::Snapshot;
use strowger_model::{
    CallId,
    event::{Arrival, Cause},
    number::masked,
    strangers::Logged,
};
use strowger_pbx::bounds::{DIALLED, is_key};
use strowger_pbx::port::{AliveLeg, ArrivedLeg, LegId, LegState, PbxCommand, PbxEvent};
use strowger_site::caller::Shown;

impl Exchange {
    /// What the PBX tells.
    pub(crate) fn take(self: &Arc<Self>, event: PbxEvent) {
        match self.early.holds(event) {
            None => self.early.let_out(self),
            Some(event) => self.handle(event),
        }
    }

    pub(crate) fn handle(self: &Arc<Self>, event: PbxEvent) {
        match event {
            PbxEvent::Arrived(arrived) => self.arrive(arrived.bounded()),
            PbxEvent::Lost { why } => {
                tracing::error!("the PBX cannot be reached: {}", Logged(why));
                self.campaigns.reachable(false);
            }
            PbxEvent::Synced { alive } => {
                self.resync(alive, &HashSet::new());
                self.campaigns.reachable(true);
            }
            PbxEvent::Phone { at, state } => self.phone_is(&at, state),
            PbxEvent::TransferAsked(asked) => {
                let asked = asked.bounded();
                if let Some(call) = self.register.of_leg(&asked.leg) {
                    let event = PbxEvent::TransferAsked(Box::new(asked));
                    self.register.post(call, Input::Pbx(event));
                }
            }
            PbxEvent::Digit { leg, digit } if !is_key(digit) => {
                tracing::debug!(%leg, ?digit, "a digit that no telephone has");
            }
            event => {
                let Some(leg) = event.leg() else { return };
                let call = self.register.of_leg(leg);
                match (call, &event) {
                    (Some(call), _) => self.register.post(call, Input::Pbx(event)),
                    (None, PbxEvent::Answered { leg }) => {
                        tracing::warn!(%leg, "a phone was answered that belongs to no call any more: it is hung up");
                        let cause = Cause::Normal;
                        self.send_in_order(PbxCommand::hang_up(leg.clone(), cause));
                    }
                    (None, _) => tracing::debug!(%leg, "an event of a leg that no call has"),
                }
            }
        }
    }

    /// Starts a call, or sends it back to the PBX's own route if nobody serves that number.
    fn arrive(self: &Arc<Self>, arrived: ArrivedLeg) {
        let snapshot = self.catalogue.current();
        self.follow_site(&snapshot);
        let dialled = dialled_in_full(&arrived, &snapshot);
        let arrived = ArrivedLeg { dialled, ..arrived };
        let flow = arrived.dialled.len() <= DIALLED;
        let flow = flow.then(|| snapshot.route(&arrived.dialled)).flatten();
        let Some(flow) = flow else {
            tracing::warn!(leg = %arrived.leg, dialled = masked(&arrived.dialled), line = arrived.line, "no flow serves the number that was dialled: the call takes the PBX's own route");
            return self.send(PbxCommand::Transfer { leg: arrived.leg, to: None });
        };
        if self.draining.load(Ordering::Relaxed) {
            tracing::info!(leg = %arrived.leg, flow = %flow.name, "the host is stopping: the call takes the PBX's own route");
            return self.send(PbxCommand::Transfer { leg: arrived.leg, to: None });
        }
        if is_full(flow) || flow.withdrawn {
            tracing::warn!(leg = %arrived.leg, flow = %flow.name, withdrawn = flow.withdrawn, calls = flow.calls(), "the flow is withdrawn or has too many calls: the call goes to the fallback");
            return self.send(PbxCommand::Transfer { leg: arrived.leg, to: fallback(flow) });
        }
        if self.call_count() >= self.most_calls
            || self.journal.as_ref().is_some_and(|journal| journal.store.is_full())
        {
            tracing::error!(leg = %arrived.leg, calls = self.call_count(), "the host has too many calls, or too much waits for the journal: the call takes the PBX's own route");
            return self.send(PbxCommand::Transfer { leg: arrived.leg, to: None });
        }
        let at = self.clock.now();
        let (callers, numbering) = (&snapshot.site.callers, &snapshot.site.numbering);
        let ArrivedLeg { caller, caller_name, signalled, .. } = arrived;
        let line = arrived.line.as_deref();
        let shown = Shown { number: caller, name: caller_name };
        let Shown { number: caller, name: caller_name } = callers.who(line, shown, &signalled);
        let diverted_from = arrived.diverted_from.filter(|number| !callers.withhold(line, number));
        // In E.164, whatever the line delivers: so flows, records and reports know one number.
        let full = |number: String| numbering.full(line, number);
        let (caller, diverted_from) = (caller.map(full), diverted_from.map(full));
        let Some((id, mail)) = self.register.enter(Some(&arrived.leg), flow, at) else {
            return tracing::warn!(leg = %arrived.leg, "the PBX reported this call twice: the second report is ignored");
        };
        self.caller_is_in(id, caller.as_deref());
        let arrival = Arrival {
            call: id,
            caller,
            caller_name,
            endpoint: arrived.endpoint,
            dialled: arrived.dialled,
            diverted_from,
            line: arrived.line,
            adapter: self.pbx.get().map_or_else(String::new, |pbx| pbx.name().to_owned()),
            data: arrived.data,
            at,
        };
        let on = flow.begin(at, arrival.caller.as_deref());
        let call = Call::new(flow.terms.clone(), arrived.leg, arrival);
        let running = Running::new(call, self.clone(), on);
        self.runtime.spawn(running.run(None, mail));
    }

    /// The PBX is the truth: legs that are gone there are gone; callers that nobody serves are
    /// served; other legs that nobody knows are hung up, unless they talk to somebody. Callers of
    /// calls that were given up go on in the PBX's own route.
    pub(crate) fn resync(self: &Arc<Self>, alive: Vec<AliveLeg>, given_up: &HashSet<LegId>) {
        self.watch_phones_anew();
        for (leg, call) in self.register.gone(&alive) {
            self.register.post(call, Input::Lost(leg));
        }
        let talks = |leg: &AliveLeg| {
            let with =
                |other: &AliveLeg| other.leg != leg.leg && other.conversation == leg.conversation;
            leg.conversation.is_some() && alive.iter().any(with)
        };
        for leg in &alive {
            let known = self.register.of_leg(&leg.leg);
            match (known, &leg.arrived) {
                (Some(call), _) => self.catch_up(call, leg),
                (None, _) if talks(leg) => {
                    tracing::info!(leg = %leg.leg, "somebody talks on a leg that belongs to no call: it stays as it is")
                }
                (None, Some(_)) if given_up.contains(&leg.leg) => {
                    self.send_in_order(PbxCommand::Transfer { leg: leg.leg.clone(), to: None })
                }
                (None, Some(arrived)) => self.arrive(arrived.clone().bounded()),
                (None, None) => {
                    self.send_in_order(PbxCommand::hang_up(leg.leg.clone(), Cause::Normal))
                }
            }
        }
    }

    /// Tells a call what it may have missed of a leg. A call ignores what it knows.
    fn catch_up(&self, call: CallId, leg: &AliveLeg) {
        let id = || leg.leg.clone();
        match leg.state {
            LegState::Down => {}
            LegState::Ringing => {
                self.register.post(call, Input::Pbx(PbxEvent::Ringing { leg: id() }))
            }
            LegState::Up => {
                self.register.post(call, Input::Pbx(PbxEvent::Answered { leg: id() }));
                if let Some(to) = leg.conversation.clone() {
                    self.register.post(call, Input::Pbx(PbxEvent::Moved { leg: id(), to }));
                }
            }
        }
    }
}

/// What was dialled, in E.164, whatever the line delivers. It stays as it is if no flow serves it as
/// a telephone number: an extension or a code may look like one.
fn dialled_in_full(arrived: &ArrivedLeg, snapshot: &Snapshot) -> String {
    let numbering = &snapshot.site.numbering;
    let dialled = numbering.full(arrived.line.as_deref(), arrived.dialled.clone());
    match snapshot.route(&dialled).is_none() && snapshot.route(&arrived.dialled).is_some() {
        true => arrived.dialled.clone(),
        false => dialled,
    }
}
