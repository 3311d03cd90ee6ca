//! The scenarios of all adapters find an adapter that does not do what it tells, or does not tell
//! what it does. The sim is honest; a liar stands between it and the host.
#![expect(clippy::ptr_arg, reason = "every change of a list has one type")]

use super::*;
use strowger_model::command::ListenMode;

/// What is wrong between the host and an honest adapter.
#[derive(Clone, Copy)]
enum Lie {
    /// Commands that are not carried out.
    Ignores(fn(&PbxCommand) -> bool),
    /// A command is carried out as another.
    Does(fn(&mut PbxCommand)),
    /// Events that are not told.
    Hides(fn(&PbxEvent) -> bool),
    /// Events that are told twice.
    Repeats(fn(&PbxEvent) -> bool),
    /// Events that are told after the next one.
    Delays(fn(&PbxEvent) -> bool),
    /// An event is told as another.
    Tells(fn(&mut PbxEvent)),
    /// What is alive is listed otherwise, in the answer to `alive`.
    Lists(fn(&mut Vec<AliveLeg>)),
}
use Lie::{Delays, Does, Hides, Ignores, Lists, Repeats, Tells};

/// A function that matches, for instance on a kind of event.
macro_rules! is {
    ($($pattern:tt)*) => { |it| matches!(it, $($pattern)*) };
}

/// A function that alters something of one kind.
macro_rules! alter {
    ($kind:pat => $change:expr) => {
        |it| {
            if let $kind = it {
                $change;
            }
        }
    };
}

/// What is listed in `synced` is altered.
macro_rules! sync {
    ($change:expr) => {
        Tells(|event| {
            if let PbxEvent::Synced { alive } = event {
                let change: fn(&mut Vec<AliveLeg>) = $change;
                change(alive);
            }
        })
    };
}

fn all_up(alive: &mut Vec<AliveLeg>) {
    alive.iter_mut().for_each(|leg| leg.state = LegState::Up);
}

fn nowhere(alive: &mut Vec<AliveLeg>) {
    alive.iter_mut().for_each(|leg| leg.conversation = None);
}

fn at_home(alive: &mut Vec<AliveLeg>) {
    let up = alive.iter_mut().filter(|leg| leg.conversation.is_some());
    up.for_each(|leg| leg.conversation = Some(leg.leg.clone()));
}

fn new_born(alive: &mut Vec<AliveLeg>) {
    alive.iter_mut().for_each(|leg| leg.age = Duration::ZERO);
}

fn never_arrived(alive: &mut Vec<AliveLeg>) {
    alive.iter_mut().for_each(|leg| leg.arrived = None);
}

fn only_up(alive: &mut Vec<AliveLeg>) {
    alive.retain(|leg| leg.state == LegState::Up);
}

fn ghost(alive: &mut Vec<AliveLeg>) {
    let ghost = AliveLeg {
        leg: "ghost".into(),
        state: LegState::Up,
        conversation: Some("ghost".into()),
        arrived: None,
        age: Duration::ZERO,
    };
    alive.push(ghost);
}

