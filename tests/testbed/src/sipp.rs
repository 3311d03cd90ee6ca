//! Callers and phones, played by SIPp.
//!
//! Each writes every SIP message that it sends or gets, and the tests wait for those. What they do
//! is a script of a few steps, written out as a SIPp scenario.

use crate::{
    AsteriskServer, keys,
    process::Process,
    voice::{PORT, Voice},
};
use anyhow::{Context, Result, ensure};
use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    net::Ipv4Addr,
    process::ExitStatus,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

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

/// What a phone does with a call.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Sent first, none: no sign of life.
    first: Option<&'static str>,
    then: Then,
    /// Its tone.
    speaks: Option<u32>,
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

    fn scenario(&self) -> Result<String> {
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
                "SIP/2.0 {status}\n{ECHO};tag=[pid]x[call_number]\n[last_Call-ID:]\n[last_CSeq:]\nContact: <sip:[local_ip]:[local_port]>\n"
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
                    "2 BYE",
                );
                ends(&mut text, hang_up.map(|time| (time, bye)))?;
            }
        }
        text.push_str("<label id=\"over\"/>\n<Reference variables=\"c,v,t,f\"/>\n");
        scenario("phone", &text)
    }
}

/// A phone: it takes any number of calls, and does the same with each.
pub struct Phone {
    station: Station,
    voice: Option<Voice>,
}

impl Phone {
    /// The phone of endpoint `a1` and so on.
    ///
    /// # Errors
    /// SIPp cannot be started.
    pub fn start(pbx: &AsteriskServer, number: u8, answer: &Answer) -> Result<Self> {
        Self::at(pbx, &format!("a{number}"), pbx.host(10 + number), answer)
    }

    /// The central, behind the trunk.
    ///
    /// # Errors
    /// SIPp cannot be started.
    pub fn central(pbx: &AsteriskServer, answer: &Answer) -> Result<Self> {
        Self::at(pbx, "central", pbx.host(200), answer)
    }

    fn at(pbx: &AsteriskServer, name: &str, address: Ipv4Addr, answer: &Answer) -> Result<Self> {
        let station = Station::start(
            pbx,
            name,
            address,
            &with_voice(answer.scenario()?, answer.speaks),
            &[],
        )?;
        station
            .process
            .output()
            .until("socket", PATIENCE, |output| output.contains("ready").then_some(()))?;
        let voice = voice(&station, address, answer.speaks)?;
        Ok(Self { station, voice })
    }

    /// Its voice.
    ///
    /// # Panics
    /// It has none: see [`Answer::speaking`].
    pub fn voice(&self) -> &Voice {
        match &self.voice {
            Some(voice) => voice,
            None => panic!("this phone has no voice"),
        }
    }

    /// Waits for the next message whose first line contains a text.
    ///
    /// # Errors
    /// None comes in time; the error shows those that came.
    pub fn expect(&self, line: &str) -> Result<Message> {
        self.station.expect(line)
    }

    /// Every message so far.
    pub fn messages(&self) -> Vec<Message> {
        self.station.messages()
    }
}

/// A caller yet to call.
pub struct Caller<'a> {
    pbx: &'a AsteriskServer,
    number: String,
    from: String,
    headers: String,
    keys: Option<(Duration, String)>,
    hang_up: Option<Duration>,
    cancel: Option<Duration>,
    calls: u32,
    rate: u32,
    address: u8,
    speaks: Option<u32>,
}

impl<'a> Caller<'a> {
    /// Somebody who calls a number, and then waits for the far end to hang up.
    pub fn to(pbx: &'a AsteriskServer, number: &str) -> Self {
        Self {
            pbx,
            number: number.into(),
            from: "\"Jan Peeters\" <sip:+32470123456@[local_ip]>".into(),
            headers: String::new(),
            keys: None,
            hang_up: None,
            cancel: None,
            calls: 1,
            rate: 1,
            address: 97,
            speaks: None,
        }
    }

    /// Which caller it is, from 0 to 29: two at the same time need different addresses.
    pub fn number(mut self, caller: u8) -> Self {
        self.address = 97 + caller;
        self
    }

    /// A call from the phone of an endpoint `a1` to `a29`, which Asterisk knows by its address.
    pub fn by_phone(mut self, phone: u8) -> Self {
        self.address = 40 + phone;
        self.from = format!("<sip:a{phone}@[local_ip]>");
        self
    }

    /// The From header, without its tag.
    pub fn from(mut self, from: &str) -> Self {
        self.from = from.into();
        self
    }

    /// A header of the INVITE.
    pub fn header(mut self, header: &str) -> Self {
        self.headers.push_str(header);
        self.headers.push('\n');
        self
    }

