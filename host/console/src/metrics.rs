//! Figures for Prometheus, made of the board and of what else the host says. docs/metrics.md
//! describes each.

use prometheus::{CounterVec, Encoder, GaugeVec, Opts, Registry, Result, TEXT_FORMAT, TextEncoder};
use std::collections::BTreeMap;
use strowger_api::v1::{Board, BoardQueue, Campaign, CampaignStage, Flow, Status};

/// The content type of [`text`].
pub(crate) const CONTENT_TYPE: &str = TEXT_FORMAT;

/// All figures, in Prometheus' own format.
pub(crate) fn text(board: &Board, status: &Status, flows: &[Flow]) -> Result<Vec<u8>> {
    let registry = Registry::new_custom(Some("strowger".to_owned()), None)?;
    let (gauges, counters) = (BTreeMap::new(), BTreeMap::new());
    let mut figures = Figures { registry, gauges, counters };
    figures.host(status)?;
    figures.flows(board, flows)?;
    figures.queues(board)?;
    figures.campaigns(&board.campaigns)?;
    for switch in &board.switches {
        let turned = switch.positions.first() != Some(&switch.position);
        let help = "1 if the switch does not stand in its normal position, else 0";
        figures.gauge("switch_turned", help, &[("switch", &switch.switch)], turned)?;
    }
    let mut text = Vec::new();
    TextEncoder::new().encode(&figures.registry.gather(), &mut text)?;
    Ok(text)
}

/// The figures of one answer.
struct Figures {
    registry: Registry,
    gauges: BTreeMap<&'static str, GaugeVec>,
    counters: BTreeMap<&'static str, CounterVec>,
}

type Labels<'a> = &'a [(&'a str, &'a str)];

impl Figures {
    /// A figure that rises and falls.
    fn gauge(
        &mut self,
        name: &'static str,
        help: &str,
        labels: Labels<'_>,
        value: impl Into<f64>,
    ) -> Result<()> {
        if !self.gauges.contains_key(name) {
            let gauge = GaugeVec::new(Opts::new(name, help), &names(labels))?;
            self.registry.register(Box::new(gauge.clone()))?;
            self.gauges.insert(name, gauge);
        }
        if let Some(gauge) = self.gauges.get(name) {
            gauge.get_metric_with_label_values(&values(labels))?.set(value.into());
        }
        Ok(())
    }

    /// A figure that only rises, until it begins at 0 again.
    fn counter(
        &mut self,
        name: &'static str,
        help: &str,
        labels: Labels<'_>,
        value: u32,
    ) -> Result<()> {
        if !self.counters.contains_key(name) {
            let counter = CounterVec::new(Opts::new(name, help), &names(labels))?;
            self.registry.register(Box::new(counter.clone()))?;
            self.counters.insert(name, counter);
        }
        if let Some(counter) = self.counters.get(name) {
            counter.get_metric_with_label_values(&values(labels))?.inc_by(value.into());
        }
        Ok(())
    }

    fn host(&mut self, status: &Status) -> Result<()> {
        let (journal, mail) = (&status.journal, &status.mail);
        self.gauge("build_info", "The version of Strowger", &[("version", &status.version)], 1)?;
        let help = "When the host started, in seconds since 1970";
        self.gauge("start_time_seconds", help, &[], status.since.0 as f64 / 1000.0)?;
        let help = "What somebody has to look at: strowger status says what";
        self.gauge("problems", help, &[], status.ill.len() as f64)?;
        let adapter = [("adapter", &*status.pbx.adapter)];
        let help = "1 if commands reach the PBX, else 0";
        self.gauge("pbx_connected", help, &adapter, status.pbx.connected)?;
        let good = status.site.in_force && status.site.error.is_none();
        let help = "1 if the site file is in force as it is now, else 0";
        self.gauge("site_file_good", help, &[], good)?;
        let help = "Entries that wait to be written to the journal";
        self.gauge("journal_pending_entries", help, &[], journal.pending as f64)?;
        let help = "1 if the journal cannot be written, else 0";
        self.gauge("journal_stuck", help, &[], journal.stuck_since.is_some())?;
        self.gauge("mail_waiting", "Mails that wait to be sent", &[], mail.waiting as f64)?;
        let help = "Mails that were given up within a day";
        self.gauge("mail_given_up", help, &[], mail.failed as f64)?;
        let help = "Bytes that may still be written where the journal is";
        let free =
            status.disk.free.map(|free| self.gauge("disk_free_bytes", help, &[], free as f64));
        free.unwrap_or(Ok(()))
    }

