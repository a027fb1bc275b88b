//! The dashboard, one integration, the log and the error queue.

use domain::{
    connection::Standing,
    integration::{Badge, Calendars, Connector, EventStatus, Integration, Pinned, Tally},
    member::Role,
};

use super::{Sample, frame};
use crate::components::{FieldError, Moment};
use crate::pages::{
    error_queue::{DeliveriesRow, ErrorQueuePage, QueueFilter, QueueRow, RetryPage},
    integration::{ConnectionLine, IntegrationPage, SetupView},
    integration_events::{EventRow, IntegrationLogPage, LogFilter},
    integrations::{Errors, IntegrationCard, IntegrationsPage, Known},
    suppliers::{Supplier, SuppliersPage},
};

const GOOGLE: Integration = Integration::Calendars(Calendars::Google);
const EDI: Integration = Integration::Reported(Connector::Edi);

pub(super) fn samples() -> Vec<Sample> {
    let mut looks_on = dashboard();
    looks_on.frame.permissions = Role::ItManager.permissions();
    looks_on.may_manage = false;
    vec![
        ("integrations", dashboard().render()),
        ("integrations-it-manager", looks_on.render()),
        ("integrations-new", fresh().render()),
        ("integrations-unread", unread().render()),
        ("integration-calendars", calendars().render()),
        ("integration-reported", reported().render()),
        ("integration-reported-it-manager", looked_at().render()),
        ("integration-logs", log(vec![failed(), synced()]).render()),
        ("integration-logs-none", log(Vec::new()).render()),
        ("integration-logs-refused", misread().render()),
        (
            "error-queue",
            queue(vec![waiting(true), waiting(false)]).render(),
        ),
        ("error-queue-none", queue(Vec::new()).render()),
        ("suppliers", suppliers().render()),
        ("suppliers-none", no_suppliers().render()),
        ("suppliers-none-it-manager", none_to_look_at().render()),
        ("error-queue-retry", retry(12).render()),
        ("error-queue-retry-none", retry(0).render()),
    ]
}

fn suppliers() -> SuppliersPage {
    let line = ConnectionLine {
        id: "con_01hy0000000000000000000007".to_owned(),
        account: "pia@pipes.test".to_owned(),
        standing: Some(Standing::NeedsReauth),
        last_sync_at: Some(moment()),
        last_failure: None,
        retrying: 0,
        dead: 0,
    };
    let supplier = |number: u8, name: &str, connections| Supplier {
        id: format!("mem_01hy000000000000000000000{number}"),
        name: name.to_owned(),
        email: "p***@pipes.test".to_owned(),
        connections,
    };
    SuppliersPage {
        suppliers: vec![
            supplier(1, "Pia Pipes", vec![line]),
            supplier(2, "Sam Solder", Vec::new()),
        ],
        invited: vec![("t***@tiles.test".to_owned(), moment())],
        ..no_suppliers()
    }
}

fn no_suppliers() -> SuppliersPage {
    SuppliersPage {
        frame: frame(),
        suppliers: Vec::new(),
        invited: Vec::new(),
        may_invite: true,
    }
}

fn none_to_look_at() -> SuppliersPage {
    let mut page = no_suppliers();
    page.frame.permissions = Role::ItManager.permissions();
    page.may_invite = false;
    page
}

fn moment() -> Moment {
    Moment::new("2027-03-02T09:41:12Z", "2 March 2027, 10:41 Europe/Berlin")
}

fn card(integration: Integration, badge: Badge) -> IntegrationCard {
    IntegrationCard {
        integration,
        badge,
        is_configured: true,
        lost: None,
        last_success_at: Some(moment()),
        last_error: None,
        tally: Tally {
            tried: 40,
            failed: 2,
        },
        hours: (0..25)
            .map(|hour| Tally {
                tried: hour % 4,
                failed: u32::from(hour % 12 == 11),
            })
            .collect(),
        facts: Vec::new(),
    }
}

fn unset(integration: Integration) -> IntegrationCard {
    IntegrationCard {
        is_configured: false,
        last_success_at: None,
        tally: Tally::default(),
        hours: Vec::new(),
        ..card(integration, Badge::Off)
    }
}

fn dashboard() -> IntegrationsPage {
    let pinned = Pinned::Business;
    let cards = vec![
        IntegrationCard {
            last_error: Some(("Invalid API credentials".to_owned(), moment())),
            ..card(Integration::Reported(Connector::Comarch), Badge::Error)
        },
        unset(EDI),
        IntegrationCard {
            facts: vec![
                ("Active Keys", "3".to_owned()),
                ("Total Requests (24h)", "1,247".to_owned()),
                ("Rate Limit Usage", "42%".to_owned()),
            ],
            ..card(Integration::ApiKeys, Badge::Ok)
        },
        unset(Integration::Webhooks),
    ];
    let others = vec![
        IntegrationCard {
            facts: vec![
                ("Connected", "12 accounts".to_owned()),
                ("Need attention", "1".to_owned()),
            ],
            ..card(GOOGLE, Badge::Warning)
        },
        IntegrationCard {
            tally: Tally::default(),
            ..card(Integration::Calendars(Calendars::Microsoft), Badge::Ok)
        },
    ];
    IntegrationsPage {
        frame: frame(),
        known: Some(Known {
            pinned,
            cards,
            others,
            errors: Errors {
                all_healthy: false,
                failed_24h: 3,
                retrying: 0,
                dead: 1_204,
            },
        }),
        events: Some(vec![failed(), synced()]),
        may_manage: true,
    }
}

