//! What people and phones do in a test.

use super::*;

impl World {
    pub(in crate::tests) fn enter(&mut self, number: u64, names: &[&str]) -> Vec<Output> {
        self.enter_with(number, names, 0, Duration::ZERO)
    }

    pub(in crate::tests) fn enter_with(
        &mut self,
        number: u64,
        names: &[&str],
        priority: u8,
        waited: Duration,
    ) -> Vec<Output> {
        self.input(Input::Enter {
            entry: entry(number),
            ask: ask(names),
            priority,
            waited,
            placed: false,
        })
        .unwrap()
    }

    pub(in crate::tests) fn widen(&mut self, number: u64, names: &[&str]) -> Vec<Output> {
        self.input(Input::Widen { entry: entry(number), ask: ask(names) }).unwrap()
    }

    pub(in crate::tests) fn agent(&mut self, agent: &str, action: FloorAction) -> Vec<Output> {
        self.input(Input::Agent { agent: agent.into(), action }).unwrap()
    }

    pub(in crate::tests) fn status(&self, agent: &str) -> AgentStatus {
        self.floor.agent(agent).unwrap()
    }

    /// Lets time pass, with every deadline on the way at its time.
    pub(in crate::tests) fn pass(&mut self, time: Duration) {
        let until = self.now + time;
        while let Some(deadline) = self.floor.next_deadline().filter(|deadline| *deadline <= until)
        {
            self.now = self.now.max(deadline);
            self.input(Input::Tick).unwrap();
        }
        self.now = until;
    }

    /// Whose phones ring for a caller, in the order in which they were rung: `name` or, beyond the
    /// first endpoint, `name/1`.
    pub(in crate::tests) fn ringing_for(&self, number: u64) -> Vec<String> {
        let phones = self.ringing.values().filter(|phone| phone.entry == entry(number));
        phones
            .map(|phone| {
                if phone.endpoint == 0 {
                    phone.agent.to_string()
                } else {
                    format!("{}/{}", phone.agent, phone.endpoint)
                }
            })
            .collect()
    }

    pub(in crate::tests) fn attempt(&self, agent: &str) -> AttemptId {
        let rings =
            |(id, phone): (&AttemptId, &Phone)| (phone.agent.as_str() == agent).then_some(*id);
        self.ringing.iter().find_map(rings).unwrap_or_else(|| panic!("no phone of {agent} rings"))
    }

    pub(in crate::tests) fn answer(&mut self, agent: &str) -> Vec<Output> {
        let attempt = self.attempt(agent);
        self.input(Input::Answered { attempt }).unwrap()
    }

    pub(in crate::tests) fn refuse(&mut self, agent: &str, why: Unanswered) -> Vec<Output> {
        let attempt = self.attempt(agent);
        self.input(Input::Unanswered { attempt, why }).unwrap()
    }

    /// Every cancelled phone falls silent.
    pub(in crate::tests) fn quiet(&mut self) {
        while let Some((&attempt, _)) = self.cancelled.first_key_value() {
            self.input(Input::Unanswered { attempt, why: Unanswered::Cancelled }).unwrap();
        }
    }

    pub(in crate::tests) fn fumble(&mut self, number: u64) -> Vec<Output> {
        self.input(Input::Fumbled { entry: entry(number) }).unwrap()
    }

    pub(in crate::tests) fn end(&mut self, number: u64) -> Vec<Output> {
        self.input(Input::Ended { entry: entry(number) }).unwrap()
    }
}
