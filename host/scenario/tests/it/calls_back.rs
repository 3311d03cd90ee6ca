//! O3 where two flows play together: the helpdesk recognises whom the reserve list has called.

use crate::common::{Loaded, PLUGINS, flows_dir};
use serde_json::json;
use std::path::Path;
use strowger_scenario::{How, Scenario, run};

#[test]
fn o3_who_missed_a_call_of_the_reserve_list_and_calls_back_gets_the_place() {
    let loaded = Loaded::new(flows_dir(), PLUGINS);
    let snapshot = loaded.catalogue.current();
    let helpdesk = loaded.flow("vaccination-helpdesk");
    let mut permissions = helpdesk.written()["permissions"].clone();
    permissions["flows"] = json!(["reserve-list"]);
    permissions["campaigns"] = json!(["reservelijst"]);
    let over = [("permissions".to_owned(), permissions)].into_iter().collect();
    let helpdesk = helpdesk.varied(&over, &snapshot.site).unwrap();
    let file = Path::new("o3-calls-back.toml");
    let scenario = Scenario::parse(file, include_str!("o3-calls-back.toml")).unwrap();
    let report = run(&scenario, &helpdesk, &snapshot, &loaded.engine, How::TEST);
    assert!(report.is_good(), "{report}");
}
