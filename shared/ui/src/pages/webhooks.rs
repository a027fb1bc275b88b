//! Webhooks: the list, the form of a new one, one with what it was told, and the one time that a secret is shown.

mod delivery;
mod made;

use domain::{
    integration::Tally,
    permission::Permission,
    webhook::{Topic, WebhookStanding},
};
use maud::{Markup, html};

pub use delivery::{DeliveryLook, DeliveryRow};
pub use made::WebhookSecret;

use crate::components::{
    Checkbox, Confirm, Field, FieldError, Look, Meaning, Moment, action, back, badge, error_of,
    error_summary, labelled, link, opens, post, relative, submit,
};
use crate::icons::{Icon, icon};
use crate::layout::{Frame, Head, Section, page};
use crate::routes;

#[derive(Clone, Debug)]
pub struct WebhooksPage {
    pub frame: Frame,
    pub rows: Vec<WebhookRow>,
}

/// How one stands.
#[derive(Clone, Debug)]
pub struct WebhookRow {
    pub id: String,
    pub url: String,
    pub description: String,
    pub standing: WebhookStanding,
    /// What there is to say of that: since when it fails, or why it was switched off.
    pub trouble: Option<String>,
    pub topics: Vec<Topic>,
    /// Of the latest deliveries.
    pub recent: Tally,
    pub last: Option<Moment>,
}

impl WebhooksPage {
    pub fn render(&self) -> Markup {
        let mut head = Head::new("Webhooks", Section::WEBHOOKS);
        let may_manage = self.frame.permissions.has(Permission::IntegrationsManage);
        if may_manage && !self.rows.is_empty() {
            head.actions = new_webhook();
        }
        let content = html! {
            @if self.rows.is_empty() { (empty(may_manage)) }
            @else {
                section.panel aria-label="Webhooks" {
                    ul.items { @for row in &self.rows { (row.render()) } }
                }
            }
        };
        page(&self.frame, &head, content)
    }
}

impl WebhookRow {
    fn is_active(&self) -> bool {
        self.standing == WebhookStanding::Active
    }

    fn render(&self) -> Markup {
        html! {
            li {
                p { (link(&format!("{}-open", self.id), &routes::webhook(&self.id), html! { strong { (self.url) } })) }
                (self.standing())
                @if !self.description.is_empty() { p { (self.description) } }
                p.quiet { (names(&self.topics)) }
                (self.lately())
            }
        }
    }

    fn standing(&self) -> Markup {
        html! {
            div.badges { (standing(self.standing, self.trouble.is_some())) }
            @if let Some(trouble) = &self.trouble { p.quiet { (trouble) } }
        }
    }

    fn lately(&self) -> Markup {
        html! {
            p.quiet {
                @match (&self.last, self.recent.success_rate()) {
                    (None, _) => { "Nothing delivered yet" }
                    (Some(last), None) => { "Last delivery " (relative(last)) }
                    (Some(last), Some(rate)) => {
                        (rate) "% of the latest deliveries arrived (" (self.recent.succeeded()) "/" (self.recent.tried) ") · last delivery " (relative(last))
                    }
                }
            }
        }
    }
}

fn standing(standing: WebhookStanding, in_trouble: bool) -> Markup {
    match standing {
        WebhookStanding::Active if in_trouble => badge(Meaning::Warning, "Failing"),
        WebhookStanding::Active => badge(Meaning::Ok, "Active"),
        WebhookStanding::Disabled => badge(Meaning::Off, "Disabled"),
        WebhookStanding::SwitchedOff => badge(Meaning::Error, "Switched off"),
    }
}

fn names(topics: &[Topic]) -> String {
    let names: Vec<&str> = topics.iter().map(|topic| topic.name()).collect();
    names.join(", ")
}

fn new_webhook() -> Markup {
    action(
        "new-webhook",
        routes::WEBHOOK_NEW,
        Look::Primary,
        labelled(Icon::Plus, "New webhook"),
    )
}

