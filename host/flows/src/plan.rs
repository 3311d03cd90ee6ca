//! What should serve, given the files as they are and what serves now. Changes nothing:
//! [`crate::catalogue`] does.
//!
//! A plan stands on one site as a whole. A flow whose file is wrong goes on as it was; if even that
//! does not fit a site that was changed, the site is not taken.

use crate::{
    files::Files,
    fit::Kept,
    flow::{Counters, LoadedFlow},
    fronts::Fronts,
    snapshot::{CatalogueConfig, Snapshot},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Weak},
};
use strowger_model::FlowName;
use strowger_site::{Problem, Site};

/// What serves now under a name, and what not to take.
#[derive(Clone, Default)]
pub(crate) struct Was {
    pub(crate) serving: Option<Arc<LoadedFlow>>,
    pub(crate) previous: Option<Arc<LoadedFlow>>,
    /// Versions that were rolled back or withdrawn, and are not taken as long as the files say the
    /// same.
    pub(crate) barred: BTreeSet<String>,
    /// Versions that serve although their scenarios fail.
    pub(crate) accepted: BTreeSet<String>,
    /// Versions that calls are still on, by version.
    pub(crate) live: BTreeMap<String, Weak<Counters>>,
}

/// What should serve.
#[derive(Default)]
pub(crate) struct Plan {
    pub(crate) flows: BTreeMap<FlowName, Arc<LoadedFlow>>,
    /// Flows that serve what their files say.
    pub(crate) taken: BTreeSet<FlowName>,
    pub(crate) problems: BTreeMap<FlowName, Vec<Problem>>,
    /// Flows that serve now and do not fit the site.
    pub(crate) unfit: BTreeMap<FlowName, Vec<Problem>>,
}

impl Was {
    /// What another version of the same content has in store.
    pub(crate) fn kept(&self, version: &str) -> Option<Kept> {
        [&self.serving, &self.previous]
            .into_iter()
            .flatten()
            .find(|flow| flow.version == version)
            .map(|flow| Kept { flow: flow.flow.clone(), counters: flow.counters.clone() })
    }

    /// The serving version on another site.
    pub(crate) fn rebase(
        &self,
        flow: &Arc<LoadedFlow>,
        site: &Arc<Site>,
    ) -> Result<Arc<LoadedFlow>, Vec<Problem>> {
        if Arc::ptr_eq(&flow.site, site) {
            return Ok(flow.clone());
        }
        let fitted = flow.origin.fit(Some(site), |version| self.kept(version))?;
        Ok(match fitted {
            Some(fitted) => Arc::new(LoadedFlow { withdrawn: flow.withdrawn, ..fitted }),
            None => flow.clone(),
        })
    }
}

/// Plans for one site. Without any, what does not need one is checked, and nothing serves.
pub(crate) fn plan(
    config: &CatalogueConfig,
    site: Option<&Arc<Site>>,
    files: &Files,
    was: &BTreeMap<FlowName, Was>,
) -> Plan {
    let nothing = Was::default();
    let mut planner = Planner { site, files, was, plan: Plan::default() };
    for (name, file) in &files.flows {
        let was = was.get(name).unwrap_or(&nothing);
        let fitted = match file {
            Ok(origin) => origin.fit(site, |version| was.kept(version)),
            Err(problems) => Err(problems.clone()),
        };
        match (fitted, &was.serving) {
            (Ok(Some(flow)), _) if was.barred.contains(&flow.version) => planner.keep(name),
            (Ok(Some(flow)), Some(serving))
                if flow.version == serving.version && !serving.withdrawn =>
            {
                let same = Arc::ptr_eq(&serving.site, &flow.site);
                let flow = if same { serving.clone() } else { Arc::new(flow) };
                planner.plan.flows.insert(name.clone(), flow);
                planner.plan.taken.insert(name.clone());
            }
            (Ok(Some(flow)), _) => {
                planner.plan.flows.insert(name.clone(), Arc::new(flow));
                planner.plan.taken.insert(name.clone());
            }
            (Ok(None), _) => drop(planner.plan.taken.insert(name.clone())),
            (Err(problems), _) => planner.refuse(name, problems),
        }
    }
    planner.settle(config);
    planner.plan
}

struct Planner<'a> {
    site: Option<&'a Arc<Site>>,
    files: &'a Files,
    was: &'a BTreeMap<FlowName, Was>,
    plan: Plan,
}

