//! From a flow file as written to a [`LoadedFlow`], or everything that is wrong with it.

use crate::{
    FlowLimits, LoadedFlow,
    flow::Counters,
    flow_file::{CaseFile, FlowFile, LimitsFile},
    schemas,
};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use strowger_model::{CaseKind, FlowName, NumberPattern, PhoneNumber};
use strowger_sandbox::{Flow, Limits, LoadError, Manifest, Plugin};
use strowger_site::{
    Fallback, Permissions, Problem, Site, Template, Terms,
    read_site::ADDRESS,
    schema::{self, Schema},
    site::{address, recordings},
    source::{Source, child},
    template::is_address,
    version,
};

/// A flow file that was read, with its plugin: what a version is made from, again for every site.
#[derive(Clone)]
pub(crate) struct Origin {
    pub(crate) name: FlowName,
    pub(crate) source: Arc<Source>,
    pub(crate) plugin: Result<Plugin, NoPlugin>,
    pub(crate) recordings: BTreeMap<String, PathBuf>,
}

/// A plugin that cannot be had.
#[derive(Clone)]
pub(crate) struct NoPlugin {
    pub(crate) message: String,
    pub(crate) help: Option<String>,
}

/// What a version has in common with those that differ from it only in the site: nothing is
/// configured twice, and calls are counted together.
pub(crate) struct Kept {
    pub(crate) flow: Flow,
    pub(crate) counters: Arc<Counters>,
}

impl Origin {
    /// Reads a flow file and the names of its recordings. The plugin is asked for by name and the
    /// flow's folder.
    pub(crate) fn read(
        name: FlowName,
        path: &Path,
        plugin: impl FnOnce(&str, &Path) -> Result<Plugin, NoPlugin>,
    ) -> Result<Self, Vec<Problem>> {
        let source = Source::read(path)?;
        let dir = path.parent().unwrap_or(Path::new("."));
        let plugin = match source.value["plugin"].as_str() {
            Some(name) => plugin(name, dir),
            None => Err(NoPlugin { message: String::new(), help: None }),
        };
        let own = match path.file_name().is_some_and(|name| name == "flow.toml") {
            true => recordings(&dir.join("prompts")),
            false => BTreeMap::new(),
        };
        Ok(Self { name, source: Arc::new(source), plugin, recordings: own })
    }

    /// The numbers that the file claims, good or not, with their place.
    pub(crate) fn numbers(&self) -> Vec<(String, NumberPattern)> {
        let numbers = self.source.value["numbers"].as_array().into_iter().flatten().enumerate();
        numbers
            .filter_map(|(index, number)| {
                Some((format!("/numbers/{index}"), number.as_str()?.parse().ok()?))
            })
            .collect()
    }

