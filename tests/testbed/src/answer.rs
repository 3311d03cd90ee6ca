//! What a phone does with a call, as a script for SIPp.

use crate::script::{ECHO, READY, RETRY, cancelled, ends, pause, request, scenario, send};
use anyhow::Result;
use std::{fmt::Write as _, time::Duration};

/// What a phone does with a call.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Before anything is sent.
    set_up: Duration,
    /// Sent first, none: no sign of life.
    first: Option<&'static str>,
    then: Then,
    /// Its tone.
    pub(crate) speaks: Option<u32>,
}

#[derive(Clone, Debug)]
enum Then {
    Refuse { status: &'static str, after: Duration },
    Ring,
    Answer { after: Duration, hang_up: Option<Duration> },
}

impl Answer {
    fn of(first: Option<&'static str>, then: Then) -> Self {
        Self { set_up: Duration::ZERO, first, then, speaks: None }
    }

    fn refuses(status: &'static str) -> Self {
        Self::of(None, Then::Refuse { status, after: Duration::ZERO })
    }

    /// Rings, then answers and waits for the far end to hang up.
    pub fn after(after: Duration) -> Self {
        Self::of(Some("180 Ringing"), Then::Answer { after, hang_up: None })
    }

    /// Answers, without ringing but with early media (183).
    pub fn early_media(after: Duration) -> Self {
        Self { first: Some("183 Session Progress"), ..Self::after(after) }
    }

    /// Early media (183) instead of ringing, until the far end gives up.
    pub fn never_but_early_media() -> Self {
        Self { first: Some("183 Session Progress"), ..Self::never() }
    }

    /// Busy.
    pub fn busy() -> Self {
        Self::refuses("486 Busy Here")
    }

    /// Declines, without ringing.
    pub fn decline() -> Self {
        Self::refuses("603 Decline")
    }

    /// Rings, then declines.
    pub fn decline_after(after: Duration) -> Self {
        Self::of(Some("180 Ringing"), Then::Refuse { status: "603 Decline", after })
    }

    /// Not registered at the far exchange.
    pub fn unknown() -> Self {
        Self::refuses("404 Not Found")
    }

    /// Rings until the far end gives up.
    pub fn never() -> Self {
        Self::of(Some("180 Ringing"), Then::Ring)
    }

    /// Neither rings nor answers, until the far end gives up.
    pub fn silence() -> Self {
        Self::of(None, Then::Ring)
    }

    /// Its first sign comes so long after the INVITE; all other times are counted from there.
    pub fn set_up(mut self, time: Duration) -> Self {
        self.set_up = time;
        self
    }

    /// The network tries (100), and says nothing more, until the far end gives up.
    pub fn trying() -> Self {
        Self::of(Some("100 Trying"), Then::Ring)
    }

    /// Hangs up so long after the answer.
    pub fn hang_up_after(mut self, time: Duration) -> Self {
        if let Then::Answer { hang_up, .. } = &mut self.then {
            *hang_up = Some(time);
        }
        self
    }

    /// Plays a tone of [`TONES`](crate::voice::TONES), and hears.
    pub fn speaking(mut self, hertz: u32) -> Self {
        self.speaks = Some(hertz);
        self
    }

    pub(crate) fn scenario(&self) -> Result<String> {
        scenario("phone", &format!("{}{}{KEPT}", invited(&[]), self.steps()?))
    }

    /// What is done after the INVITE. The last step is the label `over`.
    fn steps(&self) -> Result<String> {
        let mut text = String::new();
        let reply = |status: &str| {
            format!(
                "SIP/2.0 {status}\n{ECHO};tag=[pid]x[call_number]\n[last_Call-ID:]\n[last_CSeq:]\nContact: <sip:[local_ip]:[local_port]>\nAllow: INVITE, ACK, BYE, CANCEL, UPDATE\n"
            )
        };
        if !self.set_up.is_zero() {
            send(&mut text, "", &reply("100 Trying"), false)?;
            text.push_str(&pause(self.set_up));
        }
        if let Some(first) = self.first {
            send(&mut text, "", &reply(first), first.starts_with("183"))?;
        }
        match &self.then {
            Then::Refuse { status, after } => {
                text.push_str(&pause(*after));
                send(&mut text, RETRY, &reply(status), false)?;
                text.push_str("<recv request=\"ACK\"/>\n");
            }
            Then::Ring => cancelled(&mut text, None)?,
            Then::Answer { after, hang_up } => {
                if self.first.is_some() {
                    cancelled(&mut text, Some(*after))?;
                }
                send(&mut text, RETRY, &reply("200 OK"), true)?;
                text.push_str("<recv request=\"ACK\"/>\n");
                let bye = request(
                    "BYE [next_url]",
                    "From: [$t];tag=[pid]x[call_number]\nTo: [$f]",
                    "1000 BYE",
                );
                ends(&mut text, hang_up.map(|time| (time, bye)))?;
            }
        }
        text.push_str("<label id=\"over\"/>\n");
        Ok(text)
    }
}

/// What is kept of an INVITE, for answers that come after another request.
const KEPT: &str = "<Reference variables=\"c,v,t,f\"/>\n";

/// Waits for an INVITE, and sees which of these numbers it is for.
fn invited(numbers: &[&str]) -> String {
    let keep = |header: &str, name: &str| {
        format!(r#"<ereg regexp=".*" search_in="hdr" header="{header}:" assign_to="{name}"/>"#)
    };
    let kept: String = [("CSeq", "c"), ("Via", "v"), ("To", "t"), ("From", "f")]
        .map(|(header, name)| keep(header, name))
        .concat();
    let sees = |(nth, number): (usize, &&str)| {
        let digits = number.trim_start_matches('+');
        format!(
            r#"<ereg regexp="INVITE sip:[^@]*{digits}@" search_in="msg" assign_to="number{nth}"/>"#
        )
    };
    let seen: String = numbers.iter().enumerate().map(sees).collect();
    format!("{READY}<recv request=\"INVITE\" rrs=\"true\"><action>{kept}{seen}</action></recv>\n")
}

/// A network: each number does something else. A number that is not there is unknown.
pub(crate) fn network(numbers: &[(&str, Answer)]) -> Result<String> {
    let called: Vec<&str> = numbers.iter().map(|(number, _)| *number).collect();
    let mut text = invited(&called);
    for nth in 0..numbers.len() {
        writeln!(text, "<nop next=\"to{nth}\" test=\"number{nth}\"/>")?;
    }
    writeln!(text, "<nop next=\"to{}\"/>", numbers.len())?;
    let unknown = [Answer::unknown()];
    for (nth, answer) in numbers.iter().map(|(_, answer)| answer).chain(&unknown).enumerate() {
        // Labels are of the whole scenario.
        let own = |text: String, label: &str| {
            text.replace(&format!("\"{label}\""), &format!("\"{label}{nth}\""))
        };
        let steps = ["over", "answer", "bye"].into_iter().fold(answer.steps()?, own);
        write!(text, "<label id=\"to{nth}\"/>\n{steps}<nop next=\"end\"/>\n")?;
    }
    write!(text, "<label id=\"end\"/>\n{KEPT}")?;
    scenario("network", &text)
}
