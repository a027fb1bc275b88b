//! Series at Google: the series is one event, each occurrence that differs is another.

use domain::{
    calendar::Calendar,
    content::{Content, Field, Fields},
    event::{CalendarEvent, Change, ExternalEventId, OccurrenceSeen, Revision},
    failure::FailureClass,
    series::{Exception, OriginalStart},
};
use reqwest::{Method, header};

use super::{
    super::{EventWrite, ProviderError, Written},
    answer::{rejected, send, send_and_read},
    client::Google,
    convert,
    create::read_event,
    wire,
};
use crate::crypto::Secret;

impl Google {
    /// All exceptions of a series: they share its iCalendar identity. One listing, whatever their number up to 2,500.
    pub(super) async fn with_exceptions(
        &self,
        access: &Secret,
        calendar: &Calendar,
        mut series: CalendarEvent,
    ) -> Result<Change, ProviderError> {
        let operation = "read the series";
        let Some(uid) = &series.uid else {
            return Ok(Change::Upserted(series));
        };
        let path = ["calendars", &calendar.external_id, "events"];
        let request = self.request(Method::GET, access, &path).query(&[
            ("iCalUID", uid.0.as_str()),
            ("singleEvents", "false"),
            ("showDeleted", "true"),
            ("maxResults", "2500"),
        ]);
        let found: wire::Events = send_and_read(operation, request).await?;
        for item in found.items {
            let Some(Change::Occurrence(occurrence)) = convert::item(item, &calendar.zone) else {
                continue;
            };
            if occurrence.series == series.external_id {
                series.content = occurrence.over(series.content);
            }
        }
        Ok(Change::Upserted(series))
    }

