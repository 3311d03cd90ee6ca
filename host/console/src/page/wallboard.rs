//! By queue: who waits, for how long, and what its agents do (K4).

use super::show::{clock, in_time};
use crate::words::Words;
use askama::Template;
use strowger_api::{
    Error,
    v1::{Board, BoardQueue, Who},
};

#[derive(Template)]
#[template(path = "wallboard.html")]
struct Wallboard<'a> {
    w: &'a Words,
    board: &'a Board,
}

pub(crate) fn part(board: &Board, _: &Who, w: &Words) -> Result<String, Error> {
    Wallboard { w, board }.render().map_err(Error::internal)
}

/// Somebody has waited too long, or waits where nobody is.
fn calls_for_somebody(queue: &BoardQueue) -> bool {
    let late = queue.longest_wait_s as f64 > queue.answer_within_s;
    queue.waiting > 0 && (late || queue.agents.logged_in() == 0)
}
