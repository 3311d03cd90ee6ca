//! Answers that came to nothing: the agent was gone before it was a conversation.

use super::Floor;
use crate::{EntryId, Output, RefusedInput, agent::Doing, ix::PoolIx};

impl Floor {
    /// The caller waits on in the old place, as if the phone had not been answered.
    pub(super) fn fumbled(
        &mut self,
        id: EntryId,
        out: &mut Vec<Output>,
    ) -> Result<(), RefusedInput> {
        let ix = self.entries.find(id).ok_or(RefusedInput::UnknownEntry(id))?;
        let agent = self.entries.get(ix).and_then(|entry| entry.agent);
        let agent = agent.ok_or(RefusedInput::NotConnected(id))?;
        // Who is dialled past the queues has no queue to wait in.
        let Some(&mut Doing::Talking { pool: through, began, counted, .. }) =
            self.agent_mut(agent).doing_for(ix)
        else {
            return Err(RefusedInput::NotConnected(id));
        };
        if !self.ends_beside(agent, ix, out) {
            self.agent_mut(agent).doing = Doing::Nothing;
        }
        let Some(entry) = self.entries.get_mut(ix) else { return Ok(()) };
        entry.agent = None;
        *entry.offers.get_or_insert_default().tries.entry(agent).or_default() += 1;
        let (rank, asked): (_, Vec<PoolIx>) = (entry.rank, entry.asked.as_slice().into());
        let waited = began.unwrap_or(self.now).saturating_sub(rank.since);
        for &ix in &asked {
            let pool = self.pool_mut(ix);
            match (counted, ix == through) {
                (true, true) => pool.discount_answer(waited),
                (true, false) => pool.counts.left -= 1,
                (false, _) => pool.counts.offered += 1,
            }
            pool.wanting.insert(rank);
        }
        self.unsettled.extend(&asked);
        self.let_rest(agent, ix);
        self.list(agent);
        // The site may have changed, and agents may have logged out meanwhile.
        for pool in asked {
            self.send_hopeless_away(pool, out);
        }
        Ok(())
    }

    /// The queues count from zero: what came of callers who talk was counted the day before.
    pub(super) fn forget_counted(&mut self) {
        for agent in &mut self.agents {
            for doing in [&mut agent.doing, &mut agent.beneath] {
                if let Doing::Talking { counted, .. } = doing {
                    *counted = false;
                }
            }
        }
    }
}
