//! What a phone does with a call, as a script for SIPp.

use crate::script::{ECHO, READY, RETRY, cancelled, ends, pause, request, scenario, send};
use anyhow::Result;
use std::time::Duration;

/// What a phone does with a call.
#[derive(Clone, Debug)]
pub struct Answer {
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
    /// Rings, then answers and waits for the far end to hang up.
    pub fn after(after: Duration) -> Self {
        Self {
            first: Some("180 Ringing"),
            then: Then::Answer { after, hang_up: None },
            speaks: None,
        }
    }

    /// Answers, without ringing but with early media (183).
    pub fn early_media(after: Duration) -> Self {
        Self { first: Some("183 Session Progress"), ..Self::after(after) }
    }

    /// Busy.
    pub fn busy() -> Self {
        Self {
            first: None,
            then: Then::Refuse { status: "486 Busy Here", after: Duration::ZERO },
            speaks: None,
        }
    }

    /// Declines, without ringing.
    pub fn decline() -> Self {
        Self {
            first: None,
            then: Then::Refuse { status: "603 Decline", after: Duration::ZERO },
            speaks: None,
        }
    }

    /// Rings, then declines.
    pub fn decline_after(after: Duration) -> Self {
        Self {
            first: Some("180 Ringing"),
            then: Then::Refuse { status: "603 Decline", after },
            speaks: None,
        }
    }

    /// Not registered at the far exchange.
    pub fn unknown() -> Self {
        Self {
            first: None,
            then: Then::Refuse { status: "404 Not Found", after: Duration::ZERO },
            speaks: None,
        }
    }

    /// Rings until the far end gives up.
    pub fn never() -> Self {
        Self { first: Some("180 Ringing"), then: Then::Ring, speaks: None }
    }

    /// Neither rings nor answers, until the far end gives up.
    pub fn silence() -> Self {
        Self { first: None, then: Then::Ring, speaks: None }
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
        let keep = |header: &str, name: &str| {
            format!(r#"<ereg regexp=".*" search_in="hdr" header="{header}:" assign_to="{name}"/>"#)
        };
        let kept: String = [("CSeq", "c"), ("Via", "v"), ("To", "t"), ("From", "f")]
            .map(|(header, name)| keep(header, name))
            .concat();
        let mut text = format!(
            "{READY}<recv request=\"INVITE\" rrs=\"true\"><action>{kept}</action></recv>\n"
        );
        let reply = |status: &str| {
            format!(
                "SIP/2.0 {status}\n{ECHO};tag=[pid]x[call_number]\n[last_Call-ID:]\n[last_CSeq:]\nContact: <sip:[local_ip]:[local_port]>\nAllow: INVITE, ACK, BYE, CANCEL, UPDATE\n"
            )
        };
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
        text.push_str("<label id=\"over\"/>\n<Reference variables=\"c,v,t,f\"/>\n");
        scenario("phone", &text)
    }
}
