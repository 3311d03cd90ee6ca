//! What serves new calls: one immutable snapshot, replaced in one store.
//!
//! The catalogue owns the snapshot and what is remembered of each flow: its previous version,
//! versions not to take, calls in progress on each. A reload reads, checks, compiles and tries
//! while the old snapshot serves (`plan`); only then does it take the lock that faults and status
//! need, for as long as it takes to store a pointer.

use crate::{
    files::{Files, Plugins, SITE_FILE},
    flow::{LoadedFlow, OnFlow},
    plan::{Plan, Was, plan},
    snapshot::{CatalogueConfig, Snapshot},
};
use arc_swap::ArcSwap;
use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};
use strowger_model::{FlowName, FlowVersion, Timestamp};
use strowger_sandbox::Engine;
use strowger_site::{Problem, Report, Site, problem::list};

/// Flows as loaded, and the way to replace them.
pub struct Catalogue {
    config: CatalogueConfig,
    plugins: Plugins,
    current: ArcSwap<Snapshot>,
    /// One reload or rollback at a time. Taken before `books`.
    changing: Mutex<()>,
    /// Held for moments only.
    books: Mutex<Books>,
}

/// What is remembered between reloads.
#[derive(Default)]
pub(crate) struct Books {
    /// None: the site file was never good.
    site: Option<Arc<Site>>,
    flows: BTreeMap<FlowName, Book>,
    /// Of the last reload.
    report: Report,
    /// Archived versions that were made again, as long as somebody holds them.
    revived: Vec<Weak<LoadedFlow>>,
    /// Versions withdrawn since the start: a plan made before one is not carried out after it.
    withdrawals: u64,
}

/// What is remembered of a flow.
#[derive(Default)]
struct Book {
    was: Was,
    /// Withdrawn for its faults, and by what it was replaced.
    withdrawn: Option<String>,
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
    /// New calls get the version of before, until the files are changed.
    pub rolled_back: bool,
    /// The version that was withdrawn for its faults, until the files are changed.
    pub withdrawn: Option<String>,
    /// New calls go to the fallback, for there was no version of before.
    pub on_fallback: bool,
    /// Calls in progress by version, those of versions that no longer serve too.
    pub calls: BTreeMap<String, usize>,
    /// Faults of the version that serves.
    pub faults: u64,
    /// What is wrong with the files as they are now.
    pub error: Option<String>,
}

