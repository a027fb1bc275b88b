//! What a worker does, one request at a time.

use std::collections::BTreeSet;

use super::{
    A_DAY, BUNDLE_BYTES_MAX, Bundle, BundleRow, CREDENTIAL_BYTES, Credential, Home, Kept, LEASE,
    Row, Secret, VaultMode, Version, World,
};
use crate::{credential::shard_for, id::ConnectionId};

#[derive(Clone, Copy, Debug)]
pub(super) enum Job {
    /// For the first time, or again.
    Connect(ConnectionId),
    Rotate(ConnectionId),
    Disconnect(ConnectionId),
    Tidy(ConnectionId),
}

#[derive(Clone)]
pub(super) struct Writing {
    connection: ConnectionId,
    credential: Credential,
    kept: Option<Kept>,
    /// What a rotation insists on.
    generation: Option<u32>,
    avoided: BTreeSet<u32>,
}

#[derive(Clone, Copy)]
pub(super) struct Claim {
    shard: u32,
    fence: u32,
    version: Option<Version>,
    life: u32,
    cleared: u32,
}

#[derive(Clone)]
pub(super) struct Taking {
    connection: ConnectionId,
    kept: Kept,
    /// Bundles that are still to be looked into.
    left: Vec<u32>,
    ends: bool,
}

/// Before which step a worker stands.
pub(super) enum Before {
    Idle,
    Start(Job),
    PutOwn(Writing),
    Claim(Writing),
    Put(Writing, Claim),
    Commit(Writing, Kept, Option<(Claim, Version)>),
    DeleteOwn(Taking),
    ClaimToTake(Taking),
    Take(Taking, Claim),
    Emptied(Taking, Claim),
    CommitTaken(Taking, Claim, Version),
    Note(Taking),
}

impl World {
    pub(super) fn step(&mut self, before: Before) -> Before {
        match before {
            Before::Idle => Before::Idle,
            Before::Start(job) => self.start(job),
            Before::PutOwn(writing) => {
                let kept = writing.moved_to(Home::Own);
                self.note_if_too_late(writing.connection);
                self.own
                    .entry((writing.connection, kept.life))
                    .or_default()
                    .insert(writing.credential);
                Before::Commit(writing, kept, None)
            }
            Before::Claim(writing) => {
                let home = writing.kept.map(|kept| kept.home);
                let shards = self.shards();
                let shard = shard_for(&shards, home, CREDENTIAL_BYTES, &writing.avoided);
                match self.claim(shard) {
                    Some(claim) => Before::Put(writing, claim),
                    None => Before::Idle,
                }
            }
            Before::Put(writing, claim) => self.put_with(writing, claim),
            Before::Commit(writing, kept, bundle) => {
                self.commit(&writing, kept, bundle);
                Before::Idle
            }
            Before::DeleteOwn(taking) => {
                let last = taking.kept.life + u32::from(taking.ends);
                let connection = taking.connection;
                self.own
                    .retain(|(id, life), _| *id != connection || *life >= last);
                Before::ClaimToTake(taking)
            }
            Before::ClaimToTake(mut taking) => match taking.left.pop() {
                None => Before::Note(taking),
                Some(shard) => match self.claim(shard) {
                    Some(claim) => Before::Take(taking, claim),
                    None => Before::Idle,
                },
            },
            Before::Take(taking, claim) => self.take(taking, claim),
            Before::Emptied(taking, claim) => {
                let emptied = claim.life + 1;
                self.clear(claim, emptied);
                self.release(Claim {
                    cleared: emptied,
                    ..claim
                });
                Before::ClaimToTake(taking)
            }
            Before::CommitTaken(taking, claim, version) => {
                if self.commit_bundle(claim, Some(version)) {
                    Before::ClaimToTake(taking)
                } else {
                    Before::Idle
                }
            }
            Before::Note(taking) => {
                self.note(&taking);
                Before::Idle
            }
        }
    }