fn empty(may_manage: bool) -> Markup {
    html! {
        div.empty {
            (icon(Icon::Webhook))
            h2 { "No webhooks yet" }
            @if may_manage {
                p { "A webhook tells a program of yours what happens, as it happens, signed so that it knows who calls." }
                div.actions { (new_webhook()) }
            } @else {
                p { "An administrator adds webhooks for programs here." }
            }
        }
    }
}

/// What is typed of a webhook.
#[derive(Clone, Debug, Default)]
pub struct WebhookForm {
    pub url: String,
    pub description: String,
    pub topics: Vec<Topic>,
}

impl WebhookForm {
    fn fields(&self, errors: &[FieldError]) -> Markup {
        html! {
            (Field::new("url", "url", "Address").value(&self.url).required()
                .hint("On the public internet, over https.").error(error_of(errors, "url")))
            (Field::new("description", "text", "What is it for?").value(&self.description)
                .error(error_of(errors, "description")))
            fieldset #events .field {
                legend.label { "What is it told of?" }
                @if let Some(words) = error_of(errors, "events") { p.error { (words) } }
                @for topic in Topic::OFFERED { (self.topic(topic)) }
            }
        }
    }

    fn topic(&self, topic: Topic) -> Markup {
        let name = format!("event-{topic}");
        let id = name.replace(['.', '_'], "-");
        let tick = Checkbox {
            id: &id,
            name: &name,
            label: topic.words(),
            checked: self.topics.contains(&topic),
            hint: Some(topic.name()),
        };
        html! { (tick) }
    }
}

/// The form of a new webhook.
#[derive(Clone, Debug)]
pub struct NewWebhookPage {
    pub frame: Frame,
    pub typed: WebhookForm,
    pub errors: Vec<FieldError>,
}

impl NewWebhookPage {
    pub fn render(&self) -> Markup {
        let mut head = Head::new("New webhook", Section::WEBHOOKS);
        head.back = Some(back("back-to-webhooks", routes::WEBHOOKS, "Webhooks"));
        let form = html! {
            (self.typed.fields(&self.errors))
            div.actions { (submit("create-webhook", Look::Primary, "Add the webhook", "Adding the webhook")) }
        };
        let content = html! {
            section .panel.narrow aria-label="New webhook" {
                (error_summary(&self.errors))
                (post(&self.frame.csrf, routes::WEBHOOK_NEW, "stack", form))
            }
        };
        page(&self.frame, &head, content)
    }
}

/// One webhook with what it was told.
#[derive(Clone, Debug)]
pub struct WebhookPage {
    pub frame: Frame,
    pub row: WebhookRow,
    pub version: u64,
    pub typed: WebhookForm,
    pub errors: Vec<FieldError>,
    /// Newest first.
    pub deliveries: Vec<DeliveryRow>,
    /// Where those that are shown begin, if not with the latest.
    pub from: Option<String>,
    /// Where older ones begin.
    pub next: Option<String>,
}

impl WebhookPage {
    pub fn render(&self) -> Markup {
        let mut head = Head::new("Webhook", Section::WEBHOOKS);
        head.back = Some(back("back-to-webhooks", routes::WEBHOOKS, "Webhooks"));
        let may_manage = self.frame.permissions.has(Permission::IntegrationsManage);
        let content = html! {
            div.stack {
                section .panel aria-labelledby="webhook-title" {
                    h2 #webhook-title { (self.row.url) }
                    (self.row.standing())
                    (self.row.lately())
                    @if may_manage { (self.actions()) }
                }
                @if may_manage { (self.settings()) }
                @else { section .panel aria-label="Settings" { p { (self.row.description) } p.quiet { (names(&self.row.topics)) } } }
                section #deliveries .panel aria-labelledby="deliveries-title" data-running[self.is_awaited()] hx-get=(self.here())
                    hx-select="#deliveries" hx-trigger="app:tick from:body" hx-swap="outerMorph" {
                    h2 #deliveries-title { "Deliveries" }
                    @if self.deliveries.is_empty() { p.quiet { "Nothing was delivered in the last 30 days." } }
                    @else {
                        ul.items.events {
                            @for one in &self.deliveries { (one.render(&self.frame.csrf, &self.row, may_manage)) }
                        }
                    }
                    @if let Some(next) = &self.next {
                        div.actions { (action("older", &routes::webhook_older(&self.row.id, next), Look::Plain, "Older")) }
                    }
                }
            }
        };
        page(&self.frame, &head, content)
    }