impl Planner<'_> {
    /// What the files say is not taken.
    fn refuse(&mut self, name: &FlowName, problems: Vec<Problem>) {
        self.plan.problems.entry(name.clone()).or_default().extend(problems);
        self.keep(name);
    }

    /// What serves goes on serving, on the site of the plan.
    fn keep(&mut self, name: &FlowName) {
        self.plan.taken.remove(name);
        self.plan.flows.remove(name);
        let Some(was) = self.was.get(name) else { return };
        let (Some(serving), Some(site)) = (&was.serving, self.site) else { return };
        match was.rebase(serving, site) {
            Ok(flow) => drop(self.plan.flows.insert(name.clone(), flow)),
            Err(problems) => drop(self.plan.unfit.insert(name.clone(), problems)),
        }
    }

    fn serves_now(&self, flow: &LoadedFlow) -> bool {
        let serving = self.was.get(&flow.name).and_then(|was| was.serving.as_ref());
        serving.is_some_and(|serving| serving.version == flow.version)
    }

    /// Refuses flows that claim the numbers of others, those that lead back to themselves, and those that the gate refuses, until
    /// nothing is left to refuse.
    fn settle(&mut self, config: &CatalogueConfig) {
        let mut tried = BTreeSet::new();
        loop {
            let mut wrong = self.overlaps();
            for (name, problems) in self.circles() {
                wrong.entry(name).or_default().extend(problems);
            }
            if !wrong.is_empty() {
                for (name, problems) in wrong {
                    self.refuse(&name, problems);
                }
                continue;
            }
            let (Some(gate), Some(site)) = (&config.gate, self.site) else { return };
            let snapshot = Snapshot { site: site.clone(), flows: self.plan.flows.clone() };
            let untried = snapshot.flows.values().find(|flow| {
                let serves = self.was.get(&flow.name).and_then(|was| was.serving.as_ref());
                let was = self.was.get(&flow.name);
                !flow.withdrawn
                    && !was.is_some_and(|was| was.accepted.contains(&flow.version))
                    && !serves.is_some_and(|serves| Arc::ptr_eq(serves, flow))
                    && !tried.contains(&(flow.name.clone(), flow.version.clone()))
            });
            let Some(flow) = untried else { return };
            tried.insert((flow.name.clone(), flow.version.clone()));
            // A gate that panics must not end the watching.
            let passed = catch_unwind(AssertUnwindSafe(|| gate(&snapshot, flow)));
            if let Err(why) = passed
                .unwrap_or_else(|_| Err("they could not be run to their end: a panic".to_owned()))
            {
                let problem = vec![Problem::of_file(
                    &flow.file,
                    format!("flow `{}` fails its scenarios: {why}", flow.name),
                )];
                match self.serves_now(flow) {
                    true => drop(self.plan.unfit.insert(flow.name.clone(), problem)),
                    false => self.refuse(&flow.name, problem),
                }
            }
        }
    }

    /// Flows that have changed and lead back to themselves.
    fn circles(&self) -> BTreeMap<FlowName, Vec<Problem>> {
        let changed = || self.plan.flows.values().filter(|flow| !self.serves_now(flow));
        if changed().next().is_none() {
            return BTreeMap::new();
        }
        let fronts = Fronts::of(&self.plan.flows);
        let circle = |flow: &Arc<LoadedFlow>| Some((flow.name.clone(), vec![fronts.circle(flow)?]));
        changed().filter_map(circle).collect()
    }

    /// Flows that have changed and claim numbers of others.
    fn overlaps(&self) -> BTreeMap<FlowName, Vec<Problem>> {
        let mut found: BTreeMap<FlowName, Vec<Problem>> = BTreeMap::new();
        let numbering = self.site.map(|site| site.numbering.clone()).unwrap_or_default();
        for flow in self.plan.flows.values().filter(|flow| !self.serves_now(flow)) {
            let loaded = self.plan.flows.values().map(|other| &other.origin);
            let others = loaded.chain(self.files.aside());
            for other in others.filter(|other| other.name != flow.name) {
                for (at, number) in flow.origin.numbers(&numbering) {
                    let claims = other.numbers(&numbering);
                    let Some((other_at, claimed)) =
                        claims.iter().find(|(_, claimed)| claimed.overlaps(&number))
                    else {
                        continue;
                    };
                    let message = match *claimed == number {
                        true => format!("`{number}` is a number of flow `{}` too", other.name),
                        false => {
                            format!("`{number}` overlaps `{claimed}` of flow `{}`", other.name)
                        }
                    };
                    let problem = flow.origin.source.at_value(&at, message);
                    let problem = problem.see(&other.source.path, other.source.place(other_at));
                    found.entry(flow.name.clone()).or_default().push(problem);
                }
            }
        }
        found
    }
}
