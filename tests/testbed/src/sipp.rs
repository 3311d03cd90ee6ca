//! Callers and phones, played by SIPp.
//!
//! Each writes every SIP message that it sends or gets, and the tests wait for those. What they do
//! is a script of a few steps, written out as a SIPp scenario.

use crate::{
    AsteriskServer, Dialog,
    answer::network,
    keys::{self, Keyed},
    script::{RETRY, ends, request, scenario, send},
    station::{Station, voice, with_voice},
    voice::Voice,
};
pub use crate::{
    answer::Answer,
    message::{Message, PATIENCE},
};
use anyhow::{Context, Result, ensure};
use std::{
    collections::BTreeMap, fmt::Write as _, net::Ipv4Addr, process::ExitStatus, time::Duration,
};

/// A phone: it takes any number of calls, and does the same with each.
pub struct Phone {
    station: Station,
    address: Ipv4Addr,
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

    /// The network behind the trunk, in the place of the central: each of these numbers is a phone of
    /// its own. Without voices.
    ///
    /// # Errors
    /// SIPp cannot be started.
    pub fn network(pbx: &AsteriskServer, numbers: &[(&str, Answer)]) -> Result<Self> {
        Self::with(pbx, "network", pbx.host(200), &network(numbers)?, None)
    }

    fn at(pbx: &AsteriskServer, name: &str, address: Ipv4Addr, answer: &Answer) -> Result<Self> {
        let scenario = with_voice(answer.scenario()?, answer.speaks);
        Self::with(pbx, name, address, &scenario, answer.speaks)
    }

    fn with(
        pbx: &AsteriskServer,
        name: &str,
        address: Ipv4Addr,
        scenario: &str,
        speaks: Option<u32>,
    ) -> Result<Self> {
        let station = Station::start(pbx, name, address, scenario, &[])?;
        station
            .process
            .output()
            .until("socket", PATIENCE, |output| output.contains("ready").then_some(()))?;
        let voice = voice(&station, address, speaks)?;
        Ok(Self { station, address, voice })
    }

    /// Keys digits in the last call to a number; this takes its time.
    ///
    /// # Errors
    /// There is none, or these are no digits.
    pub fn key(&self, number: &str, digits: &str) -> Result<()> {
        let messages = self.messages();
        let mut invites = messages.iter().rev().filter(|it| it.line().starts_with("INVITE "));
        let invite = invites.find(|it| it.line().contains(number));
        let media = invite.and_then(keys::media_of);
        Keyed::of(self.address, digits)?.send(&media.context("nobody has called that number")?);
        Ok(())
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

    /// Its transfer key: whoever it talks with goes to a number.
    ///
    /// # Errors
    /// It has no call, or the PBX does not take it.
    pub fn transfer(&self, to: &str) -> Result<()> {
        Dialog::last(&self.messages(), self.address)?.refer(to)
    }

    /// Its transfer key, with a second call of the same phone: whoever it talks with goes to whom
    /// the second call is with.
    ///
    /// # Errors
    /// As [`Self::transfer`].
    pub fn transfer_to(&self, second: &Call) -> Result<()> {
        let second = Dialog::last(&second.messages(), second.address)?;
        Dialog::last(&self.messages(), self.address)?.refer_to(&second)
    }

    /// Its hold key.
    ///
    /// # Errors
    /// As [`Self::transfer`].
    pub fn hold(&self) -> Result<()> {
        Dialog::last(&self.messages(), self.address)?.hold(true)
    }

    /// Its hold key, once more.
    ///
    /// # Errors
    /// As [`Self::transfer`].
    pub fn unhold(&self) -> Result<()> {
        Dialog::last(&self.messages(), self.address)?.hold(false)
    }

    /// Hangs up now. SIPp does not know it: the phone takes no other call.
    ///
    /// # Errors
    /// As [`Self::transfer`].
    pub fn hang_up(&self) -> Result<()> {
        Dialog::last(&self.messages(), self.address)?.bye()
    }

    /// What became of the transfers that it asked for, such as `603 Decline`, in their order.
    pub fn transfers(&self) -> Vec<String> {
        let told = self.messages().into_iter().filter(|it| it.line().starts_with("NOTIFY"));
        let told = told.filter_map(|it| {
            let (_, status) = it.text.rsplit_once("SIP/2.0 ")?;
            Some(status.trim().to_owned()).filter(|status| !status.starts_with("100"))
        });
        told.collect()
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
        Ok(Call { station, address, voice })
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
    address: Ipv4Addr,
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