/// Nothing has been set up.
fn fresh() -> IntegrationsPage {
    let pinned = Pinned::Calendars;
    IntegrationsPage {
        known: Some(Known {
            pinned,
            cards: pinned.cards().map(unset).to_vec(),
            others: pinned.others().map(unset).collect(),
            errors: Errors {
                all_healthy: true,
                failed_24h: 0,
                retrying: 0,
                dead: 0,
            },
        }),
        events: Some(Vec::new()),
        ..dashboard()
    }
}

fn unread() -> IntegrationsPage {
    IntegrationsPage {
        known: None,
        events: None,
        ..dashboard()
    }
}

fn synced() -> EventRow {
    EventRow {
        id: "iev_01".to_owned(),
        at: moment(),
        integration: GOOGLE,
        event_type: "sync.completed".to_owned(),
        status: EventStatus::Success,
        message: "Synced: 3 from the calendar, 1 to the calendar.".to_owned(),
        error: None,
        account: Some("m***@northwind.test".to_owned()),
        correlation_id: "run_01".to_owned(),
        retry_count: 0,
        request_body: None,
        response_body: None,
        can_retry: false,
    }
}

fn failed() -> EventRow {
    EventRow {
        id: "iev_02".to_owned(),
        integration: EDI,
        event_type: "order.received".to_owned(),
        status: EventStatus::Error,
        message: "Order 7 was refused".to_owned(),
        error: Some("Invalid API credentials".to_owned()),
        account: None,
        correlation_id: "order 7".to_owned(),
        retry_count: 3,
        request_body: Some("{\n  \"order\": 7,\n  \"token\": \"[removed]\"\n}".to_owned()),
        response_body: Some("401 Unauthorized".to_owned()),
        can_retry: true,
        ..synced()
    }
}

fn calendars() -> IntegrationPage {
    let line = |id: &str, standing| ConnectionLine {
        id: id.to_owned(),
        account: "m***@northwind.test".to_owned(),
        standing,
        last_sync_at: Some(moment()),
        last_failure: None,
        retrying: 0,
        dead: 0,
    };
    IntegrationPage {
        older: None,
        frame: frame(),
        card: card(GOOGLE, Badge::Warning),
        setup: SetupView::Calendars {
            connections: vec![
                line("con_1", Some(Standing::NeedsReauth)),
                ConnectionLine {
                    last_failure: Some("The provider does not answer".to_owned()),
                    retrying: 2,
                    dead: 1,
                    ..line("con_2", Some(Standing::Failing))
                },
                ConnectionLine {
                    last_sync_at: None,
                    ..line("con_3", Some(Standing::Pending))
                },
                line("con_4", Some(Standing::Paused)),
                line("con_5", Some(Standing::Connected)),
                line("con_6", None),
            ],
            has_more: true,
        },
        events: vec![synced()],
        may_manage: true,
    }
}

fn reported() -> IntegrationPage {
    IntegrationPage {
        card: IntegrationCard {
            lost: Some("Nothing has been reported for a day."),
            ..card(EDI, Badge::Off)
        },
        setup: SetupView::Reported {
            address: "https://kalends.example/api/v1/integrations/edi/events".to_owned(),
        },
        events: Vec::new(),
        ..calendars()
    }
}

fn looked_at() -> IntegrationPage {
    let mut page = reported();
    page.frame.permissions = Role::ItManager.permissions();
    page.may_manage = false;
    page
}

fn log(events: Vec<EventRow>) -> IntegrationLogPage {
    IntegrationLogPage {
        exported_max: 2_000,
        looked_through_max: 20_000,
        frame: frame(),
        filter: LogFilter {
            status: "error".to_owned(),
            date_range: "24h".to_owned(),
            correlation_id: "run_01".to_owned(),
            ..LogFilter::default()
        },
        errors: Vec::new(),
        events,
        from: Some("iev_03".to_owned()),
        next: Some("iev_01".to_owned()),
        may_manage: true,
    }
}

/// Somebody followed an address that names nothing.
fn misread() -> IntegrationLogPage {
    let words = "There is no such status. Choose success, warning or error.";
    IntegrationLogPage {
        filter: LogFilter::default(),
        errors: vec![FieldError::new("status", words)],
        from: None,
        ..log(vec![synced()])
    }
}

fn queue(items: Vec<QueueRow>) -> ErrorQueuePage {
    ErrorQueuePage {
        from: None,
        frame: frame(),
        filter: QueueFilter::default(),
        errors: Vec::new(),
        next: items.first().map(|item| item.id.clone()),
        deliveries: items
            .first()
            .map(|_| DeliveriesRow {
                webhook: "whk_1".to_owned(),
                url: "https://dispatch.northwind.test/kalends".to_owned(),
                retrying: 2,
                dead: 1,
            })
            .into_iter()
            .collect(),
        items,
        may_manage: true,
    }
}

fn waiting(is_dead: bool) -> QueueRow {
    QueueRow {
        id: if is_dead { "itm_1" } else { "itm_2" }.to_owned(),
        connection: "con_1".to_owned(),
        integration: GOOGLE,
        is_dead,
        account: "m***@northwind.test".to_owned(),
        error: "Could not read the event: the provider had a transient failure (503)".to_owned(),
        attempts: if is_dead { 8 } else { 1 },
        last_seen_at: moment(),
        next_try_at: (!is_dead).then(moment),
    }
}

fn retry(items: usize) -> RetryPage {
    RetryPage {
        frame: frame(),
        filter: QueueFilter {
            state: "dead_letter".to_owned(),
            ..QueueFilter::default()
        },
        items,
        has_more: items > 1,
    }
}
