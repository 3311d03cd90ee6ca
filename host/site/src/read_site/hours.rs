//! The site's civil time: its zone, its holidays, and its schedules.

use super::{People, Reader};
use crate::{
    problem::Problem,
    schedule::{self, BadHours, Calendar, Exception, Schedule},
    site_file::{HolidayFile, ScheduleFile},
    source::child,
};
use chrono::NaiveDate;
use chrono_tz::Tz;
use opening_hours::localization::Country;
use std::{collections::BTreeMap, sync::Arc};

/// What people of a country and their neighbours call it, where that is not English.
const OWN_NAMES: [(&str, &[&str]); 5] = [
    ("BE", &["belgi\u{eb}", "belgie", "belgique", "belgien"]),
    ("NL", &["nederland", "pays-bas", "niederlande", "holland"]),
    ("LU", &["luxemburg", "l\u{eb}tzebuerg"]),
    ("DE", &["duitsland", "deutschland", "allemagne"]),
    ("FR", &["frankrijk", "frankreich"]),
];

const HOURS: &str = "write hours as in OpenStreetMap, such as \"Mo-Fr 09:00-16:00; PH off\" or \"Mo-Su 22:00-06:00\"";

impl Reader<'_> {
    /// A country by its code, or by its name in English or in a language of its own.
    pub(super) fn country(&mut self, text: &str) -> Option<Country> {
        let wanted = text.trim().to_lowercase();
        let named = |country: &&Country| country.name().to_lowercase() == wanted;
        let own = OWN_NAMES.iter().find(|(_, names)| names.contains(&wanted.as_str()));
        let code = own.map_or(wanted.to_uppercase(), |(code, _)| (*code).to_owned());
        let country =
            code.parse::<Country>().ok().or_else(|| Country::ALL.iter().find(named).copied());
        if country.is_none() {
            let known = Country::ALL.iter().flat_map(|it| [it.iso_code(), it.name()]);
            let problem = self
                .source
                .at_value("/country", format!("no public holidays are known of `{text}`"))
                .help(
                    "write an ISO 3166-1 code, such as \"BE\", or the English name of the country",
                )
                .suggest_near(text, known);
            self.wrong(problem);
        }
        country
    }

    fn date(&mut self, at: &str, text: &str) -> Option<NaiveDate> {
        let date = text.parse().ok();
        if date.is_none() {
            let problem = self.source.at_value(at, format!("not a date: {text}"));
            self.wrong(problem.help("write it as year-month-day, such as 2026-11-02"));
        }
        date
    }

    pub(super) fn holidays(&mut self, files: Vec<HolidayFile>) -> BTreeMap<NaiveDate, String> {
        let mut named = BTreeMap::new();
        for (index, holiday) in files.into_iter().enumerate() {
            if let Some(date) = self.date(&format!("/holidays/{index}/date"), &holiday.date) {
                named.insert(date, holiday.name);
            }
        }
        named
    }

    pub(super) fn time_zone(&mut self, name: &str) -> Option<Tz> {
        let zone = name.parse::<Tz>().ok();
        if zone.is_none() && !name.is_empty() {
            let zones = chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name());
            let problem = self
                .source
                .at_value("/time_zone", format!("no time zone `{name}`"))
                .help("write it as in the IANA database, such as \"Europe/Brussels\"")
                .suggest_near(name, zones);
            self.wrong(problem);
        }
        zone
    }

    pub(super) fn schedules(
        &mut self,
        files: BTreeMap<String, ScheduleFile>,
        calendar: &Arc<Calendar>,
    ) -> BTreeMap<String, Arc<Schedule>> {
        let mut schedules = BTreeMap::new();
        for (name, schedule) in files {
            let known = self.unchanged(&name);
            let schedule = known.or_else(|| {
                self.schedule(&child("/schedules", &name), calendar, schedule).map(Arc::new)
            });
            schedules.extend(schedule.map(|schedule| (name, schedule)));
        }
        schedules
    }

    /// A schedule of the other site, if this one is made of the same: to read opening hours takes
    /// longer than all the rest.
    fn unchanged(&self, name: &str) -> Option<Arc<Schedule>> {
        let People::Of(site) = self.people else { return None };
        let (before, now) = (&site.source.as_ref()?.value, &self.source.value);
        let same = ["time_zone", "country", "holidays"].iter().all(|key| before[key] == now[key]);
        let schedule = site
            .schedules
            .get(name)
            .filter(|_| same && before["schedules"][name] == now["schedules"][name]);
        schedule.cloned()
    }

    fn schedule(
        &mut self,
        at: &str,
        calendar: &Arc<Calendar>,
        file: ScheduleFile,
    ) -> Option<Schedule> {
        let before = self.problems.len();
        let mut exceptions = Vec::new();
        for (index, exception) in file.exceptions.into_iter().enumerate() {
            let at = format!("{at}/exceptions/{index}");
            let from = self.date(&format!("{at}/date"), &exception.date);
            let until = match &exception.until {
                Some(until) => self.date(&format!("{at}/until"), until),
                None => from,
            };
            let hours = format!("{at}/hours");
            if let Err(bad) = schedule::check_hours_of_day(&exception.hours) {
                let problem = self.bad_hours(&hours, bad);
                self.wrong(
                    problem.help("write \"off\" or times, such as \"10:00-12:00,13:00-16:00\""),
                );
            }
            let (Some(from), Some(until)) = (from, until) else { continue };
            if until < from {
                let problem = self.source.at_value(&format!("{at}/until"), "ends before it begins");
                self.wrong(problem);
            }
            exceptions.push(Exception {
                from,
                until,
                name: exception.name,
                hours: exception.hours,
            });
        }
        let at = format!("{at}/hours");
        if let Err(bad) = schedule::check(&file.hours) {
            let problem = self.bad_hours(&at, bad);
            self.wrong(problem.help(HOURS));
        }
        if self.problems.len() > before {
            return None;
        }
        match Schedule::new(calendar.clone(), &file.hours, &exceptions) {
            Ok(schedule) => Some(schedule),
            Err(bad) => {
                let problem = self.source.at_value(
                    &at,
                    format!("does not go together with its exceptions: {}", bad.why),
                );
                self.wrong(problem.help(HOURS));
                None
            }
        }
    }

    fn bad_hours(&self, at: &str, bad: BadHours) -> Problem {
        self.source.within(at, bad.at, bad.why)
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        read_site::{People, site},
        source::Source,
    };
    use std::path::Path;

    #[test]
    fn a_country_is_written_as_people_write_it() {
        let country = |text: &str| {
            let text = format!(
                "time_zone = \"Europe/Brussels\"\nlanguage = \"nl-BE\"\ncountry = \"{text}\"\n"
            );
            let source = Source::parse(Path::new("site.toml"), &text).unwrap();
            site(&source, People::Files).map(|site| site.country)
        };
        for text in ["BE", "be", "Belgium", "Belgi\u{eb}", "BELGIQUE", " Belgien "] {
            assert_eq!(country(text).unwrap().as_deref(), Some("BE"), "{text}");
        }
        assert_eq!(country("Nederland").unwrap().as_deref(), Some("NL"));
        let problems = country("Belgum").unwrap_err();
        assert_eq!(problems[0].help.as_deref(), Some("did you mean `Belgium`?"));
    }
}
