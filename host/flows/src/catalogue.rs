//! What serves new calls: one immutable snapshot, replaced in one store.
//!
//! The catalogue owns the snapshot and what is remembered of each flow (`books`). A reload reads,
//! checks, compiles and tries while the old snapshot serves (`plan`); only then does it take the
//! lock that faults and status need, for as long as it takes to store a pointer.

use crate::{
    books::{Books, FlowStatus},
    files::{Files, Plugins, SITE_FILE},
    flow::{LoadedFlow, OnFlow},
    memory::Memory,
    plan::{Plan, Was, plan},
    recall::recall,
    snapshot::{CatalogueConfig, Snapshot},
};
use arc_swap::ArcSwap;
use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use strowger_model::{FlowName, FlowVersion, Timestamp, archive::Decided};
use strowger_sandbox::Engine;
use strowger_site::{Problem, Report, Site, problem::list};

/// Flows as loaded, and the way to replace them.
pub struct Catalogue {
    config: CatalogueConfig,
    /// What outlives the host; none: nothing does.
    memory: Option<Arc<dyn Memory>>,
    plugins: Plugins,
    current: ArcSwap<Snapshot>,
    /// One reload or rollback at a time. Taken before `books`.
    changing: Mutex<()>,
    /// Held for moments only.
    books: Mutex<Books>,
}