    /// Checks everything against the site and configures the plugin. Without a site, what does not
    /// need one is checked and nothing comes of it.
    pub(crate) fn fit(
        &self,
        site: Option<&Arc<Site>>,
        kept: impl FnOnce(&str) -> Option<Kept>,
    ) -> Result<Option<LoadedFlow>, Vec<Problem>> {
        let source = &*self.source;
        let (file, problems) = schema::read::<FlowFile>(&schemas::FLOW, source);
        let mut reader = Reader { source, site, problems };
        let read = file.as_ref().map(|file| reader.flow(file));
        let plugin = match &self.plugin {
            Ok(plugin) => Some(plugin),
            Err(missing) if missing.message.is_empty() => None,
            Err(missing) => {
                let problem = source.at_value("/plugin", missing.message.clone());
                reader.problems.push(Problem { help: missing.help.clone(), ..problem });
                None
            }
        };
        // Settings are checked although something else in the file is wrong: all errors at once.
        if let (Some(plugin), settings) = (plugin, &source.value["settings"]) {
            let empty = Value::Object(serde_json::Map::new());
            let settings = if settings.is_object() { settings } else { &empty };
            let permissions = read.as_ref().map(|read| read.permissions.clone());
            let names = Names { site: site.cloned(), permissions, own: self.recordings.clone() };
            reader.problems.extend(names.check(plugin.manifest(), settings, source));
        }
        let (Some(file), Some(read), Some(plugin), []) =
            (file, read, plugin, reader.problems.as_slice())
        else {
            return Err(reader.problems);
        };
        let Some(site) = site else { return Ok(None) };

        let language = file.language.clone().unwrap_or_else(|| site.language.clone());
        let own = format!("{:?}", self.recordings.keys());
        let version = version::of(&[
            &source.value.to_string(),
            plugin.hash(),
            &language,
            site.time_zone.name(),
            &own,
        ]);
        let settings = Value::Object(file.settings);
        let step = limits(&file.limits);
        let kept = match kept(&version) {
            Some(kept) => kept,
            None => {
                let flow = plugin
                    .configure(&settings.to_string(), step.clone())
                    .map_err(|error| vec![refused(source, &settings, error)])?;
                Kept { flow, counters: Arc::default() }
            }
        };
        let mut all_recordings = site.recordings.clone();
        all_recordings.extend(self.recordings.clone());
        let terms = Terms {
            name: self.name.clone(),
            version,
            numbers: read.numbers,
            permissions: read.permissions,
            steps: file.limits.steps,
            fallback: read.fallback,
            language,
            caller_id: read.caller_id,
            mails: read.mails,
            cases_to: read.cases_to,
            site: site.clone(),
            recordings: all_recordings,
        };
        Ok(Some(LoadedFlow {
            terms: Arc::new(terms),
            manifest: plugin.manifest().clone(),
            flow: kept.flow,
            limits: FlowLimits { step, calls: file.limits.calls },
            settings,
            dir: source.path.parent().unwrap_or(Path::new(".")).to_owned(),
            file: source.path.clone(),
            withdrawn: false,
            counters: kept.counters,
            origin: self.clone(),
        }))
    }
}

/// What a plugin says of settings that are as its schema wants them. It may begin with the key that
/// it means.
fn refused(source: &Source, settings: &Value, error: LoadError) -> Problem {
    let key = match &error {
        LoadError::SettingsRefused { message, .. } => {
            message.split(':').next().filter(|key| settings.get(key).is_some())
        }
        _ => None,
    };
    match key {
        Some(key) => source.at_value(&child("/settings", key), error.to_string()),
        None => source.at_key("/settings", error.to_string()),
    }
}

fn limits(file: &LimitsFile) -> Limits {
    Limits {
        step_time: Duration::from_millis(file.step_ms),
        memory: file.memory_mib << 20,
        state: file.state_kib << 10,
        orders: file.orders,
    }
}

struct Reader<'a> {
    source: &'a Source,
    site: Option<&'a Arc<Site>>,
    problems: Vec<Problem>,
}

/// What of a flow file is not in it as it is needed.
struct Read {
    numbers: Vec<NumberPattern>,
    permissions: Permissions,
    fallback: Fallback,
    caller_id: Option<PhoneNumber>,
    mails: BTreeMap<String, Template>,
    cases_to: BTreeMap<CaseKind, Vec<String>>,
}

