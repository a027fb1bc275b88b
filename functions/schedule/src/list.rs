//! The list of one member's entries in a span of time, page by page.

use axum::http::StatusCode;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{
    entry::Entry,
    id::{EntryId, MemberId},
    series::{Occurrence, Occurrences},
    time::Zone,
};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::{
    app::App,
    crypto::fingerprint,
    problem::{FieldProblem, Problem},
    web::Session,
};

use crate::{access::shown_to, wire::EntryJson};

pub(crate) const RANGE_MAX: SignedDuration = SignedDuration::from_hours(24 * 400);
const LIMIT: usize = 100;
const LIMIT_MAX: usize = 500;
/// Of one series in one answer: more than a year of days, each with two.
pub(crate) const OCCURRENCES_MAX: u16 = 1_000;
pub(crate) const EXPAND: &str = "occurrences";

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListQuery {
    /// The span's begin. The + of an offset is written as %2B.
    #[schemars(with = "Timestamp")]
    from: Option<String>,
    /// The span's end, which is no part of it: at most 400 days later.
    #[schemars(with = "Timestamp")]
    to: Option<String>,
    /// A member's id; `me`, and nobody named, is the caller.
    assignee: Option<String>,
    /// A series as its occurrences, each by itself, instead of once.
    #[schemars(extend("const" = EXPAND))]
    expand: Option<String>,
    /// Whole days are days of this zone; of UTC unless given.
    #[schemars(with = "Option<Zone>")]
    zone: Option<String>,
    /// So many at the most.
    #[schemars(with = "Option<u16>", range(min = 1, max = LIMIT_MAX), extend("default" = LIMIT))]
    limit: Option<String>,
    /// The `next_cursor` of the page before, with everything else as it was asked there.
    cursor: Option<String>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "EntryList")]
pub(crate) struct ListPage {
    items: Vec<EntryJson>,
    next_cursor: Option<String>,
}

struct Filter {
    from: Timestamp,
    to: Timestamp,
    assignee: MemberId,
    expand: bool,
    zone: Zone,
}

/// The last item of a page, and the filter that it was found with.
#[derive(Serialize, Deserialize)]
struct Cursor {
    filter: String,
    after: Position,
}

/// The order of the list.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Position {
    start: Timestamp,
    id: EntryId,
}

pub(crate) async fn list(
    app: &App,
    session: &Session,
    query: &ListQuery,
) -> Result<ListPage, Problem> {
    let (filter, limit) = read(query, session)?;
    let after = query.cursor.as_deref();
    let after = after.map(|text| filter.resume(text)).transpose()?;
    let store = app.store.tenant(session);
    if filter.assignee != session.member && store.member(filter.assignee).await?.is_none() {
        return Err(Problem::not_found("member"));
    }
    let listed = store
        .agenda(filter.assignee, filter.from, filter.to)
        .await?;
    if listed.cut {
        return Err(too_many());
    }
    let mut found = Vec::new();
    // What a reader may not see is left out before anything is made of it.
    let shown: Vec<Entry> = listed
        .entries
        .into_iter()
        .map(|entry| shown_to(session, entry))
        .collect();
    for entry in &shown {
        let occurrences = filter.shown(entry)?.into_iter();
        found.extend(occurrences.map(|one| {
            let start = one.content.timing.when.bounds(&filter.zone).0;
            (
                Position {
                    start,
                    id: entry.id,
                },
                entry,
                one,
            )
        }));
    }
    found.retain(|(position, ..)| after.is_none_or(|after| *position > after));
    found.sort_by_key(|(position, ..)| *position);
    let more = found.len() > limit;
    found.truncate(limit);
    let last = found.last().map(|(position, ..)| *position);
    let items = found.into_iter().map(|(_, entry, one)| {
        if filter.expand {
            EntryJson::occurring(entry.clone(), one.original, &one.content)
        } else {
            EntryJson::new(entry.clone())
        }
    });
    Ok(ListPage {
        items: items.collect(),
        next_cursor: last.filter(|_| more).map(|after| filter.cursor(after)),
    })
}

