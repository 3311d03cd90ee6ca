//! Switches.

use super::{Reader, staff::in_order};
use crate::{
    site::Switch,
    site_file::{AgentFile, SwitchFile},
    source::child,
};
use indexmap::IndexMap;
use std::collections::BTreeMap;

impl Reader<'_> {
    pub(super) fn switches(
        &mut self,
        files: BTreeMap<String, SwitchFile>,
        agents: &BTreeMap<String, AgentFile>,
    ) -> IndexMap<String, Switch> {
        let files = in_order(self.source, "/switches", files);
        let codes =
            files.iter().filter_map(|(name, file)| Some((name.clone(), file.code.clone()?)));
        self.each_once("/switches", "code", codes.collect());
        let mut switches: Vec<Switch> =
            files.into_iter().map(|(name, file)| self.switch(name, file, agents)).collect();
        switches.sort_by_cached_key(|switch| (switch.label.to_lowercase(), switch.name.clone()));
        switches.into_iter().map(|switch| (switch.name.clone(), switch)).collect()
    }

    fn switch(
        &mut self,
        name: String,
        file: SwitchFile,
        agents: &BTreeMap<String, AgentFile>,
    ) -> Switch {
        let at = child("/switches", &name);
        for (index, position) in file.positions.iter().enumerate() {
            if file.positions[..index].contains(position) {
                let at = format!("{at}/positions/{index}");
                let message = format!("the switch has position `{position}` already");
                let problem = self.source.at_value(&at, message);
                self.wrong(problem.help("each position has a name of its own"));
            }
        }
        for (index, agent) in file.turned_by.iter().enumerate() {
            let at = format!("{at}/turned_by/{index}");
            if !agents.contains_key(agent) {
                let problem = self.source.at_value(&at, format!("no agent `{agent}`"));
                self.wrong(problem.suggest(agent, agents.keys().map(String::as_str)));
            } else if file.turned_by[..index].contains(agent) {
                let problem =
                    self.source.at_value(&at, format!("agent `{agent}` is in this list twice"));
                self.wrong(problem);
            }
        }
        Switch {
            label: file.label.unwrap_or_else(|| name.clone()),
            name,
            positions: file.positions,
            code: file.code,
            turned_by: file.turned_by.iter().map(|agent| agent.as_str().into()).collect(),
        }
    }
}
