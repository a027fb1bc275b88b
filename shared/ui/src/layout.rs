//! The document around every page: with sidebar for members, bare for everyone else.

mod sections;

use domain::permission::Permissions;
use maud::{DOCTYPE, Markup, Render, html};

use crate::assets;
use crate::components::{Csrf, Look, Meaning, action, button, labelled, link, post, submit};
use crate::icons::{Icon, icon};
use crate::pages::notifications::count_place;
use crate::routes;

use sections::GROUPS;
pub use sections::Section;

const PRODUCT: &str = "Kalends";
const PURPOSE: &str = "Keeps the schedule of a service business and the calendars of its people in agreement, both ways.";

/// Morphing must not close what a member opened; an answer of 5xx is a toast, never a swapped page.
const HTMX_CONFIG: &str = r#"{"includeIndicatorCSS":false,"history":false,"morphIgnore":["data-htmx-powered","open"],"noSwap":[204,304,"5xx"]}"#;

/// What the member chose for colours; the script keeps it in the cookie `theme`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    #[default]
    System,
    Light,
    Dark,
}

impl Theme {
    pub const COOKIE: &str = "theme";

    /// The theme that a cookie's value names; anything else follows the system.
    pub fn parse(value: &str) -> Self {
        match value {
            "light" => Self::Light,
            "dark" => Self::Dark,
            _ => Self::System,
        }
    }

    const fn attribute(self) -> Option<&'static str> {
        match self {
            Self::System => None,
            Self::Light => Some("light"),
            Self::Dark => Some("dark"),
        }
    }
}

/// What every page of a signed-in member carries.
#[derive(Clone, Debug)]
pub struct Frame {
    pub theme: Theme,
    pub csrf: Csrf,
    pub member: String,
    pub organization: String,
    /// What the member may do: a way that would be refused is not offered.
    pub permissions: Permissions,
    pub toasts: Vec<Toast>,
    /// How many conflicts wait for the member to decide.
    pub conflicts: usize,
    /// Address of the socket that says when something changed; without it pages look again every 30 s.
    pub live: Option<String>,
}

impl Frame {
    fn is_led_to(&self, section: Section) -> bool {
        section
            .needs()
            .is_none_or(|needed| self.permissions.has(needed))
    }
}

/// What came of the last press, shown once. Never the only place an error appears.
#[derive(Clone, Debug)]
pub struct Toast {
    pub meaning: Meaning,
    pub words: String,
}

/// The head of a page: its one `h1` and what can be done here.
#[derive(Debug)]
pub struct Head<'a> {
    pub title: &'a str,
    pub section: Option<Section>,
    pub back: Option<Markup>,
    pub actions: Markup,
}

impl<'a> Head<'a> {
    pub fn new(title: &'a str, section: Section) -> Self {
        Self {
            title,
            section: Some(section),
            back: None,
            actions: Markup::default(),
        }
    }
}

/// A page of a signed-in member.
pub fn page(frame: &Frame, head: &Head, content: impl Render) -> Markup {
    let body = html! {
        (sidebar(frame, head.section))
        div.main {
            main #content tabindex="-1" {
                div.page-head {
                    div {
                        @if let Some(back) = &head.back { (back) }
                        h1 { (head.title) }
                    }
                    div #page-actions .actions { (head.actions) }
                }
                (content)
            }
        }
        (toasts(&frame.toasts))
    };
    let token = html! { meta name="csrf-token" content=(frame.csrf.0); };
    document(head.title, frame.theme, &token, "app", &body)
}

/// A page for anyone, signed in or not.
pub fn bare(title: &str, theme: Theme, content: impl Render) -> Markup {
    bare_with(title, theme, &Markup::default(), content)
}

/// A long text for anyone.
pub fn reading(title: &str, theme: Theme, content: impl Render) -> Markup {
    let body = html! {
        main #content .reading tabindex="-1" {
            p.brand { (mark()) (PRODUCT) }
            h1 { (title) }
            (content)
        }
    };
    document(title, theme, &Markup::default(), "reads", &body)
}

/// A bare page that leads on to `address` by itself.
pub fn forwarding(title: &str, theme: Theme, address: &str, content: impl Render) -> Markup {
    let head = html! { meta http-equiv="refresh" content={ "0; url=" (address) }; };
    bare_with(title, theme, &head, content)
}

fn bare_with(title: &str, theme: Theme, head: &Markup, content: impl Render) -> Markup {
    let body = html! {
        main #content tabindex="-1" {
            p.brand { (mark()) (PRODUCT) }
            div.panel { h1 { (title) } (content) }
        }
    };
    document(title, theme, head, "bare", &body)
}

