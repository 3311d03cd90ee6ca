//! What the scenarios of a flow play with, whatever an operator has changed: a flow file and a site
//! file of their own.
//!
//! They stand in the folder [`FOLDER`] of the scenarios, and are written as every flow file and
//! site file is. The plugin is that of the flow under test. A file that is not there is the live
//! one.

use crate::load;
use serde_json::Map;
use std::{collections::BTreeMap, path::PathBuf, sync::Arc};
use strowger_flows::{LoadedFlow, Snapshot};
use strowger_site::{Problem, read_site};

/// The folder of these files, in that of the scenarios.
pub const FOLDER: &str = "pinned";

/// A flow with its pinned files, and the flows beside it with theirs, all on its pinned site.
///
/// # Errors
/// What is wrong with these files.
pub fn pinned(
    flow: &Arc<LoadedFlow>,
    beside: &Snapshot,
) -> Result<(Arc<LoadedFlow>, Snapshot), Vec<Problem>> {
    let site_file = file(flow, "site.toml");
    let site = match site_file.is_file() {
        true => Arc::new(read_site::read(&site_file)?),
        false => flow.site.clone(),
    };
    let on_this_site = |flow: &Arc<LoadedFlow>| {
        let flow_file = file(flow, "flow.toml");
        match flow_file.is_file() {
            true => flow.with_file(&flow_file, &site).map(Arc::new),
            false if Arc::ptr_eq(&site, &flow.site) => Ok(flow.clone()),
            false => flow.varied(&Map::new(), &site).map(Arc::new),
        }
    };
    let flow = on_this_site(flow)?;
    let flows = behind(&flow, beside)
        .map(|other| on_this_site(other).map(|pinned| (other.name.clone(), pinned)))
        .collect::<Result<BTreeMap<_, _>, _>>()?;
    Ok((flow, Snapshot { site: site.clone(), flows }))
}

/// The flows that may have a call after one: those with which it may continue, those with which these
/// may, and so on.
pub(crate) fn behind<'a>(
    flow: &LoadedFlow,
    beside: &'a Snapshot,
) -> impl Iterator<Item = &'a Arc<LoadedFlow>> {
    let mut names = vec![flow.name.to_string()];
    let mut next = leads_to(flow);
    while let Some(name) = next.pop() {
        if names.contains(&name) {
            continue;
        }
        let further = beside.flows.get(name.as_str()).map(|flow| leads_to(flow));
        next.extend(further.into_iter().flatten());
        names.push(name);
    }
    names.into_iter().skip(1).filter_map(|name| beside.flows.get(name.as_str()))
}

/// The flows that may have a call after one, and those of the campaigns that it may open.
fn leads_to(flow: &LoadedFlow) -> Vec<String> {
    let campaigns = flow.site.campaigns.values();
    let opened = campaigns.filter(|it| flow.permissions.may_campaign(it.name.as_str()));
    let flows = flow.permissions.flows.iter().cloned();
    flows.chain(opened.map(|template| template.flow.to_string())).collect()
}

fn file(flow: &LoadedFlow, name: &str) -> PathBuf {
    flow.dir.join(load::FOLDER).join(FOLDER).join(name)
}
