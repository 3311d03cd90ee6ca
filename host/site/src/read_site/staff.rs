//! Queues and agents.

use super::{Reader, seconds};
use crate::{
    Numbering,
    address::ADDRESS,
    pin::Pin,
    site::{Agent, Endpoint, Queue},
    site_file::{AgentFile, QueueFile},
    source::{Source, child},
};
use indexmap::IndexMap;
use std::collections::BTreeMap;
use strowger_model::{AgentName, QueueName, command::Target};

impl Reader<'_> {
    pub(super) fn queues(
        &mut self,
        files: BTreeMap<String, QueueFile>,
        agents: &BTreeMap<String, AgentFile>,
        music: &BTreeMap<String, String>,
    ) -> IndexMap<QueueName, Queue> {
        in_order(self.source, "/queues", files)
            .into_iter()
            .map(|(name, queue)| (name.as_str().into(), self.queue(&name, queue, agents, music)))
            .collect()
    }

    pub(super) fn agents(
        &mut self,
        files: BTreeMap<String, AgentFile>,
        numbering: &Numbering,
        confirm: bool,
    ) -> IndexMap<AgentName, Agent> {
        in_order(self.source, "/agents", files)
            .into_iter()
            .map(|(name, agent)| {
                (name.as_str().into(), self.agent(name, agent, numbering, confirm))
            })
            .collect()
    }

    /// Checks the codes of queues and the extensions of agents.
    pub(super) fn keyed_once(
        &mut self,
        queues: &BTreeMap<String, QueueFile>,
        agents: &BTreeMap<String, AgentFile>,
    ) {
        let codes = in_order(self.source, "/queues", queues)
            .into_iter()
            .filter_map(|(name, queue)| Some((name, queue.code.clone()?)));
        self.each_once("/queues", "code", codes.collect());
        let extensions = in_order(self.source, "/agents", agents)
            .into_iter()
            .filter_map(|(name, agent)| Some((name, agent.extension.clone()?)));
        self.each_once("/agents", "extension", extensions.collect());
        let was = queues.iter().filter_map(|(name, queue)| Some((name, queue.was.as_ref()?)));
        self.renamed("/queues", was.collect(), |name| queues.contains_key(name));
        let was = agents.iter().filter_map(|(name, agent)| Some((name, agent.was.as_ref()?)));
        self.renamed("/agents", was.collect(), |name| agents.contains_key(name));
    }

    /// Names of before are nobody's now, and were one's.
    pub(super) fn renamed(
        &mut self,
        table: &str,
        renamed: Vec<(&String, &String)>,
        is_there: impl Fn(&str) -> bool,
    ) {
        for (index, (name, was)) in renamed.iter().enumerate() {
            let at = child(&child(table, name), "was");
            if is_there(was) {
                let problem = self.source.at_value(&at, format!("`{was}` is still in this file"));
                self.wrong(problem.help("`was` is the name before, which nobody has any more"));
            } else if let Some((other, _)) = renamed[..index].iter().find(|(_, old)| old == was) {
                let problem =
                    self.source.at_value(&at, format!("`{was}` is what `{other}` was, too"));
                let other = self.source.place(&child(&child(table, other), "was"));
                self.wrong(problem.see(&self.source.path, other));
            }
        }
    }

    /// Digits that people key stand for one thing, and are the name of no other.
    pub(super) fn each_once(&mut self, table: &str, what: &str, keyed: Vec<(String, String)>) {
        for (index, (name, digits)) in keyed.iter().enumerate() {
            let at = child(&child(table, name), what);
            if let Some((taken, _)) = keyed[..index].iter().find(|(_, other)| other == digits) {
                let other = self.source.place(&child(&child(table, taken), what));
                let problem =
                    self.source.at_value(&at, format!("{what} {digits} is `{taken}`'s already"));
                self.wrong(problem.see(&self.source.path, other));
            }
            if name != digits && self.source.value.pointer(&child(table, digits)).is_some() {
                self.wrong(
                    self.source.at_value(
                        &at,
                        format!("{what} {digits} is the name of another in this file"),
                    ),
                );
            }
        }
    }

    fn queue(
        &mut self,
        name: &str,
        file: QueueFile,
        agents: &BTreeMap<String, AgentFile>,
        music: &BTreeMap<String, String>,
    ) -> Queue {
        let at = child("/queues", name);
        if name.starts_with("agent:") {
            let problem = self.source.at_key(&at, "a queue may not be named like `agent:NAME`");
            self.wrong(problem.help("that is how flows ask for an agent"));
        }
        for (index, agent) in file.agents.iter().enumerate() {
            let at = format!("{at}/agents/{index}");
            if !agents.contains_key(agent) {
                let problem = self.source.at_value(&at, format!("no agent `{agent}`"));
                self.wrong(problem.suggest(agent, agents.keys().map(String::as_str)));
            } else if file.agents[..index].contains(agent) {
                let problem =
                    self.source.at_value(&at, format!("agent `{agent}` is in this queue twice"));
                self.wrong(problem);
            }
        }
        if let Some(class) = &file.music
            && !music.contains_key(class)
        {
            let problem =
                self.source.at_value(&format!("{at}/music"), format!("no music `{class}`"));
            let help = "name it in [music], with the PBX's name of it";
            self.wrong(problem.help(help).suggest(class, music.keys().map(String::as_str)));
        }
        Queue {
            name: name.into(),
            was: file.was.map(Into::into),
            strategy: file.strategy,
            agents: file.agents.iter().map(|agent| agent.as_str().into()).collect(),
            cap: file.cap,
            ring_time: seconds(file.ring_time),
            wrap_up: seconds(file.wrap_up),
            retry_after: seconds(file.retry_after),
            pause_after: file.pause_after,
            too_short: seconds(file.too_short),
            music: file.music,
            leave_when_empty: file.leave_when_empty,
            interrupts: file.interrupts,
            ring_busy: file.ring_busy,
            code: file.code,
            answer_within: seconds(file.answer_within),
        }
    }

    fn agent(
        &mut self,
        name: String,
        file: AgentFile,
        numbering: &Numbering,
        confirm: bool,
    ) -> Agent {
        let at = child("/agents", &name);
        let mut endpoints = Vec::new();
        for (index, endpoint) in file.endpoints.into_iter().enumerate() {
            let ring_time = endpoint.ring_time.map(seconds);
            if endpoint.confirm == Some(true) && !confirm {
                let at = format!("{at}/endpoints/{index}/confirm");
                let problem =
                    self.source.at_value(&at, "there is no table [confirm]: nothing can be asked");
                self.wrong(problem.help("[confirm] says which key, and what the question is"));
            }
            match numbering.address(&endpoint.address) {
                Some(target) => {
                    let number = matches!(target, Target::Number(_));
                    let asked = endpoint.confirm.unwrap_or(number);
                    endpoints.push(Endpoint { target, ring_time, confirm: asked });
                }
                None => {
                    let at = format!("{at}/endpoints/{index}/address");
                    let problem = self
                        .source
                        .at_value(&at, format!("not an address: `{}`", endpoint.address));
                    self.wrong(problem.help(ADDRESS));
                }
            }
        }
        let pin = file.pin.and_then(|text| {
            let pin = Pin::read(&text);
            if pin.is_none() {
                let problem = self.source.at_key(&format!("{at}/pin"), "not the hash of a PIN");
                self.wrong(
                    problem.help("`strowger pin` prints one; a PIN itself is never written down"),
                );
            }
            pin
        });
        Agent {
            display_name: file.name.unwrap_or_else(|| name.clone()),
            name: name.into(),
            was: file.was.map(Into::into),
            endpoints,
            ring_endpoints: file.ring_endpoints,
            logged_in: file.logged_in,
            extension: file.extension,
            pin,
        }
    }
}

/// What is in a table, in the order of the file.
pub(super) fn in_order<N: Into<String>, T>(
    source: &Source,
    at: &str,
    named: impl IntoIterator<Item = (N, T)>,
) -> Vec<(String, T)> {
    let mut named: Vec<(String, T)> =
        named.into_iter().map(|(name, item)| (name.into(), item)).collect();
    named.sort_by_key(|(name, _)| source.offset(&child(at, name)));
    named
}