/// Why a flow is not accepted.
#[derive(Debug, thiserror::Error)]
pub enum AcceptError {
    /// There is no such flow.
    #[error("there is no flow {name:?}; there is {known}")]
    UnknownFlow {
        /// The name asked for.
        name: String,
        /// Those there are.
        known: String,
    },
    /// What is wrong is not in its scenarios.
    #[error("flow {name:?} cannot be accepted, for its files have mistakes:\n{why}")]
    Mistakes {
        /// The flow.
        name: String,
        /// What is wrong.
        why: String,
    },
    /// It serves what its files say.
    #[error("flow {0:?} serves what its files say: there is nothing to accept")]
    Nothing(String),
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
        Self::open_again(config, None)
    }

    /// The same, after a restart. Where a file has a mistake now, what served before serves on.
    pub fn open_again(
        config: CatalogueConfig,
        memory: Option<Arc<dyn Memory>>,
    ) -> (Arc<Self>, Report) {
        let nothing = Snapshot { site: Arc::new(Site::empty()), flows: BTreeMap::new() };
        let catalogue = Self::new(config, memory, nothing);
        let files = Files::read(&catalogue.config, &catalogue.plugins);
        if let Some(memory) = &catalogue.memory {
            let (plugins, engine) = (&catalogue.plugins, &catalogue.config.engine);
            recall(&**memory, &files, plugins, engine, &mut lock(&catalogue.books));
        }
        let taken = catalogue.take(&files);
        let serving = catalogue.current();
        let serving = serving.flows.values();
        let swapped = serving.map(|flow| (flow.name.to_string(), flow.version.clone())).collect();
        let site_changed = catalogue.current().site.source.is_some();
        (catalogue, Report { swapped, site_changed, ..taken })
    }

    fn new(
        config: CatalogueConfig,
        memory: Option<Arc<dyn Memory>>,
        snapshot: Snapshot,
    ) -> Arc<Self> {
        Arc::new(Self {
            config,
            memory,
            plugins: Plugins::default(),
            current: ArcSwap::from_pointee(snapshot),
            changing: Mutex::default(),
            books: Mutex::default(),
        })
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
        Self::new(config, None, snapshot)
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

    /// What is wrong with the site file, its contacts and rosters, or why it is not in force.
    pub fn site_problems(&self) -> Vec<Problem> {
        lock(&self.books).site_problems()
    }

    /// Reads everything again. Blocks while plugins are compiled and tried; the old snapshot serves
    /// meanwhile.
    pub fn reload(&self) -> Report {
        let _one_at_a_time = lock(&self.changing);
        self.take(&Files::read(&self.config, &self.plugins))
    }

    /// Serves what these files say, as far as it is good.
    fn take(&self, files: &Files) -> Report {
        loop {
            let (site, was, withdrawals) = lock(&self.books).view();
            let (site, plan, problems) = choose(&self.config, files, site.as_ref(), &was);
            let mut books = lock(&self.books);
            if books.withdrawals == withdrawals {
                let report = books.carry_out(site, plan, files, problems);
                self.publish(&mut books);
                return report;
            }
        }
    }

    /// Takes a flow as its files say, although its scenarios fail, for as long as the files stay as
    /// they are; returns its version.
    ///
    /// # Errors
    /// There is no such flow, its files have mistakes, or there is nothing to accept.
    pub fn accept(&self, name: &str, reason: &str) -> Result<String, AcceptError> {
        let _one_at_a_time = lock(&self.changing);
        let files = Files::read(&self.config, &self.plugins);
        let (site, was, _) = lock(&self.books).view();
        let known: Vec<&str> = files.flows.keys().map(FlowName::as_str).collect();
        let unknown = AcceptError::UnknownFlow { name: name.to_owned(), known: list(&known) };
        let mistakes = |problems: Vec<Problem>| AcceptError::Mistakes {
            name: name.to_owned(),
            why: problems.iter().map(Problem::to_string).collect(),
        };
        let origin = files.flows.get(name).ok_or(unknown)?.as_ref();
        let site = files.site.as_ref().ok().or(site.as_ref());
        let kept = |version: &str| was.get(name)?.kept(version);
        let fitted = origin.map_err(Clone::clone).and_then(|origin| origin.fit(site, kept));
        let flow = fitted.map_err(&mistakes)?.ok_or_else(|| mistakes(Vec::new()))?;
        let serves = was.get(name).and_then(|was| was.serving.as_ref());
        if self.report().is_good() && serves.is_some_and(|serves| serves.version == flow.version) {
            return Err(AcceptError::Nothing(name.to_owned()));
        }
        lock(&self.books).accept(&flow.on());
        self.decided(flow.on(), Decided::Accepted, reason);
        self.take(&files);
        tracing::warn!(
            flow = name,
            version = flow.version,
            reason,
            "accepted: its scenarios need not pass"
        );
        Ok(flow.version.clone())
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
            if let Some(from) = &book.was.serving {
                let to = Decided::RolledBack(version.clone());
                self.decided(from.on(), to, "rolled back by somebody");
            }
            book.go_back(LoadedFlow::clone(&back));
            book.withdrawn = None;
        }
        self.publish(&mut books);
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
            Some(back) => {
                let to = Decided::Withdrawn(back.version.clone());
                self.decided(serving.on(), to, "too many faults");
                book.go_back(LoadedFlow::clone(&back));
            }
            None => {
                book.was.barred.insert(serving.version.clone());
                book.was.serving =
                    Some(Arc::new(LoadedFlow { withdrawn: true, ..LoadedFlow::clone(&serving) }));
            }
        }
        book.withdrawn = Some(serving.version.clone());
        books.withdrawals += 1;
        self.publish(&mut books);
        tracing::error!(flow = %flow.name, version = serving.version, instead, "this version failed for too many callers and is withdrawn");
    }

    /// All flows, by name: those that serve, those whose files are not good, and those whose file
    /// is gone and that calls are still on.
    pub fn status(&self) -> Vec<FlowStatus> {
        lock(&self.books).flows.iter().filter_map(|(name, book)| book.status(name)).collect()
    }

    fn decided(&self, on: FlowVersion, what: Decided, reason: &str) {
        if let Some(memory) = &self.memory {
            memory.decided(on, what, reason);
        }
    }

    pub(crate) fn plugins(&self) -> &Plugins {
        &self.plugins
    }

    pub(crate) fn with_books<T>(&self, look: impl FnOnce(&mut Books) -> T) -> T {
        look(&mut lock(&self.books))
    }

    fn publish(&self, books: &mut Books) {
        if let Some((memory, (in_force, new))) = self.memory.as_ref().zip(books.news()) {
            memory.serves(in_force, new);
        }
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
