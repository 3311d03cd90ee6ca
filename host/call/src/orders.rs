//! Orders that are not finished, and what every kind of them can do.

use crate::{
    order::{
        agent::Proving, answer::Answering, company::Company, dial::Dialling, gather::Gathering,
        listen::Listening, meet::Moving, play::Playing, queue::Queueing, switch::Turning,
        timer::Timing, transfer::Transferring, transfer_key::Replacing, watch::Watching,
    },
    turn::Turn,
};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use strowger_model::{LegName, OrderId, Outcome};

/// An order without its final outcome.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Open {
    pub(crate) id: OrderId,
    /// When something has to be done about it, in monotonic time.
    pub(crate) due: Option<Duration>,
    pub(crate) doing: Doing,
}

/// A kind of order: what an unfinished one waits for. What it begins with is a method of [`Turn`]
/// beside it.
pub(crate) trait Kind: Sized {
    /// Whether it is about a leg that, gone, leaves it without an outcome.
    fn is_of(&self, leg: &LegName) -> bool;

    /// Undoes what is under way. Its outcome, if one is on its way, is not delivered.
    fn take_back(self, id: OrderId, turn: &mut Turn<'_>);

    /// What is said of it when the leg that it is about is gone; none: nothing.
    fn leg_gone(&self, leg: &LegName) -> Option<Outcome>;

    /// Its time has come.
    fn due(_id: OrderId, _turn: &mut Turn<'_>) {}

    /// The next host goes on with it, after it has seen what became of the legs.
    fn resumed(_id: OrderId, _turn: &mut Turn<'_>) {}

    /// Repeated by the host itself: what is due of it comes after what the flow has a say in.
    const REPEATS: bool = false;
}

/// The kinds, in one table: the enum, and how one of its variants is found again.
macro_rules! kinds {
    ($($kind:ident),* $(,)?) => {
        /// What an unfinished order waits for.
        #[derive(Clone, Serialize, Deserialize)]
        pub(crate) enum Doing { $($kind(Box<$kind>)),* }

        $(impl Of<$kind> for Doing {
            fn of(&self) -> Option<&$kind> {
                match self { Self::$kind(one) => Some(one), _ => None }
            }
            fn of_mut(&mut self) -> Option<&mut $kind> {
                match self { Self::$kind(one) => Some(one), _ => None }
            }
            fn into_of(self) -> Option<$kind> {
                match self { Self::$kind(one) => Some(*one), _ => None }
            }
            fn from(one: $kind) -> Self { Self::$kind(Box::new(one)) }
        })*

        impl Doing {
            pub(crate) fn is_of(&self, leg: &LegName) -> bool {
                match self { $(Self::$kind(one) => one.is_of(leg)),* }
            }
            pub(crate) fn take_back(self, id: OrderId, turn: &mut Turn<'_>) {
                match self { $(Self::$kind(one) => one.take_back(id, turn)),* }
            }
            pub(crate) fn leg_gone(&self, leg: &LegName) -> Option<Outcome> {
                match self { $(Self::$kind(one) => one.leg_gone(leg)),* }
            }
            pub(crate) fn repeats(&self) -> bool {
                match self { $(Self::$kind(_) => $kind::REPEATS),* }
            }
            /// What is done when its time has come.
            pub(crate) fn when_due(&self) -> fn(OrderId, &mut Turn<'_>) {
                match self { $(Self::$kind(_) => $kind::due),* }
            }
            /// What is done when the next host goes on with it.
            pub(crate) fn when_resumed(&self) -> fn(OrderId, &mut Turn<'_>) {
                match self { $(Self::$kind(_) => $kind::resumed),* }
            }
        }
    };
}

kinds! {
    Answering, Playing, Company, Gathering, Queueing, Dialling, Moving, Transferring, Timing, Watching,
    Listening, Proving, Replacing, Turning,
}

/// One kind among them all.
pub(crate) trait Of<K>: Sized {
    fn of(&self) -> Option<&K>;
    fn of_mut(&mut self) -> Option<&mut K>;
    fn into_of(self) -> Option<K>;
    fn from(one: K) -> Self;
}

/// The unfinished orders of a call, in the order in which they were given.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Orders(Vec<Open>);

impl Orders {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Open> {
        self.0.iter()
    }

    pub(crate) fn ids(&self) -> Vec<OrderId> {
        self.0.iter().map(|open| open.id).collect()
    }

    /// When the first of them is due.
    pub(crate) fn due(&self) -> Option<Duration> {
        self.0.iter().filter_map(|open| open.due).min()
    }

    pub(crate) fn open<K>(&mut self, id: OrderId, due: Option<Duration>, kind: K)
    where
        Doing: Of<K>,
    {
        self.0.push(Open { id, due, doing: Of::from(kind) });
    }

    pub(crate) fn any(&self, id: OrderId) -> Option<&Open> {
        self.0.iter().find(|open| open.id == id)
    }

    pub(crate) fn remove(&mut self, id: OrderId) -> Option<Open> {
        let place = self.0.iter().position(|open| open.id == id)?;
        Some(self.0.remove(place))
    }

    pub(crate) fn pop(&mut self) -> Option<Open> {
        self.0.pop()
    }

    pub(crate) fn set_due(&mut self, id: OrderId, due: Option<Duration>) {
        if let Some(open) = self.0.iter_mut().find(|open| open.id == id) {
            open.due = due;
        }
    }

    /// An order, if it is of that kind.
    pub(crate) fn get<K>(&self, id: OrderId) -> Option<&K>
    where
        Doing: Of<K>,
    {
        self.any(id)?.doing.of()
    }

    pub(crate) fn get_mut<K>(&mut self, id: OrderId) -> Option<&mut K>
    where
        Doing: Of<K>,
    {
        self.0.iter_mut().find(|open| open.id == id)?.doing.of_mut()
    }

    /// Takes an order out, if it is of that kind.
    pub(crate) fn take<K>(&mut self, id: OrderId) -> Option<K>
    where
        Doing: Of<K>,
    {
        self.get::<K>(id)?;
        self.remove(id)?.doing.into_of()
    }

    /// All of a kind.
    pub(crate) fn all<'a, K: 'a>(&'a self) -> impl Iterator<Item = (OrderId, &'a K)>
    where
        Doing: Of<K>,
    {
        self.0.iter().filter_map(|open| Some((open.id, open.doing.of()?)))
    }

    /// The first of a kind for which something holds.
    pub(crate) fn find<K>(&self, holds: impl Fn(&K) -> bool) -> Option<(OrderId, &K)>
    where
        Doing: Of<K>,
    {
        self.all().find(|(_, one)| holds(one))
    }

    pub(crate) fn find_mut<K>(&mut self, holds: impl Fn(&K) -> bool) -> Option<(OrderId, &mut K)>
    where
        Doing: Of<K>,
    {
        self.0.iter_mut().find_map(|open| {
            let id = open.id;
            open.doing.of_mut().filter(|one| holds(one)).map(|one| (id, one))
        })
    }
}
