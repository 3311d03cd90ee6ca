//! The flows that are shipped: their scenarios pass, also with every step taken twice, also as the
//! gate runs them, alike at every run; and no figure of theirs can be altered without a scenario
//! noticing.

use crate::common::{self, Loaded};
use strowger_scenario::{
    How, Report, Scenario, gate,
    mutate::{Caught, hold_fast},
    run_all,
};

fn loaded() -> Loaded {
    Loaded::new(common::flows_dir(), common::PLUGINS)
}

fn scenarios(flow: &str) -> Vec<Scenario> {
    let (scenarios, problems) =
        Scenario::load_all(&common::flows_dir().join(flow).join(gate::FOLDER));
    assert!(problems.is_empty(), "{}", problems[0]);
    scenarios
}

fn run(how: How) -> Vec<Report> {
    let loaded = loaded();
    let mut all = Vec::new();
    for flow in loaded.catalogue.current().flows.values() {
        let scenarios = scenarios(flow.name.as_str());
        let runs: Vec<(&Scenario, How)> =
            scenarios.iter().map(|scenario| (scenario, how)).collect();
        all.extend(run_all(&runs, flow, &loaded.catalogue.current(), &loaded.engine, |_| {}));
    }
    all
}

fn assert_good(reports: &[Report]) {
    let failed: String =
        reports.iter().filter(|report| !report.is_good()).map(Report::to_string).collect();
    assert!(failed.is_empty(), "{failed}");
}

#[test]
fn scenarios_pass_with_every_step_taken_twice() {
    assert_good(&run(How { twice: true, ..How::TEST }));
}

#[test]
fn scenarios_are_alike_at_every_run() {
    let (one, two) = (run(How::TEST), run(How::TEST));
    assert_good(&one);
    for (one, two) in one.iter().zip(&two) {
        assert_eq!(one.timelines(), two.timelines(), "{}", one.name);
    }
}

#[test]
fn the_gate_lets_them_through() {
    let loaded = loaded();
    let current = loaded.catalogue.current();
    for flow in current.flows.values() {
        gate(loaded.engine.clone())(&current, flow).unwrap();
    }
}

#[test]
fn none_of_them_calls_numbers_that_cost_extra() {
    let loaded = loaded();
    for flow in loaded.catalogue.current().flows.values() {
        let (permissions, numbering) = (&flow.terms.permissions, &flow.terms.site.numbering);
        let premium = permissions.dial.iter().filter_map(|pattern| numbering.premium(pattern));
        assert_eq!(premium.collect::<Vec<_>>(), [""; 0], "{}", flow.name);
        for number in ["+3290012345", "+3290312345", "+3270123456", "+3278151515"] {
            assert!(!permissions.may_dial(number), "{} calls {number}", flow.name);
        }
    }
    let reserve_list = loaded.flow("reserve-list");
    for number in ["+3292000300", "+3271123456", "+32470123456", "+31201234567", "+31612345678"] {
        assert!(reserve_list.terms.permissions.may_dial(number), "{number}");
    }
}

/// One test for each flow, so that they run beside each other and fail by name.
macro_rules! every_figure_is_held_fast_by_a_scenario {
    ($($flow:ident)*) => {
        mod every_figure_is_held_fast_by_a_scenario {
            $(#[test]
            fn $flow() {
                super::every_figure_is_held_fast(&stringify!($flow).replace('_', "-"));
            })*

            #[test]
            fn no_flow_is_left_out() {
                let tested = [$(stringify!($flow).replace('_', "-")),*];
                assert_eq!(tested, *super::shipped());
            }
        }
    };
}

every_figure_is_held_fast_by_a_scenario! {
    absence_line
    agent_desk
    contact_centre
    gp_post
    meldtekst_huisartsenpost
    noodlijn
    open_shift
    permanentie_oost_vlaanderen
    permanentie_west_vlaanderen
    reception
    reserve_list
    switch_desk
    vaccination_helpdesk
    vcare_hap
    zorglijn
}

/// The names of all flows, sorted.
fn shipped() -> Vec<String> {
    let folders = std::fs::read_dir(common::flows_dir()).unwrap().map(|entry| entry.unwrap());
    let flows = folders.filter(|folder| folder.path().join("flow.toml").exists());
    let mut names: Vec<String> =
        flows.map(|folder| folder.file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn every_figure_is_held_fast(flow: &str) {
    let loaded = loaded();
    let scenarios = scenarios(flow);
    let flow = loaded.flow(flow);
    let caught = hold_fast(
        &flow,
        &loaded.catalogue.current(),
        &scenarios,
        &loaded.engine,
        |mutation, caught| println!("{mutation}\n    {caught}"),
    );
    let caught = caught.unwrap_or_else(|failed| panic!("{}", failed[0]));
    assert!(caught.len() >= 4, "{} alterations", caught.len());
    let unnoticed: Vec<String> = caught
        .iter()
        .filter(|(_, caught)| *caught == Caught::Not)
        .map(|(mutation, _)| mutation.to_string())
        .collect();
    assert!(unnoticed.is_empty(), "altered, and no scenario fails:\n{}", unnoticed.join("\n"));
}