const LIES: &[(&str, Lie)] = &[
    ("an answer is ignored", Ignores(is!(PbxCommand::Answer { .. }))),
    ("a dial is ignored", Ignores(is!(PbxCommand::Dial { .. }))),
    ("no caller_id", Does(alter!(PbxCommand::Dial { caller_id, .. } => *caller_id = None))),
    (
        "a caller_id although it is withheld",
        Does(alter!(PbxCommand::Dial { caller_id, .. } => *caller_id = Some("+3227138700".into()))),
    ),
    (
        "no display_name",
        Does(alter!(PbxCommand::Dial { display_name, .. } => *display_name = None)),
    ),
    ("who calls now is not shown", Ignores(is!(PbxCommand::Show { .. }))),
    ("a play is ignored", Ignores(is!(PbxCommand::Play { .. }))),
    (
        "a play takes no time",
        Does(alter!(PbxCommand::Play { prompts, .. } => *prompts = [].into())),
    ),
    ("a stop is ignored", Ignores(is!(PbxCommand::Stop { .. }))),
    ("music is ignored", Ignores(is!(PbxCommand::Music { .. }))),
    ("music does not end", Ignores(is!(PbxCommand::Music { class: None, .. }))),
    (
        "other music",
        Does(alter!(PbxCommand::Music { class: Some(class), .. } => *class = "other".into())),
    ),
    ("a move is ignored", Ignores(is!(PbxCommand::Move { .. }))),
    ("a transfer is ignored", Ignores(is!(PbxCommand::Transfer { .. }))),
    ("a refusal of a transfer is ignored", Ignores(is!(PbxCommand::RefuseTransfer { .. }))),
    ("transfers that are asked for are hidden", Hides(is!(PbxEvent::TransferAsked(_)))),
    ("transfers that are asked for are told twice", Repeats(is!(PbxEvent::TransferAsked(_)))),
    (
        "a transfer is asked for to somebody else",
        Tells(alter!(PbxEvent::TransferAsked(asked) => asked.to.clear())),
    ),
    ("digits are not sent", Ignores(is!(PbxCommand::SendDigits { .. }))),
    (
        "only one digit is sent",
        Does(alter!(PbxCommand::SendDigits { digits, .. } => digits.truncate(1))),
    ),
    ("a listen is ignored", Ignores(is!(PbxCommand::Listen { .. }))),
    (
        "who listens is heard by all",
        Does(alter!(PbxCommand::Listen { mode, .. } => *mode = ListenMode::Join)),
    ),
    (
        "who whispers is not heard",
        Does(alter!(PbxCommand::Listen { mode, .. } => *mode = ListenMode::Silent)),
    ),
    ("listening does not end", Ignores(is!(PbxCommand::StopListening { .. }))),
    ("a hang-up is ignored", Ignores(is!(PbxCommand::HangUp { .. }))),
    (
        "a hang-up without its cause",
        Does(alter!(PbxCommand::HangUp { cause, .. } => *cause = Cause::Normal)),
    ),
    ("arrivals are hidden", Hides(is!(PbxEvent::Arrived(_)))),
    ("arrivals are told twice", Repeats(is!(PbxEvent::Arrived(_)))),
    (
        "an arrival without its caller",
        Tells(alter!(PbxEvent::Arrived(arrived) => arrived.caller = None)),
    ),
    (
        "an arrival without the number dialled",
        Tells(alter!(PbxEvent::Arrived(arrived) => arrived.dialled.clear())),
    ),
    ("ringing is hidden", Hides(is!(PbxEvent::Ringing { .. }))),
    ("ringing is told twice", Repeats(is!(PbxEvent::Ringing { .. }))),
    ("ringing is told late", Delays(is!(PbxEvent::Ringing { .. }))),
    ("answers are hidden", Hides(is!(PbxEvent::Answered { .. }))),
    ("answers are told twice", Repeats(is!(PbxEvent::Answered { .. }))),
    ("moves are hidden", Hides(is!(PbxEvent::Moved { .. }))),
    ("moves are told twice", Repeats(is!(PbxEvent::Moved { .. }))),
    ("moved, and not where to", Tells(alter!(PbxEvent::Moved { leg, to } => *to = leg.clone()))),
    ("digits are lost", Hides(is!(PbxEvent::Digit { .. }))),
    ("the second digit is lost", Hides(is!(PbxEvent::Digit { digit: '2', .. }))),
    ("digits are told twice", Repeats(is!(PbxEvent::Digit { .. }))),
    ("digits are swapped", Delays(is!(PbxEvent::Digit { digit: '1', .. }))),
    ("another digit", Tells(alter!(PbxEvent::Digit { digit, .. } => *digit = '1'))),
    ("ends of plays are hidden", Hides(is!(PbxEvent::Played { .. }))),
    ("ends of plays are told twice", Repeats(is!(PbxEvent::Played { .. }))),
    ("a stopped play is told late", Delays(is!(PbxEvent::Played { end: PlayEnd::Stopped, .. }))),
    (
        "a play is never whole",
        Tells(alter!(PbxEvent::Played { end, .. } => *end = PlayEnd::Stopped)),
    ),
    (
        "a play is always whole",
        Tells(alter!(PbxEvent::Played { end, .. } => *end = PlayEnd::Whole)),
    ),
    ("listening is hidden", Hides(is!(PbxEvent::Listening { .. }))),
    ("the end of listening is hidden", Hides(is!(PbxEvent::ListeningEnded { .. }))),
    ("the end of listening is told twice", Repeats(is!(PbxEvent::ListeningEnded { .. }))),
    ("ends are hidden", Hides(is!(PbxEvent::Ended(_)))),
    ("ends are told twice", Repeats(is!(PbxEvent::Ended(_)))),
    ("an end without cause", Tells(alter!(PbxEvent::Ended(gone) => gone.cause = Cause::Normal))),
    ("all ends are failures", Tells(alter!(PbxEvent::Ended(gone) => gone.cause = Cause::Failed))),
    ("nobody leaves for the PBX", Tells(alter!(PbxEvent::Ended(gone) => gone.left = false))),
    ("everybody leaves for the PBX", Tells(alter!(PbxEvent::Ended(gone) => gone.left = true))),
    ("a loss is hidden", Hides(is!(PbxEvent::Lost { .. }))),
    ("synced is hidden", Hides(is!(PbxEvent::Synced { .. }))),
    ("synced is told twice", Repeats(is!(PbxEvent::Synced { .. }))),
    ("synced is told late", Delays(is!(PbxEvent::Synced { .. }))),
    ("synced: nothing", sync!(Vec::clear)),
    ("synced: only who is up", sync!(only_up)),
    ("synced: all are up", sync!(all_up)),
    ("synced: in no conversation", sync!(nowhere)),
    ("synced: each in its own conversation", sync!(at_home)),
    ("synced: no arrival", sync!(never_arrived)),
    ("synced: no age", sync!(new_born)),
    ("synced: one who is gone", sync!(ghost)),
    ("alive: nothing", Lists(Vec::clear)),
    ("alive: only who is up", Lists(only_up)),
    ("alive: all are up", Lists(all_up)),
    ("alive: in no conversation", Lists(nowhere)),
    ("alive: each in its own conversation", Lists(at_home)),
    ("alive: no arrival", Lists(never_arrived)),
    ("alive: no age", Lists(new_born)),
    ("alive: one who is gone", Lists(ghost)),
];

