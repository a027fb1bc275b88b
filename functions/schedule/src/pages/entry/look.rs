//! What the page of an entry shows: the whole or one occurrence of it, who may change it, and where it is synced.

use domain::{
    content::Content,
    entry::{Draft, Entry, TypedEntry},
    id::MemberId,
    permission::Permission,
    series::OriginalStart,
    time::{LocalTime, When, Zone},
};
use shared::{
    app::App,
    problem::Problem,
    web::{Session, page::moment},
};
use ui::{
    layout::Frame,
    pages::entry::{Copy, EntryPage, Saved, Scope},
};

use super::{
    fields::form_of,
    history,
    series::{self, content_at},
};
use crate::{
    access::{Access, may, shown_to},
    copies::Connected,
};

/// What of an entry a page shows: the whole, or one occurrence of it.
pub(super) struct Look {
    entry: Entry,
    at: Option<OriginalStart>,
    content: Content,
    scope: Scope,
}

/// The page's subject, and the texts of its form.
pub(super) fn look(
    session: &Session,
    entry: &Entry,
    at: Option<OriginalStart>,
    scope: Scope,
    zone: &Zone,
) -> Result<(Look, TypedEntry), Problem> {
    let entry = entry.clone();
    let content = match at {
        Some(at) => content_at(session, &entry, at)?,
        None => entry.content.clone(),
    };
    let draft = Draft {
        content: content.clone(),
        ..entry.draft()
    };
    let mut typed = TypedEntry::of(&draft, zone);
    if at.is_some() {
        TypedEntry::KEEP.clone_into(&mut typed.repeat);
    }
    let look = Look {
        entry: shown_to(session, entry),
        at,
        content,
        scope,
    };
    Ok((look, typed))
}

pub(super) async fn saved_page(
    app: &App,
    session: &Session,
    frame: Frame,
    look: &Look,
    typed: &TypedEntry,
    zone: &Zone,
) -> Result<EntryPage, Problem> {
    let Look {
        entry,
        at,
        content,
        scope,
    } = look;
    let cancelled = at.is_some_and(|at| entry.content.exceptions.cancelled_at(at));
    let (locked, changeable) = match may(session, entry) {
        Access::Write => (cancelled.then_some("This occurrence is cancelled."), true),
        Access::Read | Access::Busy => (Some(why_locked(session)), false),
    };
    Ok(EntryPage {
        frame,
        saved: Some(Saved {
            id: entry.id.to_string(),
            version: entry.version,
            copies: copies(app, session, entry, zone).await?,
            history: history::of(app, session, entry, zone).await?,
            series: series::shown(&entry.content, *at, *scope, zone),
        }),
        form: form_of(typed, Some((&entry.content, *at)), zone),
        errors: Vec::new(),
        locked: locked.map(str::to_owned),
        changeable,
        week: week_of(&content.timing.when, zone),
    })
}

fn why_locked(session: &Session) -> &'static str {
    if session.may(Permission::ScheduleWrite) {
        "Only its assignees and admins may change this entry."
    } else {
        "Your role lets you see the schedule but not change it."
    }
}

/// Where the entry is synced. The names of colleagues' calendars are theirs; an admin, who has to help, sees them.
async fn copies(
    app: &App,
    session: &Session,
    entry: &Entry,
    zone: &Zone,
) -> Result<Vec<Copy>, Problem> {
    let store = app.store.tenant(session);
    let manages = session.may(Permission::ScheduleManage);
    let whose: Vec<MemberId> = entry
        .assignees
        .iter()
        .filter(|member| manages || **member == session.member)
        .copied()
        .collect();
    let mut copies = Vec::new();
    for member in whose {
        let connected = Connected::of(app, &store, member, &[entry.id]).await?;
        copies.extend(connected.copies(entry).into_iter().map(|copy| Copy {
            calendar: copy.calendar,
            state: copy.state,
            last_synced: copy.synced_at.map(|at| moment(at, zone)),
            reason: copy.reason,
            conflict: copy.conflict.map(|conflict| conflict.to_string()),
            put_back: copy.removed_from.map(|connection| connection.to_string()),
        }));
    }
    Ok(copies)
}

/// A day of the week in which it first shows.
pub(super) fn week_of(when: &When, zone: &Zone) -> String {
    let day = match when {
        When::AllDay { start, .. } => *start,
        When::Timed { start, .. } => LocalTime::at(start.instant(), zone.clone()).local.date(),
    };
    day.to_string()
}
