//! What a file would make of the schedule, entry by entry. Nothing is written here.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use domain::{
    access::Access,
    entry::{Draft, Entry, InvalidField, NotEdited},
    event::Uid,
    exchange::{Contents, Item, entry_of},
    id::{EntryId, MemberId, is_foreign},
    link::Origin,
    series::OriginalStart,
};
use jiff::Timestamp;
use shared::{
    app::App,
    ids,
    problem::Problem,
    store::{Meeting, TenantStore},
    web::Session,
};

use super::import::{Outcome, Part, Said};
use crate::access::{keep_hidden, may, may_assign, shown_to};

/// An entry as it is, if it is, and as it is to be.
pub(super) struct Change {
    pub(super) before: Option<Entry>,
    pub(super) after: Entry,
    /// The meeting that it is from now on, also for a calendar that is connected later and has it.
    pub(super) claim: Option<Meeting>,
}

#[derive(Default)]
pub(super) struct Plan {
    /// In the order of the file.
    pub(super) lines: Vec<Part>,
    pub(super) changes: BTreeMap<EntryId, Change>,
    pub(super) remarks: Vec<Said>,
}

/// What is known of the entries that a file names.
struct Known {
    entries: HashMap<EntryId, Entry>,
    /// Deleted lately: what is imported again is wanted back.
    deleted: HashMap<EntryId, Entry>,
    meetings: HashMap<Uid, Meeting>,
    members: HashSet<MemberId>,
}

struct Planner<'a> {
    session: &'a Session,
    known: Known,
    update_existing: bool,
    now: Timestamp,
    plan: Plan,
    /// The line that spoke of an entry as a whole.
    spoken: BTreeMap<EntryId, usize>,
}

pub(super) async fn plan(
    app: &App,
    session: &Session,
    contents: &Contents,
    update_existing: bool,
) -> Result<Plan, Problem> {
    let store = app.store.tenant(session);
    let now = app.clock.now();
    let mut planner = Planner {
        session,
        known: Known::of(session, &store, &contents.items, now).await?,
        update_existing,
        now,
        plan: Plan::default(),
        spoken: BTreeMap::new(),
    };
    for item in &contents.items {
        let line = match planner.item(item) {
            Ok((outcome, entry)) => Part::new(item, outcome, Some(entry), None),
            Err(reason) => Part::new(item, Outcome::Refused, None, Some(reason)),
        };
        planner.plan.lines.push(line);
    }
    let mut plan = planner.plan;
    plan.lines
        .extend(contents.refused.iter().map(Part::refused));
    plan.lines.sort_by_key(|line| line.line);
    Ok(plan)
}

/// The ids that an item may have, the likeliest first.
fn candidates(session: &Session, meetings: &HashMap<Uid, Meeting>, item: &Item) -> Vec<EntryId> {
    let tenant = session.tenant();
    let derive = |name: &str| ids::derive(tenant, Timestamp::UNIX_EPOCH, name, EntryId::from_parts);
    let mut all = Vec::new();
    if let Some(uid) = &item.uid {
        all.extend(ours(session, uid));
        all.extend(meetings.get(uid).map(|meeting| meeting.entry));
        all.push(derive(&format!("uid|{}", uid.0)));
    }
    all.push(derive(&item.name(session.member)));
    all
}

/// The entry of this organisation that was exported under that name.
fn ours(session: &Session, uid: &Uid) -> Option<EntryId> {
    entry_of(uid).filter(|id| !is_foreign(&id.to_string(), session.tenant()))
}

/// The meeting that an item is, by the name that its calendar gave it.
fn meeting_of<'a>(session: &Session, item: &'a Item) -> Option<&'a Uid> {
    item.uid.as_ref().filter(|uid| ours(session, uid).is_none())
}

