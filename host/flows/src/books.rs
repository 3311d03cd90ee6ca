//! What a catalogue remembers between reloads: the site, and of each flow what serves, the way
//! back, versions not to take, calls in progress on each. Only [`crate::Catalogue`] holds it.

use crate::{
    files::Files,
    flow::LoadedFlow,
    plan::{Plan, Was},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Weak},
};
use strowger_model::{
    FlowName, FlowVersion, VersionFiles,
    archive::{Decided, Decision, InForce},
};
use strowger_site::{Problem, Report, Site};

/// What is remembered between reloads.
#[derive(Default)]
pub(crate) struct Books {
    /// None: the site file was never good.
    pub(crate) site: Option<Arc<Site>>,
    pub(crate) flows: BTreeMap<FlowName, Book>,
    /// Of the last reload.
    pub(crate) report: Report,
    /// Archived versions that were made again, as long as somebody holds them.
    revived: Vec<Weak<LoadedFlow>>,
    /// Versions withdrawn since the start: a plan made before one is not carried out after it.
    pub(crate) withdrawals: u64,
    /// What the memory was told last, and which versions it has.
    remembered: InForce,
    archived: BTreeSet<FlowVersion>,
}

/// What is remembered of a flow.
#[derive(Default)]
pub(crate) struct Book {
    pub(crate) was: Was,
    /// Withdrawn for its faults, and by what it was replaced.
    pub(crate) withdrawn: Option<String>,
    problems: Vec<Problem>,
    /// Its flow file is there.
    exists: bool,
}

/// A flow as the operator sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowStatus {
    /// Its name.
    pub name: String,
    /// Numbers that it serves.
    pub numbers: Vec<String>,
    /// The plugin's name.
    pub plugin: Option<String>,
    /// The plugin's version.
    pub plugin_version: Option<String>,
    /// What new calls get; none: nothing is good yet, or the flow file is gone.
    pub version: Option<String>,
    /// What a rollback would bring back.
    pub previous: Option<String>,
    /// New calls get the previous version, until the files are changed.
    pub rolled_back: bool,
    /// The version that was withdrawn for its faults, until the files are changed.
    pub withdrawn: Option<String>,
    /// New calls go to the fallback, for there was no previous version.
    pub on_fallback: bool,
    /// Calls in progress by version, those of versions that no longer serve too.
    pub calls: BTreeMap<String, usize>,
    /// Faults of the version that serves.
    pub faults: u64,
    /// It serves although its scenarios fail, for somebody accepted that.
    pub accepted: bool,
    /// What is wrong with the files as they are now.
    pub error: Option<String>,
}

impl Books {
    /// A version that somebody holds.
    pub(crate) fn loaded(&self, on: &FlowVersion) -> Option<Arc<LoadedFlow>> {
        let was = self.flows.get(&on.flow).map(|book| &book.was);
        let held = was.into_iter().flat_map(|was| [&was.serving, &was.previous]).flatten().cloned();
        let revived = self.revived.iter().filter_map(Weak::upgrade);
        held.chain(revived).find(|flow| flow.name == on.flow && flow.version == on.version)
    }

    /// Takes note of a version that was made again; if somebody was faster, theirs is the one.
    pub(crate) fn revived(&mut self, flow: Arc<LoadedFlow>) -> Arc<LoadedFlow> {
        if let Some(first) = self.loaded(&flow.on()) {
            return first;
        }
        self.revived.retain(|flow| flow.strong_count() > 0);
        self.revived.push(Arc::downgrade(&flow));
        let book = self.flows.entry(flow.name.clone()).or_default();
        book.was.live.insert(flow.version.clone(), Arc::downgrade(&flow.counters));
        flow
    }

    /// Scenarios of this version need not pass from now on.
    pub(crate) fn accept(&mut self, on: &FlowVersion) {
        let book = self.flows.entry(on.flow.clone()).or_default();
        book.was.accepted.insert(on.version.clone());
    }

    /// A version serves again that served before the host started, perhaps because of a decision
    /// against another, which was made again if that could be.
    pub(crate) fn recall(
        &mut self,
        serving: Arc<LoadedFlow>,
        against: Option<&Decision>,
        again: impl FnOnce(&FlowVersion) -> Option<Arc<LoadedFlow>>,
    ) {
        let book = self.flows.entry(serving.name.clone()).or_default();
        book.serve(serving);
        let Some(decision) = against else { return };
        book.was.previous = again(&decision.on);
        book.was.barred.insert(decision.on.version.clone());
        if let Decided::Withdrawn(_) = decision.what {
            book.withdrawn = Some(decision.on.version.clone());
        }
    }

    /// This site is in force again.
    pub(crate) fn in_force(&mut self, site: Arc<Site>) {
        self.site = Some(site);
    }

    /// What serves, and what those versions are made of that are new; none: all is as it was.
    pub(crate) fn news(&mut self) -> Option<(InForce, Vec<VersionFiles>)> {
        let site = self.site.as_ref()?.source.as_ref()?.file();
        let serving: Vec<_> =
            self.flows.values().filter_map(|book| book.was.serving.clone()).collect();
        let in_force = InForce { site, flows: serving.iter().map(|flow| flow.on()).collect() };
        if in_force == self.remembered {
            return None;
        }
        self.remembered = in_force.clone();
        let new = serving.iter().filter(|flow| self.archived.insert(flow.on()));
        Some((in_force, new.map(|flow| flow.files()).collect()))
    }

