//! O4: an agent is reserved, and then the contact is called. The agent keys what came of it.

use crate::{
    CONTACT, dial,
    person::{Answer, Person},
    settings::AgentFirst,
};
use strowger_sdk::{
    prelude::*,
    script::{Report, Reports, kind},
    types::{ContactDue, KeepWaiting, Matched, Outcome},
};

/// Gives the outcome for the record.
pub(crate) async fn call_with_agent(
    person: &Person,
    agents: &'static AgentFirst,
    due: &ContactDue,
) -> &'static str {
    let call = &person.call;
    let mut goals = call.goals();
    let whisper = vec![person.words(&agents.whisper)];
    let waiting =
        call.wait_in(&agents.queue).entering(|queue| queue.without_caller(true).whisper(whisper));
    let agent = strowger_sdk::race! {
        _ = person.none_left(&mut goals) => return person.not_reached(person.why_none_left()),
        agent = call.within(agents.agent_within, waiting) => match agent {
            Some(Ok(agent)) => agent,
            Some(Err(why)) => return no_agent(person, agents, why.word()),
            None => return no_agent(person, agents, "no-agent"),
        },
    };
    call.note("agent", &agent.name);
    let music = call.keep_waiting(KeepWaiting {
        leg: agent.leg.clone(),
        music: Some(agents.music.clone()),
        prompts: Vec::new(),
        first_after: 0,
        every: 0,
    });
    let reached = strowger_sdk::race! {
        _ = call.gone(&agent.leg) => return person.not_reached("agent-gone"),
        _ = person.none_left(&mut goals) => {
            let outcome = person.not_reached(person.why_none_left());
            person.say(&agent.leg, person.words_of_none_left()).await;
            return outcome;
        },
        reached = dial(person, due) => reached,
    };
    drop(music);
    match reached {
        Ok(_answered) => talk(person, agents, &agent.leg, &mut goals).await,
        Err(why) => {
            let outcome = person.dial_failed(&why);
            person.say(&agent.leg, &agents.nobody).await;
            outcome
        }
    }
}

/// Nobody is there who could talk with the contact: a little later, before others.
fn no_agent(person: &Person, agents: &AgentFirst, why: &'static str) -> &'static str {
    let again = person.call.now().instant + u64::from(agents.later.0) * 1000;
    let disposition = Disposition::of(&person.who, "not-reached").because(why).again_from(again);
    person.call.disposition(disposition);
    "no-agent"
}

/// The agent talks with the contact until one of the two hangs up. The last that the agent keys
/// counts. The contact hears nothing of the keys; of a place that was taken or lost both hear.
async fn talk(
    person: &Person,
    agents: &AgentFirst,
    agent: &str,
    goals: &mut Goals,
) -> &'static str {
    let call = &person.call;
    if call.connect_all([agent, CONTACT]).await.is_err() {
        return person.not_reached("not-connected");
    }
    let mut keys = Keyed::by(person, agent);
    let mut answer = None;
    loop {
        strowger_sdk::race! {
            _ = call.gone(agent) => break,
            _ = call.gone(CONTACT) => {
                answer = match answer {
                    Some(answer) => Some(answer),
                    None => after_hang_up(person, agents, agent).await,
                };
                break;
            },
            keyed = keys.next() => {
                answer = Some(take(person, agent, keyed).await);
            },
            _ = person.none_left(goals) => if answer != Some(Answer::Accepts) {
                person.say(agent, person.words_of_none_left()).await;
            },
        }
    }
    person.dispose(answer.unwrap_or(Answer::Nothing))
}

/// What the agent has keyed takes effect at once where it is a place. Both hear whether it is theirs.
async fn take(person: &Person, agent: &str, answer: Answer) -> Answer {
    if answer != Answer::Accepts {
        return answer;
    }
    let claimed = person.claim().await;
    person.say(agent, person.words_of_claim(claimed)).await;
    claimed.answer()
}

/// The contact has hung up, and nothing was keyed yet.
async fn after_hang_up(person: &Person, agents: &AgentFirst, agent: &str) -> Option<Answer> {
    let call = &person.call;
    let ask = call.gather_from(agent, vec![person.words(&agents.ask)]).digits(1);
    let keyed = strowger_sdk::race! {
        _ = call.gone(agent) => return None,
        keyed = ask.first_within(agents.ask_within) => keyed,
    };
    let answer = keyed.ok()?.digits.chars().next().and_then(|key| person.meaning(key))?;
    Some(match answer {
        Answer::Accepts => person.claim().await.answer(),
        answer => answer,
    })
}

/// What an agent keys in the conversation: `*1#`.
struct Keyed<'a> {
    person: &'a Person,
    /// None: the host watches no more, and the agent can only talk.
    watch: Option<Reports<kind::Watch>>,
}

impl<'a> Keyed<'a> {
    fn by(person: &'a Person, agent: &str) -> Self {
        let keys = &person.s.keys;
        let patterns = [keys.accept, keys.cannot_now, keys.never_again];
        let patterns = patterns.map(|key| format!("*{key}#")).to_vec();
        Self { person, watch: Some(person.call.watch(agent, patterns).reporting()) }
    }

    async fn next(&mut self) -> Answer {
        loop {
            let Some(watch) = &mut self.watch else { return std::future::pending().await };
            match watch.next().await {
                Report::Progress(Outcome::Matched(Matched { pattern, .. })) => {
                    let key = pattern.chars().nth(1);
                    if let Some(answer) = key.and_then(|key| self.person.meaning(key)) {
                        return answer;
                    }
                }
                Report::Progress(_) => {}
                Report::Final(_) => self.watch = None,
            }
        }
    }
}