    /// Keys digits, from so long after the answer on.
    pub fn keys(mut self, after: Duration, digits: &str) -> Self {
        self.keys = Some((after, digits.into()));
        self
    }

    /// Plays a tone of [`TONES`](crate::voice::TONES), and hears.
    pub fn speaking(mut self, hertz: u32) -> Self {
        self.speaks = Some(hertz);
        self
    }

    /// Hangs up so long after the answer.
    pub fn hang_up_after(mut self, time: Duration) -> Self {
        self.hang_up = Some(time);
        self
    }

    /// Gives up before the answer.
    pub fn cancel_after(mut self, time: Duration) -> Self {
        self.cancel = Some(time);
        self
    }

    /// That many calls in all, so many a second.
    pub fn calls(mut self, calls: u32, rate: u32) -> Self {
        (self.calls, self.rate) = (calls, rate);
        self
    }

    /// Calls.
    ///
    /// # Errors
    /// SIPp cannot be started.
    pub fn call(self) -> Result<Call> {
        let (calls, rate) = (self.calls.to_string(), self.rate.to_string());
        let to = self.pbx.sip();
        let arguments = [&*to, "-s", &self.number, "-m", &calls, "-l", &calls, "-r", &rate];
        let name = format!("caller-{}", self.address);
        let address = self.pbx.host(self.address);
        let station = Station::start(
            self.pbx,
            &name,
            address,
            &with_voice(self.scenario()?, self.speaks),
            &arguments,
        )?;
        let voice = voice(&station, address, self.speaks)?;
        if let Some((after, digits)) = &self.keys {
            keys::key(
                station.process.output().clone(),
                self.pbx.host(self.address),
                *after,
                digits,
            )?;
        }
        Ok(Call { station, voice })
    }

    fn scenario(&self) -> Result<String> {
        let from = format!(
            "From: {};tag=[pid]x[call_number]",
            self.from.replace(']', "\\]").replace("[local_ip\\]", "[local_ip]")
        );
        let party = |to: &str| format!("{from}\n{to}");
        let mut text = String::new();
        let invite = request(
            "INVITE sip:[service]@[remote_ip]:[remote_port]",
            &party("To: <sip:[service]@[remote_ip]:[remote_port]>"),
            "1 INVITE",
        ) + &self.headers;
        send(&mut text, RETRY, &invite, true)?;
        let cancel = self.cancel;
        let limit = cancel
            .map(|after| format!(" timeout=\"{}\" ontimeout=\"cancel\"", after.as_millis()))
            .unwrap_or_default();
        text.push_str("<recv response=\"100\" optional=\"true\"/>\n");
        for provisional in [180, 183] {
            writeln!(text, "<recv response=\"{provisional}\" optional=\"true\"{limit}/>")?;
        }
        writeln!(text, "<recv response=\"200\" rrs=\"true\"{limit}/>")?;
        send(&mut text, "", &request("ACK [next_url]", &party("[last_To:]"), "1 ACK"), false)?;
        let bye = || request("BYE [next_url]", &party("[last_To:]"), "2 BYE");
        let hang_up = self.hang_up.map(|after| (after, bye()));
        ends(&mut text, hang_up)?;
        if cancel.is_some() {
            text.push_str("<nop next=\"over\"/>\n<label id=\"cancel\"/>\n");
            let to = party("To: <sip:[service]@[remote_ip]:[remote_port]>");
            let same = |method: &str| {
                format!(
                    "{method} sip:[service]@[remote_ip]:[remote_port] SIP/2.0\n[last_Via:]\n{to}\nCall-ID: [call_id]\nCSeq: 1 {method}\nMax-Forwards: 70\n"
                )
            };
            send(&mut text, RETRY, &same("CANCEL"), false)?;
            text.push_str("<recv response=\"200\"/>\n<recv response=\"487\"/>\n");
            send(&mut text, "", &same("ACK").replace(&to, &party("[last_To:]")), false)?;
        }
        text.push_str("<label id=\"over\"/>\n");
        scenario("caller", &text)
    }
}

/// A call, or several, being made.
pub struct Call {
    station: Station,
    voice: Option<Voice>,
}

impl Call {
    /// The caller's voice.
    ///
    /// # Panics
    /// There is none: see [`Caller::speaking`].
    pub fn voice(&self) -> &Voice {
        match &self.voice {
            Some(voice) => voice,
            None => panic!("this caller has no voice"),
        }
    }

    /// Waits for the next message whose first line contains a text.
    ///
    /// # Errors
    /// None comes in time; the error shows those that came.
    pub fn expect(&self, line: &str) -> Result<Message> {
        self.station.expect(line)
    }

