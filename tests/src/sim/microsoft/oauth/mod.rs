//! The identity platform v2.0: the page where a person decides, the token endpoint, and the grants behind them.

pub(super) mod aadsts;
pub(super) mod authorize;
pub(super) mod grants;
pub(super) mod metadata;
pub(super) mod token;
