//! The steps of a SIPp scenario, as XML.

use anyhow::Result;
use std::{fmt::Write as _, time::Duration};

pub(crate) const RETRY: &str = " retrans=\"500\"";
pub(crate) const ECHO: &str = "[last_Via:]\n[last_From:]\n[last_To:]";
/// Said once the sockets are open.
pub(crate) const READY: &str =
    "<init><nop><action><log message=\"ready\"/></action></nop></init>\n";
pub(crate) const SDP: &str = "v=0\no=u 1 1 IN IP[local_ip_type] [local_ip]\ns=-\nc=IN IP[media_ip_type] [media_ip]\nt=0 0\nm=audio [media_port] RTP/AVP 0 101\n\
    a=rtpmap:0 PCMU/8000\na=rtpmap:101 telephone-event/8000\na=fmtp:101 0-16\na=ptime:20\n";

pub(crate) fn scenario(name: &str, steps: &str) -> Result<String> {
    Ok(format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<scenario name=\"{name}\">\n{steps}</scenario>\n"
    ))
}

pub(crate) fn request(line: &str, parties: &str, cseq: &str) -> String {
    format!(
        "{line} SIP/2.0\nVia: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]\n{parties}\nCall-ID: [call_id]\nCSeq: {cseq}\nContact: <sip:[local_ip]:[local_port]>\nMax-Forwards: 70\n"
    )
}

pub(crate) fn send(
    text: &mut String,
    attributes: &str,
    message: &str,
    with_media: bool,
) -> Result<()> {
    let body = if with_media {
        format!("Content-Type: application/sdp\nContent-Length: [len]\n\n{SDP}")
    } else {
        "Content-Length: 0\n\n".into()
    };
    write!(text, "<send{attributes}><![CDATA[\n{message}{body}]]></send>\n")?;
    Ok(())
}

pub(crate) fn pause(time: Duration) -> String {
    format!("<pause milliseconds=\"{}\"/>\n", time.as_millis())
}

/// The far end hangs up, or this one does after a time with a request.
pub(crate) fn ends(text: &mut String, hang_up: Option<(Duration, String)>) -> Result<()> {
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
pub(crate) fn cancelled(text: &mut String, answer: Option<Duration>) -> Result<()> {
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