    /// Every message so far.
    pub fn messages(&self) -> Vec<Message> {
        self.station.messages()
    }

    /// From INVITE to 200 of each call so far that was answered, in the order of the answers.
    pub fn answer_times(&self) -> Vec<Duration> {
        let mut invited = BTreeMap::new();
        let mut times = Vec::new();
        for message in self.messages() {
            let Some(call) = message.header("Call-ID").map(ToOwned::to_owned) else { continue };
            if message.sent && message.line().starts_with("INVITE ") {
                invited.entry(call).or_insert(message.at);
            } else if message.line().ends_with("200 OK")
                && message.header("CSeq").is_some_and(|cseq| cseq.ends_with("INVITE"))
                && let Some(at) = invited.remove(&call)
            {
                times.push(message.at.saturating_sub(at));
            }
        }
        times
    }

    /// No further calls; those that are up go on. Of several calls only.
    ///
    /// # Errors
    /// They are not over in time.
    pub fn no_more(&self, within: Duration) -> Result<()> {
        self.station.process.signal("USR1");
        self.station.process.output().ended(within).map(drop)
    }

    /// Waits until all of it went as the script says.
    ///
    /// # Errors
    /// Something else came, or time is up; the error shows the messages.
    pub fn finished(&self, within: Duration) -> Result<()> {
        let exit: ExitStatus = self.station.process.output().ended(within)?;
        ensure!(
            exit.success(),
            "a caller's call did not go as its script says ({exit}):\n{}",
            self.station.process.output().text()
        );
        Ok(())
    }
}

/// A scenario whose media is a voice's.
fn with_voice(scenario: String, speaks: Option<u32>) -> String {
    match speaks {
        Some(_) => scenario.replace("[media_port]", &PORT.to_string()),
        None => scenario,
    }
}

fn voice(station: &Station, address: Ipv4Addr, speaks: Option<u32>) -> Result<Option<Voice>> {
    speaks.map(|hertz| Voice::start(address, hertz, station.process.output().clone())).transpose()
}

/// A running SIPp.
struct Station {
    process: Process,
    /// How many messages [`Self::expect`] has gone past.
    seen: AtomicUsize,
}

impl Station {
    fn start(
        pbx: &AsteriskServer,
        name: &str,
        address: Ipv4Addr,
        scenario: &str,
        arguments: &[&str],
    ) -> Result<Self> {
        let path = pbx.folder().join(format!("{name}.xml"));
        fs::write(&path, scenario).with_context(|| format!("cannot write {}", path.display()))?;
        let mut command = pbx.tools().command("sipp");
        let address = address.to_string();
        command
            .args(arguments)
            .arg("-sf")
            .arg(&path)
            .args(["-i", &address, "-p", "5060", "-mi", &address, "-mp", "16000"]);
        command.args(["-nostdin", "-timer_resol", "1", "-skip_rlimit"]);
        for (switch, file) in [
            ("-trace_msg", "-message_file"),
            ("-trace_logs", "-log_file"),
            ("-trace_err", "-error_file"),
        ] {
            command.args([switch, file, "/dev/stderr"]);
        }
        command.current_dir(pbx.folder()).env("TERM", "dumb");
        Ok(Self { process: Process::start(name, command)?, seen: AtomicUsize::new(0) })
    }

    fn expect(&self, line: &str) -> Result<Message> {
        let from = self.seen.load(Ordering::Relaxed);
        let (index, message) = self.process.output().until(
            &format!("SIP message with {line:?}"),
            PATIENCE,
            |output| {
                parse(output)
                    .into_iter()
                    .enumerate()
                    .skip(from)
                    .find(|(_, message)| message.line().contains(line))
            },
        )?;
        self.seen.store(index + 1, Ordering::Relaxed);
        Ok(message)
    }

