//! What a script orders and waits for.

use super::{
    call::Call,
    order::{Company, Ordered, dial, kind},
    run::CALLER,
    wait::{Either, race},
};
use crate::{
    millis,
    types::{
        AgentAction, AgentOrder, Command, ContactOf, ContinueWith, Gather, KeepWaiting, Listen,
        ListenMode, OpenCampaign, Play, Prompt, RecordingOrder, SendDigits, SetSwitch,
        SettleTransfer, Target, Transfer, Watch,
    },
};
use std::{future::Future, time::Duration};

/// # The caller's ear and mouth
impl Call {
    /// Answers the caller.
    pub fn answer(&self) -> Ordered<kind::Answer> {
        Ordered::new(self, Command::Answer)
    }

    /// Says something to the caller, or plays it. A text is spoken, a recording of its name wins.
    pub fn play(&self, prompt: impl Into<Prompt>) -> Ordered<kind::Play> {
        self.play_to(CALLER, vec![prompt.into()])
    }

    /// Plays prompts to a leg, or to all in its conversation.
    pub fn play_to(&self, leg: impl AsRef<str>, prompts: Vec<Prompt>) -> Ordered<kind::Play> {
        Ordered::new(
            self,
            Command::Play(Play { leg: leg.as_ref().into(), prompts, barge_in: false }),
        )
    }

    /// Asks the caller for digits.
    pub fn gather(&self, prompt: impl Into<Prompt>) -> Ordered<kind::Gather> {
        self.gather_from(CALLER, vec![prompt.into()])
    }

    /// Asks somebody for digits.
    pub fn gather_from(&self, leg: impl AsRef<str>, prompts: Vec<Prompt>) -> Ordered<kind::Gather> {
        Ordered::new(
            self,
            Command::Gather(Gather {
                leg: leg.as_ref().into(),
                prompts,
                max_digits: 0,
                terminator: None,
                first_digit_within: 5_000,
                next_digit_within: 3_000,
                secret: false,
            }),
        )
    }

    /// Music for the caller, until it is dropped or the caller joins somebody.
    pub fn music(&self, class: impl Into<String>) -> Company {
        self.keep_waiting(KeepWaiting {
            leg: CALLER.into(),
            music: Some(class.into()),
            prompts: Vec::new(),
            first_after: 0,
            every: 0,
        })
    }

    /// Keeps somebody company, until it is dropped or that leg joins another.
    pub fn keep_waiting(&self, company: KeepWaiting) -> Company {
        Company::begin(self, Command::KeepWaiting(company))
    }

    /// Watches for keys pressed in a conversation; matches are its progress.
    pub fn watch(&self, leg: impl AsRef<str>, patterns: Vec<String>) -> Ordered<kind::Watch> {
        Ordered::new(self, Command::Watch(Watch { leg: leg.as_ref().into(), patterns }))
    }
}

/// # Waiting and time
impl Call {
    /// Lets time pass.
    pub fn sleep(&self, time: impl Into<Duration>) -> Ordered<kind::Timer> {
        Ordered::new(self, Command::Timer(millis(time)))
    }

    /// Waits, but not longer than this; none when the time is up. What is waited for is then
    /// dropped, which takes it back; to keep it, hand over a `&mut` of it.
    pub async fn within<W: Future>(
        &self,
        limit: impl Into<Duration>,
        wait: W,
    ) -> Option<W::Output> {
        match race(wait, self.sleep(limit)).await {
            Either::Left(output) => Some(output),
            Either::Right(()) => None,
        }
    }
}

/// # Legs
impl Call {
    /// Dials a number in E.164.
    pub fn dial(&self, number: impl Into<String>) -> Ordered<kind::Dial> {
        self.dial_to(Target::Number(number.into()))
    }

    /// Dials a target.
    pub fn dial_to(&self, target: Target) -> Ordered<kind::Dial> {
        Ordered::new(self, dial(target))
    }

    /// Lets the caller and a leg hear each other. Show it a [`Leg`](super::Leg), do not give it
    /// away: given away it is dropped here, and hung up.
    pub fn connect(&self, leg: impl AsRef<str>) -> Ordered<kind::Do> {
        self.connect_all([CALLER, leg.as_ref()])
    }

