//! `strowger hours`: what is open when, by the site file.

use crate::{
    args,
    commands::{load, sheet::Sheet},
};
use anstream::println;
use anyhow::{Result, bail};
use chrono::{NaiveDate, Utc};
use std::io::stdout;
use strowger_model::Timestamp;
use strowger_site::{Report, Site, problem::list, read_site, schedule::Day};

pub(crate) fn hours(args: &args::Hours) -> Result<bool> {
    let path = std::path::absolute(&args.path)?;
    let Some(folder) = load::site_folder(&path) else {
        bail!("no site.toml in {} or a folder above", path.display());
    };
    let site = match read_site::read(&folder.join("site.toml")) {
        Ok(site) => site,
        Err(problems) => {
            println!("{}", Report::default().with(problems));
            return Ok(false);
        }
    };
    if let Some(name) = args.schedule.as_ref().filter(|name| !site.schedules.contains_key(*name)) {
        let known: Vec<&str> = site.schedules.keys().map(String::as_str).collect();
        bail!("there is no schedule {name:?} in the site file; there is {}", list(&known));
    }
    let from = args.from.unwrap_or_else(|| today(&site));
    let mut rows = vec![["schedule", "day", "open", ""].map(str::to_owned).to_vec()];
    for (name, schedule) in &site.schedules {
        if args.schedule.as_ref().is_none_or(|only| only == name) {
            let days = from.iter_days().take(args.days.into());
            rows.extend(days.map(|date| row(name, schedule.day(date))));
        }
    }
    Sheet(rows).table(&mut stdout())?;
    Ok(true)
}

/// By the clock of the site.
fn today(site: &Site) -> NaiveDate {
    let now = site.moment(Timestamp(Utc::now().timestamp_millis().unsigned_abs()));
    NaiveDate::from_ymd_opt(now.year, now.month.into(), now.day.into()).unwrap_or_default()
}

fn row(schedule: &str, day: Day) -> Vec<String> {
    let open = match day.open.is_empty() {
        true => "closed".to_owned(),
        false => day.open.join(", "),
    };
    let why = day.reason.or_else(|| day.holiday.then(|| "public holiday".to_owned()));
    vec![
        schedule.to_owned(),
        day.date.format("%a %Y-%m-%d").to_string(),
        open,
        why.unwrap_or_default(),
    ]
}
