//! Channels and bridges by the names of legs and conversations.

use std::sync::Arc;
use strowger_pbx::port::{ConversationId, LegId};

/// An ARI channel id: a leg's id, up to the `~` of a later visit.
pub(crate) type ChannelId = Arc<str>;

/// The bridge of a conversation. It must not have a channel's id: Asterisk keeps an application's
/// subscriptions by id alone, and that to the bridge would be taken for the one to the channel.
pub(crate) fn bridge_of(conversation: &ConversationId) -> String {
    format!("{BRIDGE}{conversation}")
}

/// The conversation of a bridge; none: it is no bridge of ours.
pub(crate) fn conversation_of(bridge: &str) -> Option<ConversationId> {
    bridge.strip_prefix(BRIDGE).map(ConversationId::from)
}

const BRIDGE: &str = "conversation-";

/// The channel of a leg. A channel that left and came back is another leg, since neither the names
/// of legs nor those of bridges may repeat.
pub(crate) fn channel_of(leg: &LegId) -> &str {
    leg.0.split_once('~').map_or(&*leg.0, |(channel, _)| channel)
}
