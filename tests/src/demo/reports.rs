//! What the firm's connectors report in a day.

use serde_json::{Value, json};

/// Minutes before the day's end, connector, status, kind, message.
type Line = (i64, &'static str, &'static str, &'static str, &'static str);

/// EDI falls silent after its first hour, and Comarch takes no more invoices at the end.
const LINES: [Line; 21] = [
    (
        1_545,
        "edi",
        "success",
        "order.received",
        "Order 4711 of Riverside Homes: 24 valves",
    ),
    (
        1_530,
        "edi",
        "success",
        "order.confirmed",
        "Order 4711 confirmed to Riverside Homes",
    ),
    (
        1_515,
        "edi",
        "success",
        "order.received",
        "Order 4712 of Hotel Anker: one water softener",
    ),
    (
        1_400,
        "comarch",
        "success",
        "invoice.sent",
        "Invoice 2061, Hartmann, 184.00 EUR",
    ),
    (
        1_385,
        "comarch",
        "success",
        "invoice.sent",
        "Invoice 2062, Krause, 96.50 EUR",
    ),
    (
        1_200,
        "comarch",
        "success",
        "customer.updated",
        "Customer 318, Brandt: new address",
    ),
    (
        1_080,
        "comarch",
        "success",
        "invoice.sent",
        "Invoice 2063, Schiller School, 4,210.00 EUR",
    ),
    (
        900,
        "comarch",
        "warning",
        "stock.imported",
        "Stock imported: 2 of 318 articles have no price",
    ),
    (
        720,
        "comarch",
        "success",
        "invoice.paid",
        "Invoice 2048, Riverside Homes, is paid",
    ),
    (
        600,
        "comarch",
        "success",
        "invoice.sent",
        "Invoice 2064, Bakery Olsen, 129.00 EUR",
    ),
    (
        430,
        "comarch",
        "success",
        "invoice.sent",
        "Invoice 2065, Café Morgen, 312.40 EUR",
    ),
    (
        310,
        "comarch",
        "success",
        "customer.updated",
        "Customer 342, Moreau, is new",
    ),
    (
        255,
        "comarch",
        "success",
        "invoice.sent",
        "Invoice 2066, Novak, 1,480.00 EUR",
    ),
    (
        170,
        "comarch",
        "success",
        "invoice.sent",
        "Invoice 2067, Lindqvist, 184.00 EUR",
    ),
    (
        140,
        "comarch",
        "success",
        "stock.imported",
        "Stock imported: 318 articles",
    ),
    (
        85,
        "comarch",
        "success",
        "invoice.sent",
        "Invoice 2068, Petrov, 88.00 EUR",
    ),
    (
        52,
        "comarch",
        "warning",
        "customer.updated",
        "Customer 342, Moreau: the tax number is missing",
    ),
    (
        38,
        "comarch",
        "success",
        "invoice.paid",
        "Invoice 2062, Krause, is paid",
    ),
    (
        31,
        "comarch",
        "error",
        "invoice.sent",
        "Invoice 2069, Adeyemi, was refused",
    ),
    (
        23,
        "comarch",
        "error",
        "invoice.sent",
        "Invoice 2069, Adeyemi, was refused again",
    ),
    (
        9,
        "comarch",
        "error",
        "invoice.sent",
        "Invoice 2070, Dr. Sato, was refused",
    ),
];

/// Something that is reported at its time.
pub(super) struct Report {
    pub(super) minutes_left: i64,
    pub(super) connector: &'static str,
    pub(super) what: Value,
}

/// In order of time.
pub(super) fn of_the_day() -> impl DoubleEndedIterator<Item = Report> {
    LINES
        .into_iter()
        .map(|(minutes_left, connector, status, kind, message)| {
            let mut what = json!({ "status": status, "event_type": kind, "message": message });
            if status == "error" {
                refused(&mut what);
            }
            Report {
                minutes_left,
                connector,
                what,
            }
        })
}

/// With what was sent, and what was answered.
pub(super) fn refused(what: &mut Value) {
    what["error_message"] = json!("Comarch refused the sign-in: Invalid API credentials");
    what["request_body"] = json!({
        "document": "invoice", "currency": "EUR", "due_in_days": 14,
        "positions": [{ "article": "Service, heating", "hours": 2, "price": 88.0 }],
        "api_key": "written here by mistake, and not kept",
    });
    what["response_body"] = json!({
        "status": 401, "code": "AUTH_007", "message": "Invalid API credentials",
    });
    what["retry_count"] = json!(1);
}