    /// Puts legs into one conversation.
    pub fn connect_all<'a>(&self, legs: impl IntoIterator<Item = &'a str>) -> Ordered<kind::Do> {
        Ordered::new(self, Command::Connect(legs.into_iter().map(str::to_owned).collect()))
    }

    /// Takes a leg out of its conversation and lets it hear music.
    pub fn hold(&self, leg: impl AsRef<str>) -> Ordered<kind::Do> {
        Ordered::new(self, Command::Hold(leg.as_ref().into()))
    }

    /// Brings a held leg back to where it was.
    pub fn resume(&self, leg: impl AsRef<str>) -> Ordered<kind::Do> {
        Ordered::new(self, Command::Resume(leg.as_ref().into()))
    }

    /// Takes a leg out of its conversation, to one of its own.
    pub fn part(&self, leg: impl AsRef<str>) -> Ordered<kind::Do> {
        Ordered::new(self, Command::Part(leg.as_ref().into()))
    }

    /// Sends a leg away to a target, or to the PBX's own route; it leaves the call.
    pub fn transfer(
        &self,
        leg: impl AsRef<str>,
        target: Option<Target>,
    ) -> Ordered<kind::Transfer> {
        Ordered::new(self, Command::Transfer(Transfer { leg: leg.as_ref().into(), target }))
    }

    /// Says what becomes of a transfer that a phone asks for, in the step in which
    /// [`Call::transfers`] tells of it: this target in the place of what was keyed, or nothing.
    pub fn settle_transfer(
        &self,
        leg: impl AsRef<str>,
        to: Option<Target>,
    ) -> Ordered<kind::Settle> {
        Ordered::new(self, Command::SettleTransfer(SettleTransfer { leg: leg.as_ref().into(), to }))
    }

    /// Lets another flow take the call. Awaiting it goes on only if that failed.
    pub fn continue_with(
        &self,
        flow: impl Into<String>,
        data: impl Into<String>,
    ) -> Ordered<kind::Transfer> {
        Ordered::new(
            self,
            Command::ContinueWith(ContinueWith {
                flow: flow.into(),
                data: data.into(),
                back_on: Vec::new(),
            }),
        )
    }

    /// Lets a leg listen to an agent.
    pub fn listen(&self, leg: impl AsRef<str>, agent: impl Into<String>) -> Ordered<kind::Listen> {
        let listen =
            Listen { leg: leg.as_ref().into(), agent: agent.into(), mode: ListenMode::Silent };
        Ordered::new(self, Command::Listen(listen))
    }

    /// Records a leg until it is gone.
    pub fn record(&self, leg: impl AsRef<str>) -> Ordered<kind::Record> {
        let recording =
            RecordingOrder { leg: leg.as_ref().into(), conversation: false, consent: Vec::new() };
        Ordered::new(self, Command::Record(recording))
    }

    /// Sends digits to a leg.
    pub fn send_digits(
        &self,
        leg: impl AsRef<str>,
        digits: impl Into<String>,
    ) -> Ordered<kind::Do> {
        Ordered::new(
            self,
            Command::SendDigits(SendDigits { leg: leg.as_ref().into(), digits: digits.into() }),
        )
    }
}

/// # Agents, switches, campaigns
impl Call {
    /// Logs an agent (name or extension) in or out, and so on. The proof is of a secret gather.
    pub fn set_agent(
        &self,
        agent: impl Into<String>,
        action: AgentAction,
        proof: Option<String>,
    ) -> Ordered<kind::Do> {
        Ordered::new(self, Command::Agent(AgentOrder { agent: agent.into(), action, proof }))
    }

    /// Turns a switch of the site in the name of an agent.
    pub fn set_switch(&self, turn: SetSwitch) -> Ordered<kind::Do> {
        Ordered::new(self, Command::SetSwitch(turn))
    }

    /// Opens a campaign from a template of the site.
    pub fn open_campaign(&self, open: OpenCampaign) -> Ordered<kind::Do> {
        Ordered::new(self, Command::OpenCampaign(open))
    }

    /// Stops a campaign.
    pub fn stop_campaign(&self, name: impl Into<String>) -> Ordered<kind::Do> {
        Ordered::new(self, Command::StopCampaign(name.into()))
    }

    /// Takes a place of a campaign for a contact: whether it was to be had.
    pub fn claim(&self, who: ContactOf) -> Ordered<kind::Claiming> {
        Ordered::new(self, Command::Claim(who))
    }

    /// Takes the place of a call-back that waits, for whoever is to be called back is here.
    pub fn take_place(&self, of: impl Into<String>) -> Ordered<kind::Do> {
        Ordered::new(self, Command::TakePlace(of.into()))
    }
}