impl Reader<'_> {
    fn flow(&mut self, file: &FlowFile) -> Read {
        let granted = &file.permissions;
        let caller_id = file.caller_id.as_ref().and_then(|number| {
            let number = number.parse::<PhoneNumber>();
            number
                .map_err(|error| {
                    self.problems.push(self.source.at_value("/caller_id", error.to_string()))
                })
                .ok()
        });
        let fallback = match file.fallback.as_str() {
            "pbx" => Fallback::Pbx,
            other => match address(other) {
                Some(target) => Fallback::To(target),
                None => {
                    let message = format!("not a fallback: `{other}`");
                    let help = format!("write \"pbx\" for the PBX's own route; else {ADDRESS}");
                    self.problems.push(self.source.at_value("/fallback", message).help(help));
                    Fallback::Pbx
                }
            },
        };
        for (index, address) in granted.mail.iter().enumerate() {
            let good = address.split_once('@').is_some_and(|(name, domain)| {
                !name.is_empty()
                    && domain.contains('.')
                    && !address.contains(char::is_whitespace)
                    && !domain.contains('*')
            });
            if !good {
                let at = format!("/permissions/mail/{index}");
                let problem = self.source.at_value(&at, format!("not a mail address: `{address}`"));
                self.problems.push(
                    problem
                        .help("write \"name@domain.be\", or \"*@domain.be\" for every name there"),
                );
            }
        }
        let mails = self.mails(file);
        let cases_to = self.cases(&file.cases, &mails);
        if let Some(site) = self.site {
            let queues = site.queues.keys().map(|name| name.as_str());
            self.known(
                "queue",
                "/permissions/queues",
                &granted.queues,
                &queues.collect::<Vec<_>>(),
            );
            let agents = site.agents.keys().map(|name| name.as_str());
            let agents: Vec<_> = agents.collect();
            self.known("agent", "/permissions/agents", &granted.agents, &agents);
            self.known(
                "agent",
                "/permissions/log_in",
                &granted.log_in,
                &[&agents[..], &["*"]].concat(),
            );
            let of_queues = site.queues.keys().map(ToString::to_string);
            let either: Vec<String> =
                of_queues.chain(site.agents.keys().map(|name| format!("agent:{name}"))).collect();
            self.known(
                "queue or agent",
                "/permissions/listen",
                &granted.listen,
                &either.iter().map(String::as_str).collect::<Vec<_>>(),
            );
        }
        Read {
            numbers: self.patterns("/numbers", &file.numbers),
            mails,
            cases_to,
            fallback,
            caller_id,
            permissions: Permissions {
                dial: self.patterns("/permissions/dial", &granted.dial),
                addresses: granted.addresses.clone(),
                queues: granted.queues.clone(),
                agents: granted.agents.clone(),
                listen: granted.listen.clone(),
                log_in: granted.log_in.clone(),
                caller_ids: self.patterns("/permissions/caller_ids", &granted.caller_ids),
                mail: granted.mail.clone(),
                switches: granted.switches.clone(),
                flows: granted.flows.clone(),
            },
        }
    }

    /// Whom to tell of which kind of case.
    fn cases(
        &mut self,
        cases: &BTreeMap<String, CaseFile>,
        mails: &BTreeMap<String, Template>,
    ) -> BTreeMap<CaseKind, Vec<String>> {
        for (kind, case) in cases {
            let at = child("/cases", kind);
            if let Some(site) = self.site
                && !site.cases.contains_key(kind.as_str())
            {
                let message = format!("no kind of case `{kind}` in the site file");
                let known = site.cases.keys().map(CaseKind::as_str);
                self.problems.push(self.source.at_key(&at, message).suggest(kind, known));
            }
            for (index, address) in
                case.mail_to.iter().enumerate().filter(|(_, address)| !is_address(address))
            {
                let at = format!("{at}/mail_to/{index}");
                let problem = self.source.at_value(&at, format!("not a mail address: `{address}`"));
                self.problems.push(problem.help("write \"name@domain.be\""));
            }
            if !case.mail_to.is_empty() && !mails.contains_key(kind) {
                let problem = self.source.at_key(&at, "there is no mail for these cases");
                let help = format!("write one as [mails.{kind}], with subject and text");
                self.problems.push(problem.help(help));
            }
        }
        cases.iter().map(|(kind, case)| (kind.as_str().into(), case.mail_to.clone())).collect()
    }

    fn mails(&mut self, file: &FlowFile) -> BTreeMap<String, Template> {
        let mut mails = BTreeMap::new();
        for (name, mail) in &file.mails {
            match Template::new(&mail.subject, &mail.text) {
                Ok(template) => drop(mails.insert(name.clone(), template)),
                Err((key, at, why)) => {
                    self.problems.push(self.source.within(
                        &child(&child("/mails", name), key),
                        at,
                        why,
                    ));
                }
            }
        }
        mails
    }

    fn patterns(&mut self, at: &str, texts: &[String]) -> Vec<NumberPattern> {
        let parse = |(index, text): (usize, &String)| match text.parse::<NumberPattern>() {
            Ok(pattern) => Some(pattern),
            Err(error) => {
                self.problems
                    .push(self.source.at_value(&format!("{at}/{index}"), error.to_string()));
                None
            }
        };
        texts.iter().enumerate().filter_map(parse).collect()
    }

    fn known(&mut self, what: &str, at: &str, names: &[String], known: &[&str]) {
        for (index, name) in names.iter().enumerate() {
            if !known.contains(&name.as_str()) {
                let problem = self.source.at_value(
                    &format!("{at}/{index}"),
                    format!("no {what} `{name}` in the site file"),
                );
                self.problems.push(problem.suggest(name, known.iter().copied()));
            }
        }
    }
}

