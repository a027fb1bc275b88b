//! What is secret, gathered from what passed, and where each kind of it is at home.

use std::collections::BTreeSet;

use serde_json::Value;
use shared::crypto::{Keys, Purpose, Secret};
use tests::world::{Exchange, Port, World};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    AccessToken,
    RefreshToken,
    IdToken,
    Code,
    Verifier,
    ClientSecret,
    /// Root secrets, and keys that are derived from them.
    Key,
    Password,
    PasswordHash,
    SessionCookie,
    RefreshCookie,
    ChannelToken,
    ApiKey,
    Invite,
    WebhookSecret,
}

/// Where something was said.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    Answer(String),
    /// Where an answer sends the browser on to.
    Location(String),
    /// A cookie that is set, to the one browser that it is for.
    Cookie(String),
    Log,
    Metric,
    /// A write of an item of this kind, or something else that the table is asked.
    Table(String),
    Queue,
    Bus,
    Vault,
    /// A header of a request to a service of AWS.
    AwsHeader(String),
    /// A request to a provider: the whole of it but for what follows.
    Provider(String),
    ProviderBody(String),
    Authorization(String),
}

impl Kind {
    pub(super) fn is_at_home(self, place: &Place) -> bool {
        let in_vault = *place == Place::Vault;
        let asks_for_tokens = matches!(place, Place::ProviderBody(path) if is_token(path));
        match self {
            Self::AccessToken => matches!(place, Place::Authorization(_)),
            Self::RefreshToken => {
                let revokes = matches!(place, Place::ProviderBody(path) if path == "/revoke");
                in_vault || asks_for_tokens || revokes
            }
            Self::ClientSecret => {
                let is_named = matches!(place, Place::Authorization(path) if is_token(path));
                in_vault || asks_for_tokens || is_named
            }
            Self::Code => {
                // The browser that brought it takes it along, through the sign-in and back.
                let back = [
                    "/oauth/google/callback",
                    "/oauth/microsoft/callback",
                    "/sign-in/continue",
                ];
                let is_brought =
                    matches!(place, Place::Location(path) if back.contains(&path.as_str()));
                asks_for_tokens || is_brought
            }
            Self::Verifier => asks_for_tokens,
            Self::ChannelToken => {
                matches!(place, Place::ProviderBody(path) if is_subscribing(path))
            }
            Self::PasswordHash => *place == Place::Table("password".into()),
            Self::SessionCookie => *place == Place::Cookie("kalends".into()),
            Self::RefreshCookie => *place == Place::Cookie("kalends-refresh".into()),
            // Shown once, to whoever made it.
            Self::ApiKey => is_answer(place, &["/api/v1/api-keys", "/api-keys/new"]),
            // And to whoever brings it.
            Self::Invite => is_answer(place, &["/api/v1/invites", "/members/invite", "/join"]),
            Self::WebhookSecret => {
                is_answer(place, &["/api/v1/webhooks", "/integrations/webhooks/new"])
                    || matches!(place, Place::Answer(path) if path.contains("/rotate"))
            }
            Self::IdToken | Self::Key | Self::Password => false,
        }
    }
}

fn is_answer(place: &Place, paths: &[&str]) -> bool {
    matches!(place, Place::Answer(path) if paths.contains(&path.as_str()))
}

fn is_token(path: &str) -> bool {
    path.ends_with("/token")
}

fn is_subscribing(path: &str) -> bool {
    path.ends_with("/events/watch") || path.contains("/subscriptions") || path.ends_with("/$batch")
}

/// Everything that is secret, each with its kind.
#[derive(Default)]
pub(super) struct Secrets(BTreeSet<(Vec<u8>, Kind)>);

impl Secrets {
    pub(super) fn add(&mut self, kind: Kind, secret: impl Into<Vec<u8>>) {
        let secret: Vec<u8> = secret.into();
        assert!(secret.len() >= 6, "{kind:?}: {secret:?} is no secret");
        self.0.insert((secret, kind));
    }

    pub(super) fn count(&self, kind: Kind) -> usize {
        self.0.iter().filter(|(_, own)| *own == kind).count()
    }

