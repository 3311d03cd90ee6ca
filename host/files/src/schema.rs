//! What is wrong with a file that does not hold to its JSON Schema.
//!
//! The schemas are published in `docs/schemas/`, for editors; a test keeps them as they are here.

use crate::{
    problem::{Problem, list},
    source::{Source, child},
    weigh,
};
use jsonschema::{
    JsonType, ValidationError, Validator,
    error::{TypeKind, ValidationErrorKind as Kind},
};
use schemars::{JsonSchema, generate::SchemaSettings};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// A schema, ready to check.
pub struct Schema {
    root: Value,
    validator: Validator,
}

/// How the schemas of the host's own files are checked. What a text has to be like beyond its schema
/// is checked by whoever reads it.
pub fn options() -> jsonschema::ValidationOptions<'static> {
    jsonschema::options().should_validate_formats(false)
}

/// The schema of a type, as this host publishes and checks schemas.
pub fn of<T: JsonSchema>() -> Value {
    SchemaSettings::draft07().into_generator().into_root_schema_for::<T>().to_value()
}

/// Reads a file that is the host's own, by its schema: what it says, as far as that can be told,
/// and all that is wrong.
pub fn read<T: DeserializeOwned>(
    schema: &Result<Schema, String>,
    source: &Source,
) -> (Option<T>, Vec<Problem>) {
    let schema = match schema {
        Ok(schema) => schema,
        Err(why) => return (None, vec![source.at_value("", why.clone())]),
    };
    let mut problems = schema.check(&source.value, source, "", &|_, _| None);
    let mut value = source.value.clone();
    if !problems.is_empty() {
        schema.without_what_is_wrong(&mut value);
    }
    match T::deserialize(value) {
        Ok(read) => (Some(read), problems),
        Err(error) => {
            if problems.is_empty() {
                problems.push(source.at_value("", error.to_string()));
            }
            (None, problems)
        }
    }
}

/// What is wrong with a text of a format, and what to do about it.
pub type Explain<'a> = &'a dyn Fn(&str, &str) -> Option<(String, Option<String>)>;

impl Schema {
    /// A schema whose formats are those of the options.
    ///
    /// # Errors
    /// It is none.
    pub fn new(root: Value, options: jsonschema::ValidationOptions<'_>) -> Result<Self, String> {
        let validator = options.build(&root).map_err(|error| error.to_string())?;
        Ok(Self { root, validator })
    }

    /// A schema that somebody else has written, for a value as deep as this one.
    ///
    /// # Errors
    /// It is none, or it would take too much time and memory.
    pub fn of_others(
        root: Value,
        options: jsonschema::ValidationOptions<'_>,
        value: &Value,
    ) -> Result<Self, String> {
        weigh::weigh(&root, weigh::depth(value))?;
        Self::new(root, options)
    }

    /// Everything that is wrong with a value that stands at a pointer of a file.
    pub fn check(
        &self,
        value: &Value,
        source: &Source,
        at: &str,
        formats: Explain<'_>,
    ) -> Vec<Problem> {
        let mut problems = Vec::new();
        for error in self.validator.iter_errors(value) {
            self.explain(&error, source, at, formats, &mut problems);
        }
        problems
    }

    /// Puts other texts in the place of those that are not of their format: what is made of format
    /// and text.
    pub fn rewrite(&self, value: &mut Value, made: &dyn Fn(&str, &str) -> Option<String>) {
        let found: Vec<Other> =
            self.validator.iter_errors(value).flat_map(|error| others(&error, made)).collect();
        for Other { path, key, text } in found {
            let Some(here) = value.pointer_mut(&path) else { continue };
            match (key, here) {
                (None, here) => *here = text.into(),
                (Some(key), Value::Object(map)) => {
                    if let Some(value) = map.remove(&key) {
                        map.insert(text, value);
                    }
                }
                _ => {}
            }
        }
    }

