//! API keys: the list, the form of a new one, and the one time that a key is shown.

use domain::{
    api_key::{ApiKey, ApiKeyState},
    permission::Permission,
};
use maud::{Markup, html};

use crate::components::{
    Checkbox, Confirm, Csrf, Field, FieldError, Look, Meaning, Moment, Select, absolute, action,
    back, badge, error_of, error_summary, labelled, link, note, opens, post, relative, submit,
};
use crate::icons::{Icon, icon};
use crate::layout::{Frame, Head, Section, page};
use crate::routes;

#[derive(Clone, Debug)]
pub struct ApiKeysPage {
    pub frame: Frame,
    /// Newest first.
    pub rows: Vec<ApiKeyRow>,
}

#[derive(Clone, Debug)]
pub struct ApiKeyRow {
    pub id: String,
    pub name: String,
    pub hint: String,
    pub state: ApiKeyState,
    pub scopes: Vec<String>,
    pub created: Moment,
    pub expires: Option<Moment>,
    pub last_used: Option<Moment>,
    pub requests_24h: u32,
    pub peak_percent_24h: u32,
}

impl ApiKeysPage {
    pub fn render(&self) -> Markup {
        let mut head = Head::new("API keys", Section::API_KEYS);
        let may_manage = self.frame.permissions.has(Permission::IntegrationsManage);
        if may_manage && !self.rows.is_empty() {
            head.actions = new_key();
        }
        let content = html! {
            @if self.rows.is_empty() { (empty(may_manage)) }
            @else {
                section.panel aria-label="API keys" {
                    ul.items { @for row in &self.rows { (row.render(may_manage.then_some(&self.frame.csrf))) } }
                }
            }
        };
        page(&self.frame, &head, content)
    }

    /// The question behind "Revoke", for the dialog and for its own page.
    pub fn revoke(id: &str, name: &str) -> Confirm {
        Confirm {
            id: format!("revoke-{id}"),
            question: format!("Revoke {name}?"),
            consequences: vec![
                "Programs that use this key are refused from now on.".to_owned(),
                "It cannot be taken back. Make a new key where one is needed.".to_owned(),
            ],
            extras: Vec::new(),
            action: routes::api_key_revoke(id),
            hidden: Vec::new(),
            yes: "Revoke",
            busy: "Revoking",
            back: routes::API_KEYS.to_owned(),
        }
    }
}

impl ApiKeyRow {
    /// `csrf`: of whoever may revoke it.
    fn render(&self, csrf: Option<&Csrf>) -> Markup {
        let confirm = ApiKeysPage::revoke(&self.id, &self.name);
        html! {
            li {
                p { strong { (self.name) } " " code { (self.hint) "…" } }
                div.badges { (standing(self.state)) }
                p.quiet { (self.scopes.join(", ")) }
                p.quiet {
                    "Created " (relative(&self.created))
                    @if let Some(expires) = &self.expires { " · expires " (absolute(expires)) }
                    @match &self.last_used {
                        Some(used) => { " · last used " (relative(used)) }
                        None => { " · not used in the last day" }
                    }
                }
                p.quiet {
                    (self.requests_24h) " requests in 24 hours · at most " (self.peak_percent_24h) " % of its limit in a minute"
                }
                @if let (ApiKeyState::Active, Some(csrf)) = (self.state, csrf) {
                    div.actions.end {
                        (opens(
                            &format!("{}-revoke", self.id), &routes::api_key_revoke(&self.id), &confirm.id, Look::Plain,
                            labelled(Icon::Off, "Revoke"),
                        ))
                    }
                    (confirm.dialog(csrf))
                }
            }
        }
    }
}

fn standing(state: ApiKeyState) -> Markup {
    match state {
        ApiKeyState::Active => badge(Meaning::Ok, "Active"),
        ApiKeyState::Expired => badge(Meaning::Warning, "Expired"),
        ApiKeyState::Revoked => badge(Meaning::Off, "Revoked"),
    }
}

fn new_key() -> Markup {
    action(
        "new-key",
        routes::API_KEY_NEW,
        Look::Primary,
        labelled(Icon::Plus, "New key"),
    )
}

