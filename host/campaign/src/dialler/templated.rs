//! A template of the site, and what the host says of it.

use crate::Template;

/// A template, and what the host says of it.
#[derive(Debug)]
pub(super) struct Templated {
    pub(super) config: Template,
    /// Else the site has it no more.
    pub(super) configured: bool,
    /// Closed from then on.
    pub(super) until: i64,
    /// So many calls may begin.
    pub(super) room: u32,
    /// A caller waits who has precedence.
    pub(super) waiting: bool,
    /// No call can begin.
    pub(super) full: bool,
}

impl Templated {
    /// None: closed.
    pub(super) fn open_until(&self, now: i64) -> Option<i64> {
        (self.configured && now < self.until).then_some(self.until)
    }
}
