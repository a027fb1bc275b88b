//! Beginning an authorization, and finishing it when the browser comes back.

use domain::{
    audit::{Action, AuditEntry, Resource},
    connection::{Auth, Connection, Provider, ReauthReason},
    credential::Kept,
    id::ConnectionId,
};
use jiff::{SignedDuration, Timestamp};
use oauth2::{AuthorizationCode, CsrfToken, PkceCodeChallenge, PkceCodeVerifier, Scope};

use super::{Grant, client, grant, is_granted, over, refused};
use crate::{
    app::App,
    credential::{self, CredentialError, Written},
    crypto::Secret,
    ids,
    providers::ProviderError,
    store::{ConnectionRow, OAuthState, Share, StoreError, TenantStore},
    vault::VaultError,
    web::Session,
};

/// An authorization that the browser is about to be sent to.
pub struct Begun {
    pub authorize_url: String,
}

#[derive(Debug, thiserror::Error)]
pub enum CallbackError {
    #[error("the authorization is unknown, was used before, or belongs to another sign-in")]
    UnknownState,
    #[error("the authorization took longer than ten minutes")]
    Expired,
    #[error("the provider did not give consent: {0}")]
    Refused(String),
    #[error("the provider did not accept the authorization code: {0}")]
    Exchange(String),
    #[error("the provider gave no refresh token")]
    NoRefreshToken,
    #[error("another account than the one to reconnect was chosen")]
    OtherAccount,
    #[error("the tenant is being erased")]
    Erasing,
    #[error(transparent)]
    Provider(#[from] ProviderError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error(transparent)]
    Credential(#[from] CredentialError),
}

impl From<CallbackError> for crate::problem::Problem {
    fn from(error: CallbackError) -> Self {
        Self::unavailable(error)
    }
}

const STATE_LIFETIME: SignedDuration = SignedDuration::from_mins(10);

/// Begins the authorization of an account; `reconnects` is a connection whose grant is to be renewed.
pub async fn begin(
    app: &App,
    session: &Session,
    provider: Provider,
    reconnects: Option<&Connection>,
) -> Result<Begun, CallbackError> {
    let now = app.clock.now();
    let redirect = app.config.redirect_uri(provider).to_string();
    let ours = app.vault.oauth_client(provider, now).await?;
    let endpoints = app.provider(provider).oauth();
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let state = ids::opaque();
    let client = client(app, provider, &ours, &redirect)
        .map_err(|error| CallbackError::Exchange(error.to_string()))?;
    let mut request = client
        .authorize_url(|| CsrfToken::new(state.clone()))
        .add_scopes(
            endpoints
                .scopes
                .iter()
                .map(|scope| Scope::new((*scope).to_owned())),
        )
        .set_pkce_challenge(challenge);
    for (name, value) in endpoints.parameters {
        request = request.add_extra_param(*name, *value);
    }
    let hint = reconnects.map_or(session.email.to_string(), |connection| {
        connection.account.clone()
    });
    let (authorize_url, _) = request.add_extra_param("login_hint", hint).url();
    let sealed_verifier = app.keys().await?.seal(
        &format!("pkce|{state}"),
        &Secret::new(verifier.into_secret()),
    );
    let row = OAuthState {
        tenant: session.tenant(),
        member: session.member,
        session: session
            .browser()
            .map_err(|_| CallbackError::UnknownState)?
            .id,
        provider,
        redirect_uri: redirect,
        sealed_verifier,
        reconnects: reconnects.map(|connection| connection.id),
        expires_at: now + STATE_LIFETIME,
    };
    app.store
        .tenant(session)
        .put_oauth_state(&state, &row)
        .await?;
    Ok(Begun {
        authorize_url: authorize_url.to_string(),
    })
}

/// Finishes an authorization: the state is consumed whatever comes of it. Answers the connection, new or renewed.
pub async fn finish(
    app: &App,
    session: &Session,
    provider: Provider,
    state: &str,
    code: Result<&str, &str>,
) -> Result<ConnectionRow, CallbackError> {
    let now = app.clock.now();
    let row = app
        .store
        .consume_oauth_state(state)
        .await?
        .ok_or(CallbackError::UnknownState)?;
    let browser = session.browser().map_err(|_| CallbackError::UnknownState)?;
    let ours = row.session == browser.id
        && row.member == session.member
        && row.tenant == session.tenant()
        && row.provider == provider;
    if !ours {
        return Err(CallbackError::UnknownState);
    }
    if row.expires_at <= now {
        return Err(CallbackError::Expired);
    }
    let code = code.map_err(|error| CallbackError::Refused(error.to_owned()))?;
    // The row of a new connection insists on it too, but then there is a credential already.
    let tenant = app.store.tenant(session).details().await?;
    if tenant.is_none_or(|tenant| tenant.erasing_since.is_some()) {
        return Err(CallbackError::Erasing);
    }
    let verifier = app
        .open(&format!("pkce|{state}"), &row.sealed_verifier)
        .await?
        .ok_or(CallbackError::UnknownState)?;
    let grant = exchange(app, &row, code, verifier).await?;
    connect(app, session, &row, grant).await
}

async fn exchange(
    app: &App,
    row: &OAuthState,
    code: &str,
    verifier: Secret,
) -> Result<Grant, CallbackError> {
    let now = app.clock.now();
    let ours = app.vault.oauth_client(row.provider, now).await?;
    let client = client(app, row.provider, &ours, &row.redirect_uri)
        .map_err(|error| CallbackError::Exchange(error.to_string()))?;
    let http = app.http.clone();
    let answer = client
        .exchange_code(AuthorizationCode::new(code.to_owned()))
        .set_pkce_verifier(PkceCodeVerifier::new(verifier.expose().to_owned()))
        .request_async(&|request| over(http.clone(), request))
        .await
        .map_err(|error| CallbackError::Exchange(refused(app.provider(row.provider), &error).1))?;
    Ok(grant(
        &answer,
        now,
        app.provider(row.provider).oauth().scopes,
    ))
}

async fn connect(
    app: &App,
    session: &Session,
    state: &OAuthState,
    grant: Grant,
) -> Result<ConnectionRow, CallbackError> {
    let store = app.store.tenant(session);
    let provider = app.provider(state.provider);
    let account = provider.account(&grant.access).await?;
    let known = store
        .connection_of_account(session.member, state.provider, &account.subject)
        .await?;
    if state.reconnects.is_some_and(|wanted| known != Some(wanted)) {
        return Err(CallbackError::OtherAccount);
    }
    let refresh = grant
        .refresh
        .as_ref()
        .ok_or(CallbackError::NoRefreshToken)?;
    let now = app.clock.now();
    let id = known.unwrap_or_else(|| ids::mint(session.tenant(), now, ConnectionId::from_parts));
    let kept = match known {
        Some(id) => store.connection(id).await?.map(|row| row.secret.kept),
        None => None,
    };
    let written = credential::write(app, &store, id, kept, refresh).await?;
    let auth = auth_of(&grant, provider.oauth().required_scopes, now);
    let fresh = ConnectionRow {
        connection: Connection {
            id,
            tenant: session.tenant(),
            member: session.member,
            provider: state.provider,
            subject: account.subject,
            account: account.address,
            auth,
            scopes: grant.scopes.clone(),
            redirect_uri: state.redirect_uri.clone(),
            paused_at: None,
            ending_since: None,
            last_sync_at: None,
            last_failure: None,
            created_at: now,
            version: 1,
        },
        secret: written.pointer.clone(),
        token_generation: 1,
        token_lease: None,
        share: Share::default(),
    };
    let connected = session.audit(app, Action::ConnectionConnected);
    let connected = connected.about(Resource::new("connection", id));
    let counted = match known {
        None => create(&store, fresh, &written, &connected).await,
        Some(_) => renew(&store, fresh, kept, &written, &connected).await,
    };
    if counted.is_err() {
        credential::abandon(&store, &written).await;
    }
    let row = counted?;
    super::access::cache(app, &store, &row, &grant).await?;
    Ok(row)
}

fn auth_of(grant: &Grant, required_scopes: &[&str], now: Timestamp) -> Auth {
    let missing = required_scopes
        .iter()
        .any(|scope| !is_granted(&grant.scopes, scope));
    if missing {
        Auth::NeedsReauth {
            since: now,
            reason: ReauthReason::MissingScopes,
        }
    } else {
        Auth::Granted { at: now }
    }
}

/// A new connection, with its first timer: whatever gets lost from here on, somebody looks.
async fn create(
    store: &TenantStore,
    fresh: ConnectionRow,
    written: &Written,
    audit: &AuditEntry,
) -> Result<ConnectionRow, CallbackError> {
    let bundle = written.bundle.as_ref();
    let fresh = store.create_connection(fresh, bundle, audit).await?;
    let first_look = fresh.connection.created_at + domain::sync::watch::POLL_EVERY;
    store.schedule_sync(fresh.connection.id, first_look).await?;
    Ok(fresh)
}

/// The same account again: the connection keeps its id, links and cursors, and gets the new grant.
async fn renew(
    store: &TenantStore,
    fresh: ConnectionRow,
    kept: Option<Kept>,
    written: &Written,
    audit: &AuditEntry,
) -> Result<ConnectionRow, CallbackError> {
    let bundle = written.bundle.as_ref();
    for _ in 0..5 {
        let Some(mut row) = store.connection(fresh.connection.id).await? else {
            return Err(CallbackError::UnknownState);
        };
        // What was written is where the credential was to be; it has gone elsewhere meanwhile.
        let is_there =
            |kept: Kept| (kept.home, kept.life) == (row.secret.kept.home, row.secret.kept.life);
        if !kept.is_some_and(is_there) || row.connection.ending_since.is_some() {
            return Err(StoreError::Conflict.into());
        }
        row.connection.auth = fresh.connection.auth.clone();
        row.connection.scopes.clone_from(&fresh.connection.scopes);
        row.connection.account.clone_from(&fresh.connection.account);
        row.connection
            .redirect_uri
            .clone_from(&fresh.connection.redirect_uri);
        row.connection.last_failure = None;
        row.secret = fresh.secret.clone();
        row.token_generation += 1;
        row.token_lease = None;
        match store
            .update_connection_and_bundle(row, bundle, Some(audit))
            .await
        {
            Err(StoreError::Conflict) => {}
            done => return Ok(done?),
        }
    }
    Err(StoreError::Conflict.into())
}