fn empty(may_manage: bool) -> Markup {
    html! {
        div.empty {
            (icon(Icon::Private))
            h2 { "No API keys yet" }
            @if may_manage {
                p { "A key lets a program read or change the schedule for you, within the scopes that you choose." }
                div.actions { (new_key()) }
            } @else {
                p { "An administrator makes keys for programs here." }
            }
        }
    }
}

/// The form of a new key.
#[derive(Clone, Debug)]
pub struct NewApiKeyPage {
    pub frame: Frame,
    /// What the visitor may do, and could therefore let a program do.
    pub offered: Vec<Permission>,
    pub typed: ApiKeyForm,
    pub errors: Vec<FieldError>,
}

#[derive(Clone, Debug, Default)]
pub struct ApiKeyForm {
    pub name: String,
    pub scopes: Vec<Permission>,
    pub expires_in_days: String,
    pub requests_per_minute: String,
}

const LIFETIMES: [(&str, &str); 4] = [
    ("90", "In 90 days"),
    ("30", "In 30 days"),
    ("365", "In a year"),
    ("", "Never, until it is revoked"),
];

impl NewApiKeyPage {
    pub fn render(&self) -> Markup {
        let mut head = Head::new("New API key", Section::API_KEYS);
        head.back = Some(back("back-to-keys", routes::API_KEYS, "API keys"));
        let often = format!(
            "Between 1 and {}. Programs that ask more often are told to wait.",
            ApiKey::REQUESTS_PER_MINUTE_MAX
        );
        let form = html! {
            (Field::new("name", "text", "What is it for?").value(&self.typed.name).required()
                .error(error_of(&self.errors, "name")))
            fieldset #scopes .field {
                legend.label { "What may it do?" }
                @if let Some(words) = error_of(&self.errors, "scopes") { p.error { (words) } }
                @for scope in &self.offered { (self.scope(*scope)) }
            }
            (Select::new("expires_in_days", "Expires", &LIFETIMES, &self.typed.expires_in_days))
            (Field::new("requests_per_minute", "number", "Requests per minute").value(&self.typed.requests_per_minute)
                .hint(&often).error(error_of(&self.errors, "requests_per_minute")))
            (submit("create-key", Look::Primary, "Make the key", "Making the key"))
        };
        let content = html! {
            section .panel.narrow aria-label="New API key" {
                (error_summary(&self.errors))
                (post(&self.frame.csrf, routes::API_KEY_NEW, "stack", form))
            }
        };
        page(&self.frame, &head, content)
    }

    fn scope(&self, scope: Permission) -> Markup {
        let id = format!("scope-{}", scope.name().replace('.', "-"));
        let name = format!("scope-{scope}");
        let tick = Checkbox {
            id: &id,
            name: &name,
            label: scope.opens(),
            checked: self.typed.scopes.contains(&scope),
            hint: Some(scope.name()),
        };
        html! { (tick) }
    }
}

/// The one time that a key is shown.
#[derive(Clone, Debug)]
pub struct ApiKeyMade {
    pub frame: Frame,
    pub name: String,
    pub secret: String,
    /// Something to try it at. `None`: nothing is open to its scopes alone.
    pub call: Option<KeyCall>,
}

/// What a key may ask.
#[derive(Clone, Debug)]
pub struct KeyCall {
    pub address: String,
    /// JSON, if something is written.
    pub body: Option<String>,
}

impl ApiKeyMade {
    pub fn render(&self) -> Markup {
        let mut head = Head::new("Your new key", Section::API_KEYS);
        head.back = Some(back("back-to-keys", routes::API_KEYS, "API keys"));
        let content = html! {
            section .panel.narrow aria-labelledby="made-title" {
                h2 #made-title { (self.name) }
                (note(Meaning::Warning, "Copy the key now. It is shown this once and kept nowhere."))
                p { code #secret { (self.secret) } }
                @match &self.call {
                    Some(call) => {
                        p { "Programs send it with each request:" }
                        pre tabindex="0" role="region" aria-label="Example of a request" { code {
                            "curl -H 'Authorization: Bearer " (self.secret) "' \\\n  "
                            @if let Some(body) = &call.body { "-H 'Content-Type: application/json' \\\n  -d '" (body) "' \\\n  " }
                            "'" (call.address) "'"
                        } }
                    }
                    None => p { "Programs send it with each request. No call takes these scopes alone: see " (link("to-api", routes::API, "the API")) "." },
                }
            }
        };
        page(&self.frame, &head, content)
    }
}
