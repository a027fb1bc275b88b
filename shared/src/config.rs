//! Static configuration: the only place that reads the environment.

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
    pub google_client_secret: String,
    pub queues: QueueUrls,
    pub google: GoogleEndpoints,
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
    pub sync_google: String,
    pub sync_google_dead: String,
    pub sync_interactive: String,
    pub sync_interactive_dead: String,
}

#[derive(Clone, Debug)]
pub struct GoogleEndpoints {
    pub authorize: Url,
    pub token: Url,
    pub revoke: Url,
    /// Ends in `/calendar/v3/`.
    pub calendar: Url,
    pub userinfo: Url,
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
    #[error("PUBLIC_BASE_URL must be https, or http on loopback with INSECURE_COOKIES=local")]
    InsecureBase,
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
        let url = |name, default: Option<&str>| {
            let text = variable(name)
                .or(default.map(str::to_owned))
                .ok_or(ConfigError::Missing(name))?;
            text.parse()
                .map_err(|source| ConfigError::NotAUrl { name, source })
        };
        let config = Self {
            stage: required("STAGE")?,
            public_base: url("PUBLIC_BASE_URL", None)?,
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
            google_client_secret: or_empty("GOOGLE_CLIENT_SECRET_ID"),
            queues: QueueUrls {
                sync_google: or_empty("SYNC_GOOGLE_QUEUE_URL"),
                sync_google_dead: or_empty("SYNC_GOOGLE_DEAD_LETTERS_URL"),
                sync_interactive: or_empty("SYNC_INTERACTIVE_QUEUE_URL"),
                sync_interactive_dead: or_empty("SYNC_INTERACTIVE_DEAD_LETTERS_URL"),
            },
            google: GoogleEndpoints {
                authorize: url(
                    "GOOGLE_AUTH_URL",
                    Some("https://accounts.google.com/o/oauth2/v2/auth"),
                )?,
                token: url(
                    "GOOGLE_TOKEN_URL",
                    Some("https://oauth2.googleapis.com/token"),
                )?,
                revoke: url(
                    "GOOGLE_REVOKE_URL",
                    Some("https://oauth2.googleapis.com/revoke"),
                )?,
                calendar: url(
                    "GOOGLE_API_URL",
                    Some("https://www.googleapis.com/calendar/v3/"),
                )?,
                userinfo: url(
                    "GOOGLE_USERINFO_URL",
                    Some("https://openidconnect.googleapis.com/v1/userinfo"),
                )?,
            },
            insecure_cookies: variable("INSECURE_COOKIES").as_deref() == Some("local"),
        };
        config.check()?;
        Ok(config)
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
    pub fn redirect_uri(&self, provider: domain::connection::Provider) -> Url {
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
