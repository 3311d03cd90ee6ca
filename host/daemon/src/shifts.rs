//! Campaigns as figures of a flex pool (F3), for the API.

use chrono::NaiveDate;
use strowger_api::v1;
use strowger_exchange::Exchange;
use strowger_model::{
    Timestamp,
    campaign::{CampaignNow, ContactNow, ContactStage},
};
use strowger_office::shifts::{
    Asked, MonthOf, Need, PersonAsked, Refusals, by_month, by_person, days_of, refusals,
};
use strowger_site::Site;

pub(crate) fn shifts(exchange: &Exchange, site: &Site, which: v1::WhichShifts) -> v1::Shifts {
    let day = |at: Timestamp| {
        let at = site.moment(at);
        NaiveDate::from_ymd_opt(at.year, at.month.into(), at.day.into()).unwrap_or_default()
    };
    let (first, end) = (which.since.map(day), which.until.map(day));
    let need = |now: CampaignNow| {
        let contacts = exchange.campaign_contacts(now.opened.name.as_str()).unwrap_or_default();
        let people = contacts.into_iter().map(asked).collect();
        Need::of(&now.opened, day(now.opened.at), people)
    };
    let mut needs: Vec<Need> = exchange.campaigns().into_iter().filter_map(need).collect();
    needs.retain(|need| {
        first.is_none_or(|first| need.day() >= first) && end.is_none_or(|end| need.day() < end)
    });
    let mut days = days_of(&needs, first, day(exchange.clock().now()));
    days.end = end.unwrap_or(days.end);
    v1::Shifts {
        months: by_month(&needs, &days).into_iter().map(month).collect(),
        refusals: refusals(&needs).into_iter().map(why).collect(),
        people: by_person(&needs).into_iter().map(person).collect(),
    }
}

fn asked(contact: ContactNow) -> Asked {
    Asked {
        id: contact.person.id,
        name: contact.person.name,
        calls: contact.attempts,
        has_place: contact.stage == ContactStage::Won,
        disposed: contact.disposed,
    }
}

fn month(of: MonthOf) -> v1::ShiftMonth {
    v1::ShiftMonth {
        department: of.department,
        month: of.month,
        needs: of.needs,
        filled: of.filled,
        fill_rate: of.fill_rate,
        median_to_fill_s: of.median_to_fill_s,
        p90_to_fill_s: of.p90_to_fill_s,
        refusals: of.refusals,
        pool: of.pool,
    }
}

fn why(of: Refusals) -> v1::ShiftRefusals {
    let Refusals { department, outcome, reason, count } = of;
    v1::ShiftRefusals { department, outcome, reason, count }
}

fn person(of: PersonAsked) -> v1::ShiftPerson {
    let PersonAsked { person, name, asked, calls, accepted, refused, not_reached } = of;
    v1::ShiftPerson { person, name, asked, calls, accepted, refused, not_reached }
}
