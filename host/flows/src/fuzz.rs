//! Flow files that are spoilt.

use crate::{flow_file::FlowFile, read_flow, schemas, settings::Names};
use std::{collections::BTreeMap, path::Path, sync::Arc};
use strowger_sandbox::Manifest;
use strowger_site::{
    read_site::{self, People},
    schema,
    source::Source,
};
use strowger_test_support::fuzz_text;

const SITE: &str = include_str!("../../../flows/site.toml");
const HELPDESK: &str = include_str!("../../../flows/vaccination-helpdesk/flow.toml");
const DESK: &str = include_str!("../../../flows/agent-desk/flow.toml");
const SETTINGS: &str = include_str!("../../../plugins/vaccination-helpdesk/settings.schema.json");

#[test]
fn a_flow_file() {
    let site = Source::parse(Path::new("../../flows/site.toml"), SITE).unwrap();
    let site = Arc::new(read_site::site(&site, People::Files).unwrap());
    let manifest = Manifest {
        name: "vaccination-helpdesk".to_owned(),
        version: "1.0.0".to_owned(),
        settings_schema: SETTINGS.to_owned(),
    };
    fuzz_text(&[HELPDESK, DESK], |text| {
        let Ok(source) = Source::parse(Path::new("flow.toml"), text) else { return };
        let (file, mut problems) = schema::read::<FlowFile>(&schemas::FLOW, &source);
        let read = file.map(|file| read_flow::read(&file, &source, Some(&site), &mut problems));
        let permissions = read.map(|read| read.permissions);
        let names = Names { site: Some(site.clone()), permissions, own: BTreeMap::new() };
        problems.extend(names.check(&manifest, &mut source.value["settings"].clone(), &source));
        assert!(problems.iter().all(|problem| !problem.to_string().is_empty()));
    });
}