/// What the settings of a flow may name. See `docs/operate.md` for the formats.
struct Names {
    site: Option<Arc<Site>>,
    /// None: the flow file is wrong elsewhere.
    permissions: Option<Permissions>,
    own: BTreeMap<String, PathBuf>,
}

/// Formats that a plugin's schema can give to a text, beside those of JSON Schema.
const FORMATS: [&str; 11] = [
    "queue",
    "agent",
    "queue-or-agent",
    "schedule",
    "roster",
    "music",
    "case",
    "phone-number",
    "dialled-number",
    "recording",
    "mail-address",
];

impl Names {
    /// Checks settings against the schema of their plugin.
    fn check(self, manifest: &Manifest, settings: &Value, source: &Source) -> Vec<Problem> {
        let no_schema = |why: String| {
            let message = format!(
                "the settings schema of plugin `{}` is not a JSON Schema: {why}",
                manifest.name
            );
            vec![
                source
                    .at_value("/plugin", message)
                    .help("that is a fault of the plugin: tell its author"),
            ]
        };
        let schema = match serde_json::from_str(&manifest.settings_schema) {
            Ok(schema) => schema,
            Err(error) => return no_schema(error.to_string()),
        };
        let names = Arc::new(self);
        let mut options = jsonschema::options().should_validate_formats(true);
        for format in FORMATS {
            let names = names.clone();
            options =
                options.with_format(format, move |text: &str| names.wrong(format, text).is_none());
        }
        match Schema::new(schema, options) {
            Ok(schema) => schema
                .check(settings, source, "/settings", &|format, text| names.wrong(format, text)),
            Err(why) => no_schema(why),
        }
    }

    /// What is wrong with a text of a format, and what to do about it.
    fn wrong(&self, format: &str, text: &str) -> Option<(String, Option<String>)> {
        let granted =
            |may: fn(&Permissions, &str) -> bool, what: &str, key: &str| match &self.permissions {
                Some(permissions) if !may(permissions, what) => Some((
                    format!("`{what}` is not granted to this flow"),
                    Some(format!("add it to `{key}` in [permissions]")),
                )),
                _ => None,
            };
        let site = self.site.as_deref();
        let queue = || {
            let known = site.map(|site| site.queues.keys().map(|name| name.as_str()).collect());
            unknown("queue", text, known)
                .or_else(|| granted(Permissions::may_use_queue, text, "queues"))
        };
        let agents = || site.map(|site| site.agents.keys().map(|name| name.as_str()).collect());
        match format {
            "queue" => queue(),
            "agent" => unknown("agent", text, agents()),
            "queue-or-agent" => match text.strip_prefix("agent:") {
                Some(agent) => unknown("agent", agent, agents()),
                None => queue(),
            },
            "schedule" => unknown(
                "schedule",
                text,
                site.map(|site| site.schedules.keys().map(String::as_str).collect()),
            ),
            "roster" => unknown(
                "roster",
                text,
                site.map(|site| site.rosters.keys().map(String::as_str).collect()),
            ),
            "music" => unknown(
                "music",
                text,
                site.map(|site| site.music.keys().map(String::as_str).collect()),
            ),
            "case" => unknown(
                "kind of case",
                text,
                site.map(|site| site.cases.keys().map(CaseKind::as_str).collect()),
            ),
            "phone-number" | "dialled-number" => match text.parse::<PhoneNumber>() {
                Ok(number) if format == "dialled-number" => {
                    granted(Permissions::may_dial, number.as_str(), "dial")
                }
                Ok(_) => None,
                Err(error) => Some((error.to_string(), None)),
            },
            "recording" => {
                let known = site.map(|site| {
                    self.own.keys().chain(site.recordings.keys()).map(String::as_str).collect()
                });
                unknown("recording", text, known)
            }
            "mail-address" => granted(Permissions::may_mail, text, "mail"),
            _ => None,
        }
    }
}