/// An adapter that lies: to the PBX in commands, to the host in events and lists.
struct Liar {
    sim: Arc<Sim>,
    lie: Lie,
}

impl Pbx for Liar {
    fn name(&self) -> &str {
        "liar"
    }

    fn send(&self, mut command: PbxCommand) {
        match self.lie {
            Ignores(ignored) if ignored(&command) => return,
            Does(alter) => alter(&mut command),
            _ => {}
        }
        self.sim.send(command);
    }

    fn alive(&self) -> BoxFuture<'_, anyhow::Result<Vec<AliveLeg>>> {
        Box::pin(async {
            let mut alive = self.sim.alive().await?;
            if let Lists(alter) = self.lie {
                alter(&mut alive);
            }
            Ok(alive)
        })
    }
}

/// The sim's ground behind a liar.
struct Lied {
    honest: SimGround,
    liar: Arc<Liar>,
}

impl Lied {
    async fn new(lie: Lie) -> Self {
        let mut honest = SimGround::new().await;
        let (sender, events) = unbounded_channel();
        honest.sim.set_sink(lying(lie, sender));
        honest.events = events;
        let liar = Arc::new(Liar { sim: honest.sim.clone(), lie });
        Self { honest, liar }
    }
}

/// A sink that tells what a lie makes of events.
fn lying(lie: Lie, events: UnboundedSender<PbxEvent>) -> PbxSink {
    let late = Mutex::new(Vec::new());
    Arc::new(move |mut event| {
        let mut late = late.lock().unwrap();
        match lie {
            Hides(hidden) if hidden(&event) => return,
            Delays(delayed) if delayed(&event) => return late.push(event),
            Repeats(repeated) if repeated(&event) => late.push(event.clone()),
            Tells(alter) => alter(&mut event),
            _ => {}
        }
        for event in [event].into_iter().chain(late.drain(..)) {
            let _ = events.send(event);
        }
    })
}

impl Ground for Lied {
    fn pbx(&self) -> Arc<dyn Pbx> {
        self.liar.clone()
    }

    fn events(&mut self) -> &mut UnboundedReceiver<PbxEvent> {
        self.honest.events()
    }

    async fn phone(&mut self, far: Far) -> anyhow::Result<Address> {
        self.honest.phone(far).await
    }

    async fn call(&mut self, near: Near, from: &str, to: &str) -> anyhow::Result<()> {
        self.honest.call(near, from, to).await
    }

    async fn hears(&mut self) -> anyhow::Result<Option<Vec<Hearing>>> {
        self.honest.hears().await
    }

    async fn shows(&mut self, phone: &Address) -> anyhow::Result<Option<Shown>> {
        self.honest.shows(phone).await
    }

    fn tells_transfers(&self) -> bool {
        true
    }

    async fn ask_transfer(&mut self, phone: &Address, to: &str) -> anyhow::Result<()> {
        self.honest.ask_transfer(phone, to).await
    }

    async fn transfers(&mut self, phone: &Address, count: usize) -> anyhow::Result<Vec<bool>> {
        self.honest.transfers(phone, count).await
    }

    async fn cut(&mut self, length: Duration) -> anyhow::Result<()> {
        self.honest.cut(length).await
    }

    fn slack(&self) -> Duration {
        self.honest.slack()
    }
}

#[tokio::test(start_paused = true)]
async fn every_lie_is_found() {
    let mut believed = Vec::new();
    for (name, lie) in LIES {
        let mut found = Vec::new();
        for scenario in conformance::scenarios() {
            if conformance::run(&scenario, &mut Lied::new(*lie).await).await.is_err() {
                found.push(scenario.name);
            }
        }
        println!("{name}: {found:?}");
        if found.is_empty() {
            believed.push(*name);
        }
    }
    assert!(believed.is_empty(), "no scenario finds these lies: {believed:#?}");
}
