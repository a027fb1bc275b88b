//! Static configuration: the only place that reads the environment.

use domain::{
    connection::{ByProvider, Provider},
    credential::{UnknownVaultMode, VaultMode},
};
use url::Url;

/// Everything that differs between deployments. No secret is ever in it.
#[derive(Clone, Debug)]
pub struct Config {
    pub stage: String,
    pub public_base: Url,
    pub aws: AwsConfig,
    pub table: String,
    pub event_bus: String,
    /// Secret names.
    pub root_secret: String,
    pub client_secrets: ByProvider<String>,
    /// Where credentials go that are written from now on; known to the functions that write them.
    pub vault_mode: VaultMode,
    /// Whose notices take the way over a topic of their own; known to the functions on that way.
    pub google_relay_secret: String,
    /// The providers that the owner registered a client at; known to the functions that offer them.
    pub offered: Vec<Provider>,
    pub queues: QueueUrls,
    pub google: GoogleEndpoints,
    pub microsoft: MicrosoftEndpoints,
    /// Plain-http cookies without the `__Host-` prefix: for the local run only.
    pub insecure_cookies: bool,
}

#[derive(Clone, Debug)]
pub struct AwsConfig {
    pub region: String,
    pub access_key_id: String,
    pub secret_access_key: String,
    pub session_token: Option<String>,
    /// One endpoint for every service, as `AWS_ENDPOINT_URL` gives it.
    pub endpoint: Option<String>,
}

#[derive(Clone, Debug)]
pub struct QueueUrls {
    pub sync: ByProvider<QueueUrl>,
    pub interactive: QueueUrl,
    /// Connections that are being disconnected.
    pub purge: QueueUrl,
    /// What customers' webhooks are to be told.
    pub deliveries: QueueUrl,
}

/// A queue and where its dead letters go.
#[derive(Clone, Debug)]
pub struct QueueUrl {
    pub live: String,
    pub dead: String,
}

#[derive(Clone, Debug)]
pub struct GoogleEndpoints {
    pub authorize: Url,
    pub token: Url,
    pub revoke: Url,
    /// Ends in `/calendar/v3/`.
    pub calendar: Url,
    pub userinfo: Url,
    pub pubsub: Url,
    /// What Google signs its proofs of identity with.
    pub signing_keys: Url,
}

#[derive(Clone, Debug)]
pub struct MicrosoftEndpoints {
    pub authorize: Url,
    pub token: Url,
    /// Ends in `/v1.0/`.
    pub graph: Url,
}

