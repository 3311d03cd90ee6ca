//! A line on which absences are reported at any hour, by keypad or to an agent: requirement F1, from a
//! staffing agency's "Stap voor stap naar een flexorganisatie die wérkt". "De sleutel voor het slagen
//! ligt bij de afdelingen. Als zij uitval van medewerkers snel melden, is een sluitende planning met
//! voldoende inzet mogelijk." What is reported becomes a campaign, which offers the shift to the pool
//! (F2).

mod reporter;
mod settings;
mod shift;

pub use settings::{Agents, Department, MailTo, Role, Settings, Spoken, Texts};

use chrono::NaiveDate;
use reporter::Reporter;
use shift::{Absence, Span};
use strowger_sdk::{
    prelude::*,
    types::{GatherEnd, OpenCampaign, RefusalReason},
};

/// The flow.
pub struct AbsenceLine;

impl Script for AbsenceLine {
    type Settings = Settings;

    const FIELDS: Option<&'static [&'static str]> = Some(&[
        "department",
        "role",
        "shift",
        "weekday",
        "day",
        "month",
        "hour",
        "minute",
        "date",
        "from",
        "to",
        "until",
    ]);

    fn check(settings: &Settings) -> Result<(), String> {
        settings::check(settings)
    }

    async fn run(call: Call, s: &'static Settings) -> Result<Ending, Failure> {
        call.answer().await?;
        call.play(&s.texts.welcome).await;
        let line = Line { call, s };
        match line.report().await {
            Some((absence, own)) => match line.open(&absence, own.as_deref()).await {
                Ok(()) => {
                    line.call.play(absence.said(s, &s.texts.opened)).await;
                    line.call.hang_up_all();
                    Ok("reported".into())
                }
                Err(why) => {
                    line.call.alarm(format!("a campaign for an absence cannot be opened: {why}"));
                    line.to_agent().await
                }
            },
            None => line.to_agent().await,
        }
    }
}

#[derive(Clone)]
struct Line {
    call: Call,
    s: &'static Settings,
}

impl Line {
    /// Asks for everything and reads it back, and the contact who is absent if that is the caller.
    /// None: it is to be reported to an agent.
    async fn report(&self) -> Option<(Absence, Option<String>)> {
        let (call, s) = (&self.call, self.s);
        let reporter = Reporter::of(call, s).await?;
        for _ in 0..s.tries {
            let is_period = self.key(&s.texts.menu, "12").await? == '2';
            if is_period && s.period.is_none() {
                return None;
            }
            let own = match &reporter.contact {
                Some(contact) if self.key(&s.texts.who, "12").await? == '1' => {
                    Some(contact.clone())
                }
                _ => None,
            };
            let absence = self.absence(&reporter, is_period).await?;
            if self.key(absence.said(s, &s.texts.confirm), "12").await? == '1' {
                return Some((absence, own));
            }
        }
        None
    }

    async fn absence(&self, reporter: &Reporter, is_period: bool) -> Option<Absence> {
        let texts = &self.s.texts;
        let department = self.department(reporter).await?;
        let roles: String = self.s.roles.iter().map(|role| role.key).collect();
        let key = self.key(&texts.role, &roles).await?;
        let role = self.s.roles.iter().find(|role| role.key == key)?;
        let today = shift::date_of(&self.call.now())?;
        let date = self.keyed(&texts.date, |keyed| match keyed {
            "" => Some(today),
            keyed => shift::day(keyed, today),
        });
        let date: NaiveDate = date.await?;
        let span = if is_period {
            Span::Period { until: self.keyed(&texts.until, |keyed| shift::day(keyed, date)).await? }
        } else {
            let from = self.keyed(&texts.from, shift::time).await?;
            Span::Shift { from, to: self.keyed(&texts.to, shift::time).await? }
        };
        Some(Absence { department, role, date, span })
    }

