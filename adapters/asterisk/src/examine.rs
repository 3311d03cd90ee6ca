//! What an Asterisk lacks, asked before any call comes.

use crate::{
    AsteriskConfig, refusal,
    rest::{Reply, Rest},
    wire::{Info, Module},
};
use reqwest::Method;
use std::collections::BTreeSet;

/// What was found at an Asterisk that can be reached.
#[derive(Debug)]
pub struct Examined {
    /// Its version, in its own words.
    pub version: String,
    /// Another host, or this one, is connected to the application.
    pub served: bool,
    /// What is missing, each with what to do.
    pub lacks: Vec<String>,
}

/// The modules without which some call goes wrong, by what goes wrong. Source: docs/asterisk.md.
const MODULES: [(&str, &[&str]); 6] = [
    (
        "calls cannot be handed over",
        &[
            "app_stasis",
            "res_stasis",
            "res_stasis_answer",
            "res_ari_channels",
            "res_ari_bridges",
            "res_ari_events",
            "res_ari_applications",
            "res_http_websocket",
            "bridge_simple",
            "bridge_softmix",
        ],
    ),
    (
        "nobody hears a prompt",
        &["res_stasis_playback", "res_ari_playbacks", "res_http_media_cache", "res_curl"],
    ),
    ("who waits hears no music", &["res_musiconhold"]),
    ("nobody can listen in", &["res_stasis_snoop"]),
    (
        "the state of phones is not known",
        &["res_ari_device_states", "res_stasis_device_state", "res_ari_endpoints"],
    ),
    (
        "a withheld number may be shown",
        &["func_callerid", "func_strings", "res_pjsip_header_funcs"],
    ),
];

/// Asks an Asterisk what a host needs of it. Changes nothing there.
///
/// # Errors
/// It cannot be asked: why, and what to do.
pub async fn examine(config: &AsteriskConfig) -> Result<Examined, String> {
    let rest = Rest::new(config).map_err(|error| format!("{error:#}"))?;
    let refused = |failure| refusal::of_request(config, &failure);
    let version = rest.version().await;
    let version = version.map_err(|failure| refusal::of_first_request(config, &failure))?;
    rest.may_write().await.map_err(refused)?;
    let mut lacks = Vec::from_iter(refusal::of_version(&version));
    let missing = missing(&rest.modules().await.map_err(refused)?);
    // What is missing may be what tells of endpoints.
    if missing.is_empty()
        && let Some((technology, resource)) = trunk(config)
        && !rest.has_endpoint(technology, resource).await.map_err(refused)?
    {
        lacks.push(format!(
            "asterisk.number_endpoint names {technology}/{resource}, and there is no such endpoint: \
             `asterisk -rx 'pjsip show endpoints'` lists them"
        ));
    }
    lacks.extend(missing);
    let served = rest.marks().await.map_err(refused)?.is_some();
    Ok(Examined { version, served, lacks })
}

/// What only this asks.
impl Rest {
    /// The version of Asterisk.
    async fn version(&self) -> Reply<String> {
        Ok(self.get::<Info>(&["asterisk", "info"]).await?.system.version)
    }

    /// Whether the user may give orders: hangs up a channel that there is not.
    async fn may_write(&self) -> Reply {
        match self.hang_up("strowger-nobody", 16).await {
            Err(failure) if failure.status == Some(404) => Ok(()),
            reply => reply,
        }
    }

    async fn modules(&self) -> Reply<Vec<Module>> {
        self.get(&["asterisk", "modules"]).await
    }

    async fn has_endpoint(&self, technology: &str, resource: &str) -> Reply<bool> {
        match self.send(Method::GET, &["endpoints", technology, resource], &[], None).await {
            Ok(_) => Ok(true),
            Err(failure) if failure.status == Some(404) => Ok(false),
            Err(failure) => Err(failure),
        }
    }
}

fn missing(modules: &[Module]) -> Vec<String> {
    let running: BTreeSet<&str> = modules
        .iter()
        .filter(|module| module.status == "Running")
        .map(|module| module.name.trim_end_matches(".so"))
        .collect();
    let lacks = MODULES.into_iter().filter_map(|(so, needed)| {
        let missing: Vec<&str> =
            needed.iter().copied().filter(|name| !running.contains(name)).collect();
        let (them, modules) =
            (missing.join(", "), if missing.len() == 1 { "module" } else { "modules" });
        (!missing.is_empty()).then(|| {
            format!(
                "{so}: the {modules} {them} must run; load with `asterisk -rx 'module load NAME'` \
                     and see modules.conf"
            )
        })
    });
    lacks.collect()
}

/// The endpoint by which numbers are dialled; none: they are not, or it depends on the number.
fn trunk(config: &AsteriskConfig) -> Option<(&str, &str)> {
    let (technology, rest) = config.number_endpoint.as_deref()?.split_once('/')?;
    let (number, endpoint) = rest.split_once('@')?;
    let plain = !number.contains(['/', ':']) && !endpoint.contains(['{', '/', ':']);
    plain.then_some((technology, endpoint))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_run_is_said_by_what_goes_wrong() {
        let running = |but: &[&str]| {
            let names = MODULES.iter().flat_map(|(_, names)| *names);
            let modules = names.map(|name| Module {
                name: format!("{name}.so"),
                status: if but.contains(name) { "Not Running" } else { "Running" }.into(),
            });
            missing(&modules.collect::<Vec<_>>())
        };
        assert_eq!(running(&[]), [""; 0]);
        let lacks = running(&["res_curl", "res_http_media_cache", "res_musiconhold"]);
        assert_eq!(lacks.len(), 2, "{lacks:?}");
        assert!(
            lacks[0]
                .starts_with("nobody hears a prompt: the modules res_http_media_cache, res_curl"),
            "{lacks:?}"
        );
        assert!(lacks[1].contains("the module res_musiconhold must run"), "{lacks:?}");
    }

    #[test]
    fn the_trunk_is_found_where_it_does_not_depend_on_the_number() {
        let mut config = AsteriskConfig::new("http://127.0.0.1:8088", "u", "p");
        for (endpoint, found) in [
            ("PJSIP/{number}@trunk", Some(("PJSIP", "trunk"))),
            ("PJSIP/trunk/sip:{number}@198.51.100.7", None),
            ("PJSIP/{number}@{digits}", None),
        ] {
            config.number_endpoint = Some(endpoint.to_owned());
            assert_eq!(trunk(&config), found, "{endpoint}");
        }
    }
}