fn document(title: &str, theme: Theme, head: &Markup, class: &str, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" data-theme=[theme.attribute()] {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="description" content=(PURPOSE);
                meta name="color-scheme" content="light dark";
                meta name="htmx-config" content=(HTMX_CONFIG);
                (head)
                title { (title) " · " (PRODUCT) }
                link rel="icon" type="image/svg+xml" href=(assets::favicon_path());
                link rel="stylesheet" href=(assets::stylesheet_path());
                script defer src=(assets::script_path()) {}
            }
            body class=(class) {
                a #skip-link .skip href="#content" { "Skip to content" }
                (body)
            }
        }
    }
}

fn sidebar(frame: &Frame, current: Option<Section>) -> Markup {
    html! {
        header.sidebar {
            div.brand-row {
                p.brand { (mark()) (PRODUCT) }
                button #menu-toggle .button.quiet.scripted.menu-toggle type="button" data-does="menu"
                    aria-expanded="false" aria-controls="menu" { (labelled(Icon::Menu, "Menu")) }
                noscript { (action("menu-link", "#menu", Look::Quiet, labelled(Icon::Menu, "Menu"))) }
            }
            div #menu .menu {
                nav aria-label="Main" {
                    @for (number, (title, sections)) in GROUPS.iter().enumerate() {
                        (group(frame, current, number, *title, sections))
                    }
                }
                (live_state(frame.live.as_deref()))
                div.member {
                    p { strong { (link("profile", routes::PROFILE, &frame.member)) } span { (frame.organization) } }
                    div.member-actions {
                        (action("nav-api", routes::API, Look::Quiet, "API"))
                        (button("theme-toggle", "theme", labelled(Icon::Theme, "Theme")))
                        (post(&frame.csrf, routes::SIGN_OUT, "", submit(
                            "sign-out", Look::Quiet, labelled(Icon::SignOut, "Sign out"), "Signing out",
                        )))
                    }
                }
            }
        }
    }
}

/// Sections that belong together, as far as the member is led to them.
fn group(
    frame: &Frame,
    current: Option<Section>,
    number: usize,
    title: Option<&str>,
    sections: &[Section],
) -> Markup {
    let shown: Vec<Section> = sections
        .iter()
        .copied()
        .filter(|section| frame.is_led_to(*section))
        .collect();
    let id = format!("nav-group-{number}");
    html! {
        @if !shown.is_empty() {
            @if let Some(title) = title { p.nav-title id=(id) { (title) } }
            ul aria-labelledby=[title.map(|_| &id)] {
                @for section in shown {
                    @let entry = section.entry();
                    li {
                        a id=(entry.id) href=(entry.href) aria-current=[(current == Some(section)).then_some("page")] {
                            (labelled(entry.glyph, entry.words))
                            @if section == Section::Notifications { (count_place()) }
                            @if section == Section::Conflicts && frame.conflicts > 0 {
                                span.now { (counted(frame.conflicts)) span.heard { " open" } }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// What is counted no further is said so.
pub(crate) fn counted(open: usize) -> String {
    if open > 99 {
        "99+".to_owned()
    } else {
        open.to_string()
    }
}

/// Says how fresh the page is and lets the member stop it from changing under their eyes.
fn live_state(socket: Option<&str>) -> Markup {
    html! {
        div #live .live.scripted hx-ws:connect=[socket] {
            p #live-words role="status" { "Refreshing every 30 s" }
            button #live-pause .button.quiet type="button" data-does="pause" aria-pressed="false"
                aria-label="Pause updates" title="Pause updates" {
                span.resting { (icon(Icon::Pause)) }
                span.pressed { (icon(Icon::Play)) }
            }
        }
    }
}

fn toasts(toasts: &[Toast]) -> Markup {
    html! {
        div #toasts .toasts role="status" aria-live="polite" {
            @for (number, toast) in toasts.iter().enumerate() {
                div class={ "toast " (toast.meaning.class()) } data-lasts[toast.meaning == Meaning::Error] {
                    (icon(toast.meaning.icon()))
                    p { (toast.words) }
                    button id={ "toast-" (number) "-dismiss" } .button.quiet.scripted type="button" data-does="dismiss"
                        aria-label="Dismiss" { (icon(Icon::Close)) }
                }
            }
        }
    }
}

fn mark() -> Markup {
    html! { img.mark src=(assets::favicon_path()) width="22" height="22" alt=""; }
}
