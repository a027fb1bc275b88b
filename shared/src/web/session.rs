//! Who is asking: a short signed proof in a cookie, read by every function without a look at the table.

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderValue, request::Parts},
};
use domain::{
    id::{MemberId, SessionId, TenantId},
    member::{EmailAddress, Member, Role},
};
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::{Algorithm, Header, Validation};
use serde::{Deserialize, Serialize};

use super::cookies::{self, Cookie};
use crate::{
    app::App,
    crypto::{Keys, Purpose},
    jwt::SessionKeys,
    problem::Problem,
    store::SessionRow,
    verified::verified,
};

/// The proof is believed this long; after that the refresh cookie is asked, and with it the table.
pub const ACCESS_LIFETIME: SignedDuration = SignedDuration::from_mins(10);
pub const REFRESH_LIFETIME: SignedDuration = SignedDuration::from_hours(24 * 30);

/// A signed-in member.
#[derive(Clone, Debug)]
pub struct Session {
    pub id: SessionId,
    tenant: TenantId,
    pub member: MemberId,
    pub email: EmailAddress,
    pub name: String,
    pub organization: String,
    pub role: Role,
}
verified!(Session);

#[derive(Serialize, Deserialize)]
struct Claims {
    sid: SessionId,
    ten: TenantId,
    sub: MemberId,
    email: EmailAddress,
    name: String,
    org: String,
    role: Role,
    iat: i64,
    exp: i64,
}

/// What a browser is given when it signs in or is refreshed.
pub struct SessionTokens {
    pub cookies: [HeaderValue; 2],
    pub session: Session,
}

/// Signs the proof for a session that the table knows.
pub async fn issue(
    app: &App,
    row: &SessionRow,
    refresh: &str,
    member: &Member,
    organization: &str,
) -> Result<SessionTokens, Problem> {
    let now = app.clock.now();
    let keys = app.keys().await?;
    let claims = Claims {
        sid: row.session,
        ten: member.tenant,
        sub: member.id,
        email: member.email.clone(),
        name: member.name.clone(),
        org: organization.to_owned(),
        role: member.role,
        iat: now.as_second(),
        exp: (now + ACCESS_LIFETIME).as_second(),
    };
    let header = Header {
        kid: Some(keys.kid.clone()),
        ..Header::new(Algorithm::EdDSA)
    };
    let proof = jsonwebtoken::encode(&header, &claims, &session_keys(&keys).signing)
        .map_err(Problem::unavailable)?;
    let access = cookies::set(&app.config, Cookie::Access, &proof, ACCESS_LIFETIME);
    let refresh = cookies::set(
        &app.config,
        Cookie::Refresh,
        refresh,
        row.expires_at.duration_since(now),
    );
    Ok(SessionTokens {
        cookies: [access, refresh],
        session: claims.into(),
    })
}

impl From<Claims> for Session {
    fn from(claims: Claims) -> Self {
        Self {
            id: claims.sid,
            tenant: claims.ten,
            member: claims.sub,
            email: claims.email,
            name: claims.name,
            organization: claims.org,
            role: claims.role,
        }
    }
}

impl Session {
    pub fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// The session that the request's cookie proves, if it proves one now.
    pub async fn of(headers: &HeaderMap, app: &App) -> Result<Option<Self>, Problem> {
        let Some(proof) = cookies::read(headers, &app.config, Cookie::Access) else {
            return Ok(None);
        };
        let header = jsonwebtoken::decode_header(&proof).ok();
        let Some(kid) = header.and_then(|header| header.kid) else {
            return Ok(None);
        };
        let keys = app.keys_of(&kid).await?;
        Ok(keys.and_then(|keys| verify(&proof, &keys, app.clock.now())))
    }
}

fn verify(proof: &str, keys: &Keys, now: Timestamp) -> Option<Session> {
    // The algorithm is ours, never the header's; the time is the App's clock, not the library's.
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.validate_exp = false;
    validation.set_required_spec_claims(&["exp", "sub"]);
    let claims: Claims = jsonwebtoken::decode(proof, &session_keys(keys).verifying, &validation)
        .ok()?
        .claims;
    (now.as_second() < claims.exp).then(|| claims.into())
}

fn session_keys(keys: &Keys) -> SessionKeys {
    SessionKeys::from_seed(&keys.derive(Purpose::SessionSigning))
}

impl FromRequestParts<App> for Session {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        Self::of(&parts.headers, app)
            .await?
            .ok_or_else(Problem::unauthenticated)
    }
}
