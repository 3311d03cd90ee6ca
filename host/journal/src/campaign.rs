//! Campaigns as the journal has them.

use strowger_model::{
    CampaignName, PhoneNumber, Timestamp,
    campaign::{Disposed, Opened, Person},
};

/// Something of a campaign, or of the do-not-call list, to be kept. The states are in the words of
/// whoever resumes the campaign; see [`crate::encode`].
#[derive(Debug)]
pub enum CampaignChange {
    /// A part of the list of a campaign that is opened after this, and only then is known.
    Listed {
        /// Of which campaign.
        name: CampaignName,
        /// The row of the first of them, from 0 on.
        first: u32,
        /// In the order of the list.
        people: Vec<Person>,
    },
    /// It was opened. Its list came before, and its state follows.
    Opened(Opened),
    /// How it stands; takes the place of what was kept before.
    State {
        /// Which campaign.
        name: CampaignName,
        /// When it ended; none: it goes on.
        ended: Option<Timestamp>,
        /// How it stands.
        state: Box<[u8]>,
    },
    /// How a contact stands; takes the place of what was kept before.
    Contact {
        /// Of which campaign.
        name: CampaignName,
        /// Which row of its list.
        row: u32,
        /// How it stands.
        state: Box<[u8]>,
    },
    /// What came of a contact; takes the place of what was kept before.
    Disposed {
        /// Of which campaign.
        name: CampaignName,
        /// Which row of its list.
        row: u32,
        /// What.
        disposed: Disposed,
    },
    /// A campaign is known no more.
    Forgotten(CampaignName),
    /// A number is on the do-not-call list, or no longer.
    DoNotCall {
        /// The hash of the number, salted with [`crate::Read::salt`].
        key: [u8; 16],
        /// On the list: the number, since when, and by whom or what. None: off the list.
        listed: Option<(Option<PhoneNumber>, Timestamp, Option<String>)>,
    },
}

/// What of a campaign or of the do-not-call list a change is about, if it takes the place of what was
/// kept before.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum About {
    State(CampaignName),
    Contact(CampaignName, u32),
    Disposed(CampaignName, u32),
    DoNotCall([u8; 16]),
}

/// People on lists that are committed at once, at most.
pub(crate) const ROWS: usize = 10_000;

impl CampaignChange {
    /// The list of a campaign, in parts. Each is to be an entry of its own, before the one with
    /// [`Self::Opened`]: a host that dies between leaves nothing of the campaign.
    pub fn listed(name: &CampaignName, people: Vec<Person>) -> Vec<Self> {
        let mut people = people.into_iter();
        let part = |first| {
            let people: Vec<Person> = people.by_ref().take(ROWS).collect();
            let name = name.clone();
            (!people.is_empty()).then_some(Self::Listed { name, first, people })
        };
        (0..).step_by(ROWS).map_while(part).collect()
    }

    pub(crate) fn about(&self) -> Option<About> {
        match self {
            Self::Listed { .. } | Self::Opened(_) | Self::Forgotten(_) => None,
            Self::State { name, .. } => Some(About::State(name.clone())),
            Self::Contact { name, row, .. } => Some(About::Contact(name.clone(), *row)),
            Self::Disposed { name, row, .. } => Some(About::Disposed(name.clone(), *row)),
            Self::DoNotCall { key, .. } => Some(About::DoNotCall(*key)),
        }
    }
}

impl About {
    /// Whether it is of a campaign of this name.
    pub(crate) fn is_of(&self, campaign: &CampaignName) -> bool {
        match self {
            Self::State(name) | Self::Contact(name, _) | Self::Disposed(name, _) => {
                name == campaign
            }
            Self::DoNotCall(_) => false,
        }
    }
}

/// A campaign that was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptCampaign {
    /// As it was opened.
    pub opened: Opened,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// As [`CampaignChange::State`] had it last; none: it never was kept.
    pub state: Option<Box<[u8]>>,
    /// Its list, by row.
    pub contacts: Vec<KeptContact>,
}

/// A contact that was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptContact {
    /// Who.
    pub person: Person,
    /// As [`CampaignChange::Contact`] had it last; none: it was never called.
    pub state: Option<Box<[u8]>>,
    /// What came of it last.
    pub disposed: Option<Disposed>,
}