    /// What is wrong, but for what is wrong with the files of a flow.
    pub(crate) fn site_problems(&self) -> Vec<Problem> {
        let of_flows: Vec<&Problem> = self.flows.values().flat_map(|book| &book.problems).collect();
        let problems = self.report.problems.iter();
        problems.filter(|problem| !of_flows.contains(problem)).cloned().collect()
    }

    pub(crate) fn view(&self) -> (Option<Arc<Site>>, BTreeMap<FlowName, Was>, u64) {
        let was = self.flows.iter().map(|(name, book)| (name.clone(), book.was.clone())).collect();
        (self.site.clone(), was, self.withdrawals)
    }

    pub(crate) fn carry_out(
        &mut self,
        site: Option<Arc<Site>>,
        mut plan: Plan,
        files: &Files,
        mut problems: Vec<Problem>,
    ) -> Report {
        let mut report = Report {
            site_changed: site.as_ref().map(|site| &site.version)
                != self.site.as_ref().map(|site| &site.version),
            good: plan.taken.iter().map(|name| name.to_string()).collect(),
            ..Report::default()
        };
        self.site = site;
        let lacking = self.site.as_deref().map(|site| files.templates_without_flow(site));
        report.warnings = lacking.unwrap_or_default();
        for (name, book) in &mut self.flows {
            book.exists = files.flows.contains_key(name) || !files.complete;
            if !book.exists && book.was.serving.take().is_some() {
                report.removed.push(name.to_string());
                *book = Book {
                    was: Was { live: std::mem::take(&mut book.was.live), ..Was::default() },
                    ..Book::default()
                };
            }
        }
        for name in files.flows.keys() {
            let book = self.flows.entry(name.clone()).or_default();
            book.exists = true;
            book.problems = plan.problems.remove(name).unwrap_or_default();
            problems.extend(book.problems.iter().cloned());
            let Some(flow) = plan.flows.remove(name) else { continue };
            if plan.taken.contains(name) {
                book.was.barred.clear();
                book.withdrawn = None;
            }
            if let Some(version) = book.serve(flow) {
                report.swapped.push((name.to_string(), version));
            }
        }
        self.flows.retain(|_, book| book.exists || book.calls().next().is_some());
        self.report = report.with(problems);
        self.report.clone()
    }
}

impl Book {
    /// Serves a flow from now on; says its version if that is another.
    fn serve(&mut self, flow: Arc<LoadedFlow>) -> Option<String> {
        self.was.live.retain(|_, counters| counters.strong_count() > 0);
        self.was.live.insert(flow.version.clone(), Arc::downgrade(&flow.counters));
        let version = flow.version.clone();
        let before = self.was.serving.replace(flow);
        let changed = before.as_ref().is_none_or(|before| before.version != version);
        // A version that was withdrawn is nothing to go back to.
        if let Some(before) = before.filter(|before| changed && !before.withdrawn) {
            self.was.previous = Some(before);
        }
        changed.then_some(version)
    }

    /// Serves the previous version instead, and does not take what served as long as the files say
    /// it.
    pub(crate) fn go_back(&mut self, back: LoadedFlow) {
        back.counters.faults.forgive();
        let back = Arc::new(LoadedFlow { withdrawn: false, ..back });
        self.was.barred.remove(&back.version);
        self.was.live.insert(back.version.clone(), Arc::downgrade(&back.counters));
        if let Some(before) = self.was.serving.replace(back) {
            self.was.barred.insert(before.version.clone());
            self.was.previous = Some(before);
        }
    }

    /// Versions with calls in progress.
    fn calls(&self) -> impl Iterator<Item = (String, usize)> {
        let live = self.was.live.iter();
        live.filter_map(|(version, counters)| Some((version.clone(), counters.upgrade()?.calls())))
            .filter(|(_, calls)| *calls > 0)
    }

    pub(crate) fn status(&self, name: &FlowName) -> Option<FlowStatus> {
        let calls: BTreeMap<String, usize> = self.calls().collect();
        if !self.exists && calls.is_empty() {
            return None;
        }
        let serving = self.was.serving.as_deref();
        let error: String = self.problems.iter().map(Problem::to_string).collect();
        Some(FlowStatus {
            name: name.to_string(),
            numbers: serving
                .into_iter()
                .flat_map(|flow| flow.numbers.iter().map(ToString::to_string))
                .collect(),
            plugin: serving.map(|flow| flow.manifest.name.clone()),
            plugin_version: serving.map(|flow| flow.manifest.version.clone()),
            version: serving.map(|flow| flow.version.clone()),
            previous: self.was.previous.as_ref().map(|flow| flow.version.clone()),
            rolled_back: self.withdrawn.is_none() && !self.was.barred.is_empty(),
            withdrawn: self.withdrawn.clone(),
            on_fallback: serving.is_some_and(|flow| flow.withdrawn),
            calls,
            faults: serving.map_or(0, |flow| flow.counters.faults.all()),
            accepted: serving.is_some_and(|flow| self.was.accepted.contains(&flow.version)),
            error: Some(error).filter(|error| !error.is_empty()),
        })
    }
}
