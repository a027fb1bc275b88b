//! Where everything listens, and what the template makes of it for the functions.

use std::collections::BTreeMap;

use anyhow::Context as _;
use tokio::net::TcpListener;
use url::Url;

use super::{CLIENT_ID, CLIENT_SECRET, MICROSOFT_CLIENT_ID};
use crate::aws::Function;

/// Loopback only.
pub(super) async fn bind(port: u16) -> anyhow::Result<(TcpListener, Url)> {
    let listener = TcpListener::bind(("127.0.0.1", port))
        .await
        .with_context(|| {
            format!("port {port} on loopback is taken: stop what uses it or choose another --port")
        })?;
    let base = format!("http://{}", listener.local_addr()?).parse()?;
    Ok((listener, base))
}

/// The template's parameters for a deployment on this machine.
pub(super) fn parameters(product: &Url, google: &Url, microsoft: &Url) -> BTreeMap<String, String> {
    let under = |path: &str| format!("{google}{path}");
    let identity = |path: &str| format!("{microsoft}common/oauth2/v2.0/{path}");
    [
        ("Stage", "local".to_owned()),
        ("VaultMode", super::vault_under_test()),
        (
            "PublicBaseUrl",
            product.as_str().trim_end_matches('/').to_owned(),
        ),
        ("GoogleClientId", CLIENT_ID.to_owned()),
        ("GoogleClientSecret", CLIENT_SECRET.to_owned()),
        ("GoogleAuthUrl", under("o/oauth2/v2/auth")),
        ("GoogleTokenUrl", under("token")),
        ("GoogleRevokeUrl", under("revoke")),
        ("GoogleApiUrl", under("calendar/v3")),
        ("GoogleUserinfoUrl", under("v1/userinfo")),
        (
            "GooglePubsubUrl",
            google.as_str().trim_end_matches('/').to_owned(),
        ),
        ("GoogleJwksUrl", under("oauth2/v3/certs")),
        ("MicrosoftClientId", MICROSOFT_CLIENT_ID.to_owned()),
        ("MicrosoftClientSecret", CLIENT_SECRET.to_owned()),
        ("MicrosoftAuthUrl", identity("authorize")),
        ("MicrosoftTokenUrl", identity("token")),
        ("MicrosoftGraphUrl", format!("{microsoft}v1.0")),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect()
}

/// One process holds all functions, so it gets what the template gives to any of them, and what Lambda itself would.
pub(super) fn environment(
    functions: &[Function],
    aws: &Url,
) -> impl Fn(&'static str) -> Option<String> {
    let mut variables: BTreeMap<String, String> = functions
        .iter()
        .flat_map(|function| function.environment.clone())
        .collect();
    for (name, value) in [
        ("AWS_REGION", "eu-central-1"),
        ("AWS_ACCESS_KEY_ID", "local"),
        ("AWS_SECRET_ACCESS_KEY", "local"),
        ("AWS_ENDPOINT_URL", aws.as_str()),
        ("INSECURE_COOKIES", "local"),
    ] {
        variables.insert(name.to_owned(), value.to_owned());
    }
    move |name| {
        variables
            .get(name)
            .filter(|value| !value.is_empty())
            .cloned()
    }
}