impl Known {
    async fn of(
        session: &Session,
        store: &TenantStore,
        items: &[Item],
        now: Timestamp,
    ) -> Result<Self, Problem> {
        let uids: BTreeSet<&str> = items
            .iter()
            .filter_map(|item| Some(item.uid.as_ref()?.0.as_str()))
            .collect();
        let uids: Vec<Uid> = uids.into_iter().map(|uid| Uid(uid.to_owned())).collect();
        let meetings = store.meetings(&uids).await?.into_iter();
        let meetings = meetings
            .map(|meeting| (meeting.uid.clone(), meeting))
            .collect();
        let named = items
            .iter()
            .flat_map(|item| candidates(session, &meetings, item));
        let named: BTreeSet<EntryId> = named.collect();
        let named: Vec<EntryId> = named.into_iter().collect();
        let entries = store.entries(&named).await?;
        let entries: HashMap<_, _> = entries.into_iter().map(|one| (one.id, one)).collect();
        let mut gone = named;
        gone.retain(|id| !entries.contains_key(id));
        let mut deleted = store.deleted_of(&gone).await?;
        deleted.retain(|row| now < row.kept_until());
        let assigned = items
            .iter()
            .filter_map(|item| item.stated.assignees.as_ref());
        let assigned: BTreeSet<MemberId> = assigned.flatten().copied().collect();
        let members = store
            .members(&assigned.into_iter().collect::<Vec<_>>())
            .await?;
        Ok(Self {
            entries,
            deleted: deleted
                .into_iter()
                .map(|row| (row.entry.id, row.entry))
                .collect(),
            meetings,
            members: members.into_iter().map(|member| member.id).collect(),
        })
    }
}

type Planned = Result<(Outcome, EntryId), String>;

const ONLY_ADMINISTRATORS_ASSIGN: &str = "Only an administrator assigns entries to colleagues";

