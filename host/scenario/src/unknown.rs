//! What a scenario names and its site does not have.

use crate::Scenario;
use strowger_site::{Problem, Site};
use toml::Spanned;

/// Everything of that kind.
pub(crate) fn names(scenario: &Scenario, site: &Site) -> Vec<Problem> {
    switches(scenario, site).into_iter().chain(templates(scenario, site)).collect()
}

/// Switches and their positions.
fn switches(scenario: &Scenario, site: &Site) -> Vec<Problem> {
    let written = &scenario.written;
    let turns = written.then.iter().flat_map(|then| &then.get_ref().turn);
    let wrong = |(name, position): (&String, &Spanned<String>)| {
        let message = match site.switches.get(name) {
            None => format!("no switch `{name}` in the site file"),
            Some(switch) if !switch.positions.contains(position.get_ref()) => {
                let positions = switch.positions.join(", ");
                format!("switch `{name}` has the positions {positions}")
            }
            Some(_) => return None,
        };
        Some(scenario.problem(position.span(), message))
    };
    written.switches.iter().chain(turns).filter_map(wrong).collect()
}

/// Templates of campaigns.
fn templates(scenario: &Scenario, site: &Site) -> Vec<Problem> {
    let templates =
        scenario.written.campaigns.iter().filter_map(|it| it.get_ref().template.as_ref());
    let unknown = templates.filter(|name| !site.campaigns.contains_key(name.get_ref().as_str()));
    let problem = |name: &Spanned<String>| {
        let message = format!("no template `{}` in the site file", name.get_ref());
        let problem = scenario.problem(name.span(), message);
        problem.suggest(name.get_ref(), site.campaigns.keys().map(|name| name.as_str()))
    };
    unknown.map(problem).collect()
}
