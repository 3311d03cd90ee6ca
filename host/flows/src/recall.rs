//! A catalogue after a restart: it begins as if the files had changed while the earlier host was
//! running. So a file with a mistake leaves in service what served before, and what was rolled back
//! stays so.

use crate::{
    LoadedFlow,
    archived::{another, origin},
    books::Books,
    files::{Files, Plugins},
    memory::Memory,
};
use std::{path::Path, sync::Arc};
use strowger_model::{
    FlowVersion, VersionFiles,
    archive::{Decided, InForce},
};
use strowger_sandbox::Engine;
use strowger_site::{
    Problem, Site,
    read_site::{self, People},
    source::Source,
};

/// Puts everything as it was when the earlier host ended. What cannot be made again is said, and
/// left out.
pub(crate) fn recall(
    memory: &dyn Memory,
    files: &Files,
    plugins: &Plugins,
    engine: &Engine,
    books: &mut Books,
) {
    let decisions = memory.decisions();
    for decision in decisions.iter().filter(|decision| decision.what == Decided::Accepted) {
        books.accept(&decision.on);
    }
    let Some(in_force) = memory.in_force() else { return };
    let site = match site_of(&in_force, files.site.as_deref().ok()) {
        Ok(site) => Arc::new(site),
        Err(problems) => return forget("the site file", &problems),
    };
    let again = |on: &FlowVersion| {
        let made = make_again(&memory.version(on)?, &site, plugins, engine);
        let what = format!("version {} of flow {}", on.version, on.flow);
        made.inspect_err(|problems| forget(&what, problems)).ok()
    };
    for on in &in_force.flows {
        let Some(serving) = again(on) else { continue };
        let last = decisions.iter().rfind(|decision| decision.on.flow == on.flow);
        let against = last.filter(|last| last.what.instead() == Some(&on.version));
        books.recall(serving, against, again);
    }
    books.in_force(site);
}

fn make_again(
    files: &VersionFiles,
    site: &Arc<Site>,
    plugins: &Plugins,
    engine: &Engine,
) -> Result<Arc<LoadedFlow>, Vec<Problem>> {
    let flow = origin(files, plugins, engine)?.fit(Some(site), |_| None)?;
    let same = flow.filter(|flow| flow.version == files.on.version);
    same.map(Arc::new).ok_or_else(|| vec![another(files)])
}

/// The site as it was in force, with the contacts and rosters of now, for those are not kept. If
/// they are wrong now, it knows nobody.
fn site_of(in_force: &InForce, now: Option<&Site>) -> Result<Site, Vec<Problem>> {
    let source = Source::parse(Path::new(&in_force.site.path), &in_force.site.text)?;
    match now {
        Some(now) => read_site::site(&source, People::Of(now)),
        None => read_site::site(&source, People::Files)
            .or_else(|_| read_site::site(&source, People::Of(&Site::empty()))),
    }
}

fn forget(what: &str, problems: &[Problem]) {
    let why: String = problems.iter().map(Problem::to_string).collect();
    tracing::error!("{what} as it served before cannot be made again:\n{why}");
}
