//! An application that asks to be let in, and a person who answers.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use serde_json::{Value, json};
use url::{Url, form_urlencoded};

use crate::microsoft_sim::harness::{ADA, Answer, Microsoft, REDIRECT};

pub(super) type Field = (&'static str, &'static str);

pub(super) const VERIFIER: &str = "a-verifier-that-is-long-enough-to-be-one-0123456789";
pub(super) const SCOPES: &str =
    "openid profile offline_access User.Read https://graph.microsoft.com/Calendars.ReadWrite";

pub(super) fn challenge() -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, VERIFIER.as_bytes()))
}

pub(super) fn form(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish()
}

pub(super) struct Asked {
    pub(super) microsoft: Microsoft,
    pub(super) tenant: &'static str,
    pub(super) fields: Vec<(&'static str, String)>,
}

impl Asked {
    pub(super) async fn start() -> Self {
        let fields = [
            ("client_id", "client"),
            ("response_type", "code"),
            ("redirect_uri", REDIRECT),
            ("scope", SCOPES),
            ("state", "opaque"),
            ("code_challenge_method", "S256"),
        ];
        let mut fields = fields
            .map(|(name, value)| (name, value.to_owned()))
            .to_vec();
        fields.push(("code_challenge", challenge()));
        Self {
            microsoft: Microsoft::start().await,
            tenant: "common",
            fields,
        }
    }

    pub(super) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.fields.retain(|(known, _)| *known != name);
        self.fields.push((name, value.to_owned()));
        self
    }

    pub(super) fn query(&self) -> String {
        let fields: Vec<(&str, &str)> = self
            .fields
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        form(&fields)
    }

    pub(super) async fn page(&self) -> Answer {
        let path = format!("/{}/oauth2/v2.0/authorize?{}", self.tenant, self.query());
        self.microsoft.call("GET", &path, Value::Null).await
    }

    /// What the person's answer sends the browser back with.
    pub(super) async fn decide(&self, account: &str, decision: &str) -> Vec<(String, String)> {
        let decided = form(&[("account", account), ("decision", decision)]);
        let body = json!(format!("{}&{decided}", self.query()));
        let path = format!("/{}/oauth2/v2.0/authorize", self.tenant);
        let answer = self.microsoft.call("POST", &path, body).await;
        returned(&answer)
    }

    pub(super) async fn code(&self) -> String {
        value(&self.decide(ADA, "allow").await, "code").to_owned()
    }

    pub(super) async fn token(&self, fields: &[(&str, &str)]) -> Answer {
        let mut all = vec![("client_id", "client"), ("client_secret", "secret")];
        all.retain(|(name, _)| !fields.iter().any(|(given, _)| given == name));
        all.extend_from_slice(fields);
        let path = format!("/{}/oauth2/v2.0/token", self.tenant);
        self.microsoft.call("POST", &path, json!(form(&all))).await
    }

    pub(super) async fn redeem(&self, code: &str) -> Answer {
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", REDIRECT),
            ("code_verifier", VERIFIER),
        ];
        self.token(&fields).await
    }

    pub(super) async fn refresh(&self, token: &str) -> Answer {
        let fields = [("grant_type", "refresh_token"), ("refresh_token", token)];
        self.token(&fields).await
    }

    pub(super) async fn refresh_token(&self) -> String {
        let tokens = self.redeem(&self.code().await).await.expect(200);
        tokens["refresh_token"].as_str().unwrap().to_owned()
    }
}

pub(super) fn returned(answer: &Answer) -> Vec<(String, String)> {
    assert_eq!(answer.status, 302, "{}", answer.text);
    let location = Url::parse(answer.headers["location"].to_str().unwrap()).unwrap();
    assert!(location.as_str().starts_with(REDIRECT));
    location.query_pairs().into_owned().collect()
}

pub(super) fn value<'a>(pairs: &'a [(String, String)], name: &str) -> &'a str {
    let found = pairs.iter().find(|(known, _)| known == name);
    found.map_or("", |(_, value)| value)
}

/// `error` and the number of what is wrong.
pub(super) fn wrong(answer: &Answer) -> (&str, u64) {
    let number = answer.body["error_codes"][0].as_u64().unwrap_or_default();
    let words = answer.body["error_description"]
        .as_str()
        .unwrap_or_default();
    assert!(words.starts_with(&format!("AADSTS{number}: ")), "{words}");
    (answer.body["error"].as_str().unwrap_or_default(), number)
}