    /// The series itself in one call where its own fields change, then each occurrence that is to differ: looked at, and
    /// written if it still is as it was seen. Exceptions are copies at Google: what changes in the series and does not
    /// reach them is written to them too.
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
        let mut own = parts.own;
        if content.says_its_rule(seen, parts) {
            own = own.with(Field::Timing);
        }
        let mut written = Written {
            revision: revision.clone(),
            content: seen.clone(),
        };
        let mut occurrences = parts.occurrences.clone();
        if !own.is_empty() {
            let repeats = content.repeats() || seen.repeats();
            let mut body = convert::body(content, own);
            body.recurrence = body.recurrence.filter(|_| repeats);
            let answer = self.patch(access, calendar, id, revision, &body).await?;
            written = self
                .with_old_exceptions(access, calendar, answer, seen)
                .await?;
            for (at, fields) in not_reached(&written.content, content, parts.own.without(hidden)) {
                let known: &mut Fields = occurrences.entry(at).or_default();
                *known = known.or(fields);
            }
        }
        for (at, fields) in occurrences {
            if seen.exceptions.cancelled_at(at) && !content.has_occurrence(at) {
                // Beyond the rule that was just written: there is nothing to bring back.
                written.content.exceptions.set(at, None);
                continue;
            }
            if content.exceptions.cancelled_at(at)
                && written.content.exceptions.cancelled_at(at)
                && own.contains(Field::Timing)
                && seen.exceptions.get(at).is_none()
            {
                // Left out by the rule that was just written.
                continue;
            }
            let target = Target {
                series: id,
                at,
                fields,
                content,
                seen,
                hidden,
            };
            written.content = self
                .update_occurrence(access, calendar, target, written.content)
                .await?;
        }
        Ok(written)
    }

    async fn patch(
        &self,
        access: &Secret,
        calendar: &Calendar,
        id: &ExternalEventId,
        revision: &Revision,
        body: &wire::EventBody<'_>,
    ) -> Result<CalendarEvent, ProviderError> {
        let operation = "change the event";
        let request = self
            .event(Method::PATCH, access, calendar, id)
            .header(header::IF_MATCH, &revision.0)
            .query(&[("sendUpdates", "none")])
            .json(body);
        let answer = send(operation, request).await?;
        read_event(operation, &answer, &calendar.zone)
    }

    /// Which occurrences that differ a series loses when it is moved is written nowhere, so they are read.
    async fn with_old_exceptions(
        &self,
        access: &Secret,
        calendar: &Calendar,
        answer: CalendarEvent,
        seen: &Content,
    ) -> Result<Written, ProviderError> {
        let revision = answer.revision.clone();
        let cancelled = seen.exceptions.cancelled().count();
        if seen.exceptions.len() > cancelled
            && let Change::Upserted(whole) = self
                .with_exceptions(access, calendar, answer.clone())
                .await?
        {
            return Ok(Written {
                revision,
                content: whole.content,
            });
        }
        let mut content = answer.content;
        for (at, exception) in seen.exceptions.iter() {
            content.exceptions.set(at, Some(exception.clone()));
        }
        Ok(Written { revision, content })
    }

    /// Answers the series as it is afterwards.
    async fn update_occurrence(
        &self,
        access: &Secret,
        calendar: &Calendar,
        target: Target<'_>,
        mut series: Content,
    ) -> Result<Content, ProviderError> {
        let operation = "change the occurrence";
        let Target {
            at,
            fields,
            content,
            seen,
            hidden,
            ..
        } = target;
        let id = ExternalEventId(format!("{}_{at}", target.series));
        let request = self.event(Method::GET, access, calendar, &id);
        let now = match send_and_read::<wire::Event>(operation, request).await {
            Ok(event) => event,
            // No longer an occurrence: there is nothing that could differ.
            Err(error) if error.class == FailureClass::NotFound => {
                series.exceptions.set(at, None);
                return Ok(series);
            }
            Err(error) => return Err(error),
        };
        let etag = now.etag.clone().unwrap_or_default();
        let Change::Occurrence(found) = convert::change(now, &calendar.zone) else {
            return Err(rejected(operation, "the provider answered another event"));
        };
        if let OccurrenceSeen::Refused { refusal, .. } = &found.seen {
            return Err(rejected(operation, &refusal.to_string()));
        }
        let found = found.over(series.clone());
        // Only what is written must still be as it was seen: of the rest, less may have been shown.
        if found.occurrence_changed_since(seen, at, fields.without(hidden)) {
            return Err(ProviderError {
                class: FailureClass::Conflict,
                ..rejected(operation, "the occurrence changed meanwhile")
            });
        }
        let stays = content.has_occurrence(at);
        let Some(wanted) = content.occurrence(at).filter(|_| stays) else {
            if found.exceptions.get(at) != Some(&Exception::Cancelled) {
                self.delete_guarded(access, calendar, &id, &etag).await?;
            }
            if stays {
                return Ok(series.with_occurrence(at, None));
            }
            series.exceptions.set(at, None);
            return Ok(series);
        };
        let mut body = convert::occurrence_body(&wanted, fields);
        body.status = Some("confirmed");
        let request = self
            .event(Method::PATCH, access, calendar, &id)
            .header(header::IF_MATCH, etag)
            .query(&[("sendUpdates", "none")])
            .json(&body);
        let answer: wire::Event = send_and_read(operation, request).await?;
        match convert::change(answer, &calendar.zone) {
            Change::Occurrence(answer) => Ok(answer.over(series)),
            Change::Upserted(_) | Change::Removed(_) | Change::Refused { .. } => {
                Err(rejected(operation, "the provider answered another event"))
            }
        }
    }

    async fn delete_guarded(
        &self,
        access: &Secret,
        calendar: &Calendar,
        id: &ExternalEventId,
        etag: &str,
    ) -> Result<(), ProviderError> {
        let operation = "cancel the occurrence";
        let request = self
            .event(Method::DELETE, access, calendar, id)
            .header(header::IF_MATCH, etag)
            .query(&[("sendUpdates", "none")]);
        match send(operation, request).await {
            Ok(_) => Ok(()),
            Err(error) if error.class == FailureClass::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// One occurrence that is to be written.
#[derive(Clone, Copy)]
struct Target<'a> {
    series: &'a ExternalEventId,
    at: OriginalStart,
    fields: Fields,
    content: &'a Content,
    seen: &'a Content,
    hidden: Fields,
}

/// Exceptions that are copies without what was just written to their series, each with the fields that it lacks.
fn not_reached(
    written: &Content,
    wanted: &Content,
    own: Fields,
) -> impl Iterator<Item = (OriginalStart, Fields)> {
    let differing = written.diff(wanted).occurrences.into_iter();
    differing
        .map(move |(at, fields)| (at, fields.and(own)))
        .filter(|(at, fields)| {
            let copied = matches!(written.exceptions.get(*at), Some(Exception::Changed(_)));
            copied && !fields.is_empty() && wanted.has_occurrence(*at)
        })
}
