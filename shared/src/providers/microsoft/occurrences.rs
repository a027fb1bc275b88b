//! Writes to events that stand: the event or series itself, then each of its occurrences that is to differ.

use std::collections::BTreeMap;

use domain::{
    calendar::Calendar,
    content::{Content, Field, Fields},
    event::{Change, OccurrenceSeen, Revision},
    failure::FailureClass,
    series::{Exception, OriginalStart},
};
use reqwest::{Method, header};

use super::{
    super::{EventWrite, ProviderError, Written},
    answer::{failed, read, rejected, send},
    body,
    client::Microsoft,
    convert, meeting, wire,
};
use crate::crypto::Secret;

const CANCELLED_FOR_GOOD: &str = "Outlook cannot bring back a single occurrence that was cancelled";

/// A series as it is while it is written, and what is wanted of it.
#[derive(Clone, Copy)]
struct Target<'a> {
    series: &'a str,
    content: &'a Content,
    seen: &'a Content,
    hidden: Fields,
}

impl Microsoft {
    pub(super) async fn update_series(
        &self,
        access: &Secret,
        calendar: &Calendar,
        write: EventWrite<'_>,
    ) -> Result<Written, ProviderError> {
        let EventWrite {
            id,
            revision,
            content,
            seen,
            parts,
            hidden,
        } = write;
        let target = Target {
            series: &id.0,
            content,
            seen,
            hidden,
        };
        let mut again = parts.occurrences.keys();
        if !parts.own.contains(Field::Timing)
            && again.any(|at| content.takes_place_again(seen, *at))
        {
            return Err(rejected("change the occurrence", CANCELLED_FOR_GOOD));
        }
        let mut written = Written {
            revision: revision.clone(),
            content: seen.clone(),
        };
        let mut occurrences = parts.occurrences.clone();
        if !parts.own.is_empty() {
            written = self
                .update_own(access, calendar, target, (revision, parts.own))
                .await?;
            for (at, fields) in lost_or_not_reached(&written.content, target, parts.own) {
                let known: &mut Fields = occurrences.entry(at).or_default();
                *known = known.or(fields);
            }
        }
        for (at, fields) in occurrences {
            let before = written.content.clone();
            let is_lost = seen.exceptions.get(at).is_some() && before.exceptions.get(at).is_none();
            // The new rule took the occurrence back; it was looked at right after.
            let seen = if is_lost { &before } else { seen };
            let target = Target { seen, ..target };
            written.content = self
                .update_occurrence(access, calendar, target, (at, fields), written.content)
                .await?;
        }
        Ok(written)
    }

    /// Answers the series with the exceptions that it has then: a new rule may have cost it some.
    async fn update_own(
        &self,
        access: &Secret,
        calendar: &Calendar,
        target: Target<'_>,
        (revision, own): (&Revision, Fields),
    ) -> Result<Written, ProviderError> {
        let operation = "change the event";
        let Target {
            series: id,
            content,
            seen,
            ..
        } = target;
        let refused = |error: body::NotWritable| rejected(operation, error.to_string());
        let mut body = body::body(content, own, &calendar.zone).map_err(refused)?;
        body.recurrence = body
            .recurrence
            .filter(|_| content.repeats() || seen.repeats());
        if own.contains(Field::Notes) {
            body.body = Some(self.notes(access, calendar, id, content).await?);
        }
        let request = self
            .event(Method::PATCH, access, calendar, id, &[])
            .header(header::IF_MATCH, &revision.0)
            .json(&body);
        let answer: wire::Event = read(operation, send(operation, request).await?).await?;
        if !seen.exceptions.is_empty()
            && let Some(Change::Upserted(event)) =
                self.series(access, calendar, id).await?.into_iter().next()
        {
            return Ok(Written {
                revision: event.revision,
                content: event.content,
            });
        }
        match convert::change(answer, &calendar.zone) {
            Change::Upserted(event) => Ok(Written {
                revision: event.revision,
                content: event.content,
            }),
            // Someone who was invited to this one time has it as an event of its own.
            Change::Occurrence(occurrence) => match occurrence.seen {
                OccurrenceSeen::Changed(event) => Ok(Written {
                    revision: event.revision,
                    content: event.content,
                }),
                OccurrenceSeen::Refused { refusal, .. } => {
                    Err(rejected(operation, refusal.to_string()))
                }
                OccurrenceSeen::Cancelled => Err(rejected(operation, "it was cancelled meanwhile")),
            },
            Change::Refused { refusal, .. } => Err(rejected(operation, refusal.to_string())),
            Change::Removed(_) => Err(rejected(operation, "it was deleted meanwhile")),
        }
    }

    /// The body with new notes. An online meeting lives in the body, and is read for that.
    async fn notes(
        &self,
        access: &Secret,
        calendar: &Calendar,
        id: &str,
        content: &Content,
    ) -> Result<wire::Body, ProviderError> {
        let operation = "read the notes";
        let request = self
            .event(Method::GET, access, calendar, id, &[])
            .query(&[("$select", "id,body,isOnlineMeeting,onlineMeeting")]);
        let now: wire::Event = read(operation, send(operation, request).await?).await?;
        let kept = meeting::with_notes(&now, &content.notes);
        let kept = kept.map_err(|error| rejected("change the notes", error.to_string()))?;
        Ok(kept.map_or_else(|| body::text(&content.notes), body::html))
    }

