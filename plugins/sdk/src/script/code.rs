//! A code that one who talks keys about the conversation: how urgent it was, what came of it.

use super::{CALLER, Call, Ending};
use crate::types::Prompt;
use std::{cell::Cell, collections::BTreeMap, rc::Rc, time::Duration};

/// A question about a conversation, for the one who had it with the caller. See
/// [`Call::talk_and_code`].
#[derive(Clone, Debug)]
pub struct Coding {
    note: &'static str,
    codes: BTreeMap<char, String>,
    ask: Prompt,
    within: Duration,
}

impl Coding {
    /// What each key means, and the key of the note on the call's record in which that is kept.
    /// What is asked is said once the caller has hung up, unless a code was keyed before.
    pub fn new<C: Into<String>>(
        note: &'static str,
        codes: impl IntoIterator<Item = (char, C)>,
        ask: impl Into<Prompt>,
    ) -> Self {
        let codes = codes.into_iter().map(|(key, code)| (key, code.into())).collect();
        Self { note, codes, ask: ask.into(), within: Duration::from_secs(20) }
    }

    /// How long a key is waited for, once it has been asked for. 20 s unless said otherwise.
    pub fn within(mut self, limit: impl Into<Duration>) -> Self {
        self.within = limit.into();
        self
    }

    fn take(&self, call: &Call, key: char) -> bool {
        let code = self.codes.get(&key);
        if let Some(code) = code {
            call.note(self.note, code);
        }
        code.is_some()
    }

    /// The caller is gone; whoever is still on `leg` is asked, and once more after a key that means
    /// nothing.
    async fn ask(&self, call: &Call, leg: &str) -> bool {
        for _ in 0..2 {
            let asked =
                call.gather_from(leg, vec![self.ask.clone()]).digits(1).first_within(self.within);
            match asked.await.ok().and_then(|keyed| keyed.digits.chars().next()) {
                Some(key) if self.take(call, key) => return true,
                Some(_) => {}
                None => return false,
            }
        }
        false
    }
}

impl Call {
    /// Lets the caller and whoever is on `leg` talk until one of them hangs up, and then ends the
    /// call. The one on `leg` may key a code at any moment of the conversation; the last one
    /// counts. If there is none when the caller hangs up it is asked for. The record bears the code
    /// as a note, or the tag `NOTE-missing`.
    ///
    /// Give it no sooner than they are connected.
    pub async fn talk_and_code(
        &self,
        leg: impl Into<String>,
        coding: Coding,
        ending: impl Into<Ending>,
    ) -> Ending {
        let (leg, ending, coded) = (leg.into(), ending.into(), Rc::new(Cell::new(false)));
        let missing = format!("{}-missing", coding.note);
        self.after_hang_up({
            let (call, leg, coding, ending) =
                (self.clone(), leg.clone(), coding.clone(), ending.clone());
            let (coded, missing) = (coded.clone(), missing.clone());
            move || async move {
                if !coded.get() && !coding.ask(&call, &leg).await {
                    call.tag(missing);
                }
                ending
            }
        });
        let mut keys = self.keys(&leg);
        loop {
            crate::race! {
                _ = self.gone(&leg) => break,
                key = keys.next() => if coding.take(self, key) {
                    coded.set(true);
                },
            }
        }
        if !coded.get() {
            self.tag(missing);
        }
        self.hang_up(CALLER);
        ending
    }
}
