//! What ARI says: the dozen events that matter here, and the resources in them. Fields that are not
//! read are not listed.

use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// An event of the socket.
#[derive(Debug, Deserialize)]
#[serde(tag = "type")]
pub(super) enum Event {
    /// A channel has entered the application: a call came in, or one that was dialled answered.
    StasisStart {
        channel: Channel,
        #[serde(default)]
        args: Vec<String>,
    },
    /// A channel has left the application: hung up, or gone on in the dialplan.
    StasisEnd {
        channel: Channel,
    },
    ChannelStateChange {
        channel: Channel,
    },
    /// Progress of dialling.
    Dial {
        peer: Channel,
        dialstatus: String,
    },
    ChannelEnteredBridge {
        bridge: Bridge,
        channel: Channel,
    },
    ChannelLeftBridge {
        bridge: Bridge,
        channel: Channel,
    },
    ChannelDtmfReceived {
        channel: Channel,
        digit: String,
    },
    /// A phone asks for a transfer, and Asterisk does nothing by itself. Since Asterisk 20.13, 21.8
    /// and 22.3.
    ChannelTransfer {
        refer_to: Box<ReferTo>,
        referred_by: Box<ReferredBy>,
        /// What the phone was told; none: it asks.
        state: Option<String>,
    },
    PlaybackFinished {
        playback: Playback,
    },
    /// Somebody hung up; what follows is the end, not a transfer.
    ChannelHangupRequest {
        channel: Channel,
        cause: Option<i32>,
        #[serde(default)]
        soft: bool,
    },
    ChannelDestroyed {
        channel: Channel,
        cause: i32,
        /// Not on Asterisk 16.
        tech_cause: Option<i32>,
    },
    /// A phone that is watched, or whether it wants to be rung.
    DeviceStateChanged {
        device_state: DeviceState,
    },
    /// What this adapter asked Asterisk to tell it.
    ChannelUserevent {
        eventname: String,
    },
    /// Another program has taken the application over.
    ApplicationReplaced,
    #[serde(other)]
    Other,
}

/// The events that are not wanted: a call's variables alone are half of what Asterisk sends.
pub(super) const UNWANTED: [&str; 11] = [
    "ChannelVarset",
    "ChannelDialplan",
    "ChannelCallerId",
    "ChannelConnectedLine",
    "ChannelCreated",
    "ChannelHold",
    "ChannelUnhold",
    "PlaybackStarted",
    "PlaybackContinuing",
    "BridgeCreated",
    "BridgeDestroyed",
];

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Channel {
    pub(super) id: String,
    /// Such as `PJSIP/caller-00000001`.
    #[serde(default)]
    pub(super) name: String,
    pub(super) state: String,
    #[serde(default)]
    pub(super) caller: Party,
    /// From whom the call was diverted. Since Asterisk 20.
    #[serde(default)]
    pub(super) caller_rdnis: String,
    #[serde(default)]
    pub(super) dialplan: Dialplan,
    #[serde(default)]
    pub(super) creationtime: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Party {
    #[serde(default)]
    pub(super) name: String,
    #[serde(default)]
    pub(super) number: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Dialplan {
    #[serde(default)]
    pub(super) exten: String,
    #[serde(default)]
    pub(super) app_name: String,
    #[serde(default)]
    pub(super) app_data: String,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Bridge {
    pub(super) id: String,
    #[serde(default)]
    pub(super) channels: Vec<String>,
}

/// A module of Asterisk.
#[derive(Debug, Deserialize)]
pub(super) struct Module {
    /// Such as `res_stasis.so`.
    pub(super) name: String,
    /// Such as `Running`.
    pub(super) status: String,
}

/// A phone, or something else that has a state, as Asterisk sees it.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct DeviceState {
    /// Such as `PJSIP/an`.
    pub(super) name: String,
    /// Such as `NOT_INUSE`.
    pub(super) state: String,
}

/// Where a phone wants to have somebody transferred.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct ReferTo {
    pub(super) requested_destination: Destination,
    /// The other call of the phone, if Asterisk has it.
    pub(super) destination_channel: Option<Channel>,
    /// Who is there.
    pub(super) connected_channel: Option<Channel>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Destination {
    #[serde(default)]
    pub(super) destination: String,
    /// The Call-ID of another call of the phone.
    pub(super) protocol_id: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct ReferredBy {
    pub(super) source_channel: Channel,
}

/// What Asterisk says of itself.
#[derive(Debug, Deserialize)]
pub(super) struct Info {
    pub(super) system: System,
    pub(super) status: Status,
}

#[derive(Debug, Deserialize)]
pub(super) struct System {
    #[serde(default)]
    pub(super) version: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Status {
    /// Another one after each start.
    pub(super) startup_time: String,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Playback {
    pub(super) id: String,
    pub(super) state: String,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Application {
    #[serde(default)]
    pub(super) channel_ids: HashSet<String>,
    /// The host that serves it writes its mark among these.
    #[serde(default)]
    pub(super) events_disallowed: Vec<Kind>,
}

/// A kind of event.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub(super) struct Kind {
    #[serde(rename = "type")]
    pub(super) name: String,
}

impl Channel {
    /// Its endpoint, which Asterisk authenticated: the name without the serial number.
    pub(super) fn endpoint(&self) -> Option<String> {
        self.name
            .rsplit_once('-')
            .map(|(endpoint, _)| endpoint.to_owned())
            .filter(|endpoint| !endpoint.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_of_a_transcript_is_read() {
        // ast22-s2-originate-noanswer
        let event = r#"{"type": "ChannelDestroyed", "timestamp": "2026-11-22T01:47:55.320+0000", "cause": 19, "cause_txt": "User alerting, no answer",
            "tech_cause": 480, "channel": {"id": "out-noanswer", "name": "PJSIP/a3-00000003", "state": "Ringing", "protocol_id": "1739df61",
            "caller": {"name": "", "number": ""}, "connected": {"name": "", "number": ""}, "accountcode": "", "dialplan": {"context": "default",
            "exten": "s", "priority": 1, "app_name": "AppDial2", "app_data": "(Outgoing Line)"}, "creationtime": "2026-11-22T01:47:52.313+0000",
            "language": "en"}, "asterisk_id": "02:fc:00:00:00:01", "application": "testapp"}"#;
        let Ok(Event::ChannelDestroyed { channel, cause, tech_cause }) =
            serde_json::from_str(event)
        else {
            panic!("not read")
        };
        assert_eq!(
            (cause, tech_cause, channel.endpoint().as_deref()),
            (19, Some(480), Some("PJSIP/a3"))
        );
        assert!(matches!(
            serde_json::from_str(r#"{"type": "SomethingNew", "x": 1}"#),
            Ok(Event::Other)
        ));
    }
}
