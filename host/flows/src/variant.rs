//! A flow as it would be with other figures or another file: what scenarios run on. It is checked
//! as files are.

use crate::{LoadedFlow, origin::Origin};
use serde_json::{Map, Value};
use std::{path::Path, sync::Arc};
use strowger_site::{Problem, Site, Terms, source::Source, varied::laid_over};

impl LoadedFlow {
    /// This flow on another site, with something laid over its flow file: tables are merged,
    /// everything else is replaced. Its calls are counted apart.
    ///
    /// # Errors
    /// What is wrong with the outcome. Places are those of the flow file.
    pub fn varied(
        &self,
        overlay: &Map<String, Value>,
        site: &Arc<Site>,
    ) -> Result<Self, Vec<Problem>> {
        let mut origin = self.origin.clone();
        origin.source = Arc::new(laid_over(&origin.source, overlay));
        let tongue = |site: &Site| (site.time_zone, site.country.clone(), site.language.clone());
        if origin.source.value == self.origin.source.value && tongue(site) == tongue(&self.site) {
            // What was good on a site is good on one that has more, and the plugin would be
            // configured with the same.
            let mut recordings = site.recordings.clone();
            recordings.extend(origin.recordings);
            let terms = Terms { site: site.clone(), recordings, ..(*self.terms).clone() };
            return Ok(Self { terms: Arc::new(terms), counters: Arc::default(), ..self.clone() });
        }
        let flow = origin.fit(Some(site), |_| None)?;
        flow.ok_or_else(|| vec![Problem::of_file(&self.file, "does not fit the site")])
    }

    /// This flow with another flow file, on another site. The plugin and the recordings are its own,
    /// whatever that file says. Its calls are counted apart.
    ///
    /// # Errors
    /// What is wrong with that file.
    pub fn with_file(&self, file: &Path, site: &Arc<Site>) -> Result<Self, Vec<Problem>> {
        let origin = Origin { source: Arc::new(Source::read(file)?), ..self.origin.clone() };
        let flow = origin.fit(Some(site), |_| None)?;
        flow.ok_or_else(|| vec![Problem::of_file(file, "does not fit the site")])
    }

    /// The flow file as JSON.
    pub fn written(&self) -> &Value {
        &self.origin.source.value
    }
}