/// Why there is no way back.
#[derive(Debug, thiserror::Error)]
pub enum RollbackError {
    /// There is no such flow.
    #[error("no flow {name:?} is loaded; there is {known}")]
    UnknownFlow {
        /// The name asked for.
        name: String,
        /// Those there are.
        known: String,
    },
    /// The flow has had one version only.
    #[error("flow {0:?} has no previous version: it was not changed since the host started")]
    NoPrevious(String),
    /// The previous version does not go with the rest as it is now.
    #[error(
        "the previous version of flow {name:?} does not fit the site and the flows as they are now:\n{why}"
    )]
    Unfit {
        /// The flow.
        name: String,
        /// What does not fit.
        why: String,
    },
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Catalogue {
    /// Reads everything. What is wrong is in the report; the rest serves.
    pub fn open(config: CatalogueConfig) -> (Arc<Self>, Report) {
        let nothing = Snapshot { site: Arc::new(Site::empty()), flows: BTreeMap::new() };
        let catalogue = Arc::new(Self {
            config,
            plugins: Plugins::default(),
            current: ArcSwap::from_pointee(nothing),
            changing: Mutex::default(),
            books: Mutex::default(),
        });
        let report = catalogue.reload();
        (catalogue, report)
    }

    /// A catalogue that serves this and reads no files: for scenarios.
    pub fn still(snapshot: Snapshot, engine: Engine) -> Arc<Self> {
        let config = CatalogueConfig {
            flows_dir: PathBuf::new(),
            plugins_dir: PathBuf::new(),
            about: None,
            engine,
            gate: None,
            faults_per_minute: usize::MAX,
        };
        Arc::new(Self {
            config,
            plugins: Plugins::default(),
            current: ArcSwap::from_pointee(snapshot),
            changing: Mutex::default(),
            books: Mutex::default(),
        })
    }

    /// Where flows come from.
    pub fn config(&self) -> &CatalogueConfig {
        &self.config
    }

    /// What serves new calls.
    pub fn current(&self) -> Arc<Snapshot> {
        self.current.load_full()
    }

    /// What came of the last reload.
    pub fn report(&self) -> Report {
        lock(&self.books).report.clone()
    }

    /// Reads everything again. Blocks while plugins are compiled and tried; the old snapshot serves
    /// meanwhile.
    pub fn reload(&self) -> Report {
        let _one_at_a_time = lock(&self.changing);
        let files = Files::read(&self.config, &self.plugins);
        loop {
            let (site, was, withdrawals) = lock(&self.books).view();
            let (site, plan, problems) = choose(&self.config, &files, site.as_ref(), &was);
            let mut books = lock(&self.books);
            if books.withdrawals == withdrawals {
                let report = books.carry_out(site, plan, &files, problems);
                self.publish(&books);
                return report;
            }
        }
    }

    /// Brings the previous version of a flow back, on the site as it is now; returns that version.
    /// It serves until the flow's files change. A second time undoes the first.
    pub fn rollback(&self, name: &str) -> Result<String, RollbackError> {
        let _one_at_a_time = lock(&self.changing);
        let mut books = lock(&self.books);
        let known: Vec<&str> = books.flows.keys().map(FlowName::as_str).collect();
        let unknown = RollbackError::UnknownFlow { name: name.to_owned(), known: list(&known) };
        let no_previous = || RollbackError::NoPrevious(name.to_owned());
        let unfit = |why: String| RollbackError::Unfit { name: name.to_owned(), why };
        let site = books.site.clone().ok_or_else(no_previous)?;
        let Some(book) = books.flows.get(name) else { return Err(unknown) };
        let previous = book.was.previous.as_ref().ok_or_else(no_previous)?;
        let back = book
            .was
            .rebase(previous, &site)
            .map_err(|problems| unfit(problems.iter().map(Problem::to_string).collect()))?;
        for other in books.flows.values().filter_map(|book| book.was.serving.as_ref()) {
            let overlap = back
                .numbers
                .iter()
                .find(|number| other.numbers.iter().any(|claimed| claimed.overlaps(number)));
            if let Some(number) = overlap.filter(|_| other.name != back.name) {
                return Err(unfit(format!("`{number}` is a number of flow `{}` too", other.name)));
            }
        }
        let version = back.version.clone();
        if let Some(book) = books.flows.get_mut(name) {
            book.go_back(LoadedFlow::clone(&back));
            book.withdrawn = None;
        }
        self.publish(&books);
        tracing::warn!(flow = name, version, "rolled back: new calls get this version");
        Ok(version)
    }

    /// Counts a fault of a version. One that fails too many of its callers within a minute is
    /// withdrawn: the previous version serves new calls, and if there is none, or it does not fit,
    /// the fallback.
    pub fn report_fault(&self, flow: &OnFlow, at: Timestamp) {
        if !flow.counters.faults.count(at, flow.whose, self.config.faults_per_minute) {
            return;
        }
        let mut books = lock(&self.books);
        let site = books.site.clone();
        let Some(book) = books.flows.get_mut(flow.name.as_str()) else { return };
        let Some(serving) = book.was.serving.clone() else { return };
        if serving.version != flow.version || serving.withdrawn {
            return;
        }
        let previous = book
            .was
            .previous
            .as_ref()
            .filter(|previous| !book.was.barred.contains(&previous.version));
        let back =
            previous.zip(site).and_then(|(previous, site)| book.was.rebase(previous, &site).ok());
        let instead = back
            .as_ref()
            .map_or("the fallback".to_owned(), |back| format!("version {}", back.version));
        match back {
            Some(back) => book.go_back(LoadedFlow::clone(&back)),
            None => {
                book.was.barred.insert(serving.version.clone());
                book.was.serving =
                    Some(Arc::new(LoadedFlow { withdrawn: true, ..LoadedFlow::clone(&serving) }));
            }
        }
        book.withdrawn = Some(serving.version.clone());
        books.withdrawals += 1;
        self.publish(&books);
        tracing::error!(flow = %flow.name, version = serving.version, instead, "this version failed for too many callers and is withdrawn");
    }

    /// All flows, by name: those that serve, those whose files are not good, and those whose file
    /// is gone and that calls are still on.
    pub fn status(&self) -> Vec<FlowStatus> {
        lock(&self.books).flows.iter().filter_map(|(name, book)| book.status(name)).collect()
    }

    pub(crate) fn plugins(&self) -> &Plugins {
        &self.plugins
    }

    pub(crate) fn with_books<T>(&self, look: impl FnOnce(&mut Books) -> T) -> T {
        look(&mut lock(&self.books))
    }

    fn publish(&self, books: &Books) {
        let Some(site) = books.site.clone() else { return };
        let serving = books
            .flows
            .iter()
            .filter_map(|(name, book)| Some((name.clone(), book.was.serving.clone()?)));
        self.current.store(Arc::new(Snapshot { site, flows: serving.collect() }));
    }
}

/// Plans for the site as the files say, or if that cannot be, for the site as it was. Says which,
/// and what is wrong with the site or the folder.
pub(crate) fn choose(
    config: &CatalogueConfig,
    files: &Files,
    was_site: Option<&Arc<Site>>,
    was: &BTreeMap<FlowName, Was>,
) -> (Option<Arc<Site>>, Plan, Vec<Problem>) {
    let mut problems = files.problems.clone();
    let site = match &files.site {
        Ok(site) => Some(was_site.filter(|was| was.version == site.version).unwrap_or(site)),
        Err(wrong) => {
            problems.extend(wrong.iter().cloned());
            was_site
        }
    };
    let planned = plan(config, site, files, was);
    if planned.unfit.is_empty() || was_site.is_none() {
        return (site.cloned(), planned, problems);
    }
    let names: Vec<&str> = planned.unfit.keys().map(FlowName::as_str).collect();
    let message =
        format!("the new site is refused: it does not fit {} as it serves now", list(&names));
    let refused = Problem::of_file(&config.flows_dir.join(SITE_FILE), message);
    problems.push(
        refused.help("change the flow files first, or both at once; the earlier site stays in use"),
    );
    problems.extend(planned.unfit.into_values().flatten());
    (was_site.cloned(), plan(config, was_site, files, was), problems)
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

    fn view(&self) -> (Option<Arc<Site>>, BTreeMap<FlowName, Was>, u64) {
        let was = self.flows.iter().map(|(name, book)| (name.clone(), book.was.clone())).collect();
        (self.site.clone(), was, self.withdrawals)
    }

    fn carry_out(
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
        for (name, book) in &mut self.flows {
            book.exists = files.flows.contains_key(name);
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
    fn go_back(&mut self, back: LoadedFlow) {
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

    fn status(&self, name: &FlowName) -> Option<FlowStatus> {
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
            error: Some(error).filter(|error| !error.is_empty()),
        })
    }
}
