//! The authorization-code flow with PKCE, and single-flight refreshing, the same for every provider.

mod access;
mod flow;

pub(crate) use access::needs_reauth;
pub use access::{AccessError, access_token};
pub use flow::{Begun, CallbackError, begin, finish};

use domain::{connection::Provider, failure::FailureClass};
use jiff::{SignedDuration, Timestamp};
use oauth2::{
    AuthUrl, ClientId, ClientSecret, EndpointNotSet, EndpointSet, HttpRequest, HttpResponse,
    RedirectUrl, RequestTokenError, TokenResponse, TokenUrl,
    basic::{BasicClient, BasicErrorResponse, BasicTokenResponse},
};

use crate::{app::App, crypto::Secret, providers::CalendarProvider, vault::OAuthClient};

/// What a token endpoint gave.
pub(crate) struct Grant {
    pub(crate) access: Secret,
    pub(crate) expires_at: Timestamp,
    /// Absent where the old one stays valid.
    pub(crate) refresh: Option<Secret>,
    pub(crate) scopes: Vec<String>,
}

type ReadyClient =
    BasicClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointSet>;

fn client(
    app: &App,
    provider: Provider,
    ours: &OAuthClient,
    redirect: &str,
) -> Result<ReadyClient, url::ParseError> {
    let endpoints = app.provider(provider).oauth();
    Ok(BasicClient::new(ClientId::new(ours.id.clone()))
        .set_client_secret(ClientSecret::new(ours.secret.expose().to_owned()))
        .set_auth_uri(AuthUrl::from_url(endpoints.authorize.clone()))
        .set_token_uri(TokenUrl::from_url(endpoints.token.clone()))
        .set_redirect_uri(RedirectUrl::new(redirect.to_owned())?))
}

fn grant(answer: &BasicTokenResponse, now: Timestamp, asked: &[&str]) -> Grant {
    let lifetime = answer
        .expires_in()
        .map_or(SignedDuration::from_mins(30), |lifetime| {
            SignedDuration::from_secs(i64::try_from(lifetime.as_secs()).unwrap_or(0))
        });
    // RFC 6749 section 5.1: no scope in the answer means that all that was asked for was granted.
    let scopes = match answer.scopes() {
        Some(scopes) => scopes.iter().map(|scope| scope.to_string()).collect(),
        None => asked.iter().map(ToString::to_string).collect(),
    };
    Grant {
        access: Secret::new(answer.access_token().secret().clone()),
        expires_at: now + lifetime,
        refresh: answer
            .refresh_token()
            .map(|token| Secret::new(token.secret().clone())),
        scopes,
    }
}

/// Whether a scope was granted. Some providers name a scope together with the resource that it is of, or without.
fn is_granted(given: &[String], wanted: &str) -> bool {
    given.iter().any(|given| {
        let bare = given.rsplit('/').next().unwrap_or(given);
        given == wanted || bare.eq_ignore_ascii_case(wanted)
    })
}

/// What an error of the token endpoint asks for, and the same in words, without anything that was sent.
fn refused<E: std::error::Error + 'static>(
    provider: &dyn CalendarProvider,
    error: &RequestTokenError<E, BasicErrorResponse>,
) -> (FailureClass, String) {
    match error {
        RequestTokenError::ServerResponse(answer) => {
            let description = answer.error_description().map_or("", String::as_str);
            provider.grant_error(answer.error().as_ref(), description)
        }
        RequestTokenError::Request(_) => (FailureClass::Transient, "no answer".into()),
        RequestTokenError::Parse(..) | RequestTokenError::Other(_) => {
            let words = "an answer that is not OAuth";
            (FailureClass::Transient, words.into())
        }
    }
}

/// Sends the library's requests over the App's one connection pool.
async fn over(http: reqwest::Client, request: HttpRequest) -> Result<HttpResponse, reqwest::Error> {
    let response = http.execute(request.try_into()?).await?;
    let (status, headers) = (response.status(), response.headers().clone());
    let mut answer = HttpResponse::new(response.bytes().await?.to_vec());
    *answer.status_mut() = status;
    *answer.headers_mut() = headers;
    Ok(answer)
}
