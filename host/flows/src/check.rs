//! Checks files without serving any.

use crate::{
    CatalogueConfig,
    catalogue::choose,
    plan::{Files, Plugins, SITE_FILE},
};
use std::{collections::BTreeMap, path::Path};
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
        engine: engine.clone(),
        gate: None,
        faults_per_minute: 0,
    };
    let files = Files::read(&config, &Plugins::default());
    let (_, plan, mut problems) = choose(&config, &files, None, &BTreeMap::new());
    problems.extend(plan.problems.into_values().flatten());
    let site = flows_dir.join(SITE_FILE);
    problems.retain(|problem| problem.file.starts_with(path) || problem.file == site);
    let about = |name: &str| {
        let one = [flows_dir.join(name), flows_dir.join(format!("{name}.toml"))];
        one.iter().any(|file| file.starts_with(path) || path.starts_with(file))
    };
    let good = plan.taken.iter().map(|name| name.to_string()).filter(|name| about(name)).collect();
    Report { good, ..Report::default() }.with(problems)
}
