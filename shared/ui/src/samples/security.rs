//! API keys and the audit log.

use domain::{
    api_key::{ApiKey, ApiKeyState},
    audit::{Action, Outcome},
    permission::Permission,
};

use super::{Sample, csrf, frame};
use crate::components::{FieldError, Moment};
use crate::layout::Theme;
use crate::pages::{
    api_keys::{ApiKeyForm, ApiKeyMade, ApiKeyRow, ApiKeysPage, KeyCall, NewApiKeyPage},
    audit::{AuditPage, AuditRow, Filter},
    sign_in::{Confirm, Trouble},
};

pub(super) fn samples() -> Vec<Sample> {
    vec![
        (
            "api-keys",
            keys(vec![
                key("key_01", ApiKeyState::Active),
                key("key_02", ApiKeyState::Revoked),
            ])
            .render(),
        ),
        ("api-keys-none", keys(Vec::new()).render()),
        ("api-key-new", form(Vec::new()).render()),
        (
            "api-key-refused",
            form(vec![FieldError::new(
                "scopes",
                "Choose at least one scope.",
            )])
            .render(),
        ),
        ("api-key-made", made().render()),
        ("api-key-made-to-write", made_to_write().render()),
        (
            "api-key-made-for-nothing",
            ApiKeyMade {
                call: None,
                ..made()
            }
            .render(),
        ),
        (
            "audit",
            log(vec![line(Outcome::Succeeded), line(Outcome::Denied)]).render(),
        ),
        ("audit-none", log(Vec::new()).render()),
        (
            "audit-none-so-far",
            AuditPage {
                is_newest: false,
                next: Some("aud_00".to_owned()),
                ..log(Vec::new())
            }
            .render(),
        ),
        (
            "audit-no-such-filter",
            AuditPage {
                errors: vec![FieldError::new(
                    "action",
                    "There is no such action. Choose one from the list.",
                )],
                ..log(vec![line(Outcome::Succeeded)])
            }
            .render(),
        ),
        ("confirm-identity", confirm(None).render()),
        (
            "confirm-identity-wrong",
            confirm(Some(Trouble::Refused)).render(),
        ),
    ]
}

fn moment() -> Moment {
    Moment::new("2027-03-02T09:41:12Z", "2 March 2027, 10:41 Europe/Berlin")
}

fn keys(rows: Vec<ApiKeyRow>) -> ApiKeysPage {
    ApiKeysPage {
        frame: frame(),
        rows,
    }
}

fn key(id: &str, state: ApiKeyState) -> ApiKeyRow {
    ApiKeyRow {
        id: id.to_owned(),
        name: "Invoices at night".to_owned(),
        hint: "kalends_Ab3d".to_owned(),
        state,
        scopes: vec!["schedule.read".to_owned(), "integrations.report".to_owned()],
        created: moment(),
        expires: Some(moment()),
        last_used: Some(moment()),
        requests_24h: 1_247,
        peak_percent_24h: 42,
    }
}

fn form(errors: Vec<FieldError>) -> NewApiKeyPage {
    NewApiKeyPage {
        frame: frame(),
        offered: ApiKey::SCOPES.to_vec(),
        typed: ApiKeyForm {
            name: "Invoices at night".to_owned(),
            scopes: vec![Permission::ScheduleRead],
            expires_in_days: "90".to_owned(),
            requests_per_minute: "600".to_owned(),
        },
        errors,
    }
}

fn made() -> ApiKeyMade {
    ApiKeyMade {
        frame: frame(),
        name: "Invoices at night".to_owned(),
        secret: "kalends_sample-of-a-key-that-opens-nothing-0123456".to_owned(),
        call: Some(KeyCall {
            address: "https://kalends.example/api/v1/connections".to_owned(),
            body: None,
        }),
    }
}

fn made_to_write() -> ApiKeyMade {
    ApiKeyMade {
        call: Some(KeyCall {
            address: "https://kalends.example/api/v1/integrations/edi/events".to_owned(),
            body: Some("{\"status\":\"success\"}".to_owned()),
        }),
        ..made()
    }
}

fn log(rows: Vec<AuditRow>) -> AuditPage {
    AuditPage {
        frame: frame(),
        filter: Filter::default(),
        errors: Vec::new(),
        is_newest: true,
        next: rows.last().map(|row| row.id.clone()),
        rows,
    }
}

fn line(outcome: Outcome) -> AuditRow {
    AuditRow {
        id: "aud_01".to_owned(),
        at: moment(),
        who: "ada@northwind.test".to_owned(),
        action: Action::MemberRoleChanged,
        outcome,
        resource: Some(("member".to_owned(), "mem_01".to_owned())),
        changes: vec![("role".to_owned(), "VIEWER".to_owned(), "ADMIN".to_owned())],
        from: Some("203.0.113.7".to_owned()),
        user_agent: Some("Mozilla/5.0 (X11; Linux x86_64)".to_owned()),
        request_id: "b64-sample".to_owned(),
    }
}

fn confirm(trouble: Option<Trouble>) -> Confirm {
    Confirm {
        theme: Theme::System,
        csrf: csrf(),
        email: "ada@northwind.test".to_owned(),
        next: "/organization".to_owned(),
        trouble,
    }
}
