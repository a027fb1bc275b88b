//! The demo's tenants and their provider accounts. Seeded by the world, never by deployed code.

use std::sync::OnceLock;

use domain::{
    audit::{Action, Actor, AuditEntry},
    id::MemberId,
    member::{EmailAddress, Member, Role, Tenant},
    permission::Permission,
};
use shared::{ids, store::StoreError, web::Trail};

use super::World;

pub const DEMO_PASSWORD: &str = "kalends-demo";

/// Organisation, name, address, role.
pub const DEMO_MEMBERS: [(&str, &str, &str, Role); 8] = [
    (
        "Northwind Field Service",
        "Ada Adler",
        "ada@northwind.test",
        Role::Admin,
    ),
    (
        "Northwind Field Service",
        "Ivo Ilic",
        "ivo@northwind.test",
        Role::ItManager,
    ),
    (
        "Northwind Field Service",
        "Mia Moser",
        "mia@northwind.test",
        Role::TeamMember,
    ),
    (
        "Northwind Field Service",
        "Max Maurer",
        "max@northwind.test",
        Role::TeamMember,
    ),
    (
        "Northwind Field Service",
        "Vic Vogel",
        "vic@northwind.test",
        Role::Viewer,
    ),
    (
        "Northwind Field Service",
        "Uwe Unger",
        "uwe@northwind.test",
        Role::User,
    ),
    ("Contoso Care", "Bob Baker", "bob@contoso.test", Role::Admin),
    (
        "Contoso Care",
        "Cleo Clark",
        "cleo@contoso.test",
        Role::User,
    ),
];

/// What members have beyond their role.
const DEMO_GRANTS: [(&str, Permission); 1] = [("max@northwind.test", Permission::OpsFullAccess)];

pub(crate) const ZONE: &str = "Europe/Berlin";

/// The hash of the password that all members of the demo have; it takes its time, so it is made once.
pub(crate) fn demo_password_hash() -> anyhow::Result<String> {
    static HASH: OnceLock<String> = OnceLock::new();
    if let Some(hash) = HASH.get() {
        return Ok(hash.clone());
    }
    let hash = sign_in::hash_password(DEMO_PASSWORD);
    let hash = hash.map_err(|problem| anyhow::anyhow!("{problem}"))?;
    Ok(HASH.get_or_init(|| hash).clone())
}

/// What the audit log says of somebody who was not invited.
pub(crate) fn joined(member: &Member) -> AuditEntry {
    let actor = Actor::Member {
        id: member.id,
        email: member.email.clone(),
    };
    Trail::default().audit(
        member.tenant,
        member.created_at,
        actor,
        Action::MemberJoined,
    )
}

/// Adds what is not there yet: a second start changes nothing.
pub(super) async fn seed(world: &World) -> anyhow::Result<()> {
    let now = world.clock.now();
    let hash = demo_password_hash()?;
    let mut tenant: Option<Tenant> = None;
    for (organization, name, address, role) in DEMO_MEMBERS {
        world.google.add_account(address, ZONE);
        world.microsoft.add_account(address, ZONE);
        let email = EmailAddress::parse(address)?;
        if world.app.store.find_login(&email).await?.is_some() {
            continue;
        }
        let founded = tenant
            .as_ref()
            .filter(|tenant| tenant.name == organization)
            .cloned();
        let home = founded
            .clone()
            .unwrap_or_else(|| Tenant::new(ids::mint_tenant(now), organization.into(), now));
        let id = ids::mint(home.id, now, MemberId::from_parts);
        let mut member = Member::new(id, home.id, email, name.into(), role, now);
        member.grants.extend(
            DEMO_GRANTS
                .iter()
                .filter(|(whose, _)| *whose == address)
                .map(|(_, permission)| *permission),
        );
        let (store, joined) = (&world.app.store, joined(&member));
        let written = match founded {
            Some(_) => store.add_member(&member, hash.clone(), &joined).await,
            None => {
                store
                    .create_tenant(&home, &member, hash.clone(), &joined)
                    .await
            }
        };
        match written {
            Ok(()) => tenant = Some(home),
            Err(StoreError::Conflict) => {
                anyhow::bail!("{address} is half seeded: start with --fresh")
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}