    fn start(&mut self, job: Job) -> Before {
        let (Job::Connect(id) | Job::Rotate(id) | Job::Disconnect(id) | Job::Tidy(id)) = job;
        let is_again = matches!(job, Job::Connect(_));
        let Some(row) = self.rows.get_mut(&id) else {
            if !is_again || self.gone.contains(&id) {
                return Before::Idle;
            }
            return self.begin_writing(id, None, None);
        };
        let (kept, generation) = (row.kept, row.generation);
        match job {
            Job::Connect(_) | Job::Rotate(_) if row.ends => Before::Idle,
            Job::Connect(_) => self.begin_writing(id, Some(kept), None),
            Job::Rotate(_) => self.begin_writing(id, Some(kept), Some(generation)),
            Job::Tidy(_) if row.ends || !kept.left => Before::Idle,
            Job::Disconnect(_) | Job::Tidy(_) => {
                let ends = matches!(job, Job::Disconnect(_));
                row.ends |= ends;
                let left = self.bundles.keys().copied();
                let taking = Taking {
                    connection: id,
                    kept,
                    left: left.filter(|shard| ends || !kept.is_in(*shard)).collect(),
                    ends,
                };
                Before::DeleteOwn(taking)
            }
        }
    }

    fn begin_writing(
        &mut self,
        connection: ConnectionId,
        kept: Option<Kept>,
        generation: Option<u32>,
    ) -> Before {
        self.made += 1;
        let writing = Writing {
            connection,
            credential: self.made,
            kept,
            generation,
            avoided: BTreeSet::new(),
        };
        match self.mode {
            VaultMode::Connection => Before::PutOwn(writing),
            VaultMode::Bundle => Before::Claim(writing),
        }
    }

    fn note_if_too_late(&mut self, connection: ConnectionId) {
        if self.rows.get(&connection).is_none_or(|row| row.ends) {
            self.too_late.insert(connection);
        }
    }

    fn claim(&mut self, shard: u32) -> Option<Claim> {
        let row = self.bundles.entry(shard).or_default();
        if row.lease_until >= self.now {
            return None;
        }
        row.lease_until = self.now + LEASE;
        row.fence += 1;
        Some(Claim {
            shard,
            fence: row.fence,
            version: row.version,
            life: row.life,
            cleared: row.cleared,
        })
    }

    fn claimed(&mut self, claim: Claim) -> Option<&mut BundleRow> {
        let row = self.bundles.get_mut(&claim.shard)?;
        (row.fence == claim.fence).then_some(row)
    }

    fn release(&mut self, claim: Claim) {
        if let Some(row) = self.claimed(claim) {
            row.lease_until = 0;
            row.cleared = claim.cleared;
        }
    }

    fn clear(&mut self, claim: Claim, until: u32) {
        for life in claim.cleared..until {
            self.secrets.remove(&(claim.shard, life));
        }
    }

    /// What counts, and who else is in the newest version.
    fn base(&self, claim: Claim) -> Option<(Bundle<Credential>, BTreeSet<ConnectionId>)> {
        let secret = self.secrets.get(&(claim.shard, claim.life));
        let (Some(version), Some(secret)) = (claim.version, secret) else {
            let newest = secret.map(|secret| &secret.versions[&secret.current].1);
            let newest = newest.into_iter().flat_map(Bundle::connections);
            let base = (Bundle::default(), newest.collect());
            return claim.version.is_none().then_some(base);
        };
        let (_, current) = &secret.versions[&secret.current];
        let counts = secret.versions.get(&version);
        let counts = counts.map_or(current, |(_, bundle)| bundle);
        Some((counts.clone(), current.connections().collect()))
    }

    fn put(&mut self, claim: Claim, bundle: Bundle<Credential>) -> Version {
        self.made += 1;
        let (version, now) = (self.made, self.now);
        let secret: &mut Secret = self.secrets.entry((claim.shard, claim.life)).or_default();
        (secret.previous, secret.current) = (secret.current, version);
        let (current, previous) = (secret.current, secret.previous);
        secret.versions.insert(version, (now, bundle));
        secret
            .versions
            .retain(|id, (at, _)| *id == current || *id == previous || now - *at <= A_DAY);
        version
    }

