//! The person who is offered a place: what is said, what is keyed, and what comes of it.

use crate::settings::{MailTo, Settings};
use std::{collections::BTreeMap, future::pending};
use strowger_sdk::{
    prelude::*,
    reads::{CampaignEnd, Level, Purpose},
};

/// The person.
#[derive(Clone)]
pub(crate) struct Person {
    pub(crate) call: Call,
    pub(crate) s: &'static Settings,
    pub(crate) who: ContactOf,
    pub(crate) purpose: Purpose,
    /// A planner chooses among those who accept.
    planner_chooses: bool,
    /// There is a place that can be had.
    pub(crate) places_left: bool,
    /// The person has a place already, or stands on the planner's list.
    pub(crate) has_accepted: bool,
    language: Option<String>,
    /// What texts and mails may say.
    fields: BTreeMap<String, String>,
}

/// What a person answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Accepts,
    CannotNow,
    NeverAgain,
    /// Nothing, or the person has hung up.
    Nothing,
    /// Meanwhile the place is not to be had any more.
    TooLate,
}

/// What came of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Claimed {
    Won,
    Lost,
    Failed,
}

impl Person {
    /// None: the campaign or its contact is not known any more.
    pub(crate) fn of(call: &Call, s: &'static Settings, who: ContactOf) -> Option<Self> {
        let campaign = call.campaign(&who.campaign)?;
        let listed = call.campaign_contact(&who.campaign, &who.contact)?;
        let own = [("name", &listed.name), ("number", &listed.number), ("campaign", &who.campaign)];
        let own = own.map(|(key, value)| (key.to_owned(), value.clone()));
        let said = campaign.fields.iter().chain(&listed.fields);
        let said = said.map(|field| (field.key.clone(), field.value.clone()));
        Some(Self {
            call: call.clone(),
            s,
            purpose: listed.purpose,
            planner_chooses: campaign.planner_chooses && listed.purpose == Purpose::Offer,
            places_left: campaign.places_left() > 0,
            has_accepted: listed.purpose == Purpose::Offer
                && listed.outcome.as_deref() == Some("accepted"),
            language: listed.language,
            fields: said.chain(own).collect(),
            who,
        })
    }

    /// The person has the place by another call: has called back while this one rang.
    pub(crate) fn accepted_elsewhere(&self) -> bool {
        let contact = self.call.campaign_contact(&self.who.campaign, &self.who.contact);
        contact.is_some_and(|it| {
            it.purpose == Purpose::Offer && it.outcome.as_deref() == Some("accepted")
        })
    }

    /// Words with the fields of the campaign and of the contact. A field that neither has, or that
    /// is empty, is left out with the space before it: nobody hears its name, or a gap.
    pub(crate) fn words(&self, words: &Words) -> Prompt {
        words.map(|text| self.filled_in(text)).in_language(self.language.as_deref())
    }