    /// Answers the series as it is afterwards.
    async fn update_occurrence(
        &self,
        access: &Secret,
        calendar: &Calendar,
        target: Target<'_>,
        (at, fields): (OriginalStart, Fields),
        mut series: Content,
    ) -> Result<Content, ProviderError> {
        let operation = "change the occurrence";
        let Target {
            content,
            seen,
            hidden,
            ..
        } = target;
        let Some(event) = self.occurrence(access, calendar, target.series, at).await? else {
            // Cancelled, as it should be, or beyond the rule that was just written.
            let stays_out = content.exceptions.cancelled_at(at) && content.has_occurrence(at);
            if content.has_occurrence(at) && !stays_out {
                return Err(rejected(operation, CANCELLED_FOR_GOOD));
            }
            series
                .exceptions
                .set(at, stays_out.then_some(Exception::Cancelled));
            return Ok(series);
        };
        let (id, etag) = (event.id.clone(), event.etag.clone().unwrap_or_default());
        let is_copy = event
            .r#type
            .as_deref()
            .is_some_and(|kind| kind.eq_ignore_ascii_case("exception"));
        let Change::Occurrence(found) = convert::change(event, &calendar.zone) else {
            return Err(rejected(operation, "the provider answered another event"));
        };
        if let OccurrenceSeen::Refused { refusal, .. } = &found.seen {
            return Err(rejected(operation, refusal.to_string()));
        }
        let now = if is_copy {
            found.over(series.clone())
        } else {
            series.clone()
        };
        // Only what is written must still be as it was seen: of the rest, less may have been shown.
        if now.occurrence_changed_since(seen, at, fields.without(hidden)) {
            let detail = "the occurrence changed meanwhile";
            return Err(failed(FailureClass::Conflict, operation, detail));
        }
        let wanted = content
            .occurrence(at)
            .filter(|_| content.has_occurrence(at));
        let Some(wanted) = wanted else {
            self.cancel(access, calendar, &id, Some(&etag)).await?;
            if content.has_occurrence(at) {
                return Ok(series.with_occurrence(at, None));
            }
            series.exceptions.set(at, None);
            return Ok(series);
        };
        let refused = |error: body::NotWritable| rejected(operation, error.to_string());
        let mut body = body::body(&wanted, fields, &calendar.zone).map_err(refused)?;
        body.recurrence = None;
        if fields.contains(Field::Notes) {
            body.body = Some(self.notes(access, calendar, &id, &wanted).await?);
        }
        let request = self
            .event(Method::PATCH, access, calendar, &id, &[])
            .header(header::IF_MATCH, etag)
            .json(&body);
        let answer: wire::Event = read(operation, send(operation, request).await?).await?;
        match convert::change(answer, &calendar.zone) {
            Change::Occurrence(answer) => Ok(answer.over(series)),
            Change::Upserted(_) | Change::Removed(_) | Change::Refused { .. } => {
                Err(rejected(operation, "the provider answered another event"))
            }
        }
    }

    /// One occurrence, wherever it was moved to.
    async fn occurrence(
        &self,
        access: &Secret,
        calendar: &Calendar,
        series: &str,
        at: OriginalStart,
    ) -> Result<Option<wire::Event>, ProviderError> {
        let is_it = |event: &wire::Event| convert::original_start(event) == Ok(at);
        let near = self.instances(access, calendar, series, (at, at)).await?;
        if let Some(found) = near.into_iter().find(is_it) {
            return Ok(Some(found));
        }
        let whole = self.series_json(access, calendar, series).await?;
        let whole = whole.and_then(|json| convert::event(json).ok());
        let exceptions = whole
            .and_then(|event| event.exception_occurrences)
            .unwrap_or_default();
        let exceptions = exceptions
            .into_iter()
            .filter_map(|json| convert::event(json).ok());
        Ok(exceptions.into_iter().find(is_it))
    }

    /// Deletes the occurrences that a series leaves out, one by one: a pattern cannot say it.
    pub(super) async fn leave_out(
        &self,
        access: &Secret,
        calendar: &Calendar,
        series: &str,
        content: &Content,
    ) -> Result<(), ProviderError> {
        let cancelled: Vec<OriginalStart> = content.exceptions.cancelled().collect();
        let (Some(first), Some(last)) = (cancelled.iter().min(), cancelled.iter().max()) else {
            return Ok(());
        };
        for event in self
            .instances(access, calendar, series, (*first, *last))
            .await?
        {
            let original = convert::original_start(&event);
            if original.is_ok_and(|at| content.exceptions.cancelled_at(at)) {
                self.cancel(access, calendar, &event.id, None).await?;
            }
        }
        Ok(())
    }

    async fn cancel(
        &self,
        access: &Secret,
        calendar: &Calendar,
        id: &str,
        etag: Option<&str>,
    ) -> Result<(), ProviderError> {
        let mut request = self.event(Method::DELETE, access, calendar, id, &[]);
        if let Some(etag) = etag {
            request = request.header(header::IF_MATCH, etag);
        }
        match send("cancel the occurrence", request).await {
            Ok(_) => Ok(()),
            Err(error) if error.class == FailureClass::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// Occurrences that differ from what is wanted after their series was written: copies that the change did not reach, and
/// those that a new rule cost.
fn lost_or_not_reached(
    written: &Content,
    target: Target<'_>,
    own: Fields,
) -> BTreeMap<OriginalStart, Fields> {
    let Target {
        content, hidden, ..
    } = target;
    let differing = written.diff(content).occurrences.into_iter();
    differing
        .map(|(at, fields)| {
            let is_copy = matches!(written.exceptions.get(at), Some(Exception::Changed(_)));
            let fields = if is_copy { fields.and(own) } else { fields };
            (at, fields.without(hidden))
        })
        .filter(|(at, fields)| {
            let is_known = content.exceptions.get(*at).is_some()
                || matches!(written.exceptions.get(*at), Some(Exception::Changed(_)));
            is_known && !fields.is_empty() && content.has_occurrence(*at)
        })
        .collect()
}
