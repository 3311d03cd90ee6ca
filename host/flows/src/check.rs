//! Checks files without serving any.

use crate::{
    CatalogueConfig,
    catalogue::choose,
    files::{Files, Plugins, SITE_FILE, is_about, without_file},
};
use std::{collections::BTreeMap, path::Path};
use strowger_model::FlowName;
use strowger_sandbox::Engine;
use strowger_site::{Problem, Report};

/// Checks a folder with a site file and all its flows; or one flow, by its file or folder, with the
/// site file and the numbers of the other flows in a folder above it. All that is wrong, in all
/// files. Flows are not tried.
pub fn check(path: &Path, plugins_dir: &Path, engine: &Engine) -> Report {
    let Some(flows_dir) = path.ancestors().find(|folder| folder.join(SITE_FILE).is_file()) else {
        let problem =
            Problem::of_file(path, format!("there is no {SITE_FILE} here or in a folder above"));
        let help =
            "a folder of flows has a site file, which says time zone, language, queues and agents";
        return Report { problems: vec![problem.help(help)], ..Report::default() };
    };
    let config = CatalogueConfig {
        flows_dir: flows_dir.to_owned(),
        plugins_dir: plugins_dir.to_owned(),
        about: Some(path.to_owned()),
        engine: engine.clone(),
        gate: None,
        faults_per_minute: 0,
    };
    let files = Files::read(&config, &Plugins::default());
    let (_, plan, mut problems) = choose(&config, &files, None, &BTreeMap::new());
    problems.extend(plan.problems.into_values().flatten());
    problems.extend(without_file(flows_dir));
    let site = flows_dir.join(SITE_FILE);
    // Without its contacts and rosters a site cannot be used either.
    let of_site = |file: &Path| match &files.site {
        Err(wrong) => wrong.iter().any(|problem| problem.file == file),
        Ok(_) => file == site,
    };
    problems.retain(|problem| problem.file.starts_with(path) || of_site(&problem.file));
    let about = |name: &&FlowName| {
        let origin = files.flows.get(*name).and_then(|origin| origin.as_ref().ok());
        origin.is_some_and(|origin| is_about(path, &origin.source.path))
    };
    let good = plan.taken.iter().filter(about).map(FlowName::to_string).collect();
    let mut warnings =
        files.site.as_ref().map_or_else(|_| Vec::new(), |site| files.templates_without_flow(site));
    warnings.retain(|warning| of_site(&warning.file));
    Report { good, warnings, ..Report::default() }.with(problems)
}