    /// One is on its way for the first time: somebody has just asked for it, perhaps.
    fn is_awaited(&self) -> bool {
        let is_queued = |one: &DeliveryRow| one.look == DeliveryLook::Queued;
        self.deliveries.iter().any(is_queued)
    }

    fn here(&self) -> String {
        match &self.from {
            Some(from) => routes::webhook_older(&self.row.id, from),
            None => routes::webhook(&self.row.id),
        }
    }

    fn actions(&self) -> Markup {
        let (id, csrf) = (&self.row.id, &self.frame.csrf);
        let press = |name: &str, to: &str, face: Markup, busy: &str| -> Markup {
            post(csrf, to, "", submit(name, Look::Plain, face, busy))
        };
        let (rotate, delete) = (Self::rotate(id), Self::delete(id));
        html! {
            div.actions {
                @if self.row.is_active() {
                    (press("test", &routes::webhook_test(id), labelled(Icon::Webhook, "Send a test"), "Sending"))
                    (press("disable", &routes::webhook_disable(id), labelled(Icon::Off, "Disable"), "Disabling"))
                } @else {
                    (press("enable", &routes::webhook_enable(id), labelled(Icon::Sync, "Enable"), "Enabling"))
                }
                (opens("rotate", &routes::webhook_rotate(id), &rotate.id, Look::Plain, labelled(Icon::Private, "New secret")))
                (opens("delete", &routes::webhook_delete(id), &delete.id, Look::Plain, labelled(Icon::Off, "Delete")))
            }
            (rotate.dialog(csrf))
            (delete.dialog(csrf))
        }
    }

    fn settings(&self) -> Markup {
        let form = html! {
            input type="hidden" name="version" value=(self.version);
            (self.typed.fields(&self.errors))
            div.actions { (submit("save-webhook", Look::Primary, labelled(Icon::Save, "Save"), "Saving")) }
        };
        html! {
            section .panel aria-label="Settings" {
                (error_summary(&self.errors))
                (post(&self.frame.csrf, &routes::webhook(&self.row.id), "stack", form))
            }
        }
    }

    /// The question behind "New secret", for the dialog and for its own page.
    pub fn rotate(id: &str) -> Confirm {
        Confirm {
            id: format!("rotate-{id}"),
            question: "Give this webhook another secret?".to_owned(),
            consequences: vec![
                "The new secret is shown once.".to_owned(),
                "For a day deliveries are signed with both, so that your program can change over."
                    .to_owned(),
            ],
            extras: Vec::new(),
            action: routes::webhook_rotate(id),
            hidden: Vec::new(),
            yes: "New secret",
            busy: "Making a secret",
            back: routes::webhook(id),
        }
    }

    /// The same behind "Delete".
    pub fn delete(id: &str) -> Confirm {
        Confirm {
            id: format!("delete-{id}"),
            question: "Delete this webhook?".to_owned(),
            consequences: vec![
                "It is told nothing more, also of what still waits.".to_owned(),
                "Its secret and the list of its deliveries are gone.".to_owned(),
            ],
            extras: Vec::new(),
            action: routes::webhook_delete(id),
            hidden: Vec::new(),
            yes: "Delete",
            busy: "Deleting",
            back: routes::webhook(id),
        }
    }
}