    async fn department(&self, reporter: &Reporter) -> Option<&'static Department> {
        if let [only] = reporter.departments[..] {
            return Some(only);
        }
        let by_code =
            |keyed: &str| reporter.departments.iter().find(|it| it.code == keyed).copied();
        self.keyed(&self.s.texts.department, by_code).await
    }

    /// One of these keys. None: 0, or none of them.
    async fn key(&self, ask: impl Into<Prompt>, keys: &str) -> Option<char> {
        let ask = ask.into();
        for _ in 0..self.s.tries {
            let keyed = self.call.gather(ask.clone()).digits(1).first_within(secs(10));
            match keyed.await.ok()?.digits.chars().next() {
                Some(key) if keys.contains(key) => return Some(key),
                Some('0') => return None,
                _ => {
                    self.call.play(&self.s.texts.wrong).await;
                }
            }
        }
        None
    }

    /// Digits and `#`, as far as they mean something.
    async fn keyed<T>(&self, ask: &Words, meaning: impl Fn(&str) -> Option<T>) -> Option<T> {
        for _ in 0..self.s.tries {
            let keyed = self.call.gather(ask).until('#').first_within(secs(10));
            let keyed = keyed.next_within(secs(5)).await.ok()?;
            let nothing = keyed.digits.is_empty() && keyed.end == GatherEnd::Timeout;
            match meaning(&keyed.digits).filter(|_| !nothing) {
                Some(meant) => return Some(meant),
                None => {
                    self.call.play(&self.s.texts.wrong).await;
                }
            }
        }
        None
    }

    /// Offers the shift to the pool. Who hangs up once everything was confirmed has reported it, too.
    async fn open(&self, absence: &Absence, own: Option<&str>) -> Result<(), Failure> {
        let (line, again, contact) = (self.clone(), absence.clone(), own.map(str::to_owned));
        self.call.after_hang_up(|| async move {
            match line.open_once(&again, contact.as_deref()).await {
                Ok(()) => "reported".into(),
                Err(why) => {
                    line.call.alarm(format!("a campaign for an absence cannot be opened: {why}"));
                    "abandoned".into()
                }
            }
        });
        self.open_once(absence, own).await?;
        self.call.after_hang_up(|| async { "reported".into() });
        Ok(())
    }

    /// Done twice by the same call, it is done once.
    async fn open_once(&self, absence: &Absence, own: Option<&str>) -> Result<(), Failure> {
        /// Absences of the same role at the same time in a department, at most.
        const ALIKE: u32 = 9;
        let template = match (absence.span, &self.s.period) {
            (Span::Period { .. }, Some(period)) => period,
            _ => &self.s.shift,
        };
        let mut refused = Failure::Unknown;
        for number in 1..=ALIKE {
            let name = match number {
                1 => absence.name(),
                _ => format!("{} {number}", absence.name()),
            };
            let open = OpenCampaign {
                template: template.clone(),
                name: name.clone(),
                goal: 1,
                fields: absence.fields(&self.s.spoken),
                until: self.until(absence),
            };
            let mut opened = self.call.open_campaign(open.clone()).await;
            if let Err(Failure::Unknown) = opened {
                opened = self.call.open_campaign(open).await;
            }
            match opened {
                Ok(()) => {
                    self.opened(absence, &name, own);
                    return Ok(());
                }
                Err(Failure::Refused(refusal)) if refusal.reason == RefusalReason::DuplicateId => {
                    refused = Failure::Refused(refusal);
                }
                Err(why) => return Err(why),
            }
        }
        Err(refused)
    }

    /// Nobody is called from then on: when the shift begins, or once it has begun, when it is over.
    fn until(&self, absence: &Absence) -> Option<u64> {
        let now = self.call.now().instant;
        let [begin, end] = absence.begin_and_end().map(|civil| self.call.instant(&civil));
        begin.filter(|begin| *begin > now).or(end)
    }

    /// Whoever is absent is not asked to come; the planner has a mail.
    fn opened(&self, absence: &Absence, campaign: &str, own: Option<&str>) {
        let call = &self.call;
        call.note("campaign", campaign);
        call.note("department", &absence.department.name);
        if let Some(contact) = own
            && call.campaign_contact(campaign, contact).is_some()
        {
            let who = ContactOf { campaign: campaign.into(), contact: contact.into() };
            call.disposition(Disposition::of(&who, "absent"));
        }
        let mut fields = absence.fields(&self.s.spoken);
        fields.push(Field { key: "campaign".into(), value: campaign.into() });
        for mail in &self.s.mails {
            call.mail(&mail.mail, mail.to.clone(), fields.clone());
        }
    }

    /// "Of aan een medewerker": the agent asks, and reports it on this line.
    async fn to_agent(&self) -> Result<Ending, Failure> {
        let (call, s) = (&self.call, self.s);
        let waiting = call.wait_in(&s.agents.queue).music(&s.agents.music);
        match waiting.say(&s.texts.to_agent, secs(0)).await {
            Ok(agent) => {
                call.note("agent", agent.name);
                Ok("answered".into())
            }
            Err(why) => {
                call.play(&s.texts.nobody).await;
                call.hang_up_all();
                Ok(why.word().into())
            }
        }
    }
}

impl Absence {
    /// A text with what was keyed.
    fn said(&self, s: &Settings, words: &Words) -> Prompt {
        let fill = |text: &str| {
            let text = text.replace("{department}", &self.department.name);
            text.replace("{role}", &self.role.name).replace("{shift}", &self.words(&s.spoken))
        };
        (&words.map(fill)).into()
    }
}

strowger_sdk::export!(AbsenceLine, schema = "../settings.schema.json");

#[cfg(test)]
mod tests;
