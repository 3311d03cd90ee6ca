//! SIP messages, as SIPp writes them into its log.

use std::time::Duration;

/// How long a test waits for a SIP message, unless it says otherwise. Ample on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A message that a caller or phone sent or got.
#[derive(Clone, Debug)]
pub struct Message {
    /// Since midnight.
    pub at: Duration,
    /// By the caller or phone itself.
    pub sent: bool,
    /// With its headers and body.
    pub text: String,
}

impl Message {
    /// The request or status line.
    pub fn line(&self) -> &str {
        self.text.lines().next().unwrap_or_default()
    }

    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.text.lines().skip(1).take_while(|line| !line.is_empty());
        headers.find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.trim().eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

/// The whole messages of a SIPp message log.
pub(crate) fn parse(log: &str) -> Vec<Message> {
    let parts: Vec<&str> =
        log.split("----------------------------------------------- ").skip(1).collect();
    parts
        .iter()
        .filter_map(|part| {
            let (when, rest) = part.split_once('\n')?;
            let (header, text) = rest.split_once("\n\n")?;
            if !header.contains("message") || !text.contains("\n\n") && !text.contains("\r\n\r\n") {
                return None;
            }
            Some(Message {
                at: time_of_day(when)?,
                sent: header.contains("sent"),
                text: text.trim().replace('\r', ""),
            })
        })
        .collect()
}

/// `2026-11-22 04:00:00.123456` or the same with a `T` and a zone.
fn time_of_day(text: &str) -> Option<Duration> {
    let time = text.split([' ', 'T', '\t']).nth(1)?;
    let mut parts = time.split(':');
    let mut next =
        || parts.next()?.trim_end_matches(|c: char| !c.is_ascii_digit()).parse::<f64>().ok();
    Some(Duration::from_secs_f64(next()? * 3600.0 + next()? * 60.0 + next()?))
}
