//! Pages for people: the accounts, the days of a calendar, and who lets an application in.

use jiff::civil::{Date, Time};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde::Deserialize;
use url::form_urlencoded;

const STYLE: &str = "
:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}
body{max-width:44rem;margin:0 auto;padding:1.5rem}
h1{font-size:1.4rem} form{display:flex;flex-wrap:wrap;gap:.5rem;align-items:center;margin:.4rem 0}
fieldset{border:1px solid #8886;border-radius:.5rem;flex:1 1 100%} fieldset label{display:block}
article{border:1px solid #8886;border-left:.3rem solid #1a73e8;border-radius:.5rem;padding:.6rem .9rem;margin:.6rem 0}
article h2{font-size:1rem;margin:0} .quiet{opacity:.7}
input,select,button{font:inherit;padding:.25rem .5rem} nav{display:flex;gap:1rem}
";

/// The frame of every page of a simulator.
pub(super) fn page(service: &str, title: &str, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " · Simulated " (service) }
                style { (PreEscaped(STYLE)) }
            }
            body { main { (body) } }
        }
    }
}

/// One line of the list of calendars.
pub(super) struct Listed<'a> {
    pub(super) account: &'a str,
    pub(super) calendar: &'a str,
    pub(super) name: String,
    pub(super) zone: &'a str,
}

pub(super) fn calendars(heading: &str, listed: &[Listed<'_>], today: Date) -> Markup {
    html! {
        h1 { (heading) }
        @if listed.is_empty() { p { "There are no accounts yet." } }
        ul {
            @for line in listed {
                li {
                    a id={ "calendar-" (line.calendar) } href=(day_path(line.account, line.calendar, today)) {
                        (line.name)
                    }
                    span .quiet { " " (line.zone) }
                }
            }
        }
    }
}

/// What a calendar shows on one day.
pub(super) struct Day<'a> {
    pub(super) account: &'a str,
    pub(super) calendar: &'a str,
    pub(super) name: &'a str,
    pub(super) zone: &'a str,
    pub(super) date: Date,
    pub(super) shown: Vec<Shown>,
}

pub(super) struct Shown {
    pub(super) id: String,
    pub(super) title: String,
    /// Start and end on the clock; all day without.
    pub(super) times: Option<(String, String)>,
    pub(super) of_series: bool,
}

impl Shown {
    fn span(&self) -> String {
        match &self.times {
            Some((start, end)) => format!("{start} to {end}"),
            None => "All day".to_owned(),
        }
    }
}