    fn flows(&mut self, board: &Board, flows: &[Flow]) -> Result<()> {
        for flow in flows {
            let labels: Labels<'_> = &[("flow", flow.name.as_str())];
            let up = board.flows.iter().find(|on_board| on_board.flow == flow.name);
            let up = up.map_or(0.0, |up| up.calls as f64);
            self.gauge("calls", "Calls that are up", labels, up)?;
            let help = "1 if a version was withdrawn because too many of its steps failed, else 0";
            self.gauge("flow_version_withdrawn", help, labels, flow.withdrawn.is_some())?;
            let help = "1 if the flow serves new calls, else 0";
            self.gauge("flow_serving", help, labels, flow.version.is_some())?;
            let help = "1 if the files of the flow are good, else 0";
            self.gauge("flow_files_good", help, labels, flow.error.is_none())?;
            let help = "Steps that have failed, of the version that serves";
            self.gauge("flow_failed_steps", help, labels, flow.faults as f64)?;
        }
        Ok(())
    }

    fn queues(&mut self, board: &Board) -> Result<()> {
        for BoardQueue { queue, waiting, longest_wait_s, agents, day, .. } in &board.queues {
            let queue = ("queue", queue.as_str());
            self.gauge("queue_waiting_callers", "Callers who wait", &[queue], *waiting)?;
            let help = "For how long the caller waits who waits longest; 0: nobody waits";
            self.gauge("queue_longest_wait_seconds", help, &[queue], *longest_wait_s as f64)?;
            for (state, count) in agents.by_state() {
                let help = "Agents who take the calls of the queue, by what they do";
                self.gauge("queue_agents", help, &[queue, ("state", state)], count)?;
            }
            let within = "Callers who got an agent of the queue within its service level";
            for (name, help, count) in [
                ("queue_offered_total", "Callers who came into the queue", day.offered),
                ("queue_answered_total", "Callers who got an agent of the queue", day.answered),
                ("queue_answered_within_total", within, day.answered_within),
                ("queue_left_total", "Callers who went on elsewhere", day.left),
                ("queue_abandoned_total", "Callers who hung up", day.abandoned),
            ] {
                self.counter(name, help, &[queue], count)?;
            }
        }
        for (state, count) in board.agents.by_state() {
            let help = "Agents who have logged in, by what they do";
            self.gauge("agents", help, &[("state", state)], count)?;
        }
        Ok(())
    }

    fn campaigns(&mut self, campaigns: &[Campaign]) -> Result<()> {
        for campaign in campaigns.iter().filter(|it| it.stage != CampaignStage::Ended) {
            let labels: Labels<'_> = &[("campaign", campaign.campaign.as_str())];
            for (name, help, count) in [
                ("campaign_places", "Places to fill", campaign.goal),
                ("campaign_filled_places", "Places that are filled", campaign.reached),
                ("campaign_calls", "Calls of the campaign that are under way", campaign.calls),
                ("campaign_people", "People on the list", campaign.contacts),
                ("campaign_untried_people", "People who were never called", campaign.untried),
            ] {
                self.gauge(name, help, labels, count)?;
            }
            let running = campaign.stage == CampaignStage::Running;
            let help = "1 if people are called, 0 if the campaign pauses";
            self.gauge("campaign_running", help, labels, running)?;
        }
        Ok(())
    }
}

fn names<'a>(labels: Labels<'a>) -> Vec<&'a str> {
    labels.iter().map(|(name, _)| *name).collect()
}

fn values<'a>(labels: Labels<'a>) -> Vec<&'a str> {
    labels.iter().map(|(_, value)| *value).collect()
}
