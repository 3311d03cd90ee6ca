//! What a flow file says, against the site; or what is wrong with it.

use crate::{
    flow_file::{CaseFile, FlowFile, PermissionsFile},
    settings::no_switch,
};
use std::{collections::BTreeMap, sync::Arc};
use strowger_model::{CaseKind, NumberPattern, PhoneNumber, TemplateName};
use strowger_site::{
    Fallback, Numbering, Permissions, Problem, Site, Template,
    address::{ADDRESS, NUMBER, not_a_number},
    source::{Source, child},
    template::is_address,
};

/// What of a flow file is not in it as it is needed.
pub(crate) struct Read {
    pub(crate) numbers: Vec<NumberPattern>,
    pub(crate) permissions: Permissions,
    pub(crate) fallback: Fallback,
    pub(crate) caller_id: Option<PhoneNumber>,
    pub(crate) mails: BTreeMap<String, Template>,
    pub(crate) cases_to: BTreeMap<CaseKind, Vec<String>>,
}

/// Reads a flow file. Without a site, what does not need one is checked.
pub(crate) fn read(
    file: &FlowFile,
    source: &Source,
    site: Option<&Arc<Site>>,
    problems: &mut Vec<Problem>,
) -> Read {
    Reader { source, site, problems }.flow(file)
}

struct Reader<'a> {
    source: &'a Source,
    site: Option<&'a Arc<Site>>,
    problems: &'a mut Vec<Problem>,
}

