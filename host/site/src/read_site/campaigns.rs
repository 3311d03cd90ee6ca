//! Templates of campaigns.

use super::{People, Reader, seconds};
use crate::{
    Contacts, Wanted,
    campaigns::{CampaignTemplate, Choose, KeepFree, Wave},
    schedule::Schedule,
    site::Queue,
    site_file::campaigns::{CampaignFile, ChooseFile, KeepFreeFile, WaveFile},
    source::child,
    template,
};
use indexmap::IndexMap;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};
use strowger_model::{QueueName, TemplateName};

/// What templates name.
pub(super) struct Named<'a> {
    pub(super) schedules: &'a BTreeMap<String, Arc<Schedule>>,
    pub(super) queues: &'a IndexMap<QueueName, Queue>,
    /// None: nobody knows them, for their files are wrong or were not archived.
    pub(super) tags: Option<BTreeSet<String>>,
}

impl Reader<'_> {
    pub(super) fn campaigns(
        &mut self,
        files: BTreeMap<String, CampaignFile>,
        named: &Named<'_>,
    ) -> BTreeMap<TemplateName, CampaignTemplate> {
        let template = |(name, file): (String, CampaignFile)| {
            (name.as_str().into(), self.campaign(&name, file, named))
        };
        files.into_iter().map(template).collect()
    }

    /// The tags that contacts have, if that matters and is known.
    pub(super) fn tags(&self, contacts: &Contacts, wrong: bool) -> Option<BTreeSet<String>> {
        let all = contacts.find(Wanted::default()).flat_map(|contact| contact.tags.iter());
        let known = matches!(self.people, People::Files) && !wrong;
        known.then(|| all.map(ToString::to_string).collect())
    }

    fn campaign(&mut self, name: &str, file: CampaignFile, named: &Named<'_>) -> CampaignTemplate {
        let at = child("/campaigns", name);
        if let Some(hours) = &file.hours {
            self.known_schedule(&format!("{at}/hours"), hours, named);
        }
        self.queues_of_campaign(&at, &file.give_way_to, named);
        let keep_free = self.keep_free(&at, &file, named);
        let choose = self.choose(&at, &file);
        CampaignTemplate {
            name: name.into(),
            label: file.label.unwrap_or_else(|| name.to_owned()),
            flow: file.flow.into(),
            goal: file.goal,
            hours: file.hours,
            at_once: file.at_once,
            first_wins: file.first_wins,
            attempts: file.attempts,
            pause: seconds(file.pause),
            priority: file.priority,
            give_way_to: file.give_way_to.into_iter().map(QueueName::from).collect(),
            keep_free,
            waves: self.waves(&at, file.waves, named),
            choose,
            alarm_before: file.alarm_before.map(seconds),
        }
    }

    fn known_schedule(&mut self, at: &str, name: &str, named: &Named<'_>) {
        // One that is there and wrong is said to be so elsewhere.
        let is_there = self.source.value.pointer(&child("/schedules", name)).is_some();
        if !is_there {
            let problem = self.source.at_value(at, format!("no schedule `{name}`"));
            self.wrong(problem.suggest(name, named.schedules.keys().map(String::as_str)));
        }
    }

    fn queues_of_campaign(&mut self, at: &str, queues: &[String], named: &Named<'_>) {
        for (index, queue) in queues.iter().enumerate() {
            let at = format!("{at}/give_way_to/{index}");
            if !named.queues.contains_key(queue.as_str()) {
                let problem = self.source.at_value(&at, format!("no queue `{queue}`"));
                self.wrong(problem.suggest(queue, named.queues.keys().map(QueueName::as_str)));
            } else if queues[..index].contains(queue) {
                let message = format!("queue `{queue}` is in this list twice");
                self.wrong(self.source.at_value(&at, message));
            }
        }
    }

    fn keep_free(&mut self, at: &str, file: &CampaignFile, named: &Named<'_>) -> Vec<KeepFree> {
        if !file.keep_free.is_empty() && file.give_way_to.is_empty() {
            let message = "of which queues agents stay free is not said";
            let problem = self.source.at_key(&format!("{at}/keep_free"), message);
            self.wrong(problem.help("name the queues in `give_way_to`"));
        }
        for (index, entry) in file.keep_free.iter().enumerate() {
            let at = format!("{at}/keep_free/{index}");
            if let Some(schedule) = &entry.schedule {
                self.known_schedule(&format!("{at}/schedule"), schedule, named);
            }
            let overrules = |later: &&KeepFreeFile| {
                later.schedule.is_none() || later.schedule == entry.schedule
            };
            if file.keep_free[index + 1..].iter().any(|later| overrules(&later)) {
                let problem = self.source.at_value(&at, "never counts: a later one always does");
                let help = "the last one whose schedule is open counts; put the one without a \
                            schedule first";
                self.wrong(problem.help(help));
            }
        }
        let entries = file.keep_free.iter();
        entries
            .map(|KeepFreeFile { schedule, agents }| KeepFree {
                schedule: schedule.clone(),
                agents: *agents,
            })
            .collect()
    }

    fn choose(&mut self, at: &str, file: &CampaignFile) -> Choose {
        match (file.choose, file.up_to) {
            (ChooseFile::First, None) => Choose::First,
            (ChooseFile::Planner, Some(up_to)) => {
                if up_to < file.goal {
                    let message = format!("the planner cannot choose {} of {up_to}", file.goal);
                    let problem = self.source.at_value(&format!("{at}/up_to"), message);
                    self.wrong(problem.help("write at least as many as the `goal`"));
                }
                Choose::Planner { up_to }
            }
            (ChooseFile::First, Some(_)) => {
                let message = "only where the planner chooses";
                let problem = self.source.at_key(&format!("{at}/up_to"), message);
                self.wrong(problem.help("write `choose = \"planner\"`, or remove `up_to`"));
                Choose::First
            }
            (ChooseFile::Planner, None) => {
                let message = "of how many people the planner chooses is not said";
                let problem = self.source.at_value(&format!("{at}/choose"), message);
                self.wrong(problem.help("write it as `up_to`"));
                Choose::Planner { up_to: file.goal }
            }
        }
    }

    fn waves(&mut self, at: &str, files: Vec<WaveFile>, named: &Named<'_>) -> Vec<Wave> {
        let mut before: f64 = 0.0;
        for (index, wave) in files.iter().enumerate() {
            let at = format!("{at}/waves/{index}");
            if wave.after < before {
                let message = "this wave begins before the one in front of it";
                let problem = self.source.at_value(&format!("{at}/after"), message);
                self.wrong(problem.help("put the waves in the order in which they begin"));
            }
            before = before.max(wave.after);
            for (index, tag) in wave.tags.iter().enumerate() {
                self.tag(&format!("{at}/tags/{index}"), tag, named);
            }
        }
        let wave = |WaveFile { after, tags }: WaveFile| Wave { after: seconds(after), tags };
        files.into_iter().map(wave).collect()
    }

    /// A tag that some contact has. Of one with a field in it nobody knows that.
    fn tag(&mut self, at: &str, tag: &str, named: &Named<'_>) {
        match template::fields_of(tag) {
            Err((character, why)) => self.wrong(self.source.within(at, character, why)),
            Ok(fields) if !fields.is_empty() => {}
            Ok(_) => {
                let meant = template::filled(tag, &[]).unwrap_or_default();
                let Some(tags) = named.tags.as_ref().filter(|tags| !tags.contains(&meant)) else {
                    return;
                };
                let message = format!("no contact has the tag `{meant}`");
                let help = "the column `tags` of the files of contacts says who has which";
                let problem = self.source.at_value(at, message).help(help);
                self.wrong(problem.suggest(&meant, tags.iter().map(String::as_str)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        Choose, Problem, Site,
        read_site::{People, site},
        source::Source,
    };
    use std::{fs, time::Duration};

    const SITE: &str = r#"time_zone = "Europe/Brussels"
language = "nl-BE"
contacts = ["contacts.csv"]
[schedules.bellen]
hours = "Mo-Fr 09:00-20:00"
[schedules.ochtend]
hours = "Mo-Fr 08:00-12:00"
[queues.helpdesk]
[campaigns.reservelijst]
flow = "reserve-list"
hours = "bellen"
at_once = 3
attempts = 2
pause = 3600
give_way_to = ["helpdesk"]
keep_free = [{ agents = 1 }, { schedule = "ochtend", agents = 2 }]
[campaigns.open-shift]
label = "Open dienst"
flow = "open-shift"
waves = [{ after = 0, tags = ["{department}"] }, { after = 600, tags = ["intern"] }]
choose = "planner"
up_to = 3
alarm_before = 7200
"#;

    fn read(from: &str, to: &str) -> Result<Site, Vec<Problem>> {
        assert!(SITE.contains(from), "{from}");
        let folder = tempfile::tempdir().unwrap();
        let contacts = "id,kind,name,numbers,tags\na,nurse,An,,intern;extern\n";
        fs::write(folder.path().join("contacts.csv"), contacts).unwrap();
        let path = folder.path().join("site.toml");
        site(&Source::parse(&path, &SITE.replacen(from, to, 1))?, People::Files)
    }

    fn wrong(from: &str, to: &str) -> String {
        let problems = read(from, to).unwrap_err();
        let said = problems.iter().map(|problem| {
            let place = problem.place.as_ref().unwrap();
            let help = problem.help.as_deref().unwrap_or_default();
            format!("{}:{} {}; {help}", place.line, place.column, problem.message)
        });
        said.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn o1_a_template_says_how_people_are_called() {
        let site = read("", "").unwrap();
        let list = &site.campaigns["reservelijst"];
        assert_eq!((list.label.as_str(), list.flow.as_str()), ("reservelijst", "reserve-list"));
        assert_eq!((list.goal, list.at_once, list.attempts), (1, 3, 2));
        assert_eq!((list.pause, list.choose), (Duration::from_secs(3600), Choose::First));
        assert_eq!(list.give_way_to, ["helpdesk".into()]);
        let kept: Vec<_> =
            list.keep_free.iter().map(|kept| (kept.schedule.as_deref(), kept.agents)).collect();
        assert_eq!(kept, [(None, 1), (Some("ochtend"), 2)]);
        let shift = &site.campaigns["open-shift"];
        assert_eq!(
            (shift.label.as_str(), shift.choose),
            ("Open dienst", Choose::Planner { up_to: 3 })
        );
        assert_eq!((shift.attempts, shift.hours.as_deref(), shift.first_wins), (1, None, false));
        assert_eq!(shift.alarm_before, Some(Duration::from_secs(7200)));
        assert_eq!(
            (shift.waves[1].after, &*shift.waves[1].tags[0]),
            (Duration::from_secs(600), "intern")
        );
    }

    #[test]
    fn what_is_wrong_with_a_template_is_said_with_its_place() {
        for (from, to, said) in [
            ("\"bellen\"\n", "\"belen\"\n", "11:9 no schedule `belen`; did you mean `bellen`?"),
            ("[\"helpdesk\"]", "[\"desk\"]", "15:16 no queue `desk`; there is `helpdesk`"),
            (
                "[\"helpdesk\"]",
                "[\"helpdesk\", \"helpdesk\"]",
                "15:28 queue `helpdesk` is in this list twice; ",
            ),
            (
                "give_way_to = [\"helpdesk\"]\n",
                "",
                "15:1 of which queues agents stay free is not said; name the queues in \
                 `give_way_to`",
            ),
            (
                "schedule = \"ochtend\"",
                "schedule = \"avond\"",
                "16:43 no schedule `avond`; there is `bellen` and `ochtend`",
            ),
            (
                "schedule = \"ochtend\", ",
                "",
                "16:14 never counts: a later one always does; the last one whose schedule is open \
                 counts; put the one without a schedule first",
            ),
            (
                "after = 600, tags = [\"intern\"]",
                "after = 600, tags = [\"Interns\"]",
                "20:73 no contact has the tag `Interns`; did you mean `intern`?",
            ),
            (
                "\"{department}\"",
                "\"{department\"",
                "20:32 not the name of a field in braces, such as `{caller}`; write `{{` for the \
                 sign itself; ",
            ),
            (
                "after = 0",
                "after = 900",
                "20:62 this wave begins before the one in front of it; put the waves in the order \
                 in which they begin",
            ),
            (
                "choose = \"planner\"\n",
                "",
                "21:1 only where the planner chooses; write `choose = \"planner\"`, or remove \
                 `up_to`",
            ),
            (
                "up_to = 3\n",
                "",
                "21:10 of how many people the planner chooses is not said; write it as `up_to`",
            ),
            (
                "up_to = 3\n",
                "up_to = 3\ngoal = 4\n",
                "22:9 the planner cannot choose 4 of 3; write at least as many as the `goal`",
            ),
        ] {
            assert_eq!(wrong(from, to), said, "{to}");
        }
    }

    #[test]
    fn figures_out_of_range_and_unknown_keys_are_said() {
        for (from, to, said) in [
            ("flow = \"open-shift\"\n", "", "`flow`"),
            ("at_once = 3", "at_once = 0", "12:11 0 is too small"),
            ("attempts = 2", "attempts = 300", "13:12 300 is too large"),
            ("pause = 3600", "puase = 3600", "unknown key `puase`"),
            ("\"planner\"", "\"planer\"", "21:10"),
            ("tags = [\"intern\"]", "tags = []", "too few"),
        ] {
            assert!(wrong(from, to).contains(said), "{}", wrong(from, to));
        }
    }

    #[test]
    fn tags_are_not_looked_for_where_nobody_knows_the_contacts() {
        let today = read("", "").unwrap();
        let source = today.source.as_ref().unwrap();
        let text = SITE.replace("\"intern\"", "\"gone\"");
        let then = Source::parse(&source.path, &text).unwrap();
        assert!(site(&then, People::Of(&today)).is_ok(), "a version that calls are still on");
        assert!(
            wrong("contacts = [\"contacts.csv\"]", "contacts = [\"other.csv\"]").lines().count()
                == 1
        );
    }
}
