//! What the dialler is told and what it says: inputs, outputs and the identifiers in them.

use crate::Template;
use serde::{Deserialize, Serialize};
use std::{fmt, time::Duration};
use strowger_model::{CallId, CampaignName, TemplateName};

/// A contact: the row in the list of its campaign, from 0 on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Row(pub u32);

impl Row {
    pub(crate) fn ix(self) -> usize {
        self.0 as usize
    }
}

/// One call of one contact. Never repeats, also not after a restart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AttemptId(pub u64);

impl fmt::Display for AttemptId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A telephone number, as a hash of it that is the same wherever the number comes from: the dialler
/// needs no more, and a number that was erased can still be on the do-not-call list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NumberKey(pub [u8; 16]);

/// What the dialler is told. Only its own events and the time change a dialler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// The site's templates, all of them; at the start and whenever the site changes. Campaigns go
    /// on by what their template says now; those whose template is gone ring nobody until it is
    /// there again.
    Configure {
        /// Every template.
        templates: Vec<Template>,
    },
    /// The campaigns as they were when the host went away: once, after [`Input::Configure`] and
    /// before [`Input::Hours`].
    Restore {
        /// Every campaign that is kept, in the order in which they were opened.
        campaigns: Vec<Restored>,
        /// Numbers that are never to be called.
        do_not_call: Vec<NumberKey>,
        /// The attempts whose calls go on. Any other one that was under way counts as made.
        alive: Vec<AttemptId>,
        /// New attempts are numbered from here on at least, and above all attempts named here.
        next_attempt: AttemptId,
    },
    /// A campaign begins.
    Open(Open),
    /// A campaign rings nobody for now. Calls go on.
    Pause(CampaignName),
    /// A paused campaign rings again.
    Resume(CampaignName),
    /// A campaign is over for good. Offers that are under way are withdrawn.
    Stop(CampaignName),
    /// A campaign that has ended is known no more, once its last call is over; its name may be used
    /// again then.
    Forget(CampaignName),
    /// Nobody is rung outside these hours. Closed until that is said.
    Hours {
        /// Whose campaigns.
        template: TemplateName,
        /// Open now, and until then; none: closed.
        until: Option<Duration>,
    },
    /// How much room inbound calls leave to a template that gives way. None until that is said.
    Room {
        /// Whose campaigns.
        template: TemplateName,
        /// A caller waits in a queue that has precedence.
        waiting: bool,
        /// So many agents are free now.
        free: u32,
        /// So many of them are kept free.
        keep: u32,
    },
    /// Whether calls of a template can begin at all: not if the host or the flow has as many as it
    /// may. They can until that is said.
    Full {
        /// Whose campaigns.
        template: TemplateName,
        /// They cannot.
        full: bool,
    },
    /// A number is in one more call that is not of a campaign, or was dialled by one.
    Busy(NumberKey),
    /// One of these calls is over.
    Free(NumberKey),
    /// The agents that the call of an attempt needs for now are not counted as free any more
    /// ([`Input::Room`]).
    Placed(AttemptId),
    /// The call of an attempt is about to dial the contact, perhaps long after it began: what holds
    /// for a call that begins has to hold still. Refused with [`RefusedInput::NotNow`] otherwise.
    Dials(AttemptId),
    /// The call of an attempt is over. If it has not dialled ([`Input::Dials`]), nobody was called:
    /// it does not count, and the contact is called [a little later](crate::LATER).
    Ended(AttemptId),
    /// The call of an attempt could not begin: it does not count. [`Input::Full`] comes before, for
    /// it may be the contact's turn at once.
    CannotBegin(AttemptId),
    /// Somebody accepts. [`Output::Claimed`] answers.
    Claim {
        /// A place of which campaign.
        campaign: CampaignName,
        /// Who.
        contact: Row,
        /// In which call.
        by: By,
    },
    /// What is to be done with a contact from now on.
    Disposition {
        /// Of which campaign.
        campaign: CampaignName,
        /// Whom.
        contact: Row,
        /// What.
        then: Then,
        /// In which call.
        by: By,
    },
    /// The planner chooses one of those who have accepted.
    Choose {
        /// For which campaign.
        campaign: CampaignName,
        /// Whom.
        contact: Row,
    },
    /// No campaign calls this number any more.
    NeverAgain(NumberKey),
    /// Campaigns may call it again. A contact whose turn came meanwhile stays passed over.
    MayCall(NumberKey),
    /// The time of [`Dialler::next_deadline`](crate::Dialler::next_deadline) has come.
    Tick,
}

