//! A site and a flow as they would be with other figures: what scenarios run on. Checked as files
//! are.

use crate::{
    LoadedFlow, Problem, Site,
    read_site::{self, People},
    source::Source,
};
use serde_json::{Map, Value};
use std::sync::Arc;

impl Site {
    /// This site with something laid over its file: tables are merged, everything else is replaced.
    /// Contacts and rosters stay.
    ///
    /// # Errors
    /// What is wrong with the outcome. Places are those of the site file.
    pub fn varied(&self, overlay: &Map<String, Value>) -> Result<Self, Vec<Problem>> {
        match &self.source {
            Some(source) => read_site::site(&laid_over(source, overlay), People::Of(self)),
            None => Ok(Self::empty()),
        }
    }

    /// The site file as JSON.
    pub fn written(&self) -> Value {
        self.source.as_ref().map_or(Value::Null, |source| source.value.clone())
    }
}

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
            return Ok(Self {
                site: site.clone(),
                recordings,
                counters: Arc::default(),
                ..self.clone()
            });
        }
        let flow = origin.fit(Some(site), |_| None)?;
        flow.ok_or_else(|| vec![Problem::of_file(&self.file, "does not fit the site")])
    }

    /// The flow file as JSON.
    pub fn written(&self) -> &Value {
        &self.origin.source.value
    }
}

fn laid_over(source: &Source, overlay: &Map<String, Value>) -> Source {
    let mut source = source.clone();
    for (key, value) in overlay {
        merge(&mut source.value[key.as_str()], value);
    }
    source
}

fn merge(under: &mut Value, over: &Value) {
    match (under, over) {
        (Value::Object(under), Value::Object(over)) => {
            for (key, value) in over {
                merge(under.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (under, over) => *under = over.clone(),
    }
}