pub(super) fn day(day: &Day<'_>) -> Markup {
    let step = |days: i64| {
        let other = day.date.saturating_add(jiff::Span::new().days(days));
        day_path(day.account, day.calendar, other)
    };
    let hidden = html! {
        input type="hidden" name="account" value=(day.account);
        input type="hidden" name="calendar" value=(day.calendar);
    };
    let on_day = html! { (hidden) input type="hidden" name="day" value=(day.date); };
    html! {
        nav { a #accounts href="/" { "Accounts" } a #previous href=(step(-1)) { "Previous day" } a #next href=(step(1)) { "Next day" } }
        h1 { (day.name) ", " (day.date.strftime("%A, %-d %B %Y")) }
        p .quiet { "Times are in " (day.zone) "." }
        form method="post" action="/day/add" {
            (on_day)
            input #add-title name="title" aria-label="Title" placeholder="New event" required;
            input #add-start name="start" type="time" value="09:00" aria-label="Start" required;
            input #add-end name="end" type="time" value="10:00" aria-label="End" required;
            button #add type="submit" { "Add" }
        }
        @for event in &day.shown {
            @let id = &event.id;
            article id={ "event-" (id) } {
                h2 { (event.title) }
                p .quiet { (event.span()) @if event.of_series { ", one of a series" } }
                form method="post" action="/day/move" {
                    (hidden)
                    input type="hidden" name="event" value=(id);
                    input id={ "date-" (id) } name="date" type="date" value=(day.date) aria-label="Date" required;
                    @if let Some((start, end)) = &event.times {
                        input id={ "start-" (id) } name="start" type="time" value=(start) aria-label="Start" required;
                        input id={ "end-" (id) } name="end" type="time" value=(end) aria-label="End" required;
                    }
                    button id={ "move-" (id) } type="submit" { "Move" }
                }
                form method="post" action="/day/delete" {
                    (on_day)
                    input type="hidden" name="event" value=(id);
                    button id={ "delete-" (id) } .quiet type="submit" { "Delete" }
                }
            }
        }
    }
}

pub(super) fn no_calendar() -> Markup {
    html! { h1 { "There is no such calendar" } a #back href="/" { "All accounts" } }
}

pub(super) fn not_done(why: &str, back: &str) -> Markup {
    html! {
        h1 { "That did not work" }
        p { (why) }
        a #back href=(back) { "Back to the day" }
    }
}

pub(super) fn day_path(account: &str, calendar: &str, date: Date) -> String {
    let date = date.to_string();
    let query: String = form_urlencoded::Serializer::new(String::new())
        .extend_pairs([
            ("account", account),
            ("calendar", calendar),
            ("date", &date),
        ])
        .finish();
    format!("/day?{query}")
}

/// One segment of a path, percent-encoded.
pub(super) fn segment(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes())
        .collect::<String>()
        .replace('+', "%20")
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DayQuery {
    pub(super) account: String,
    pub(super) calendar: Option<String>,
    pub(super) date: Option<Date>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AddForm {
    pub(super) account: String,
    pub(super) calendar: String,
    pub(super) day: Date,
    pub(super) title: String,
    pub(super) start: Time,
    pub(super) end: Time,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MoveForm {
    pub(super) account: String,
    pub(super) calendar: String,
    pub(super) event: String,
    pub(super) date: Date,
    pub(super) start: Option<Time>,
    pub(super) end: Option<Time>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DeleteForm {
    pub(super) account: String,
    pub(super) calendar: String,
    pub(super) day: Date,
    pub(super) event: String,
}

/// Who is asked to let an application in, and to what.
pub(super) struct Consent<'a> {
    pub(super) service: &'a str,
    pub(super) client: &'a str,
    pub(super) action: &'a str,
    /// The application's own parameters, which come back with the answer.
    pub(super) asked: Vec<(&'a str, &'a str)>,
    pub(super) accounts: Vec<&'a str>,
    pub(super) hinted: &'a str,
    pub(super) scopes: Vec<&'a str>,
    /// Whether each scope can be refused by itself.
    pub(super) granular: bool,
}

/// One plain form; submitted as it is, it grants everything.
pub(super) fn consent(consent: &Consent<'_>) -> Markup {
    let body = html! {
        h1 { "Sign in with the simulated " (consent.service) }
        p { code { (consent.client) } " wants to access the account below." }
        form #consent method="post" action=(consent.action) {
            @for (name, value) in &consent.asked { input type="hidden" name=(name) value=(value); }
            label for="account" { "Account" }
            select #account name="account" {
                @for email in &consent.accounts {
                    option value=(email) selected[*email == consent.hinted] { (email) }
                }
            }
            fieldset {
                legend { "It may" }
                @for (at, scope) in consent.scopes.iter().enumerate() {
                    @if consent.granular {
                        label {
                            input id={ "scope-" (at) } type="checkbox" name="granted" value=(scope) checked;
                            " " (scope)
                        }
                    } @else {
                        p { (scope) }
                    }
                }
            }
            button #allow type="submit" name="decision" value="allow" { "Continue" }
            button #cancel .quiet type="submit" name="decision" value="cancel" { "Cancel" }
        }
    };
    page(consent.service, "Sign in", &body)
}

/// Shown to the person, as the application cannot be trusted with it.
pub(super) fn blocked(service: &str, error: &str, why: &str) -> Markup {
    let body = html! {
        h1 { "Access blocked: authorization error" }
        p { "Error 400: " code #error { (error) } }
        p { (why) }
    };
    page(service, "Authorization error", &body)
}
