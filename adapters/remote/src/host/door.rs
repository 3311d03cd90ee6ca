//! Who stands at the door: connections that have not shown the token yet. When they are too many
//! the oldest is turned away. The adapter shows its token at once, so it always gets in.

use std::{collections::VecDeque, convert::Infallible, mem};
use tokio::sync::oneshot;

/// Strangers at once.
const MOST: usize = 128;

/// Those who wait, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Door {
    /// A stranger holds the other end until it is known or gone. One who is turned away loses this
    /// end.
    strangers: VecDeque<oneshot::Sender<Infallible>>,
    crowded: bool,
}

impl Door {
    /// Another one has come. What it gets comes to an end when it is turned away. It drops it when
    /// it is not a stranger any more.
    pub(super) fn enter(&mut self) -> oneshot::Receiver<Infallible> {
        self.strangers.retain(|stranger| !stranger.is_closed());
        let crowded = self.strangers.len() >= MOST;
        if crowded {
            self.strangers.pop_front();
        }
        if crowded && !mem::replace(&mut self.crowded, true) {
            tracing::warn!(
                "more than {MOST} connections have shown no token: the oldest are closed"
            );
        }
        self.crowded = crowded;
        let (sender, stranger) = oneshot::channel();
        self.strangers.push_back(sender);
        stranger
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_stranger_gives_way_and_nobody_else() {
        let mut door = Door::default();
        let mut known = door.enter();
        known.close();
        let mut strangers: Vec<_> = (0..MOST + 2).map(|_| door.enter()).collect();
        let turned_away = strangers
            .iter_mut()
            .map(|stranger| stranger.try_recv() == Err(oneshot::error::TryRecvError::Closed));
        let turned_away: Vec<bool> = turned_away.collect();
        assert_eq!(turned_away[..3], [true, true, false]);
        assert!(!turned_away[3..].contains(&true));
    }
}
