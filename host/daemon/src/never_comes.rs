//! Conditions of campaigns that never come: nobody would be called, and nobody would be told why.

use std::{collections::BTreeSet, time::Duration};
use strowger_model::{TemplateName, Timestamp, command::Field};
use strowger_site::{CampaignTemplate, Site, Wanted, template::filled};

/// Hours are looked at for so long.
const YEAR: Duration = Duration::from_secs(366 * 86_400);

/// What never comes of the conditions of all templates, for people.
pub fn never_comes(site: &Site, now: Timestamp) -> Vec<String> {
    let of = |name| {
        let said = never_comes_of(site, name, now).into_iter();
        said.map(move |said| format!("campaigns of template `{name}`: {said}"))
    };
    site.campaigns.keys().flat_map(of).collect()
}

/// What never comes of the conditions of a template, for people.
pub(crate) fn never_comes_of(site: &Site, name: &TemplateName, now: Timestamp) -> Vec<String> {
    let Some(template) = site.campaigns.get(name) else { return Vec::new() };
    let hours = template.hours.as_ref().filter(|hours| !opens(site, hours, now));
    let hours = hours.map(|hours| {
        format!("nobody is called, for the schedule `{hours}` is never open in the next year")
    });
    hours.into_iter().chain(never_free(site, template)).collect()
}

/// Waves of a campaign with these fields that have nobody, for people.
pub(crate) fn empty_waves(site: &Site, name: &TemplateName, fields: &[Field]) -> Vec<String> {
    let Some(template) = site.campaigns.get(name) else { return Vec::new() };
    let all = site.contacts.find(Wanted::default()).flat_map(|contact| contact.tags.iter());
    let all: BTreeSet<&str> = all.map(|tag| &**tag).collect();
    let tags = template.waves.iter().flat_map(|wave| &wave.tags);
    let tags = tags.filter_map(|tag| filled(tag, fields));
    let nobody = tags.filter(|tag| !all.contains(tag.as_str()));
    nobody.map(|tag| format!("no contact has the tag `{tag}` of a wave")).collect()
}

/// Whether a schedule is open at any time in the next year.
fn opens(site: &Site, schedule: &str, now: Timestamp) -> bool {
    let mut at = now;
    while let Some(status) = site.schedule(schedule, at) {
        match status.until.map(|until| until.instant) {
            _ if status.open => return true,
            Some(next) if next > at && next < now.plus(YEAR) => at = next,
            _ => return false,
        }
    }
    false
}

/// More agents stay free than there are.
fn never_free(site: &Site, template: &CampaignTemplate) -> Option<String> {
    let queues = template.give_way_to.iter().filter_map(|queue| site.queues.get(queue));
    let agents: BTreeSet<_> = queues.flat_map(|queue| &queue.agents).collect();
    let keep = template.keep_free.iter().map(|keep| keep.agents).max()?;
    (keep as usize >= agents.len()).then(|| {
        format!(
            "`keep_free` keeps {keep} of {} agents free: while it does, nobody is called",
            agents.len()
        )
    })
}
#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;
    use strowger_site::{
        read_site::{People, site},
        source::Source,
    };

    const SITE: &str = r#"time_zone = "Europe/Brussels"
language = "nl-BE"
[schedules.nooit]
hours = "off"
[schedules.zomer]
hours = "Jul 01 10:00-12:00"
[queues.helpdesk]
agents = ["an", "bo"]
[agents.an]
endpoints = [{ address = "PJSIP/an" }]
[agents.bo]
endpoints = [{ address = "PJSIP/bo" }]
[campaigns.goed]
flow = "f"
hours = "zomer"
give_way_to = ["helpdesk"]
keep_free = [{ agents = 1 }]
[campaigns.slecht]
flow = "f"
hours = "nooit"
give_way_to = ["helpdesk"]
keep_free = [{ agents = 2 }]
[campaigns.golven]
flow = "f"
waves = [{ after = 0, tags = ["{department}"] }]
"#;

    #[test]
    fn o5_conditions_that_never_come_are_said() {
        let source = Source::parse(Path::new("site.toml"), SITE).unwrap();
        let site = site(&source, People::Files).unwrap();
        let said = never_comes(&site, Timestamp(1_795_962_000_000));
        assert_eq!(said.len(), 2, "{said:?}");
        assert!(said[0].contains("`slecht`: nobody is called") && said[0].contains("`nooit`"));
        assert!(said[1].contains("keeps 2 of 2 agents free"), "{said:?}");
        let field = Field { key: "department".to_owned(), value: "geratrie".to_owned() };
        let said = empty_waves(&site, &"golven".into(), &[field]);
        assert_eq!(said, ["no contact has the tag `geratrie` of a wave"]);
    }
}
