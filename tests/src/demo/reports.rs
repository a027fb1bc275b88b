//! What the firm's connectors report in a day.

use std::collections::VecDeque;

use anyhow::Context as _;
use serde_json::{Value, json};

/// Minutes before the day's end, connector, status and kind; message. EDI falls silent more than a day before
/// the end; Comarch takes no more invoices at the end.
const LINES: &str = "\
1545 edi success order.received | Order 4711 of Riverside Homes: 24 valves
1530 edi success order.confirmed | Order 4711 confirmed to Riverside Homes
1515 edi success order.received | Order 4712 of Hotel Anker: one water softener
1500 edi error order.received | Order 4713 of Wholesale Nord: unknown article
1490 edi success order.received | Order 4713 of Wholesale Nord: 40 fittings
1480 edi success order.confirmed | Order 4713 confirmed to Wholesale Nord
1470 edi success order.received | Order 4714 of Hotel Anker: 6 shower heads
1460 edi success order.confirmed | Order 4714 confirmed to Hotel Anker
1400 comarch success invoice.sent | Invoice 2061, Hartmann, 184.00 EUR
1385 comarch success invoice.sent | Invoice 2062, Krause, 96.50 EUR
1200 comarch success customer.updated | Customer 318, Brandt: new address
1080 comarch success invoice.sent | Invoice 2063, Schiller School, 4,210.00 EUR
900 comarch warning stock.imported | Stock imported: 2 of 318 articles have no price
720 comarch success invoice.paid | Invoice 2048, Riverside Homes, is paid
600 comarch success invoice.sent | Invoice 2064, Bakery Olsen, 129.00 EUR
430 comarch success invoice.sent | Invoice 2065, Café Morgen, 312.40 EUR
310 comarch success customer.updated | Customer 342, Moreau, is new
255 comarch success invoice.sent | Invoice 2066, Novak, 1,480.00 EUR
170 comarch success invoice.sent | Invoice 2067, Lindqvist, 184.00 EUR
140 comarch success stock.imported | Stock imported: 318 articles
85 comarch success invoice.sent | Invoice 2068, Petrov, 88.00 EUR
52 comarch warning customer.updated | Customer 342, Moreau: the tax number is missing
38 comarch success invoice.paid | Invoice 2062, Krause, is paid
31 comarch error invoice.sent | Invoice 2069, Adeyemi, was refused
23 comarch error invoice.sent | Invoice 2069, Adeyemi, was refused again
9 comarch error invoice.sent | Invoice 2070, Dr. Sato, was refused";

/// Something that is reported at its time.
pub(super) struct Report {
    pub(super) minutes_left: i64,
    pub(super) connector: &'static str,
    pub(super) what: Value,
}

/// In order of time.
pub(super) fn of_the_day() -> anyhow::Result<VecDeque<Report>> {
    LINES.lines().map(read).collect()
}

fn read(line: &'static str) -> anyhow::Result<Report> {
    let (words, message) = line.split_once(" | ").context("a message")?;
    let words: Vec<&str> = words.split(' ').collect();
    let [minutes_left, connector, status, kind] = words[..] else {
        anyhow::bail!("{line}: minutes, connector, status and kind");
    };
    let mut what = json!({ "status": status, "event_type": kind, "message": message });
    match (status, connector) {
        ("error", "comarch") => refused(&mut what),
        ("error", _) => unknown(&mut what),
        _ => {}
    }
    Ok(Report {
        minutes_left: minutes_left.parse()?,
        connector,
        what,
    })
}

fn unknown(what: &mut Value) {
    what["error_message"] = json!("No article has the number FT-22-90");
    what["request_body"] = json!("UNH+1+ORDERS:D:96A:UN'LIN+1++FT-22-90:SA'QTY+21:40'UNT+4+1'");
    what["response_body"] = json!({ "accepted": 0, "refused": 1 });
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