    pub(super) fn into_named(self) -> impl Iterator<Item = (Vec<u8>, Kind)> {
        self.0.into_iter()
    }

    /// What the vault holds now: root and clients.
    pub(super) fn add_vault(&mut self, world: &World) {
        for (name, text) in world.aws.secret_texts() {
            if name == world.app.config.root_secret {
                self.add_keys(&text);
            }
            let read: Value = serde_json::from_str(&text).unwrap_or_default();
            if let Some(secret) = read["client_secret"].as_str() {
                self.add(Kind::ClientSecret, secret);
            }
        }
    }

    fn add_keys(&mut self, root: &str) {
        let keys = Keys::from_root(&Secret::new(root.to_owned()));
        for purpose in [
            Purpose::SessionSigning,
            Purpose::Csrf,
            Purpose::ChannelToken,
            Purpose::Sealing,
        ] {
            self.add(Kind::Key, keys.derive(purpose));
        }
        self.add(Kind::Key, root);
    }

    /// What a request and its answer hand over.
    pub(super) fn gather(&mut self, exchange: &Exchange) {
        let path = exchange.target.split('?').next().unwrap_or_default();
        match exchange.port {
            Port::Google | Port::Microsoft if is_token(path) => self.gather_grant(exchange),
            Port::Google | Port::Microsoft => {
                self.gather_code(exchange);
                self.gather_channels(exchange);
            }
            Port::Product => self.gather_cookies(exchange),
            Port::Aws => self.gather_hashes(exchange),
        }
    }

    fn gather_grant(&mut self, exchange: &Exchange) {
        let answer: Value = serde_json::from_slice(&exchange.answer.1).unwrap_or_default();
        for (name, kind) in [
            ("access_token", Kind::AccessToken),
            ("refresh_token", Kind::RefreshToken),
        ] {
            if let Some(token) = answer[name].as_str() {
                self.add(kind, token);
            }
        }
        if let Some(token) = answer["id_token"].as_str() {
            // What an identity begins with is the same for everybody.
            let own = token.split('.').skip(1);
            own.for_each(|part| self.add(Kind::IdToken, part));
        }
        for (name, value) in url::form_urlencoded::parse(&exchange.request.1) {
            match &*name {
                "code_verifier" => self.add(Kind::Verifier, value.as_bytes()),
                "code" => self.add(Kind::Code, value.as_bytes()),
                _ => {}
            }
        }
    }

    /// Also of an authorization that is never finished.
    fn gather_code(&mut self, exchange: &Exchange) {
        let back = exchange.answer.0.get("location");
        let back = back.and_then(|back| back.to_str().ok()?.parse::<url::Url>().ok());
        let Some(back) = back else { return };
        for (_, code) in back.query_pairs().filter(|(name, _)| name == "code") {
            self.add(Kind::Code, code.as_bytes());
        }
    }

    fn gather_channels(&mut self, exchange: &Exchange) {
        let body = String::from_utf8_lossy(&exchange.request.1);
        for (at, _) in body.match_indices("\"v1.") {
            let token = body[at + 1..].split('"').next().unwrap_or_default();
            // The rest of it says whose it is, and is no secret.
            if let Some(mac) = token.split('.').nth(4) {
                self.add(Kind::ChannelToken, mac);
            }
        }
    }

    fn gather_cookies(&mut self, exchange: &Exchange) {
        for (name, value) in cookies_set(exchange) {
            match name.as_str() {
                // What a proof of a session begins with is the same for everybody.
                "kalends" => value
                    .split('.')
                    .skip(1)
                    .for_each(|part| self.add(Kind::SessionCookie, part)),
                "kalends-refresh" => self.add(Kind::RefreshCookie, value),
                _ => {}
            }
        }
    }

    fn gather_hashes(&mut self, exchange: &Exchange) {
        let body = String::from_utf8_lossy(&exchange.request.1);
        for (at, _) in body.match_indices("$argon2") {
            let hash = body[at..].split('"').next().unwrap_or_default();
            // What it was made with is the same for all: salt and hash are not.
            hash.split('$')
                .skip(4)
                .for_each(|part| self.add(Kind::PasswordHash, part));
        }
    }
}