fn unknown(what: &str, name: &str, known: Option<Vec<&str>>) -> Option<(String, Option<String>)> {
    let known = known?;
    if known.contains(&name) {
        return None;
    }
    let place = if what == "recording" { "the prompts" } else { "the site file" };
    let message = format!("no {what} `{name}` in {place}");
    let help = Problem::of_file(Path::new(""), "").suggest(name, known).help;
    Some((message, help))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const SITE: &str = r#"
        time_zone = "Europe/Brussels"
        language = "nl-BE"
        music = { gamelan = "default" }
        [schedules.week]
        hours = "Mo-Fr 09:00-16:00"
        [queues.helpdesk]
        [queues.other]
        [agents.an]
        endpoints = [{ address = "PJSIP/an" }]
        [cases.complaint]
        days = 45
    "#;

    /// The problems of one setting of a format, in a flow that is granted some things.
    fn wrong(format: &str, value: &str) -> Vec<String> {
        let site = strowger_site::read_site::site(
            &Source::parse(Path::new("site.toml"), SITE).unwrap(),
            strowger_site::read_site::People::Files,
        )
        .unwrap();
        let permissions = Permissions {
            dial: vec!["+322*".parse().unwrap()],
            queues: vec!["helpdesk".to_owned()],
            mail: vec!["*@example.be".to_owned()],
            ..Permissions::default()
        };
        let own = BTreeMap::from([("welcome".to_owned(), PathBuf::new())]);
        let names = Names { site: Some(Arc::new(site)), permissions: Some(permissions), own };
        let list = json!({"type": "array", "items": {"type": "string", "format": format}});
        let schema =
            json!({"type": "object", "properties": {"list": list}, "additionalProperties": false});
        let manifest = Manifest {
            name: "test".to_owned(),
            version: "1.0.0".to_owned(),
            settings_schema: schema.to_string(),
        };
        let text = format!("plugin = \"test\"\n[settings]\nlist = [\"{value}\"]");
        let source = Source::parse(Path::new("flow.toml"), &text).unwrap();
        let problems = names.check(&manifest, &source.value["settings"], &source);
        for problem in &problems {
            let place = problem.place.as_ref().unwrap();
            assert_eq!((place.line, place.column, place.length), (3, 9, value.chars().count() + 2));
        }
        problems
            .into_iter()
            .map(|problem| {
                problem.message + &problem.help.map_or(String::new(), |help| format!("; {help}"))
            })
            .collect()
    }

    #[test]
    fn settings_name_what_there_is_and_what_is_granted() {
        for (format, good) in [
            ("queue", "helpdesk"),
            ("agent", "an"),
            ("queue-or-agent", "helpdesk"),
            ("queue-or-agent", "agent:an"),
            ("schedule", "week"),
            ("music", "gamelan"),
            ("case", "complaint"),
            ("phone-number", "+31 20 123 45 67"),
            ("dialled-number", "+32 2 713 87 00"),
            ("recording", "welcome"),
            ("mail-address", "desk@example.be"),
            ("date", "2026-11-02"),
        ] {
            assert_eq!(wrong(format, good), [""; 0], "{format}");
        }
        for (format, bad, expected) in [
            (
                "case",
                "complain",
                "no kind of case `complain` in the site file; did you mean `complaint`?",
            ),
            ("queue", "helpdsk", "no queue `helpdsk` in the site file; did you mean `helpdesk`?"),
            (
                "queue",
                "other",
                "`other` is not granted to this flow; add it to `queues` in [permissions]",
            ),
            ("agent", "bo", "no agent `bo` in the site file; there is `an`"),
            ("queue-or-agent", "agent:am", "no agent `am` in the site file; did you mean `an`?"),
            ("schedule", "weak", "no schedule `weak` in the site file; did you mean `week`?"),
            ("music", "gong", "no music `gong` in the site file; there is `gamelan`"),
            (
                "dialled-number",
                "+31201234567",
                "`+31201234567` is not granted to this flow; add it to `dial` in [permissions]",
            ),
            (
                "recording",
                "welcom",
                "no recording `welcom` in the prompts; did you mean `welcome`?",
            ),
            (
                "mail-address",
                "x@example.nl",
                "`x@example.nl` is not granted to this flow; add it to `mail` in [permissions]",
            ),
            ("date", "2 november", "not a date"),
        ] {
            assert_eq!(wrong(format, bad), [expected], "{format}");
        }
        assert!(
            wrong("phone-number", "02 713 87 00")[0].contains("write it as + and country code")
        );
    }
}