    /// Takes out what is wrong, so that the rest can be looked at as well. Nothing that stays moves
    /// to another place.
    fn without_what_is_wrong(&self, value: &mut Value) {
        let whole = value.clone();
        for error in self.validator.iter_errors(&whole) {
            let path = error.instance_path().as_str();
            match error.kind() {
                Kind::AdditionalProperties { unexpected } => {
                    if let Some(Value::Object(map)) = value.pointer_mut(path) {
                        map.retain(|key, _| !unexpected.contains(key));
                    }
                }
                // An empty text says nothing that could be wrong.
                Kind::Required { property: Value::String(key) } if path.is_empty() => {
                    value[key.as_str()] = "".into()
                }
                _ => remove(value, path),
            }
        }
    }

    fn explain(
        &self,
        error: &ValidationError<'_>,
        source: &Source,
        base: &str,
        formats: Explain<'_>,
        problems: &mut Vec<Problem>,
    ) {
        let at = format!("{base}{}", error.instance_path().as_str());
        let found = error.instance();
        let here = |message: String| self.describe(source.at_value(&at, message), error);
        let problem = match error.kind() {
            Kind::AdditionalProperties { unexpected }
            | Kind::UnevaluatedProperties { unexpected } => {
                return problems.extend(self.unknown_keys(error, unexpected, source, &at));
            }
            Kind::AnyOf { context } | Kind::OneOfNotValid { context } => {
                let options = words(context);
                let keys = keys(context, error);
                if keys.len() > 1 {
                    let needs = format!("needs one of the keys {}", list(&keys));
                    match found.as_object().filter(|table| !table.is_empty()) {
                        Some(table) => problems.extend(table.keys().map(|key| {
                            let message = format!("unknown key `{key}`: {needs}");
                            let wrong = source.at_key(&child(&at, key), message);
                            wrong.suggest_near(key, keys.iter().copied())
                        })),
                        None => problems.push(here(needs)),
                    }
                    return;
                }
                if options.is_empty() || !found.is_string() {
                    for error in meant(context, error) {
                        self.explain(error, source, base, formats, problems);
                    }
                    return;
                }
                one_of(source, &at, found, &options)
            }
            Kind::Required { property } => {
                self.missing_key(error, property.as_str().unwrap_or_default(), source, &at)
            }
            Kind::Enum { options } => one_of(source, &at, found, &texts(options)),
            Kind::Constant { expected_value } if expected_value.is_string() => {
                one_of(source, &at, found, &[expected_value.as_str().unwrap_or_default()])
            }
            Kind::Format { format } => match formats(format, found.as_str().unwrap_or_default()) {
                Some((message, help)) => Problem { help, ..here(message) },
                None => here(format!("not a {format}")),
            },
            Kind::PropertyNames { error } => wrong_name(error, source, &at, formats),
            kind => here(beyond(kind, found).unwrap_or_else(|| error.to_string())),
        };
        problems.push(problem);
    }

    fn unknown_keys(
        &self,
        error: &ValidationError<'_>,
        unexpected: &[String],
        source: &Source,
        at: &str,
    ) -> Vec<Problem> {
        let known = self.siblings(error);
        let unknown = |key: &String| {
            source
                .at_key(&child(at, key), format!("unknown key `{key}`"))
                .suggest(key, known.iter().map(String::as_str))
        };
        unexpected.iter().map(unknown).collect()
    }

    fn missing_key(
        &self,
        error: &ValidationError<'_>,
        key: &str,
        source: &Source,
        at: &str,
    ) -> Problem {
        let problem = source.at_key(at, format!("the key `{key}` is missing"));
        match self.property(error, key) {
            Some(description) => problem.help(format!("`{key}`: {description}")),
            None => problem,
        }
    }

    /// The keys that the schema knows where it met an unknown one.
    fn siblings(&self, error: &ValidationError<'_>) -> Vec<String> {
        let schema = self.parent(error);
        let properties = schema.and_then(|schema| schema.get("properties")?.as_object());
        properties.into_iter().flatten().map(|(key, _)| key.clone()).collect()
    }

