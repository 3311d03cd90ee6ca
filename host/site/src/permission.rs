//! What the orders of a flow may touch: nothing but what its flow file grants.

use crate::template::is_address;
use strowger_model::NumberPattern;

/// What the orders of a flow may touch. Empty: nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Permissions {
    /// Numbers and extensions that may be dialled and transferred to.
    pub dial: Vec<NumberPattern>,
    /// Addresses in the PBX's own words that may be dialled and transferred to, such as
    /// `PJSIP/gate`.
    pub addresses: Vec<String>,
    /// Queues of the site. Their agents may be asked for by name, too.
    pub queues: Vec<String>,
    /// Further agents that may be asked for or dialled by name.
    pub agents: Vec<String>,
    /// Whose conversations may be listened to: all agents of a queue, or one, as `agent:NAME`.
    pub listen: Vec<String>,
    /// Agents who may be logged in and out, and so on; `*` is all.
    pub log_in: Vec<String>,
    /// Numbers that may be shown to the far end, besides the flow's own.
    pub caller_ids: Vec<NumberPattern>,
    /// Mail addresses, or `*@` and a domain; `*` is all.
    pub mail: Vec<String>,
    /// Switches that may be turned; `*` is all.
    pub switches: Vec<String>,
    /// Templates of campaigns that may be opened and stopped; `*` is all.
    pub campaigns: Vec<String>,
    /// Flows that may take a call over.
    pub flows: Vec<String>,
}

impl Permissions {
    /// Whether a number or extension may be dialled or transferred to.
    pub fn may_dial(&self, number: &str) -> bool {
        // `0*` stands for numbers of the country. A call abroad costs more.
        let abroad = |text: &str| text.starts_with("00");
        let of_country = |text: &str| text.starts_with('0') && !abroad(text);
        let may = |pattern: &NumberPattern| !(abroad(number) && of_country(pattern.as_str()));
        self.dial.iter().any(|pattern| pattern.matches(number) && may(pattern))
    }

    /// Whether an address in the PBX's own words may be dialled or transferred to.
    pub fn may_use_address(&self, address: &str) -> bool {
        self.addresses.iter().any(|granted| granted == address)
    }

    /// Whether callers may be put into a queue.
    pub fn may_use_queue(&self, queue: &str) -> bool {
        self.queues.iter().any(|granted| granted == queue)
    }

    /// Whether an agent may be logged in and out, and so on.
    pub fn may_log_in(&self, agent: &str) -> bool {
        self.log_in.iter().any(|granted| granted == "*" || granted == agent)
    }

    /// Whether a number may be shown to the far end, besides the flow's own.
    pub fn may_show(&self, number: &str) -> bool {
        self.caller_ids.iter().any(|pattern| pattern.matches(number))
    }

    /// Whether a mail may be sent to an address.
    pub fn may_mail(&self, address: &str) -> bool {
        if !is_address(address) {
            return false;
        }
        let Some((_, domain)) = address.split_once('@') else { return false };
        self.mail.iter().any(|granted| match granted.strip_prefix("*@") {
            Some(granted) => granted.eq_ignore_ascii_case(domain),
            None => granted == "*" || granted.eq_ignore_ascii_case(address),
        })
    }

    /// Whether a switch may be turned.
    pub fn may_turn(&self, switch: &str) -> bool {
        self.switches.iter().any(|granted| granted == "*" || granted == switch)
    }

    /// Whether campaigns of a template may be opened, stopped, and so on.
    pub fn may_campaign(&self, template: &str) -> bool {
        self.campaigns.iter().any(|granted| granted == "*" || granted == template)
    }

    /// Whether a flow may take a call over.
    pub fn may_continue_with(&self, flow: &str) -> bool {
        self.flows.iter().any(|granted| granted == flow)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::Permissions;

    /// Toll fraud: whoever permits the numbers of the country has not permitted calls abroad.
    #[test]
    fn a_national_pattern_permits_no_call_abroad() {
        for (pattern, number, may) in [
            ("0*", "092000300", true),
            ("0*", "0031201234567", false),
            ("0XXXXXXXXX", "0031201234", false),
            ("00*", "0031201234567", true),
            ("*", "0031201234567", true),
            ("XXX", "001", true),
            ("+32*", "+3292000300", true),
        ] {
            let pattern = pattern.parse().unwrap();
            let permissions = Permissions { dial: vec![pattern], ..Permissions::default() };
            assert_eq!(permissions.may_dial(number), may, "{number}");
        }
    }
}