    fn filled_in(&self, text: &str) -> String {
        let mut said = String::new();
        let mut rest = text;
        while let Some((before, (field, behind))) =
            rest.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?)))
        {
            said += before;
            match self.fields.get(field).map(String::as_str) {
                Some("") => said.truncate(said.trim_end().len()),
                Some(value) => said += value,
                None => {
                    said.truncate(said.trim_end().len());
                    let why = format!("neither the campaign nor its list has the field {field:?}");
                    self.call.log(Level::Warn, &why);
                }
            }
            rest = behind;
        }
        said + rest
    }

    /// Says something, and waits until it was said.
    pub(crate) async fn say(&self, leg: &str, words: &Words) {
        self.call.play_to(leg, vec![self.words(words)]).await;
    }

    /// Waits until the offer cannot be had any more. Who is told of the planner's choice is told that
    /// all the same.
    pub(crate) async fn none_left(&self, goals: &mut Goals) {
        match self.purpose {
            Purpose::NotChosen => pending().await,
            Purpose::Offer | Purpose::Chosen => goals.none_left().await,
        }
    }

    /// Says the offer until a key is pressed that means something.
    pub(crate) async fn ask(&self, leg: &str, goals: &mut Goals) -> Answer {
        let offer = match (&self.s.planner, self.purpose) {
            (Some(planner), Purpose::Chosen) => &planner.chosen,
            _ => &self.s.texts.offer,
        };
        for _ in 0..self.s.said_at_most {
            let gather = self.call.gather_from(leg, vec![self.words(offer)]).digits(1);
            let keyed = strowger_sdk::race! {
                _ = self.none_left(goals) => return Answer::TooLate,
                _ = self.call.gone(leg) => return Answer::Nothing,
                keyed = gather.first_within(self.s.answer_within) => keyed,
            };
            let key = keyed.ok().and_then(|keyed| keyed.digits.chars().next());
            if let Some(answer) = key.and_then(|key| self.meaning(key)) {
                return answer;
            }
        }
        Answer::Nothing
    }

    /// What a key means; none: nothing, or that the offer is said again.
    pub(crate) fn meaning(&self, key: char) -> Option<Answer> {
        let keys = &self.s.keys;
        let meant = [
            (keys.accept, Answer::Accepts),
            (keys.cannot_now, Answer::CannotNow),
            (keys.never_again, Answer::NeverAgain),
        ];
        meant.into_iter().find(|(means, _)| *means == key).map(|(_, answer)| answer)
    }

    /// Does what the person has keyed, and says what comes of it. Gives the outcome for the record.
    pub(crate) async fn settle(&self, leg: &str, answer: Answer) -> &'static str {
        if answer != Answer::Accepts {
            let outcome = self.dispose(answer);
            self.say(leg, self.words_of(answer)).await;
            return outcome;
        }
        // Who presses the key and hangs up at once has accepted, too.
        let person = self.clone();
        self.call.after_hang_up(|| async move {
            let claimed = person.claim().await;
            person.dispose(claimed.answer()).into()
        });
        let claimed = self.claim().await;
        let outcome = self.dispose(claimed.answer());
        self.call.after_hang_up(move || async move { outcome.into() });
        self.say(leg, self.words_of_claim(claimed)).await;
        outcome
    }

    /// Takes a place. To claim twice is to claim once, so it is done again if the host was away.
    pub(crate) async fn claim(&self) -> Claimed {
        for _ in 0..2 {
            match self.call.claim(self.who.clone()).await {
                Ok(true) => return Claimed::Won,
                Ok(false) => return Claimed::Lost,
                Err(Failure::Unknown) => {}
                Err(why) => {
                    let campaign = &self.who.campaign;
                    self.call.alarm(format!("campaign {campaign}: no place can be claimed: {why}"));
                    return Claimed::Failed;
                }
            }
        }
        Claimed::Failed
    }

    /// O2 "Hoe registreren dat een persoon aangeeft niet meer hiervoor gebeld te willen worden?", "niet
    /// te kunnen maar wel nog gebeld te willen worden voor andere opengevallen slots", "diegenen die
    /// toezeggen". Gives the outcome for the record.
    pub(crate) fn dispose(&self, answer: Answer) -> &'static str {
        let of = |outcome| Disposition::of(&self.who, outcome);
        let disposition = match answer {
            Answer::Accepts => of("accepted"),
            Answer::CannotNow => of("cannot-now"),
            Answer::NeverAgain => of("refused").and_never_again(),
            Answer::Nothing => of("not-reached"),
            Answer::TooLate => of(self.why_none_left()),
        };
        self.call.disposition(disposition);
        match answer {
            // "Hoe de wijziging van afspraak geregistreerd wordt en aan het vaccinatiecentrum wordt
            // doorgegeven."
            Answer::Accepts => {
                // One place, one mail, also for somebody who accepts in two calls at once.
                if !self.accepted_elsewhere() {
                    self.mail();
                }
                "accepted"
            }
            Answer::CannotNow => "cannot-now",
            Answer::NeverAgain => "never-again",
            Answer::Nothing => "not-reached",
            Answer::TooLate => self.why_none_left(),
        }
    }

    fn mail(&self) {
        let mails: &[MailTo] = match &self.s.planner {
            Some(planner) if self.planner_chooses => &planner.mails,
            _ => &self.s.mails,
        };
        let fields =
            |(key, value): (&String, &String)| Field { key: key.clone(), value: value.clone() };
        for mail in mails {
            let to = mail.to.iter().map(|to| self.address(to));
            let to: Vec<String> = to.filter(|address| !address.is_empty()).collect();
            if !to.is_empty() {
                self.call.mail(&mail.mail, to, self.fields.iter().map(fields).collect());
            }
        }
    }

    /// What an entry of `to` stands for; empty: nobody.
    fn address(&self, to: &str) -> String {
        let field = to.strip_prefix('{').and_then(|to| to.strip_suffix('}'));
        let known = field.and_then(|field| Some((field, self.s.addresses.get(field)?)));
        let Some((field, addresses)) = known else { return self.filled_in(to) };
        let address = self.fields.get(field).and_then(|value| addresses.get(value));
        if address.is_none() {
            self.call.log(Level::Warn, &format!("no mail address for this {field}"));
        }
        address.map_or_else(String::new, |address| address.0.clone())
    }

    /// Why the place is not to be had any more.
    pub(crate) fn why_none_left(&self) -> &'static str {
        let campaign = self.call.campaign(&self.who.campaign);
        match campaign.and_then(|campaign| campaign.end) {
            Some(CampaignEnd::Stopped) => "stopped",
            Some(CampaignEnd::TimeOver) => "time-over",
            Some(CampaignEnd::Filled | CampaignEnd::ListOver) | None => "filled",
        }
    }

    /// The telephone was not answered, or not by a person.
    pub(crate) fn dial_failed(&self, why: &NotReached) -> &'static str {
        self.call.note("contact", why.word());
        self.call.disposition(Disposition::of_not_reached(&self.who, why));
        "not-reached"
    }

    /// Nobody has talked with the person, for another reason.
    pub(crate) fn not_reached(&self, why: &'static str) -> &'static str {
        self.call.note("contact", why);
        self.call.disposition(Disposition::of(&self.who, "not-reached").because(why));
        "not-reached"
    }

    /// The planner has chosen somebody else.
    pub(crate) async fn tell_not_chosen(&self, leg: &str) -> &'static str {
        let words = self.s.planner.as_ref().map_or(&self.s.texts.filled, |it| &it.not_chosen);
        self.call.disposition(Disposition::of(&self.who, "not-chosen"));
        self.say(leg, words).await;
        "not-chosen"
    }

    /// "Herhaal wat de burger mee moet nemen naar de afspraak."
    pub(crate) fn words_of_acceptance(&self) -> &'static Words {
        match &self.s.planner {
            Some(planner) if self.planner_chooses => &planner.noted,
            _ => &self.s.texts.accepted,
        }
    }

    pub(crate) fn words_of_claim(&self, claimed: Claimed) -> &'static Words {
        match claimed {
            Claimed::Won => self.words_of_acceptance(),
            Claimed::Lost => self.words_of_none_left(),
            Claimed::Failed => &self.s.texts.impossible,
        }
    }

    /// That the place is not to be had any more.
    pub(crate) fn words_of_none_left(&self) -> &'static Words {
        match self.why_none_left() {
            _ if self.accepted_elsewhere() => self.words_of_acceptance(),
            "filled" => &self.s.texts.filled,
            _ => &self.s.texts.over,
        }
    }

    fn words_of(&self, answer: Answer) -> &'static Words {
        let texts = &self.s.texts;
        match answer {
            Answer::Accepts => self.words_of_acceptance(),
            Answer::CannotNow => &texts.cannot_now,
            Answer::NeverAgain => &texts.never_again,
            Answer::Nothing => &texts.nothing_keyed,
            Answer::TooLate => self.words_of_none_left(),
        }
    }
}

impl Claimed {
    /// The person who wanted the place has it, or not.
    pub(crate) fn answer(self) -> Answer {
        match self {
            Self::Won => Answer::Accepts,
            Self::Lost => Answer::TooLate,
            Self::Failed => Answer::Nothing,
        }
    }
}