/// A campaign that begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Open {
    /// New to the dialler.
    pub name: CampaignName,
    /// From which template.
    pub template: TemplateName,
    /// So many places; from 1 on.
    pub goal: u32,
    /// Nobody is rung from then on, such as when the shift begins.
    pub until: Option<Duration>,
    /// In the order in which they are rung; at least one.
    pub contacts: Vec<Listed>,
}

/// A contact as the list has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Whom to call.
    pub number: NumberKey,
    /// With which of the template's waves, from 0 on. Above the last one: with that.
    pub wave: u8,
}

/// In which call something was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum By {
    /// That of an attempt.
    Attempt(AttemptId),
    /// Another one, such as that of a contact who calls back.
    Call(CallId),
    /// In none: somebody directs the host.
    Hand,
}

/// What is to be done with a contact. Whoever has a place, or has accepted, and says anything but
/// `Accepted` now, gives it back. What was accepted in another call stays if this one is that of an
/// attempt, or says `Again`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// The place is kept; nothing more for whoever has none.
    Accepted,
    /// As if nothing was said: another attempt after the template's pause, as long as there are any
    /// left.
    Again,
    /// The contact asked to be called from then on, and is called then, before all others, whatever
    /// the attempts made.
    NotBefore(Duration),
    /// Nothing more in this campaign.
    Over,
}

/// What the dialler wants done, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// To be journalled before anything that comes after it is done.
    Keep(Kept),
    /// Start a call. Report [`Input::Placed`], [`Input::Dials`] and [`Input::Ended`], or
    /// [`Input::CannotBegin`].
    Due {
        /// Of which campaign.
        campaign: CampaignName,
        /// Whom to call.
        contact: Row,
        /// What the call is called from now on.
        attempt: AttemptId,
        /// Of this contact, from 1 on.
        number: u16,
        /// What for.
        purpose: Purpose,
    },
    /// What came of [`Input::Claim`].
    Claimed {
        /// Of which campaign.
        campaign: CampaignName,
        /// Whose.
        contact: Row,
        /// What.
        claimed: Claimed,
    },
    /// So many places are left. Whoever is being offered one is told.
    Goal {
        /// Of which campaign.
        campaign: CampaignName,
        /// How many.
        remaining: u32,
    },
    /// What this call offers is not to be had any more: it stops ringing, or whoever listens is
    /// told.
    Withdrawn {
        /// Which call.
        attempt: AttemptId,
        /// Why.
        why: Over,
    },
    /// The contact of this call has accepted in another call: it stops ringing, or whoever listens
    /// is told.
    Accepted {
        /// Which call.
        attempt: AttemptId,
    },
    /// The planner is to choose: all have accepted that may, or nobody else is left to be asked.
    ToChoose {
        /// For which campaign.
        campaign: CampaignName,
        /// So many have accepted.
        accepted: u32,
    },
    /// Places are left, and somebody has to do something about it.
    Alarm {
        /// Of which campaign.
        campaign: CampaignName,
        /// How many.
        remaining: u32,
        /// Why now.
        why: Alarm,
    },
    /// Nobody is rung any more.
    Ended {
        /// Which campaign.
        campaign: CampaignName,
        /// Why.
        why: Over,
    },
}

/// Why somebody is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// To be offered a place.
    Offer,
    /// To hear that the planner has chosen this person, and to confirm.
    Chosen,
    /// To hear that others have the places.
    NotChosen,
}

/// What came of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claimed {
    /// This person has a place.
    Won,
    /// The planner will choose.
    Noted,
    /// There is no place any more.
    Lost,
}

/// Why a campaign has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Over {
    /// All places are taken.
    Filled,
    /// There is nobody left to be called. A place that is left can still be claimed.
    ListOver,
    /// Its time is over.
    TimeOver,
    /// Somebody stopped it.
    Stopped,
}

/// Why somebody has to do something about a campaign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alarm {
    /// Everybody of the last wave was called at least once.
    EverybodyAsked,
    /// [`Template::alarm_before`].
    Soon,
}

/// What is journalled. The newest of each campaign and of each contact is what
/// [`Input::Restore`] wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// A campaign. Its list is the host's.
    Campaign(KeptCampaign),
    /// A contact.
    Contact {
        /// Of which campaign.
        campaign: CampaignName,
        /// Which.
        contact: Row,
        /// How it stands.
        standing: KeptContact,
    },
    /// The do-not-call list.
    DoNotCall {
        /// Which number.
        number: NumberKey,
        /// It is on the list now.
        listed: bool,
    },
    /// Nothing is known of a campaign any more.
    Forgotten(CampaignName),
}

