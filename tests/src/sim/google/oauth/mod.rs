//! Google's OAuth 2.0: the consent page, the token endpoints, and the grants behind them.

pub(super) mod answer;
pub(super) mod consent;
pub(super) mod grants;
pub(super) mod profile;
pub(super) mod service_accounts;
pub(super) mod token;