    /// What the schema says about a property that is missing.
    fn property(&self, error: &ValidationError<'_>, key: &str) -> Option<String> {
        let property = self.parent(error)?.get("properties")?.get(key)?;
        Some(on_one_line(property.get("description")?.as_str()?))
    }

    /// Adds what the schema says about a value that is wrong.
    fn describe(&self, problem: Problem, error: &ValidationError<'_>) -> Problem {
        match self.parent(error).and_then(|schema| schema.get("description")?.as_str()) {
            Some(description) if !error.instance_path().as_str().is_empty() => {
                problem.help(on_one_line(description))
            }
            _ => problem,
        }
    }

    fn parent(&self, error: &ValidationError<'_>) -> Option<&Value> {
        let path = error.schema_path().as_str();
        let (parent, _) = path.rsplit_once('/')?;
        self.root.pointer(parent)
    }
}

/// A text that is to stand in the place of another, or of a key.
struct Other {
    path: String,
    key: Option<String>,
    text: String,
}

fn others(error: &ValidationError<'_>, made: &dyn Fn(&str, &str) -> Option<String>) -> Vec<Other> {
    let path = error.instance_path().as_str().to_owned();
    let of = |error: &ValidationError<'_>| match (error.kind(), error.instance().as_str()) {
        (Kind::Format { format }, Some(text)) => Some((text.to_owned(), made(format, text)?)),
        _ => None,
    };
    match error.kind() {
        Kind::AnyOf { context } | Kind::OneOfNotValid { context } => {
            context.iter().flatten().flat_map(|error| others(error, made)).collect()
        }
        Kind::PropertyNames { error } => {
            of(error).map(|(key, text)| Other { path, key: Some(key), text }).into_iter().collect()
        }
        _ => of(error).map(|(_, text)| Other { path, key: None, text }).into_iter().collect(),
    }
}

/// Takes a value out, or the list that it is in.
fn remove(value: &mut Value, path: &str) {
    let (mut here, mut rest) = (value, path);
    while let Some((step, further)) =
        rest.strip_prefix('/').map(|rest| rest.split_once('/').unwrap_or((rest, "")))
    {
        let key = step.replace("~1", "/").replace("~0", "~");
        let ends = further.is_empty() || here.get(&key).is_some_and(Value::is_array);
        let Value::Object(map) = here else { return };
        if ends {
            map.remove(&key);
            return;
        }
        let Some(next) = map.get_mut(&key) else { return };
        (here, rest) = (next, &rest[1 + step.len()..]);
    }
}

/// What is wrong with a value of another type or size than wanted; none: it is something else.
fn beyond(kind: &Kind, found: &Value) -> Option<String> {
    Some(match kind {
        Kind::Type { kind } => format!("expected {}, found {}", expected(kind), name_of(found)),
        Kind::Constant { expected_value } => format!("expected {expected_value}"),
        Kind::Minimum { limit } => format!("{found} is too small: at least {limit}"),
        Kind::Maximum { limit } => format!("{found} is too large: at most {limit}"),
        Kind::ExclusiveMinimum { limit } => format!("{found} is too small: more than {limit}"),
        Kind::ExclusiveMaximum { limit } => format!("{found} is too large: less than {limit}"),
        Kind::MinItems { limit } => format!("too few: at least {limit}"),
        Kind::MaxItems { limit } => format!("too many: at most {limit}"),
        Kind::MinLength { limit } => format!("too short: at least {limit} {}", characters(*limit)),
        Kind::MaxLength { limit } => format!("too long: at most {limit} {}", characters(*limit)),
        Kind::UniqueItems => "the same twice".to_owned(),
        Kind::Pattern { pattern } => format!("does not match the pattern {pattern}"),
        _ => return None,
    })
}