/// A campaign as it stands. Times are the dialler's. It may be kept as it is serialized: a field that
/// is added goes to the end and gets a serde default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptCampaign {
    /// Its name.
    pub name: CampaignName,
    /// Its template.
    pub template: TemplateName,
    /// So many places.
    pub goal: u32,
    /// So many are taken.
    pub reached: u32,
    /// Rings nobody for now.
    pub paused: bool,
    /// How far it is.
    pub phase: Phase,
    /// Nobody is rung from then on.
    pub until: Option<Duration>,
    /// So many waves have begun.
    pub waves: u16,
    /// The waves' clock showed so much when it stood still last.
    pub ran: Duration,
    /// That clock runs: since then, and until then.
    pub runs: Option<(Duration, Duration)>,
    /// [`Alarm::EverybodyAsked`] was said.
    pub said_asked: bool,
    /// [`Alarm::Soon`] was said.
    pub said_soon: bool,
}

/// How far a campaign is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Places are left.
    #[default]
    Running,
    /// All places are taken; who had accepted too is told.
    Telling,
    /// Over.
    Ended(Over),
}

/// A contact as it stands. Times are the dialler's. It may be kept, as a campaign.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptContact {
    /// What is to be done, or came of it.
    pub stage: Stage,
    /// Calls so far, with the one that is under way.
    pub attempts: u16,
    /// Of them, those that count for [`Template::attempts`] at this stage.
    pub tries: u8,
    /// Asked to be called at `not_before`.
    pub promised: bool,
    /// Not called before then.
    pub not_before: Option<Duration>,
    /// The call that is under way.
    pub calling: Option<AttemptId>,
    /// Whether that call has dialled the contact.
    #[serde(default)]
    pub dialled: Dialled,
    /// In which call the contact has accepted last.
    #[serde(default)]
    pub accepted_by: Option<By>,
}

/// Whether a call has dialled its contact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dialled {
    /// It has, or there is none.
    #[default]
    Yes,
    /// Not yet.
    No,
    /// Not yet, and the contact had asked for this call.
    NotAsAsked,
}

/// What is to be done about a contact, or came of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Is to be offered a place, or is just being offered it.
    #[default]
    ToOffer,
    /// Has accepted; the planner will choose.
    Accepted,
    /// The planner has chosen this one, who is to confirm.
    Chosen,
    /// Has accepted, and is to be told that others have the places.
    ToTell,
    /// Has a place.
    Won,
    /// Nothing more.
    Over,
}

/// A campaign that is put back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// How it stood.
    pub campaign: KeptCampaign,
    /// Its list, and how each stood; the default if nothing was kept.
    pub contacts: Vec<(Listed, KeptContact)>,
}

/// An input that makes no sense; nothing came of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RefusedInput {
    /// The site has no such template.
    #[error("there is no template {0:?}; the site file lists the campaigns")]
    UnknownTemplate(TemplateName),
    /// Never opened, or forgotten.
    #[error("there is no campaign {0:?}")]
    UnknownCampaign(CampaignName),
    /// Already there.
    #[error("there is a campaign {0:?} already")]
    DuplicateCampaign(CampaignName),
    /// A campaign without contacts or without places.
    #[error("campaign {0:?} has nobody to call or nothing to offer")]
    NothingToDo(CampaignName),
    /// The list is shorter.
    #[error("campaign {0:?} has no contact {1:?}")]
    UnknownContact(CampaignName, Row),
    /// Never made, or its call is over.
    #[error("no call of attempt {0} is under way")]
    UnknownAttempt(AttemptId),
    /// A campaign that has ended can only be forgotten.
    #[error("campaign {0:?} has ended")]
    HasEnded(CampaignName),
    /// A campaign that has calls, or has not ended, cannot be forgotten.
    #[error("campaign {0:?} goes on")]
    GoesOn(CampaignName),
    /// Only who has accepted can be chosen.
    #[error("contact {1:?} of campaign {0:?} has not accepted")]
    NotAccepted(CampaignName, Row),
    /// As many are chosen as there are places.
    #[error("as many are chosen for campaign {0:?} as there are places")]
    AllChosen(CampaignName),
    /// The contact may not be called at this moment.
    #[error("the contact may not be called now: {0}")]
    NotNow(&'static str),
    /// The number is in no call that is not of a campaign.
    #[error("the number is in no call")]
    NotBusy,
}