impl Reader<'_> {
    fn flow(&mut self, file: &FlowFile) -> Read {
        let granted = &file.permissions;
        let caller_id = file.caller_id.as_ref().and_then(|number| self.caller_id(number));
        let fallback = self.fallback(&file.fallback);
        self.mail_addresses(&granted.mail);
        let mails = self.mails(file);
        let cases_to = self.cases(&file.cases, &mails);
        if let Some(site) = self.site {
            self.known_to(site, granted);
        }
        Read {
            numbers: self.patterns("/numbers", &file.numbers),
            mails,
            cases_to,
            fallback,
            caller_id,
            permissions: Permissions {
                dial: self.patterns("/permissions/dial", &granted.dial),
                addresses: granted.addresses.clone(),
                queues: granted.queues.clone(),
                agents: granted.agents.clone(),
                listen: granted.listen.clone(),
                log_in: granted.log_in.clone(),
                caller_ids: self.patterns("/permissions/caller_ids", &granted.caller_ids),
                mail: granted.mail.clone(),
                switches: granted.switches.clone(),
                campaigns: granted.campaigns.clone(),
                flows: granted.flows.clone(),
            },
        }
    }

    fn caller_id(&mut self, text: &str) -> Option<PhoneNumber> {
        let number = self.numbering().written(text);
        // Of a site file that is wrong nobody knows the country.
        if number.is_none() && self.site.is_some() {
            let problem = self.source.at_value("/caller_id", not_a_number(text));
            self.problems.push(problem.help(NUMBER));
        }
        number
    }

    /// How numbers are written; without a site, only international ones are known.
    fn numbering(&self) -> Numbering {
        self.site.map(|site| site.numbering.clone()).unwrap_or_default()
    }

    fn fallback(&mut self, text: &str) -> Fallback {
        match text {
            "pbx" => Fallback::Pbx,
            other => match self.numbering().address(other) {
                Some(target) => Fallback::To(target),
                None if self.site.is_none() => Fallback::Pbx,
                None => {
                    let message = format!("not a fallback: `{other}`");
                    let help = format!("write \"pbx\" for the PBX's own route; else {ADDRESS}");
                    self.problems.push(self.source.at_value("/fallback", message).help(help));
                    Fallback::Pbx
                }
            },
        }
    }

    /// The addresses to which the flow may write; a `*` may stand for every name, or
    /// for every address.
    fn mail_addresses(&mut self, addresses: &[String]) {
        for (index, address) in addresses.iter().enumerate() {
            let named = address.split_once('@').is_some_and(|(name, domain)| {
                !name.is_empty()
                    && domain.contains('.')
                    && !address.contains(char::is_whitespace)
                    && !domain.contains('*')
            });
            if !named && address != "*" {
                let at = format!("/permissions/mail/{index}");
                let problem = self.source.at_value(&at, format!("not a mail address: `{address}`"));
                self.problems.push(
                    problem
                        .help("write \"name@domain.be\", or \"*@domain.be\" for every name there"),
                );
            }
        }
    }

    /// What is granted has to be there.
    fn known_to(&mut self, site: &Site, granted: &PermissionsFile) {
        let queues: Vec<_> = site.queues.keys().map(|name| name.as_str()).collect();
        self.known("queue", "/permissions/queues", &granted.queues, &queues);
        let agents: Vec<_> = site.agents.keys().map(|name| name.as_str()).collect();
        self.known("agent", "/permissions/agents", &granted.agents, &agents);
        let any_agent = [&agents[..], &["*"]].concat();
        self.known("agent", "/permissions/log_in", &granted.log_in, &any_agent);
        let templates = site.campaigns.keys().map(TemplateName::as_str).chain(["*"]);
        let templates: Vec<_> = templates.collect();
        self.known("campaign template", "/permissions/campaigns", &granted.campaigns, &templates);
        for (index, name) in granted.switches.iter().enumerate().filter(|(_, name)| *name != "*") {
            if let Some((message, help)) = no_switch(Some(site), name) {
                let problem =
                    self.source.at_value(&format!("/permissions/switches/{index}"), message);
                self.problems.push(Problem { help, ..problem });
            }
        }
        let named: Vec<String> = agents.iter().map(|name| format!("agent:{name}")).collect();
        let either: Vec<_> =
            queues.iter().copied().chain(named.iter().map(String::as_str)).collect();
        self.known("queue or agent", "/permissions/listen", &granted.listen, &either);
    }

    /// Whom to tell of which kind of case.
    fn cases(
        &mut self,
        cases: &BTreeMap<String, CaseFile>,
        mails: &BTreeMap<String, Template>,
    ) -> BTreeMap<CaseKind, Vec<String>> {
        for (kind, case) in cases {
            let at = child("/cases", kind);
            if let Some(site) = self.site
                && !site.cases.contains_key(kind.as_str())
            {
                let message = format!("no kind of case `{kind}` in the site file");
                let known = site.cases.keys().map(CaseKind::as_str);
                self.problems.push(self.source.at_key(&at, message).suggest(kind, known));
            }
            for (index, address) in
                case.mail_to.iter().enumerate().filter(|(_, address)| !is_address(address))
            {
                let at = format!("{at}/mail_to/{index}");
                let problem = self.source.at_value(&at, format!("not a mail address: `{address}`"));
                self.problems.push(problem.help("write \"name@domain.be\""));
            }
            // A mail that is wrong is said to be so elsewhere.
            let written = || self.source.value["mails"].get(kind).is_some();
            if !case.mail_to.is_empty() && !mails.contains_key(kind) && !written() {
                let problem = self.source.at_key(&at, "there is no mail for these cases");
                let help = format!("write one as [mails.{kind}], with subject and text");
                self.problems.push(problem.help(help));
            }
        }
        cases.iter().map(|(kind, case)| (kind.as_str().into(), case.mail_to.clone())).collect()
    }

    fn mails(&mut self, file: &FlowFile) -> BTreeMap<String, Template> {
        let mut mails = BTreeMap::new();
        for (name, mail) in &file.mails {
            match Template::new(&mail.subject, &mail.text) {
                Ok(template) => drop(mails.insert(name.clone(), template)),
                Err((key, at, why)) => {
                    self.problems.push(self.source.within(
                        &child(&child("/mails", name), key),
                        at,
                        why,
                    ));
                }
            }
        }
        mails
    }

    /// National patterns are also international ones, which come first.
    fn patterns(&mut self, at: &str, texts: &[String]) -> Vec<NumberPattern> {
        let numbering = self.numbering();
        let parse = |(index, text): (usize, &String)| match text.parse::<NumberPattern>() {
            Ok(pattern) => Some(pattern),
            Err(error) => {
                self.problems
                    .push(self.source.at_value(&format!("{at}/{index}"), error.to_string()));
                None
            }
        };
        let patterns: Vec<NumberPattern> = texts.iter().enumerate().filter_map(parse).collect();
        patterns.into_iter().flat_map(|pattern| numbering.patterns(pattern)).collect()
    }

    fn known(&mut self, what: &str, at: &str, names: &[String], known: &[&str]) {
        for (index, name) in names.iter().enumerate() {
            if !known.contains(&name.as_str()) {
                let problem = self.source.at_value(
                    &format!("{at}/{index}"),
                    format!("no {what} `{name}` in the site file"),
                );
                self.problems.push(problem.suggest(name, known.iter().copied()));
            }
        }
    }
}