/// Names and values, but for cookies that are taken away.
pub(super) fn cookies_set(exchange: &Exchange) -> Vec<(String, String)> {
    let set = exchange.answer.0.get_all("set-cookie").iter();
    let pairs = set.filter_map(|set| set.to_str().ok()?.split(';').next()?.split_once('='));
    pairs
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// What is said in an exchange by the product: of its own answers all, of what it asks others the requests.
pub(super) fn said(exchange: &Exchange) -> Vec<(Place, Vec<u8>)> {
    let path = exchange.target.split('?').next().unwrap_or_default();
    let lines = |headers: &http::HeaderMap, left_out: &str| -> Vec<u8> {
        let lines = headers.iter().filter(|(name, _)| name.as_str() != left_out);
        let line = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
            [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\n"].concat()
        };
        lines.flat_map(line).collect()
    };
    let path_of = || path.to_owned();
    match exchange.port {
        Port::Product => {
            let (headers, body) = &exchange.answer;
            let mut said = vec![(Place::Answer(path_of()), body.to_vec())];
            for (name, value) in headers.iter().filter(|(name, _)| *name != "set-cookie") {
                let place = match name.as_str() {
                    "location" => Place::Location(path_of()),
                    _ => Place::Answer(path_of()),
                };
                said.push((place, value.as_bytes().to_vec()));
            }
            for (name, value) in cookies_set(exchange) {
                said.push((Place::Cookie(name), value.into_bytes()));
            }
            said
        }
        Port::Google | Port::Microsoft => {
            let (headers, body) = &exchange.request;
            let authorization = headers
                .get("authorization")
                .map(|value| value.as_bytes().to_vec());
            let decoded = authorization.as_ref().and_then(|value| basic(value));
            let of_authorization = authorization.into_iter().chain(decoded);
            let mut said: Vec<_> = of_authorization
                .map(|value| (Place::Authorization(path_of()), value))
                .collect();
            let whole = [
                exchange.target.as_bytes(),
                b"\n",
                &lines(headers, "authorization"),
            ]
            .concat();
            said.push((Place::Provider(path_of()), whole));
            said.push((Place::ProviderBody(path_of()), body.to_vec()));
            said
        }
        Port::Aws => said_to_aws(exchange, lines(&exchange.request.0, "")),
    }
}

fn basic(authorization: &[u8]) -> Option<Vec<u8>> {
    use base64::Engine as _;
    let encoded = authorization.strip_prefix(b"Basic ")?;
    base64::engine::general_purpose::STANDARD
        .decode(encoded)
        .ok()
}

fn said_to_aws(exchange: &Exchange, headers: Vec<u8>) -> Vec<(Place, Vec<u8>)> {
    let (asked, body) = &exchange.request;
    let target = asked
        .get("x-amz-target")
        .and_then(|target| target.to_str().ok());
    let service = target
        .unwrap_or_default()
        .split('.')
        .next()
        .unwrap_or_default();
    let place = match service {
        "AmazonSQS" => Place::Queue,
        "AWSEvents" => Place::Bus,
        "secretsmanager" => Place::Vault,
        _ => {
            // An update names its kind among its values, where it makes the item.
            let read: Value = serde_json::from_slice(body).unwrap_or_default();
            let kind = &read["ExpressionAttributeValues"][":et"]["S"];
            Place::Table(kind.as_str().unwrap_or("other").to_owned())
        }
    };
    let mut said = vec![(Place::AwsHeader(exchange.target.clone()), headers)];
    let read: Value = serde_json::from_slice(body).unwrap_or_default();
    match read["TransactItems"].as_array() {
        Some(items) => said.extend(items.iter().map(|item| {
            let put = item["Put"]["Item"]["et"]["S"].as_str();
            let updated = item["Update"]["ExpressionAttributeValues"][":et"]["S"].as_str();
            let kind = put.or(updated).unwrap_or("other");
            (Place::Table(kind.to_owned()), item.to_string().into_bytes())
        })),
        None => said.push((place, body.to_vec())),
    }
    said
}
