//! The board as it changes, as server-sent events.
//!
//! A stream is asked for its next event only when the connection can take one, and then it takes the
//! newest board. So a viewer who reads slowly misses boards, and never has old ones waiting.

use crate::{
    Console,
    board::{EVERY, Made},
    guard::Visitor,
    page,
    words::Language,
};
use axum::{
    Extension,
    extract::{Path, State},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures_util::{Stream, stream};
use std::{convert::Infallible, sync::Arc, time::Duration};
use strowger_api::{Error, Host, Kind};
use tokio::{
    sync::OwnedSemaphorePermit,
    time::{Instant, sleep},
};

/// Streams at the same time.
pub(crate) const VIEWERS: usize = 500;

/// So often it is looked at whether a viewer may still see this.
const MAY: Duration = Duration::from_secs(5);

/// What an event says of a board.
type Say = Box<dyn Fn(&Made) -> Result<Event, Error> + Send>;

struct Viewer<H> {
    console: Arc<Console<H>>,
    visitor: Visitor,
    say: Say,
    /// The version that was told last.
    told: u64,
    /// When this viewer was last known to be let in.
    known: Instant,
    _permit: OwnedSemaphorePermit,
}

/// The board as JSON.
pub(crate) async fn boards<H: Host>(
    State(console): State<Arc<Console<H>>>,
    Extension(visitor): Extension<Visitor>,
) -> Result<Response, Error> {
    let say = |made: &Made| {
        let event = Event::default().event("board").id(made.version.to_string());
        event.json_data(&made.board).map_err(Error::internal)
    };
    events(console, visitor, Box::new(say))
}

/// The part of a page that changes, as HTML.
pub(crate) async fn parts<H: Host>(
    State(console): State<Arc<Console<H>>>,
    Extension(visitor): Extension<Visitor>,
    language: Language,
    Path(page): Path<String>,
) -> Result<Response, Error> {
    let part = page::part(&page).ok_or_else(|| Error::not_found("there is no such page"))?;
    let who = visitor.who.clone();
    let say = move |made: &Made| {
        let html = part(&made.board, &who, language.words())?;
        // What is in a line of an event may not end it.
        Ok(Event::default().id(made.version.to_string()).data(html.replace('\r', "")))
    };
    events(console, visitor, Box::new(say))
}

fn events<H: Host>(
    console: Arc<Console<H>>,
    visitor: Visitor,
    say: Say,
) -> Result<Response, Error> {
    let permit = console.viewers.clone().try_acquire_owned();
    let too_many = |_| Error::new(Kind::TooOften, format!("{VIEWERS} viewers are here already"));
    let _permit = permit.map_err(too_many)?;
    let viewer = Viewer { console, visitor, say, told: 0, known: Instant::now(), _permit };
    Ok(Sse::new(stream(viewer)).keep_alive(KeepAlive::default()).into_response())
}

/// Ends when the viewer may see it no more, or the host says nothing.
fn stream<H: Host>(viewer: Viewer<H>) -> impl Stream<Item = Result<Event, Infallible>> {
    stream::unfold(viewer, async |mut viewer| {
        loop {
            if viewer.known.elapsed() >= MAY {
                viewer.console.host.who(viewer.visitor.secret.clone()).await.ok()?;
                viewer.known = Instant::now();
            }
            let made = viewer.console.boards.newest().await.ok()?;
            if made.version != viewer.told {
                viewer.told = made.version;
                let event = (viewer.say)(&made).ok()?;
                return Some((Ok(event), viewer));
            }
            sleep(EVERY).await;
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::small::{Small, visitor};
    use futures_util::StreamExt;

    fn viewer(console: &Arc<Console<Small>>) -> Viewer<Small> {
        let say = |made: &Made| Ok(Event::default().data(made.board.calls.to_string()));
        let _permit = console.viewers.clone().try_acquire_owned().unwrap();
        let (console, visitor) = (console.clone(), visitor(&console.host));
        Viewer { console, visitor, say: Box::new(say), told: 0, known: Instant::now(), _permit }
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_viewer_gets_the_newest_board_and_all_viewers_the_same_one() {
        let console = Console::new(Arc::new(Small::default()), false);
        let mut viewers: Vec<_> = (0..50).map(|_| Box::pin(stream(viewer(&console)))).collect();
        for viewer in &mut viewers {
            let _ = viewer.next().await.unwrap().unwrap();
        }
        let asked = console.host.asked();
        assert_eq!(asked, 1, "one board for all of them");
        // Nobody reads while the host does a hundred things.
        for calls in 1..=100 {
            console.host.set_calls(calls);
        }
        assert_eq!(console.host.asked(), asked, "who does not read costs nothing");
        for viewer in &mut viewers {
            let event = viewer.next().await.unwrap().unwrap();
            assert!(format!("{event:?}").contains("100"), "{event:?}");
        }
        assert_eq!(console.host.asked(), asked + 1);
    }

    #[tokio::test(start_paused = true)]
    async fn who_may_see_it_no_more_is_told_nothing() {
        let console = Console::new(Arc::new(Small::default()), false);
        let mut told = Box::pin(stream(viewer(&console)));
        assert!(told.next().await.is_some());
        console.host.forget_everybody();
        let since = Instant::now();
        assert!(told.next().await.is_none());
        assert!(since.elapsed() <= MAY + EVERY, "{:?}", since.elapsed());
    }
}
