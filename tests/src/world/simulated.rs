//! The providers' simulators, as this world's clients are registered there.

use domain::connection::Provider;
use shared::config::Config;
use url::Url;

use super::{CLIENT_ID, CLIENT_SECRET, MICROSOFT_CLIENT_ID, WorldOptions};
use crate::sim::{
    google::{GoogleSim, GoogleSimOptions},
    microsoft::{MicrosoftSim, MicrosoftSimOptions},
};

pub(super) fn google(
    options: &WorldOptions,
    base: &Url,
    config: &Config,
) -> anyhow::Result<GoogleSim> {
    let directory = options.directory.as_deref();
    GoogleSim::open(GoogleSimOptions {
        clock: options.clock.clone(),
        public_base: base.clone(),
        client_id: CLIENT_ID.into(),
        client_secret: CLIENT_SECRET.into(),
        redirect_uris: vec![config.redirect_uri(Provider::Google).to_string()],
        storage: directory.map(|directory| directory.join("google.json")),
    })
}

pub(super) fn microsoft(
    options: &WorldOptions,
    base: &Url,
    product_base: &Url,
) -> anyhow::Result<MicrosoftSim> {
    let directory = options.directory.as_deref();
    MicrosoftSim::open(MicrosoftSimOptions {
        clock: options.clock.clone(),
        public_base: base.clone(),
        client_id: MICROSOFT_CLIENT_ID.into(),
        client_secret: CLIENT_SECRET.into(),
        redirect_uris: vec![product_base.join("oauth/microsoft/callback")?.into()],
        storage: directory.map(|directory| directory.join("microsoft.json")),
    })
}