    fn messages(&self) -> Vec<Message> {
        parse(&self.process.output().text())
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

const RETRY: &str = " retrans=\"500\"";
const ECHO: &str = "[last_Via:]\n[last_From:]\n[last_To:]";
/// Said once the sockets are open.
const READY: &str = "<init><nop><action><log message=\"ready\"/></action></nop></init>\n";
const SDP: &str = "v=0\no=u 1 1 IN IP[local_ip_type] [local_ip]\ns=-\nc=IN IP[media_ip_type] [media_ip]\nt=0 0\nm=audio [media_port] RTP/AVP 0 101\n\
    a=rtpmap:0 PCMU/8000\na=rtpmap:101 telephone-event/8000\na=fmtp:101 0-16\na=ptime:20\n";

fn scenario(name: &str, steps: &str) -> Result<String> {
    Ok(format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<scenario name=\"{name}\">\n{steps}</scenario>\n"
    ))
}

fn request(line: &str, parties: &str, cseq: &str) -> String {
    format!(
        "{line} SIP/2.0\nVia: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]\n{parties}\nCall-ID: [call_id]\nCSeq: {cseq}\nContact: <sip:[local_ip]:[local_port]>\nMax-Forwards: 70\n"
    )
}

fn send(text: &mut String, attributes: &str, message: &str, with_media: bool) -> Result<()> {
    let body = if with_media {
        format!("Content-Type: application/sdp\nContent-Length: [len]\n\n{SDP}")
    } else {
        "Content-Length: 0\n\n".into()
    };
    write!(text, "<send{attributes}><![CDATA[\n{message}{body}]]></send>\n")?;
    Ok(())
}

fn pause(time: Duration) -> String {
    format!("<pause milliseconds=\"{}\"/>\n", time.as_millis())
}

/// The far end hangs up, or this one does after a time with a request.
fn ends(text: &mut String, hang_up: Option<(Duration, String)>) -> Result<()> {
    match &hang_up {
        Some((after, _)) => writeln!(
            text,
            "<recv request=\"BYE\" timeout=\"{}\" ontimeout=\"bye\"/>",
            after.as_millis()
        )?,
        None => text.push_str("<recv request=\"BYE\"/>\n"),
    }
    send(text, "", &format!("SIP/2.0 200 OK\n{ECHO}\n[last_Call-ID:]\n[last_CSeq:]\n"), false)?;
    if let Some((_, bye)) = hang_up {
        text.push_str("<nop next=\"over\"/>\n<label id=\"bye\"/>\n");
        send(text, RETRY, &bye, false)?;
        text.push_str("<recv response=\"200\"/>\n");
    }
    Ok(())
}

/// The far end gives up; after a time it is answered instead.
fn cancelled(text: &mut String, answer: Option<Duration>) -> Result<()> {
    match answer {
        Some(after) => writeln!(
            text,
            "<recv request=\"CANCEL\" timeout=\"{}\" ontimeout=\"answer\"/>",
            after.as_millis().max(1)
        )?,
        None => text.push_str("<recv request=\"CANCEL\"/>\n"),
    }
    send(text, "", &format!("SIP/2.0 200 OK\n{ECHO}\n[last_Call-ID:]\n[last_CSeq:]\n"), false)?;
    let gone = "SIP/2.0 487 Request Terminated\nVia:[$v]\n[last_From:]\nTo:[$t];tag=[pid]x[call_number]\n[last_Call-ID:]\nCSeq:[$c]\n";
    send(text, RETRY, gone, false)?;
    text.push_str("<recv request=\"ACK\"/>\n");
    if answer.is_some() {
        text.push_str("<nop next=\"over\"/>\n<label id=\"answer\"/>\n");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asterisk::BASELINES;

    #[test]
    fn a_caller_hears_a_second_of_sound() {
        let pbx = AsteriskServer::start().unwrap();
        let call = Caller::to(&pbx, BASELINES[0]).call().unwrap();
        let (invite, answer) = (call.expect("INVITE").unwrap(), call.expect("200 OK").unwrap());
        assert!(invite.sent && !answer.sent && answer.at > invite.at, "{invite:?} {answer:?}");
        call.expect("BYE").unwrap();
        call.finished(PATIENCE).unwrap();
        assert_eq!(call.answer_times(), [answer.at - invite.at]);
    }

    #[test]
    fn without_a_host_the_pbx_takes_its_own_route() {
        let pbx = AsteriskServer::start().unwrap();
        let central = Phone::central(
            &pbx,
            &Answer::after(Duration::from_millis(100)).hang_up_after(Duration::from_millis(100)),
        )
        .unwrap();
        let call = Caller::to(&pbx, "0900").call().unwrap();
        assert!(central.expect("INVITE").unwrap().line().contains("own-route"));
        call.finished(PATIENCE).unwrap();
        pbx.logged("own route after FAILED", PATIENCE).unwrap();
    }

    #[test]
    fn a_phone_that_rings_honours_a_caller_who_gives_up() {
        let pbx = AsteriskServer::start().unwrap();
        let central = Phone::central(&pbx, &Answer::after(Duration::from_secs(60))).unwrap();
        let call =
            Caller::to(&pbx, "0900").cancel_after(Duration::from_millis(300)).call().unwrap();
        call.finished(PATIENCE).unwrap();
        central.expect("CANCEL").unwrap();
        central.expect("487").unwrap();
        central.expect("ACK").unwrap();
    }
}