#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("{0} is not set")]
    Missing(&'static str),
    #[error("{name} is not a URL")]
    NotAUrl {
        name: &'static str,
        #[source]
        source: url::ParseError,
    },
    #[error("VAULT_MODE")]
    VaultMode(#[from] UnknownVaultMode),
    #[error("PUBLIC_BASE_URL must be https, or http on loopback with INSECURE_COOKIES=local")]
    InsecureBase,
}

type Read<'a> = &'a dyn Fn(&'static str) -> Option<String>;

fn parse(name: &'static str, text: &str) -> Result<Url, ConfigError> {
    text.parse()
        .map_err(|source| ConfigError::NotAUrl { name, source })
}

fn url(variable: Read<'_>, name: &'static str, default: &str) -> Result<Url, ConfigError> {
    parse(name, variable(name).as_deref().unwrap_or(default))
}

impl QueueUrls {
    fn read(variable: Read<'_>) -> Self {
        let queue = |live, dead| QueueUrl {
            live: variable(live).unwrap_or_default(),
            dead: variable(dead).unwrap_or_default(),
        };
        Self {
            sync: ByProvider {
                google: queue("SYNC_GOOGLE_QUEUE_URL", "SYNC_GOOGLE_DEAD_LETTERS_URL"),
                microsoft: queue(
                    "SYNC_MICROSOFT_QUEUE_URL",
                    "SYNC_MICROSOFT_DEAD_LETTERS_URL",
                ),
            },
            interactive: queue(
                "SYNC_INTERACTIVE_QUEUE_URL",
                "SYNC_INTERACTIVE_DEAD_LETTERS_URL",
            ),
            purge: queue("PURGE_QUEUE_URL", "PURGE_DEAD_LETTERS_URL"),
            deliveries: queue("DELIVERIES_QUEUE_URL", "DELIVERIES_DEAD_LETTERS_URL"),
        }
    }
}

impl GoogleEndpoints {
    fn read(variable: Read<'_>) -> Result<Self, ConfigError> {
        let url = |name, default| url(variable, name, default);
        Ok(Self {
            authorize: url(
                "GOOGLE_AUTH_URL",
                "https://accounts.google.com/o/oauth2/v2/auth",
            )?,
            token: url("GOOGLE_TOKEN_URL", "https://oauth2.googleapis.com/token")?,
            revoke: url("GOOGLE_REVOKE_URL", "https://oauth2.googleapis.com/revoke")?,
            calendar: url("GOOGLE_API_URL", "https://www.googleapis.com/calendar/v3/")?,
            userinfo: url(
                "GOOGLE_USERINFO_URL",
                "https://openidconnect.googleapis.com/v1/userinfo",
            )?,
            pubsub: url("GOOGLE_PUBSUB_URL", "https://pubsub.googleapis.com/")?,
            signing_keys: url(
                "GOOGLE_JWKS_URL",
                "https://www.googleapis.com/oauth2/v3/certs",
            )?,
        })
    }
}

impl MicrosoftEndpoints {
    fn read(variable: Read<'_>) -> Result<Self, ConfigError> {
        let url = |name, default| url(variable, name, default);
        let identity = "https://login.microsoftonline.com/common/oauth2/v2.0";
        Ok(Self {
            authorize: url("MICROSOFT_AUTH_URL", &format!("{identity}/authorize"))?,
            token: url("MICROSOFT_TOKEN_URL", &format!("{identity}/token"))?,
            graph: url("MICROSOFT_GRAPH_URL", "https://graph.microsoft.com/v1.0/")?,
        })
    }
}

impl Config {
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::read(optional)
    }

    /// Reads the variables that the template gives to functions, wherever they come from.
    pub fn read(variable: impl Fn(&'static str) -> Option<String>) -> Result<Self, ConfigError> {
        let required = |name| variable(name).ok_or(ConfigError::Missing(name));
        // What one function never uses, the template does not give it.
        let or_empty = |name| variable(name).unwrap_or_default();
        let config = Self {
            stage: required("STAGE")?,
            public_base: parse("PUBLIC_BASE_URL", &required("PUBLIC_BASE_URL")?)?,
            aws: AwsConfig {
                region: required("AWS_REGION")?,
                access_key_id: required("AWS_ACCESS_KEY_ID")?,
                secret_access_key: required("AWS_SECRET_ACCESS_KEY")?,
                session_token: variable("AWS_SESSION_TOKEN"),
                endpoint: variable("AWS_ENDPOINT_URL"),
            },
            table: or_empty("TABLE_NAME"),
            event_bus: or_empty("EVENT_BUS"),
            root_secret: or_empty("ROOT_SECRET"),
            client_secrets: ByProvider {
                google: or_empty("GOOGLE_CLIENT_SECRET_ID"),
                microsoft: or_empty("MICROSOFT_CLIENT_SECRET_ID"),
            },
            vault_mode: variable("VAULT_MODE")
                .map_or(Ok(VaultMode::Connection), |mode| mode.parse())?,
            google_relay_secret: or_empty("GOOGLE_RELAY_SECRET_ID"),
            offered: [
                (Provider::Google, "GOOGLE_CLIENT_ID"),
                (Provider::Microsoft, "MICROSOFT_CLIENT_ID"),
            ]
            .into_iter()
            .filter(|(_, id)| variable(id).is_some())
            .map(|(provider, _)| provider)
            .collect(),
            queues: QueueUrls::read(&variable),
            google: GoogleEndpoints::read(&variable)?,
            microsoft: MicrosoftEndpoints::read(&variable)?,
            insecure_cookies: variable("INSECURE_COOKIES").as_deref() == Some("local"),
        };
        config.check()?;
        Ok(config)
    }

    /// Whether this is the local run: then webhooks may be on this machine too.
    pub fn is_local(&self) -> bool {
        self.insecure_cookies
    }

    /// Cookies without `Secure` may only ever travel over loopback.
    pub fn check(&self) -> Result<(), ConfigError> {
        let host = self.public_base.host_str().unwrap_or_default();
        let loopback = matches!(host, "127.0.0.1" | "localhost" | "[::1]");
        match (self.public_base.scheme(), self.insecure_cookies) {
            ("https", false) => Ok(()),
            ("http", true) if loopback => Ok(()),
            _ => Err(ConfigError::InsecureBase),
        }
    }

    /// The redirect URI of every authorization; derived here and nowhere else.
    pub fn redirect_uri(&self, provider: Provider) -> Url {
        self.absolute(&format!("/oauth/{provider}/callback"))
    }

    pub fn absolute(&self, path: &str) -> Url {
        let mut url = self.public_base.clone();
        url.set_path(path);
        url
    }
}

/// What is logged, where that differs from the default.
pub fn log_filter() -> Option<String> {
    optional("RUST_LOG")
}

/// What the environment of this process says, for a command whose other settings are its arguments.
pub fn variable(name: &'static str) -> Option<String> {
    optional(name)
}

/// Which function this process is, as Lambda names it.
pub fn handler_name() -> String {
    optional("_HANDLER").unwrap_or_default()
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the place that reads the environment"
)]
fn optional(name: &'static str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
