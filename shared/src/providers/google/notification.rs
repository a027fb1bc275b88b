//! Google's channel notices. A notice is unsigned and has no body; only the channel token proves it.

use axum::http::HeaderMap;

/// What a notice says, before anything of it is believed.
#[derive(Debug, PartialEq, Eq)]
pub struct Notice<'a> {
    pub channel_token: &'a str,
    pub state: NoticeState,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticeState {
    /// The channel was just made; it may arrive before the answer that made it.
    Sync,
    Changed,
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidNotice {
    #[error("the channel token is missing")]
    NoToken,
    #[error("the resource state is missing or unknown")]
    NoState,
}

impl<'a> Notice<'a> {
    pub fn read(headers: &'a HeaderMap) -> Result<Self, InvalidNotice> {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let channel_token = text("x-goog-channel-token").ok_or(InvalidNotice::NoToken)?;
        let state = match text("x-goog-resource-state") {
            Some("sync") => NoticeState::Sync,
            Some("exists" | "not_exists") => NoticeState::Changed,
            _ => return Err(InvalidNotice::NoState),
        };
        Ok(Self {
            channel_token,
            state,
        })
    }
}
