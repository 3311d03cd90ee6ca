//! Scenarios that are spoilt.

use crate::Scenario;
use std::path::Path;
use strowger_test_support::fuzz_text;

const EXAMPLES: [&str; 4] = [
    include_str!("../../../flows/contact-centre/scenarios/k1-clinics.toml"),
    include_str!("../../../flows/permanentie-oost-vlaanderen/scenarios/p7-roster.toml"),
    include_str!("../../../flows/vaccination-helpdesk/scenarios/v6-report.toml"),
    include_str!("../../../flows/vaccination-helpdesk/scenarios/v9-coach.toml"),
];

#[test]
fn a_scenario() {
    fuzz_text(&EXAMPLES, |text| {
        if let Err(problems) = Scenario::parse(Path::new("scenario.toml"), text) {
            assert!(problems.iter().all(|problem| !problem.to_string().is_empty()));
        }
    });
}
