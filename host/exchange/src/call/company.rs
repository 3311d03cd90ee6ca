//! Keeping a waiting leg company: music, and prompts that the host repeats by itself, without a
//! step of the flow.

use super::{
    Call,
    carry::refusal,
    order::{Company, Doing, Open},
};
use strowger_model::{
    LegName, OrderId,
    command::KeepWaiting,
    event::{Refusal, RefusalReason},
};
use strowger_pbx::port::{PbxCommand, PlayId};

impl Call {
    pub(super) fn keep_waiting(&mut self, id: OrderId, ask: KeepWaiting) -> Result<(), Refusal> {
        self.up(&ask.leg)?;
        if let Some(class) = &ask.music
            && !self.flow.site.music.contains_key(class)
        {
            return Err(refusal(
                RefusalReason::UnknownName,
                format!("the site has no music {class:?}"),
            ));
        }
        self.end_company_of(&ask.leg);
        let company = Company {
            prompts: self.voiced(ask.prompts)?,
            music: ask.music.and_then(|class| self.flow.site.music.get(&class).cloned()),
            leg: ask.leg,
            every: ask.every,
            play: None,
        };
        let due = (!company.prompts.is_empty()).then(|| self.in_(ask.first_after));
        self.music(&company.leg, company.music.clone());
        self.open(id, due, Doing::KeepingCompany(Box::new(company)));
        if ask.first_after.is_zero() {
            self.repeat_company(id);
        }
        Ok(())
    }

    /// The prompts again, unless the last are still being heard.
    pub(super) fn repeat_company(&mut self, id: OrderId) {
        let Some(Open { doing: Doing::KeepingCompany(company), .. }) = self.order_mut(id) else {
            return;
        };
        let (leg, prompts, every) = (company.leg.clone(), company.prompts.clone(), company.every);
        if company.play.is_none() && !prompts.is_empty() {
            let play = self.play(&leg, prompts);
            if let Some(Open { doing: Doing::KeepingCompany(company), .. }) = self.order_mut(id) {
                company.play = play;
            }
        }
        let due = (!every.is_zero()).then(|| self.in_(every));
        if let Some(open) = self.order_mut(id) {
            open.due = due;
        }
    }

    /// The leg waits no more.
    pub(super) fn end_company_of(&mut self, leg: &LegName) {
        let of_leg = |open: &Open| matches!(&open.doing, Doing::KeepingCompany(company) if &company.leg == leg);
        if let Some(place) = self.orders.iter().position(of_leg) {
            let open = self.orders.remove(place);
            self.take_back(open);
        }
    }

    pub(super) fn end_company(&mut self, company: Company) {
        self.stop(company.play);
        if company.music.is_some() {
            self.music(&company.leg, None);
        }
    }

    /// Silence, while an agent is on the way; the prompts pause too.
    pub(super) fn hush_company(&mut self, leg: &LegName) {
        let Some((id, play)) = self.company_of(leg, |company| company.play.take()) else { return };
        self.stop(play);
        self.music(leg, None);
        if let Some(open) = self.order_mut(id) {
            open.due = None;
        }
    }

    /// The agent did not come: music again, and the prompts from their next turn on.
    pub(super) fn resume_company(&mut self, leg: &LegName) {
        let Some((id, (music, every, talks))) = self.company_of(leg, |company| {
            (company.music.clone(), company.every, !company.prompts.is_empty())
        }) else {
            return;
        };
        self.music(leg, music);
        let due = (talks && !every.is_zero()).then(|| self.in_(every));
        if let Some(open) = self.order_mut(id) {
            open.due = due;
        }
    }

    fn company_of<T>(
        &mut self,
        leg: &LegName,
        ask: impl FnOnce(&mut Company) -> T,
    ) -> Option<(OrderId, T)> {
        self.orders
            .iter_mut()
            .find_map(|open| match &mut open.doing {
                Doing::KeepingCompany(company) if &company.leg == leg => Some((open.id, company)),
                _ => None,
            })
            .map(|(id, company)| (id, ask(company)))
    }

    pub(super) fn music(&mut self, leg: &LegName, class: Option<String>) {
        if let Some(leg) = self.leg(leg).map(|leg| leg.id.clone()) {
            self.send(PbxCommand::Music { leg, class });
        }
    }

    /// Prompts of company were heard to their end.
    pub(super) fn company_played(&mut self, play: &PlayId) -> bool {
        self.orders.iter_mut().any(|open| match &mut open.doing {
            Doing::KeepingCompany(company) if company.play.as_ref() == Some(play) => {
                company.play = None;
                true
            }
            _ => false,
        })
    }
}
