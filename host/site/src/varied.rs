//! A site as it would be with other figures: what scenarios run on. It is checked as files are.

use crate::{
    Problem, Site,
    read_site::{self, People},
    source::Source,
};
use serde_json::{Map, Value};

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

/// A file with something laid over it: tables are merged, everything else is replaced.
pub fn laid_over(source: &Source, overlay: &Map<String, Value>) -> Source {
    let mut source = source.clone();
    // A queue that is laid over it may have the name of before.
    let queues = source.value.get_mut("queues").and_then(Value::as_object_mut);
    for queue in queues.into_iter().flat_map(Map::values_mut).filter_map(Value::as_object_mut) {
        queue.remove("was");
    }
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
