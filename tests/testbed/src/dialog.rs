//! What a person does to a call with the keys of a phone: hold it, transfer it, hang up.
//!
//! SIPp follows one script, and cannot be told to send something at a moment of the test's choice.
//! So the request is sent by a socket beside it, as one of the dialog that SIPp has; the answer
//! comes back there. What the PBX sends because of it goes to SIPp, which answers NOTIFY by itself.

use crate::{message::Message, script::SDP, voice::PORT};
use anyhow::{Context, Result, bail, ensure};
use std::{
    net::{Ipv4Addr, UdpSocket},
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

/// How long the PBX may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Above the numbers of a script's own requests but the last.
static REQUESTS: AtomicU32 = AtomicU32::new(10);

/// A call that is up, as SIP knows it.
#[derive(Clone, Debug)]
pub struct Dialog {
    /// Its name.
    pub call_id: String,
    /// This end, with its tag.
    ours: String,
    /// The PBX's end, with its tag.
    theirs: String,
    /// Where requests go.
    target: String,
    /// Of this end.
    address: Ipv4Addr,
}

impl Dialog {
    /// The last one that was answered.
    pub(crate) fn last(messages: &[Message], address: Ipv4Addr) -> Result<Self> {
        let answer = messages.iter().rev().find(|message| {
            message.line().ends_with("200 OK")
                && message.header("CSeq").is_some_and(|cseq| cseq.ends_with("INVITE"))
        });
        let answer = answer.context("no call is up")?;
        let header = |message: &Message, name: &str| {
            let value = message.header(name).map(ToOwned::to_owned);
            value.with_context(|| format!("no {name} in {}", message.text))
        };
        let call_id = header(answer, "Call-ID")?;
        let of_call = |message: &&Message| message.header("Call-ID") == Some(&call_id);
        let mut invites = messages.iter().filter(of_call);
        let invite = invites.find(|message| message.line().starts_with("INVITE "));
        // Who was called answers; the contact of the other end is in what that one sent.
        let (from, to) = (header(answer, "From")?, header(answer, "To")?);
        let (ours, theirs, other) = match answer.sent {
            true => (to, from, invite.context("no INVITE")?),
            false => (from, to, answer),
        };
        let contact = header(other, "Contact")?;
        let target = contact.split(['<', '>']).nth(1).context("no address in the Contact")?;
        Ok(Self { call_id, ours, theirs, target: target.to_owned(), address })
    }

    /// Asks that whoever it is with be given to a number.
    pub(crate) fn refer(&self, to: &str) -> Result<()> {
        let headers =
            format!("Refer-To: <sip:{to}@{}>\nReferred-By: {}\n", self.host()?, self.ours);
        self.request("REFER", &headers, "", "202")
    }

    /// Asks that whoever it is with be given to whom another dialog of this phone is with.
    pub(crate) fn refer_to(&self, other: &Self) -> Result<()> {
        let tag = |party: &str| party.split_once("tag=").map(|(_, tag)| tag.to_owned());
        let (ours, theirs) = tag(&other.ours).zip(tag(&other.theirs)).context("no tags")?;
        let call = other.call_id.replace('@', "%40");
        let replaces = format!("{call}%3Bto-tag%3D{theirs}%3Bfrom-tag%3D{ours}");
        let headers = format!(
            "Refer-To: <{}?Replaces={replaces}>\nReferred-By: {}\n",
            other.target, self.ours
        );
        self.request("REFER", &headers, "", "202")
    }

    /// Puts the other end on hold, or takes it back.
    pub(crate) fn hold(&self, held: bool) -> Result<()> {
        let address = self.address.to_string();
        let sdp = SDP
            .replace("[local_ip_type]", "4")
            .replace("[media_ip_type]", "4")
            .replace("[local_ip]", &address)
            .replace("[media_ip]", &address)
            .replace("[media_port]", &PORT.to_string());
        let sdp = format!("{sdp}a={}\n", if held { "sendonly" } else { "sendrecv" });
        self.request("INVITE", "Content-Type: application/sdp\n", &sdp, "200")
    }

    /// Hangs up.
    pub(crate) fn bye(&self) -> Result<()> {
        self.request("BYE", "", "", "200")
    }

    fn host(&self) -> Result<&str> {
        self.target.split_once('@').map(|(_, host)| host).context("no host in the Contact")
    }

    fn request(&self, method: &str, headers: &str, body: &str, status: &str) -> Result<()> {
        let socket = UdpSocket::bind((self.address, 0)).context("cannot open a socket for SIP")?;
        socket.set_read_timeout(Some(PATIENCE))?;
        let to = self.host()?.split(';').next().unwrap_or_default().to_owned();
        let number = REQUESTS.fetch_add(1, Ordering::Relaxed);
        let message = |method: &str, headers: &str, body: &str| -> Result<String> {
            let body = body.replace('\n', "\r\n");
            let text = format!(
                "{method} {} SIP/2.0\nVia: SIP/2.0/UDP {};branch=z9hG4bK-test-{number}-{method};rport\n\
                 Max-Forwards: 70\nFrom: {}\nTo: {}\nCall-ID: {}\nCSeq: {number} {method}\n\
                 Contact: <sip:{}:5060>\n{headers}Content-Length: {}\n\n",
                self.target,
                socket.local_addr()?,
                self.ours,
                self.theirs,
                self.call_id,
                self.address,
                body.len(),
            );
            Ok(text.replace('\n', "\r\n") + &body)
        };
        socket.send_to(message(method, headers, body)?.as_bytes(), &to)?;
        let mut buffer = [0; 8192];
        loop {
            let length =
                socket.recv(&mut buffer).with_context(|| format!("no answer to {method}"))?;
            let answer = String::from_utf8_lossy(&buffer[..length]);
            let code = answer.split(' ').nth(1).unwrap_or_default();
            if code.starts_with('1') {
                continue;
            }
            if method == "INVITE" {
                socket.send_to(message("ACK", "", "")?.as_bytes(), &to)?;
            }
            ensure!(!code.is_empty(), "the PBX answers with {answer}");
            if code != status {
                bail!("the PBX answers {method} with {answer}");
            }
            return Ok(());
        }
    }
}
