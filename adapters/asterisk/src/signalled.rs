//! What the signalling says of who calls: whether the number may be shown, and the headers of SIP.

use crate::rest::{Reply, Rest};
use strowger_model::Signalled;

impl Rest {
    /// What the signalling says of who calls. Only a channel of PJSIP keeps the headers.
    pub(super) async fn signalled(&self, channel: &str, name: &str) -> Reply<Signalled> {
        if !name.starts_with("PJSIP/") {
            return Ok(signalled(&self.variable(channel, PRESENTATION).await?, &[]));
        }
        let read = |header| format!("${{PJSIP_HEADER(read,{header})}}");
        let presentation = format!("${{{PRESENTATION}}}");
        let asked: Vec<String> =
            std::iter::once(presentation).chain(HEADERS.into_iter().map(read)).collect();
        let said = self.variable(channel, &format!("EVAL({})", asked.join(BETWEEN))).await?;
        let mut said: Vec<&str> = said.split(BETWEEN).collect();
        let presentation = said.remove(0);
        Ok(signalled(presentation, &said))
    }
}

/// The headers that say who calls.
const HEADERS: [&str; 4] = ["Privacy", "From", "P-Asserted-Identity", "Remote-Party-ID"];
/// Whether the number may be shown: a word that Asterisk makes.
const PRESENTATION: &str = "CALLERID(pres)";
/// Stands between them when they are asked for together; no header has it.
const BETWEEN: &str = "\u{1f}";

fn signalled(presentation: &str, headers: &[&str]) -> Signalled {
    let withheld = presentation.starts_with("prohib") || presentation == "unavailable";
    match headers {
        [] => Signalled { withheld, ..Signalled::default() },
        [privacy, from, asserted_identity, remote_party_id] => {
            let said = |header: &str| Some(header.to_owned()).filter(|it| !it.is_empty());
            Signalled {
                withheld,
                privacy: said(privacy),
                from: said(from),
                asserted_identity: said(asserted_identity),
                remote_party_id: said(remote_party_id),
            }
        }
        // A header that is made to be taken for several is believed in nothing.
        _ => Signalled { withheld: true, ..Signalled::default() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_made_of_several_is_not_believed() {
        let said = signalled("allowed_not_screened", &["", "<sip:1@x>", "", ""]);
        assert_eq!(said, Signalled { from: Some("<sip:1@x>".to_owned()), ..Default::default() });
        let withheld = Signalled { withheld: true, ..Default::default() };
        assert_eq!(signalled("allowed", &["", "", "", "", ""]), withheld);
        assert_eq!(signalled("prohib_not_screened", &[]), withheld);
    }
}