/// What is wrong with the name of a key.
fn wrong_name(
    of_name: &ValidationError<'_>,
    source: &Source,
    at: &str,
    formats: Explain<'_>,
) -> Problem {
    let name = of_name.instance().as_str().unwrap_or_default();
    let explained = match of_name.kind() {
        Kind::Format { format } => formats(format, name),
        _ => None,
    };
    let (message, help) =
        explained.unwrap_or_else(|| (format!("the key `{name}` cannot be"), None));
    Problem { help, ..source.at_key(&child(at, name), message) }
}

/// The texts that the branches of a schema allow, as far as each is nothing but a choice of texts.
fn words<'a>(branches: &'a [Vec<ValidationError<'_>>]) -> Vec<&'a str> {
    let of = |branch: &'a Vec<ValidationError<'_>>| match branch.as_slice() {
        [only] => match only.kind() {
            Kind::Constant { expected_value } => expected_value.as_str().into_iter().collect(),
            Kind::Enum { options } => texts(options),
            _ => Vec::new(),
        },
        _ => Vec::new(),
    };
    branches.iter().flat_map(of).collect()
}

/// The keys that branches of a schema need and that a table does not have, if each needs one.
fn keys<'a>(branches: &'a [Vec<ValidationError<'_>>], whole: &ValidationError<'_>) -> Vec<&'a str> {
    let of = |branch: &'a Vec<ValidationError<'_>>| {
        branch.iter().find_map(|error| match error.kind() {
            Kind::Required { property } if error.instance_path() == whole.instance_path() => {
                property.as_str()
            }
            _ => None,
        })
    };
    branches.iter().map(of).collect::<Option<_>>().unwrap_or_default()
}

/// What is wrong by the branch that was meant, which is the one that got furthest.
fn meant<'a, 'e>(
    branches: &'a [Vec<ValidationError<'e>>],
    whole: &ValidationError<'_>,
) -> impl Iterator<Item = &'a ValidationError<'e>> {
    let depth = |branch: &&'a Vec<ValidationError<'e>>| {
        let of_type = branch.iter().any(|error| {
            matches!(error.kind(), Kind::Type { .. } | Kind::Constant { .. })
                && error.instance_path() == whole.instance_path()
        });
        let null = branch.iter().any(|error| {
            matches!(error.kind(), Kind::Type { kind: TypeKind::Single(JsonType::Null) })
        });
        (null, of_type, branch.len())
    };
    branches.iter().filter(|branch| !branch.is_empty()).min_by_key(depth).into_iter().flatten()
}

fn texts(options: &Value) -> Vec<&str> {
    options.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

fn one_of(source: &Source, at: &str, found: &Value, options: &[&str]) -> Problem {
    let written = found.as_str().unwrap_or_default();
    source
        .at_value(at, format!("expected {}, found {}", either(options), shown(found)))
        .suggest_near(written, options.iter().copied())
}

fn characters(number: u64) -> &'static str {
    if number == 1 { "character" } else { "characters" }
}

fn either(options: &[&str]) -> String {
    match options {
        [only] => format!("`{only}`"),
        options => format!("one of {}", list(options)),
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => format!("`{text}`"),
        value => name_of(value).to_owned(),
    }
}

fn expected(kind: &TypeKind) -> String {
    match kind {
        TypeKind::Single(one) => name(*one).to_owned(),
        TypeKind::Multiple(several) => {
            let names: Vec<&str> =
                several.iter().filter(|one| *one != JsonType::Null).map(name).collect();
            names.join(" or ")
        }
    }
}

fn name(kind: JsonType) -> &'static str {
    match kind {
        JsonType::Array => "a list",
        JsonType::Boolean => "true or false",
        JsonType::Integer => "a whole number",
        JsonType::Null => "nothing",
        JsonType::Number => "a number",
        JsonType::Object => "a table",
        JsonType::String => "a text in quotes",
    }
}

fn name_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "true or false",
        Value::Number(number) if number.is_f64() => "a fraction",
        Value::Number(_) => "a whole number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a table",
    }
}

/// A description without the line breaks that it has in the source.
fn on_one_line(description: &str) -> String {
    description.replace('\n', " ")
}
