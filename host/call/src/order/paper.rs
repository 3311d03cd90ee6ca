//! What a call leaves for people: mail, and cases that have to be answered. Nothing of it goes
//! anywhere but with the step that ordered it, into the journal.

use super::{Carried, refusal};
use crate::turn::Turn;
use strowger_call_port::{Observed, Paper};
use strowger_model::{
    Case, CaseKind, Mail, Timestamp, command::Field, event::RefusalReason, read::Moment,
};

/// Recipients of one mail, at most.
const RECIPIENTS: usize = 50;
/// Bytes of a mail, at most.
const TEXT: usize = 256 << 10;
/// Bytes of a case's fields, at most.
const FIELDS: usize = 64 << 10;

impl Turn<'_> {
    pub(crate) fn mail(&mut self, template: String, to: Vec<String>, fields: &[Field]) -> Carried {
        if to.is_empty() || to.len() > RECIPIENTS {
            return Err(refusal(
                RefusalReason::Invalid,
                format!("a mail goes to 1 to {RECIPIENTS} addresses, not {}", to.len()),
            ));
        }
        let (addresses, permissions) = (to.len(), &self.call.terms.permissions);
        let places = to.iter().zip(1..).filter(|(address, _)| !permissions.may_mail(address));
        let wrong: Vec<String> =
            places.map(|(_, place)| format!("not to address {place}")).collect();
        let wrong = wrong.join(", ");
        let to: Vec<String> = to.into_iter().filter(|it| permissions.may_mail(it)).collect();
        if to.is_empty() {
            let detail = "the flow file permits mail to none of the addresses; see [permissions]";
            return Err(refusal(RefusalReason::NotPermitted, detail));
        }
        let Some(text) = self.call.terms.mails.get(&template) else {
            return Err(refusal(
                RefusalReason::UnknownName,
                format!("there is no mail {template:?} in the flow file"),
            ));
        };
        let missing = |field| {
            refusal(RefusalReason::Invalid, format!("mail {template:?} needs the field {field:?}"))
        };
        let filled = text.fill(fields).map_err(missing)?;
        if filled.0.len() + filled.1.len() > TEXT {
            return Err(refusal(
                RefusalReason::OverLimit,
                format!("a mail is at most {} KiB", TEXT >> 10),
            ));
        }
        if to.len() < addresses {
            tracing::error!(
                call = %self.call.id,
                flow = %self.call.terms.name,
                template,
                "ALARM: a mail goes to {} of {addresses} addresses: {wrong}. The flow file does not \
                 permit mail there, or it is no address; see [permissions], and the column of the \
                 list or of the contacts that it comes from",
                to.len()
            );
        }
        self.post(&template, &to, fields, &filled);
        Ok(())
    }

    /// Notes something that has to be answered, and tells whom the flow file names.
    pub(crate) fn case(&mut self, kind: CaseKind, fields: Vec<Field>) -> Carried {
        if fields.iter().map(|field| field.key.len() + field.value.len()).sum::<usize>() > FIELDS {
            return Err(refusal(
                RefusalReason::OverLimit,
                format!("a case is at most {} KiB", FIELDS >> 10),
            ));
        }
        let terms = self.call.terms.clone();
        let Some(term) = terms.site.cases.get(&kind).map(|rule| rule.term) else {
            let detail = format!("there is no kind of case {kind:?} in the site file; see [cases]");
            return Err(refusal(RefusalReason::UnknownName, detail));
        };
        let opened = self.now.wall;
        let due = terms.site.due(opened, term);
        let told = terms.cases_to.get(&kind).map(Vec::as_slice).unwrap_or_default();
        let case = Case {
            id: self.next_id(),
            kind,
            call: Some(self.call.id),
            flow: self.call.terms.name.clone(),
            opened,
            due,
            by_day: term.is_by_day(),
            fields,
            closed: None,
        };
        if let Some(template) = terms.mails.get(case.kind.as_str()).filter(|_| !told.is_empty()) {
            let own = [
                ("case", case.id.clone()),
                ("opened", date(&self.call.terms.site.moment(opened))),
                ("due", self.last_moment(&case)),
            ];
            let own = own.map(|(key, value)| Field { key: key.to_owned(), value });
            let mut all: Vec<Field> = case.fields.iter().cloned().chain(own).collect();
            // What the flow did not learn is no reason to tell nobody.
            let filled = loop {
                match template.fill(&all) {
                    Ok(filled) => break filled,
                    Err(missing) => all.push(Field { key: missing, value: "-".to_owned() }),
                }
            };
            self.post(case.kind.as_str(), told, &all, &filled);
        }
        self.out.papers.push(Paper::Case(Box::new(case)));
        Ok(())
    }

    /// Each gets a mail of their own, with the subject and the text that the fields have filled.
    fn post(
        &mut self,
        template: &str,
        to: &[String],
        fields: &[Field],
        (subject, text): &(String, String),
    ) {
        self.house.observe(&Observed::Mailed { template, to, fields });
        for (nth, to) in to.iter().enumerate() {
            self.out.papers.push(Paper::Mail(Box::new(Mail {
                id: format!("{}-{nth}", self.next_id()),
                call: self.call.id,
                flow: self.call.terms.name.clone(),
                template: template.to_owned(),
                to: to.clone(),
                subject: subject.clone(),
                text: text.clone(),
                ordered: self.now.wall,
            })));
        }
    }

    /// The last day for an answer, or the time.
    fn last_moment(&self, case: &Case) -> String {
        let moment = |at| self.call.terms.site.moment(at);
        if case.by_day {
            // What is due at midnight is to be answered on the day before.
            return date(&moment(Timestamp(case.due.0 - 1)));
        }
        let due = moment(case.due);
        format!("{} {:02}:{:02}", date(&due), due.hour, due.minute)
    }

    /// The present order's, the same whenever this step is carried out.
    fn next_id(&self) -> String {
        format!("{}-{}-{}", self.call.id, self.call.kept.record.steps, self.call.index)
    }
}

fn date(moment: &Moment) -> String {
    format!("{:04}-{:02}-{:02}", moment.year, moment.month, moment.day)
}