impl Filter {
    /// Each occurrence in the range; without expansion the entry itself, once, if it has one there.
    fn shown(&self, entry: &Entry) -> Result<Vec<Occurrence>, Problem> {
        let content = &entry.content;
        let Occurrences { found, cut } =
            content.occurrences(self.from, self.to, &self.zone, OCCURRENCES_MAX);
        match (self.expand, cut) {
            (true, true) => Err(too_many()),
            (true, false) => Ok(found),
            (false, _) if found.is_empty() && !cut => Ok(Vec::new()),
            (false, _) => Ok(vec![Occurrence {
                original: None,
                content: content.clone(),
            }]),
        }
    }

    fn name(&self) -> String {
        let Self {
            from,
            to,
            assignee,
            expand,
            zone,
        } = self;
        fingerprint(format!("{from} {to} {assignee} {expand} {zone}"))
    }

    fn cursor(&self, after: Position) -> String {
        let filter = self.name();
        // A struct of texts is always written.
        let json = serde_json::to_vec(&Cursor { filter, after }).unwrap_or_default();
        URL_SAFE_NO_PAD.encode(json)
    }

    fn resume(&self, text: &str) -> Result<Position, Problem> {
        let json = URL_SAFE_NO_PAD.decode(text).ok();
        let cursor: Option<Cursor> = json.and_then(|json| serde_json::from_slice(&json).ok());
        cursor
            .filter(|cursor| cursor.filter == self.name())
            .map(|cursor| cursor.after)
            .ok_or_else(bad_cursor)
    }
}

fn read(query: &ListQuery, session: &Session) -> Result<(Filter, usize), Problem> {
    let mut problems = Vec::new();
    let mut wrong = |parameter: &str, detail: String| {
        problems.push(FieldProblem {
            pointer: parameter.to_owned(),
            detail,
        });
    };
    let from = bound("from", query.from.as_deref()).map_err(|detail| wrong("from", detail));
    let to = bound("to", query.to.as_deref()).map_err(|detail| wrong("to", detail));
    if let (Ok(from), Ok(to)) = (from, to) {
        if to <= from {
            wrong("to", "to must be after from".to_owned());
        } else if to.duration_since(from) > RANGE_MAX {
            wrong(
                "to",
                "from and to may lie at most 400 days apart".to_owned(),
            );
        }
    }
    if query.expand.as_ref().is_some_and(|value| value != EXPAND) {
        wrong("expand", format!("expand takes only: {EXPAND}"));
    }
    let zone = query.zone.as_deref().map_or(Ok(Zone::utc()), Zone::parse);
    let zone = zone.map_err(|error| wrong("zone", error.to_string()));
    let limit = query.limit.as_deref().map_or(Ok(LIMIT), str::parse);
    let limit = limit.ok().filter(|limit| (1..=LIMIT_MAX).contains(limit));
    if limit.is_none() {
        wrong("limit", format!("limit is a number from 1 to {LIMIT_MAX}"));
    }
    let (Ok(from), Ok(to), Ok(zone), Some(limit), true) =
        (from, to, zone, limit, problems.is_empty())
    else {
        return Err(Problem::invalid_fields(problems));
    };
    let assignee = assignee(query.assignee.as_deref(), session)?;
    let filter = Filter {
        from,
        to,
        assignee,
        expand: query.expand.is_some(),
        zone,
    };
    Ok((filter, limit))
}

pub(crate) fn assignee(asked: Option<&str>, session: &Session) -> Result<MemberId, Problem> {
    match asked {
        None | Some("me") => Ok(session.member),
        Some(id) => id.parse().map_err(|_| Problem::not_found("member")),
    }
}

pub(crate) fn bound(name: &str, text: Option<&str>) -> Result<Timestamp, String> {
    let text = text.ok_or_else(|| format!("{name} is required"))?;
    let wrong = || {
        format!(
            "{name} must be a time such as 2027-03-01T00:00:00Z (write the + of an offset as %2B)"
        )
    };
    let instant: Timestamp = text.parse().map_err(|_| wrong())?;
    let year = instant.to_zoned(TimeZone::UTC).year();
    if (1900..=2200).contains(&year) {
        Ok(instant)
    } else {
        Err(format!("{name} must lie between the years 1900 and 2200"))
    }
}

pub(crate) fn bad_cursor() -> Problem {
    let detail = "A cursor continues the list that it came with: repeat its parameters.";
    Problem::bad_request("bad_cursor", detail)
}

pub(crate) fn too_many() -> Problem {
    Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "too_many",
        "There is more in this span than one list can hold. Ask for a shorter one.",
    )
}
