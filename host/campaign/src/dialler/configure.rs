//! The site's templates, their hours and their room.

use super::{Dialler, Due, templated::Templated};
use crate::{
    Output, RefusedInput, Template,
    ix::{CampaignIx, TemplateIx},
    nanos,
};
use std::time::Duration;
use strowger_model::TemplateName;

impl Dialler {
    pub(super) fn configure(&mut self, templates: Vec<Template>, out: &mut Vec<Output>) {
        self.templates.iter_mut().for_each(|template| template.configured = false);
        let mut fewer = Vec::new();
        for config in templates {
            let ix = self.template(config.name.clone());
            let template = &mut self.templates[ix.0 as usize];
            if config.attempts < template.config.attempts {
                fewer.push(ix);
            }
            (template.config, template.configured) = (config, true);
        }
        // Whoever waits for a busy number may have been called often enough now.
        let now = self.now;
        for campaign in self.campaigns.iter_mut().flatten() {
            if fewer.contains(&campaign.template) {
                campaign.enter(campaign.phase(), now);
            }
        }
        self.each_campaign(|_| true, now, out);
    }

    /// A template by name; one that the site does not have is made, but not configured.
    pub(super) fn template(&mut self, name: TemplateName) -> TemplateIx {
        *self.template_by_name.entry(name).or_insert_with_key(|name| {
            self.templates.push(Templated {
                config: Template::new(name.clone()),
                configured: false,
                until: i64::MIN,
                room: 0,
                waiting: false,
                full: false,
            });
            TemplateIx(self.templates.len() as u32 - 1)
        })
    }

    pub(super) fn find_template(&self, name: &TemplateName) -> Result<TemplateIx, RefusedInput> {
        let found = self.template_by_name.get(name).copied();
        found
            .filter(|ix| self.templates[ix.0 as usize].configured)
            .ok_or_else(|| RefusedInput::UnknownTemplate(name.clone()))
    }

    pub(super) fn hours(
        &mut self,
        name: &TemplateName,
        until: Option<Duration>,
        out: &mut Vec<Output>,
    ) -> Result<(), RefusedInput> {
        let ix = self.find_template(name)?;
        let template = &mut self.templates[ix.0 as usize];
        self.deadlines.remove(&(template.until, Due::Closing(ix)));
        template.until = until.map_or(i64::MIN, nanos);
        if until.is_some() && template.until < i64::MAX {
            self.deadlines.insert((template.until, Due::Closing(ix)));
        }
        self.each_campaign(|template| template == ix, self.now, out);
        Ok(())
    }

    pub(super) fn closes(&mut self, ix: TemplateIx, when: i64, out: &mut Vec<Output>) {
        self.each_campaign(|template| template == ix, when, out);
    }

    pub(super) fn full(&mut self, name: &TemplateName, full: bool) -> Result<(), RefusedInput> {
        let ix = self.find_template(name)?;
        self.templates[ix.0 as usize].full = full;
        if !full {
            self.has_room();
        }
        Ok(())
    }

    pub(super) fn room(
        &mut self,
        name: &TemplateName,
        waiting: bool,
        room: u32,
    ) -> Result<(), RefusedInput> {
        let ix = self.find_template(name)?;
        self.templates[ix.0 as usize].waiting = waiting;
        let before = std::mem::replace(&mut self.templates[ix.0 as usize].room, room);
        if room > before {
            self.has_room();
        }
        Ok(())
    }

    /// Something has changed for campaigns of some templates.
    fn each_campaign(&mut self, of: impl Fn(TemplateIx) -> bool, when: i64, out: &mut Vec<Output>) {
        for ix in (0..self.campaigns.len() as u32).map(CampaignIx) {
            if self.campaign(ix).is_some_and(|campaign| of(campaign.template)) {
                if self.run_clock(ix, when) {
                    self.keep(ix, out);
                }
                self.touch(ix);
            }
        }
    }
}
