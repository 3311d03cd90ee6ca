//! A test call: `strowger call` brings it to the host, and shows what happens in it.

use crate::watch::{Sight, Wanted, Watch};
use futures_util::{StreamExt, stream};
use std::{
    collections::HashMap,
    future::pending,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use strowger_api::{Error, Lines, v1::NewCall};
use strowger_flows::Snapshot;
use strowger_model::{Signalled, event::Cause};
use strowger_pbx::port::{Address, LegId, Pbx, PbxCommand, PbxEvent, PbxSink};
use strowger_scenario::What;
use strowger_sim::{Caller, Keys, Sim};
use strowger_site::caller::Shown;
use tokio::{
    sync::mpsc::{Receiver, UnboundedReceiver, UnboundedSender, unbounded_channel},
    time::{sleep, timeout},
};

/// A call that has not come to the host by then does not come any more.
const COMES_WITHIN: Duration = Duration::from_secs(10);
/// What happens in a call may be seen a moment after its leg has ended.
const A_MOMENT: Duration = Duration::from_secs(1);
/// A call of which nothing is seen for so long is no longer shown.
const LONGEST_SILENCE: Duration = Duration::from_secs(3600);

/// The legs that `strowger call` has dialled. No flow has ordered them, so the exchange is told
/// nothing of them.
#[derive(Default)]
pub struct TestLegs(Mutex<HashMap<LegId, UnboundedSender<Told>>>);

/// What the PBX tells of such a leg.
#[derive(Clone)]
enum Told {
    Ended(Cause),
    Lost(String),
}

impl TestLegs {
    /// The sink of the exchange, and beside it that of these legs.
    pub(crate) fn beside(self: &Arc<Self>, sink: PbxSink) -> PbxSink {
        let legs = self.clone();
        Arc::new(move |event| {
            if let PbxEvent::Lost { why } = &event {
                legs.tell_all(&Told::Lost(why.clone()));
            }
            match (legs.of(&event), event) {
                (None, event) => sink(event),
                // Fails if nobody watches the call any more.
                (Some(leg), PbxEvent::Ended(ended)) => drop(leg.send(Told::Ended(ended.cause))),
                (Some(_), _) => {}
            }
        })
    }

    fn of(&self, event: &PbxEvent) -> Option<UnboundedSender<Told>> {
        self.lock().get(event.leg()?).cloned()
    }

    fn tell_all(&self, told: &Told) {
        for leg in self.lock().values() {
            let _ = leg.send(told.clone());
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<LegId, UnboundedSender<Told>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has the PBX dial an address that sends the call to the host.
    fn dial(self: &Arc<Self>, pbx: &Arc<dyn Pbx>, via: String, from: Option<String>) -> TestLeg {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let leg = LegId(format!("cli-{}", since_1970.as_millis()).into());
        let (sender, told) = unbounded_channel();
        self.lock().insert(leg.clone(), sender);
        pbx.send(PbxCommand::Dial {
            leg: leg.clone(),
            to: Address::Endpoint(via.clone()),
            caller_id: from,
            display_name: None,
        });
        TestLeg { leg, via, told, legs: self.clone(), pbx: pbx.clone() }
    }
}

/// A leg that `strowger call` has dialled. It is hung up when nobody watches the call any more.
struct TestLeg {
    leg: LegId,
    via: String,
    told: UnboundedReceiver<Told>,
    legs: Arc<TestLegs>,
    pbx: Arc<dyn Pbx>,
}

impl TestLeg {
    async fn told(&mut self) -> Told {
        match self.told.recv().await {
            Some(told) => told,
            None => pending().await,
        }
    }
}

impl Drop for TestLeg {
    fn drop(&mut self) {
        self.legs.lock().remove(&self.leg);
        self.pbx.send(PbxCommand::hang_up(self.leg.clone(), Cause::Normal));
    }
}

/// What a test call needs of the host.
pub(crate) struct Stage<'a> {
    pub(crate) snapshot: &'a Snapshot,
    pub(crate) watch: &'a Watch,
    pub(crate) pbx: &'a Arc<dyn Pbx>,
    /// The PBX, if it is the sim.
    pub(crate) sim: Option<&'a Sim>,
    pub(crate) legs: &'a Arc<TestLegs>,
}

impl Stage<'_> {
    /// Brings the call in: a line for each thing that happens in it, until it is over.
    pub(crate) async fn call(self, new: NewCall) -> Result<Lines, Error> {
        let site = &self.snapshot.site;
        // As the host will know who calls.
        let shown = Shown { number: new.from.clone(), name: None };
        let signalled = signalled(&new.headers)?;
        let line = new.line.as_deref();
        let from = site.callers.who(line, shown, &signalled).number;
        let full = |from| site.numbering.full(line, from);
        let mut sights = self.watch.watch(Wanted::NextFrom(from.map(full)));
        let mut leg = match (self.sim, new.via.clone()) {
            (Some(sim), None) => {
                self.is_served(line, &new.number)?;
                sim.call(Caller { signalled, ..simulated(new) });
                None
            }
            (None, Some(_)) if line.is_some() || !new.headers.is_empty() => {
                return Err(Error::conflict(
                    "the line and the headers of a call are those of the PBX: leave out --line and --header",
                ));
            }
            (None, Some(via)) => Some(self.legs.dial(self.pbx, via, new.from)),
            (Some(_), Some(_)) => {
                return Err(Error::conflict("the host runs on the simulated PBX: leave out --via"));
            }
            (None, None) => {
                return Err(Error::conflict(format!(
                    "the host serves {}: name with --via an address of it that sends the call to the host",
                    self.pbx.name()
                )));
            }
        };
        let first = first(&mut sights, leg.as_mut()).await?;
        Ok(lines(first, sights, leg))
    }

    fn is_served(&self, line: Option<&str>, number: &str) -> Result<(), Error> {
        let full = self.snapshot.site.numbering.full(line, number.to_owned());
        match self.snapshot.route(number).or_else(|| self.snapshot.route(&full)) {
            Some(_) => Ok(()),
            None => Err(Error::not_found(format!(
                "no flow serves {number}: a call to it takes the PBX's own route; `strowger flows` shows which numbers are served"
            ))),
        }
    }
}

/// The headers that say who calls.
fn signalled(headers: &[(String, String)]) -> Result<Signalled, Error> {
    let mut signalled = Signalled::default();
    for (name, value) in headers {
        let header = match &*name.to_ascii_lowercase() {
            "privacy" => &mut signalled.privacy,
            "from" => &mut signalled.from,
            "p-asserted-identity" => &mut signalled.asserted_identity,
            "remote-party-id" => &mut signalled.remote_party_id,
            _ => {
                return Err(Error::conflict(format!(
                    "the header {name} does not say who calls: Privacy, From, P-Asserted-Identity and Remote-Party-ID do"
                )));
            }
        };
        *header = Some(value.clone());
    }
    Ok(signalled)
}

fn simulated(new: NewCall) -> Caller {
    let keys = new.keys.into_iter().map(|(after, digits)| Keys {
        after: Duration::try_from_secs_f64(after).unwrap_or_default(),
        digits,
    });
    Caller {
        from: new.from,
        to: new.number,
        line: new.line,
        patience: Some(Duration::from_secs(new.patience)),
        leaves: Some(Duration::from_secs(new.patience.saturating_mul(10))),
        keys: keys.collect(),
        ..Caller::default()
    }
}

/// The first thing that is seen of the call; an error says why there is none.
async fn first(sights: &mut Receiver<Sight>, leg: Option<&mut TestLeg>) -> Result<Sight, Error> {
    let why = tokio::select! {
        Some(sight) = sights.recv() => return Ok(sight),
        why = ends(leg) => why,
        () = sleep(COMES_WITHIN) => format!(
            "no call from this number has come to a flow within {} s: the PBX's own route may have it, for example because no flow serves the number; the log of the host says more",
            COMES_WITHIN.as_secs()
        ),
    };
    match timeout(A_MOMENT, sights.recv()).await {
        Ok(Some(sight)) => Ok(sight),
        _ => Err(Error::conflict(why)),
    }
}

/// Why a leg that was dialled is gone. The sim's callers are not dialled.
async fn ends(leg: Option<&mut TestLeg>) -> String {
    let Some(leg) = leg else { return pending().await };
    match leg.told().await {
        Told::Lost(why) => lost(&why),
        Told::Ended(Cause::Failed | Cause::Unreachable) => format!(
            "the PBX cannot dial {}: it knows no such address, or the configuration of the host does not allow it (with Asterisk: `technologies`); the log of the host says more",
            leg.via
        ),
        Told::Ended(_) => format!(
            "the PBX has ended the call to {} before it came to a flow: does this address send calls to the host, and does a flow serve the number?",
            leg.via
        ),
    }
}

fn lost(why: &str) -> String {
    format!("the PBX cannot be reached: {why}")
}

/// A line for each sight, until the call is over.
fn lines(first: Sight, sights: Receiver<Sight>, leg: Option<TestLeg>) -> Lines {
    let began = first.at;
    let shown = move |sight: &Sight| {
        format!("{:7.1} s  {}", sight.at.since(began).as_secs_f64(), sight.what)
    };
    let line = shown(&first);
    let rest = stream::unfold(Some((sights, leg)), move |watched| async move {
        let (mut sights, mut leg) = watched?;
        match timeout(LONGEST_SILENCE, next(&mut sights, leg.as_mut())).await.ok()?? {
            Err(lost) => Some((format!("error: {lost}"), None)),
            Ok(sight) => {
                let over = matches!(sight.what, What::Closed(_));
                Some((shown(&sight), (!over).then_some((sights, leg))))
            }
        }
    });
    stream::once(async { line }).chain(rest).map(Ok).boxed()
}

/// What is seen next; none: nothing more. An error says that the PBX is lost.
async fn next(
    sights: &mut Receiver<Sight>,
    mut leg: Option<&mut TestLeg>,
) -> Option<Result<Sight, String>> {
    loop {
        let told = async {
            match leg.as_mut() {
                Some(leg) => leg.told().await,
                None => pending().await,
            }
        };
        tokio::select! {
            sight = sights.recv() => return sight.map(Ok),
            told = told => if let Told::Lost(why) = told {
                return Some(Err(lost(&why)));
            },
        }
    }
}