impl Planner<'_> {
    fn item(&mut self, item: &Item) -> Planned {
        let ids = candidates(self.session, &self.known.meetings, item);
        if let Some(at) = item.original {
            let mut series = ids.iter().filter_map(|id| self.entry_now(*id));
            let series = series.find(|entry| entry.content.repeats()).cloned();
            if let Some(series) = series {
                return self.occurrence(&series, at, item);
            }
        }
        // The last is derived of all that is said: an occurrence without its series is an entry of its own.
        let own = ids.last().copied().ok_or("it has no name")?;
        let ids = if item.original.is_some() {
            vec![own]
        } else {
            ids
        };
        let is_known = |id: &&EntryId| self.known.entries.contains_key(id);
        let is_deleted = |id: &&EntryId| self.known.deleted.contains_key(id);
        let id = ids.iter().find(is_known).or(ids.iter().find(is_deleted));
        let id = id.copied().unwrap_or(own);
        if let Some(line) = self.spoken.insert(id, item.line) {
            return Err(format!("It is the same as in line {line}"));
        }
        match self.entry_now(id).cloned() {
            Some(entry) => self.existing(&entry, item),
            None => self.new_entry(id, item),
        }
    }

    /// The entry as it will be so far.
    fn entry_now(&self, id: EntryId) -> Option<&Entry> {
        let planned = self.plan.changes.get(&id).map(|change| &change.after);
        planned.or_else(|| self.known.entries.get(&id))
    }

    fn new_entry(&mut self, id: EntryId, item: &Item) -> Planned {
        let session = self.session;
        let draft = item.stated.new_entry().apply(None, session.member);
        let draft = draft.map_err(|problems| words(&problems))?;
        self.check_assignees(&[], &draft)?;
        self.note_strays(item);
        let claim = self.claim(id, item);
        let after = match self.known.deleted.get(&id) {
            Some(deleted) if may(session, deleted) != Access::Write => {
                return Err(
                    "It was deleted, and only its assignees and administrators may bring it back"
                        .to_owned(),
                );
            }
            Some(deleted) => {
                let back = deleted
                    .clone()
                    .brought_back(draft.content.clone(), self.now);
                Entry {
                    version: back.version,
                    ..back.changed_to(draft, self.now)
                }
            }
            None => {
                let made = draft.into_entry(id, session.tenant(), self.now);
                let origin = if claim.is_some() {
                    Origin::Event
                } else {
                    made.origin
                };
                Entry { origin, ..made }
            }
        };
        let change = Change {
            before: None,
            after,
            claim,
        };
        self.plan.changes.insert(id, change);
        Ok((Outcome::Created, id))
    }

    fn claim(&self, entry: EntryId, item: &Item) -> Option<Meeting> {
        // One occurrence alone is not the whole meeting.
        let whole = item.original.is_none();
        let uid = meeting_of(self.session, item).filter(|_| whole)?;
        let known = self.known.meetings.get(uid);
        let is_new = known.is_none_or(|known| known.entry != entry);
        is_new.then(|| Meeting {
            uid: uid.clone(),
            entry,
            version: known.map_or(0, |known| known.version),
        })
    }

    fn existing(&mut self, entry: &Entry, item: &Item) -> Planned {
        let shown = shown_to(self.session, entry.clone()).draft();
        if may(self.session, entry) != Access::Busy && item.stated.is_true_of(&shown) {
            self.check_whose(entry, item)?;
            return Ok((Outcome::Unchanged, entry.id));
        }
        self.check_change(entry, item)?;
        let old = entry.draft();
        let new = item
            .stated
            .edit(&old)
            .apply(Some(&old), self.session.member);
        let new = new.map_err(|problems| words(&problems))?;
        self.note_strays(item);
        self.change(entry, &old, new)
    }

    fn occurrence(&mut self, series: &Entry, at: OriginalStart, item: &Item) -> Planned {
        let member = self.session.member;
        let shown = shown_to(self.session, series.clone())
            .draft()
            .occurrence(at);
        let seen = may(self.session, series) != Access::Busy;
        if let (true, Ok(shown)) = (seen, &shown)
            && item.stated.is_true_of(shown)
        {
            self.check_whose(series, item)?;
            return Ok((Outcome::Unchanged, series.id));
        }
        self.check_change(series, item)?;
        let old = series.draft();
        let taking_place = match shown {
            Err(NotEdited::Cancelled) => old.restored(at).map_err(|error| reason(&error))?,
            _ => old.clone(),
        };
        let new = item.stated.occurrence().apply(&taking_place, at, member);
        let new = new.map_err(|error| reason(&error))?;
        self.change(series, &old, new)
    }

    /// A meeting that colleagues have is not thereby in the schedule of whoever imports it.
    fn check_whose(&self, entry: &Entry, item: &Item) -> Result<(), String> {
        let asked = item.stated.assignees.is_none() && meeting_of(self.session, item).is_some();
        if asked && !entry.assignees.contains(&self.session.member) {
            let words = "It is there already, for colleagues: they or an administrator can assign you to it";
            return Err(words.to_owned());
        }
        Ok(())
    }

    fn check_change(&self, entry: &Entry, item: &Item) -> Result<(), String> {
        let whose = item.stated.assignees.as_deref().unwrap_or_default();
        let words = match may(self.session, entry) {
            // As if it were not there.
            Access::Busy if !may_assign(self.session, &[], whose) => ONLY_ADMINISTRATORS_ASSIGN,
            Access::Busy => "It is there already, and is somebody else's",
            Access::Read => {
                "It is there already and differs; only its assignees and administrators may change it"
            }
            Access::Write if !self.update_existing => {
                "It is there already and differs; it is changed only if you ask for that"
            }
            Access::Write => return Ok(()),
        };
        Err(words.to_owned())
    }

    fn change(&mut self, entry: &Entry, old: &Draft, mut new: Draft) -> Planned {
        keep_hidden(self.session, old, &mut new);
        if new == *old {
            return Ok((Outcome::Unchanged, entry.id));
        }
        self.check_assignees(&old.assignees, &new)?;
        let before = self.known.entries.get(&entry.id).cloned();
        let after = before.as_ref().unwrap_or(entry).changed_to(new, self.now);
        // One that this file makes is still new when it says more of it.
        let after = if before.is_none() {
            Entry {
                version: entry.version,
                ..after
            }
        } else {
            after
        };
        let planned = self.plan.changes.remove(&entry.id);
        let claim = planned.and_then(|planned| planned.claim);
        let change = Change {
            before,
            after,
            claim,
        };
        self.plan.changes.insert(entry.id, change);
        Ok((Outcome::Updated, entry.id))
    }

    fn check_assignees(&self, before: &[MemberId], draft: &Draft) -> Result<(), String> {
        let unknown = draft.assignees.iter().find(|id| {
            **id != self.session.member && !before.contains(id) && !self.known.members.contains(id)
        });
        if let Some(id) = unknown {
            return Err(format!("There is no member {id}"));
        }
        if !may_assign(self.session, before, &draft.assignees) {
            return Err(ONLY_ADMINISTRATORS_ASSIGN.to_owned());
        }
        Ok(())
    }

    /// The rest of the series is taken without them.
    fn note_strays(&mut self, item: &Item) {
        for (at, line) in item.stated.strays() {
            let reason = format!("The series has no occurrence that starts at {at} by its rule");
            let mut stray = Part::new(item, Outcome::Refused, None, Some(reason));
            stray.line = line;
            self.plan.lines.push(stray);
        }
    }
}

fn words(problems: &[InvalidField]) -> String {
    let each = problems.iter().map(|problem| problem.reason.as_str());
    each.collect::<Vec<_>>().join("; ")
}

fn reason(error: &NotEdited) -> String {
    match error {
        NotEdited::NoOccurrence(error) => error.to_string(),
        NotEdited::Cancelled => "This occurrence is cancelled".to_owned(),
        NotEdited::First => "The series begins with this occurrence".to_owned(),
        NotEdited::Invalid(problems) => words(problems),
    }
}