    fn put_with(&mut self, mut writing: Writing, claim: Claim) -> Before {
        let next = self.base(claim).map(|(base, _)| {
            let here = self.living_in(claim.shard);
            base.with(writing.connection, writing.credential, &here)
        });
        let fits =
            |next: &Bundle<_>| next.connections().count() * CREDENTIAL_BYTES <= BUNDLE_BYTES_MAX;
        let Some(next) = next.filter(fits) else {
            self.release(claim);
            writing.avoided.insert(claim.shard);
            return Before::Claim(writing);
        };
        self.note_if_too_late(writing.connection);
        let version = self.put(claim, next);
        let kept = writing.moved_to(Home::Bundle { shard: claim.shard });
        Before::Commit(writing, kept, Some((claim, version)))
    }

    /// All or nothing.
    fn commit(&mut self, writing: &Writing, kept: Kept, bundle: Option<(Claim, Version)>) {
        let place = |kept: Kept| (kept.home, kept.life);
        let stands = match (self.rows.get(&writing.connection), writing.kept) {
            (None, None) => !self.gone.contains(&writing.connection),
            (Some(row), Some(was)) => {
                let is_next = writing.generation.is_none_or(|read| read == row.generation);
                !row.ends && is_next && place(row.kept) == place(was)
            }
            (None, Some(_)) | (Some(_), None) => false,
        };
        if !stands {
            if let Some((claim, _)) = bundle {
                self.release(claim);
            }
            return;
        }
        if bundle.is_some_and(|(claim, version)| !self.commit_bundle(claim, Some(version))) {
            return;
        }
        let generation = self.rows.get(&writing.connection);
        let row = Row {
            credential: writing.credential,
            version: bundle.map(|(claim, version)| (claim.life, version)),
            kept,
            generation: generation.map_or(0, |row| row.generation) + 1,
            ends: false,
        };
        self.rows.insert(writing.connection, row);
    }

    fn commit_bundle(&mut self, claim: Claim, version: Option<Version>) -> bool {
        let secret = self.secrets.get(&(claim.shard, claim.life));
        let written = version.and_then(|version| secret?.versions.get(&version));
        let bytes = written.map_or(0, |(_, bundle)| {
            bundle.connections().count() * CREDENTIAL_BYTES
        });
        let Some(row) = self.claimed(claim) else {
            return false;
        };
        (row.version, row.bytes, row.cleared) = (version, bytes, claim.cleared);
        match version {
            Some(_) => row.lease_until = 0,
            None => row.life = claim.life + 1,
        }
        true
    }

    fn take(&mut self, taking: Taking, mut claim: Claim) -> Before {
        let row = self.rows.get(&taking.connection);
        if row.is_some_and(|row| !row.ends && row.kept.is_in(claim.shard)) {
            self.release(claim);
            return Before::ClaimToTake(taking);
        }
        self.clear(claim, claim.life);
        claim.cleared = claim.life;
        let found = self.base(claim).filter(|(base, newest)| {
            base.get(taking.connection).is_some() || newest.contains(&taking.connection)
        });
        let Some((base, _)) = found else {
            self.release(claim);
            return Before::ClaimToTake(taking);
        };
        let rest = base.without(taking.connection, &self.living_in(claim.shard));
        if !rest.is_empty() {
            let version = self.put(claim, rest);
            return Before::CommitTaken(taking, claim, version);
        }
        if self.commit_bundle(claim, None) {
            Before::Emptied(taking, claim)
        } else {
            Before::Idle
        }
    }

    fn note(&mut self, taking: &Taking) {
        if taking.ends {
            self.rows.remove(&taking.connection);
            self.gone.insert(taking.connection);
        } else if let Some(row) = self.rows.get_mut(&taking.connection)
            && row.kept == taking.kept
        {
            row.kept.left = false;
        }
    }
}

impl Writing {
    fn moved_to(&self, home: Home) -> Kept {
        self.kept
            .map_or(Kept::new(home), |kept| kept.moved_to(home))
    }
}
