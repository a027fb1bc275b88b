//! `$select`, `$expand`, `$filter`, `$orderby`, `$top` and `$skip`, as far as Exchange knows them for events.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::api::Call;
use super::endpoints::Operation;
use super::event::{Item, Kind};
use super::fields::{CALENDAR, EVENT, EVENT_READ_ONLY};
use super::ids;
use super::state::Calendar;
use super::times::read_bound;
use super::wire::GraphError;

const PAGE_DEFAULT: usize = 10;
const PAGE_MAX: usize = 1000;

#[derive(Debug, Default)]
pub(super) struct Options {
    select: Option<Vec<String>>,
    exceptions: bool,
    /// The extended properties that are asked for.
    extended: Option<Vec<String>>,
    clauses: Vec<Clause>,
    order: Option<(Order, bool)>,
    pub(super) top: usize,
    pub(super) skip: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    Start,
    Created,
    Modified,
    Subject,
}

#[derive(Debug)]
enum Clause {
    ICalUid(String),
    Subject(String),
    Time(Order, &'static str, Timestamp),
    Extended { id: String, value: String },
}

impl Options {
    pub(super) fn read(call: &Call<'_>) -> Result<Self, GraphError> {
        let params = call.params;
        if params.has("$count") {
            return Err(GraphError::bad_request("$count is not simulated.").into_refusal());
        }
        let mut options = Self {
            top: params.count("$top")?.unwrap_or(PAGE_DEFAULT),
            ..Self::default()
        };
        if let Some(size) = call.prefer.page_size {
            options.top = size;
        }
        if options.top > PAGE_MAX {
            return Err(GraphError::bad_request(format!(
                "The limit of '{PAGE_MAX}' for Top query has been exceeded. The value from the incoming request is '{}'.",
                options.top
            )));
        }
        if let Some(skip) = params.one("$skip")? {
            let skip = skip.parse().map_err(|_| wrong("$skip", skip))?;
            options.skip = skip;
        }
        if let Some(select) = params.one("$select")? {
            options.select = Some(read_select(select, call.endpoint.operation)?);
        }
        if let Some(expand) = params.one("$expand")? {
            options.read_expand(expand)?;
        }
        if let Some(filter) = params.one("$filter")? {
            options.clauses = read_filter(filter)?;
        }
        if let Some(order) = params.one("$orderby")? {
            options.order = Some(read_order(order)?);
        }
        Ok(options)
    }

    fn read_expand(&mut self, expand: &str) -> Result<(), GraphError> {
        let unknown = || wrong("$expand", expand).into_refusal();
        if expand.eq_ignore_ascii_case("exceptionOccurrences") {
            self.exceptions = true;
            return Ok(());
        }
        let filter = strip_name(expand, "singleValueExtendedProperties(")
            .and_then(|rest| strip_name(rest.strip_suffix(')')?, "$filter="))
            .ok_or_else(unknown)?;
        let wanted = filter.split(" or ").map(|one| {
            let id = strip_name(one.trim(), "id eq ").and_then(quoted);
            id.ok_or_else(unknown)
        });
        self.extended = Some(wanted.collect::<Result<_, _>>()?);
        Ok(())
    }

    pub(super) fn admits(&self, item: &Item<'_>) -> bool {
        self.clauses.iter().all(|clause| match clause {
            Clause::ICalUid(uid) => {
                let date = item.original.as_ref().map(|(date, _)| *date);
                ids::ical_uid(item.event, date).eq_ignore_ascii_case(uid)
            }
            Clause::Subject(subject) => item.content.get("subject") == Some(&json!(subject)),
            Clause::Time(of, comparison, bound) => {
                let at = match of {
                    Order::Created => item.event.created,
                    Order::Modified => item.modified,
                    Order::Start | Order::Subject => item.time.from(),
                };
                match *comparison {
                    "ge" => at >= *bound,
                    "gt" => at > *bound,
                    "le" => at <= *bound,
                    "lt" => at < *bound,
                    _ => at == *bound,
                }
            }
            Clause::Extended { id, value } => item.extended.get(id) == Some(value),
        })
    }

    /// Sorts as asked; without a wish in the order of creation.
    pub(super) fn sort(&self, items: &mut [Item<'_>]) {
        items.sort_by(|left, right| {
            let by = match self.order.map(|(order, _)| order) {
                Some(Order::Start) => left.time.from().cmp(&right.time.from()),
                Some(Order::Modified) => left.modified.cmp(&right.modified),
                Some(Order::Subject) => subject(left).cmp(subject(right)),
                Some(Order::Created) | None => left.event.created.cmp(&right.event.created),
            };
            let by = if self.order.is_some_and(|(_, falling)| falling) {
                by.reverse()
            } else {
                by
            };
            by.then_with(|| left.event.key.cmp(&right.event.key))
                .then_with(|| left.time.from().cmp(&right.time.from()))
        });
    }

    /// The event with what was asked for and without what was not.
    pub(super) fn dress(&self, item: &Item<'_>, calendar: &Calendar, call: &Call<'_>) -> Value {
        let view = call.view();
        let mut shown = item.show(calendar, call.account, &view);
        if let Some(wanted) = &self.extended {
            let has = |id: &&String| item.extended.contains_key(*id);
            let found: Vec<Value> = wanted
                .iter()
                .filter(has)
                .map(|id| json!({ "id": id, "value": item.extended[id] }))
                .collect();
            if !found.is_empty() {
                shown["singleValueExtendedProperties"] = json!(found);
            }
        }
        let series = item.event.series.as_ref();
        if let (Kind::SeriesMaster, Some(series)) = (item.kind, series) {
            if self.exceptions {
                let dates = series.exceptions.keys();
                let exceptions = dates.filter_map(|date| item.event.occurrence(*date));
                let exceptions: Vec<Value> = exceptions
                    .map(|exception| exception.show(calendar, call.account, &view))
                    .collect();
                shown["exceptionOccurrences"] = json!(exceptions);
            }
            let master = item.id(view.ids);
            let cancelled: Vec<String> = series
                .cancelled
                .iter()
                .map(|date| format!("OID.{master}.{date}"))
                .collect();
            if self.selects("cancelledOccurrences") {
                shown["cancelledOccurrences"] = json!(cancelled);
            }
        }
        self.trimmed(shown)
    }

    pub(super) fn selects(&self, name: &str) -> bool {
        let select = self.select.as_ref();
        select.is_some_and(|select| select.iter().any(|selected| selected == name))
    }

    pub(super) fn trimmed(&self, shown: Value) -> Value {
        let (Some(select), Value::Object(fields)) = (&self.select, &shown) else {
            return shown;
        };
        let always = ["@odata.context", "@odata.etag", "id"];
        let expanded = ["exceptionOccurrences", "singleValueExtendedProperties"];
        let kept = |name: &str| {
            always.contains(&name) || expanded.contains(&name) || select.iter().any(|s| s == name)
        };
        let fields: Map<String, Value> = fields
            .iter()
            .filter(|(name, _)| kept(name))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        Value::Object(fields)
    }
}

fn subject<'a>(item: &'a Item<'_>) -> &'a str {
    let subject = item.content.get("subject").and_then(Value::as_str);
    subject.unwrap_or_default()
}

fn read_select(select: &str, of: Operation) -> Result<Vec<String>, GraphError> {
    let of_calendar = matches!(of, Operation::CalendarsList | Operation::CalendarGet);
    let written = EVENT.properties.iter().map(|(name, _)| *name);
    let (kind, known): (&str, Vec<&str>) = if of_calendar {
        ("calendar", CALENDAR.to_vec())
    } else {
        let all = written.chain(EVENT_READ_ONLY.iter().copied());
        ("event", all.collect())
    };
    let names = select.split(',').map(str::trim);
    names
        .map(|name| {
            let found = known.iter().find(|known| known.eq_ignore_ascii_case(name));
            found.map(|name| (*name).to_owned()).ok_or_else(|| {
                let message = format!(
                    "Could not find a property named '{name}' on type 'microsoft.graph.{kind}'."
                );
                GraphError::new(400, "RequestBroker--ParseUri", message).into_refusal()
            })
        })
        .collect()
}

fn read_order(order: &str) -> Result<(Order, bool), GraphError> {
    let (name, direction) = order.split_once(' ').unwrap_or((order, "asc"));
    let order = order_named(name).ok_or_else(|| wrong("$orderby", order).into_refusal())?;
    Ok((order, direction.eq_ignore_ascii_case("desc")))
}

fn order_named(name: &str) -> Option<Order> {
    match name.to_ascii_lowercase().as_str() {
        "start/datetime" => Some(Order::Start),
        "createddatetime" => Some(Order::Created),
        "lastmodifieddatetime" => Some(Order::Modified),
        "subject" => Some(Order::Subject),
        _ => None,
    }
}

fn read_filter(filter: &str) -> Result<Vec<Clause>, GraphError> {
    let unknown = || wrong("$filter", filter).into_refusal();
    if let Some(rest) = strip_name(filter, "singleValueExtendedProperties/any(ep:") {
        let inner = rest.trim().strip_suffix(')').ok_or_else(unknown)?;
        let (id, value) = inner.split_once(" and ").ok_or_else(unknown)?;
        let id = strip_name(id.trim(), "ep/id eq ").and_then(quoted);
        let value = strip_name(value.trim(), "ep/value eq ").and_then(quoted);
        let (id, value) = id.zip(value).ok_or_else(unknown)?;
        return Ok(vec![Clause::Extended { id, value }]);
    }
    let clauses = filter.split(" and ").map(|clause| {
        let mut words = clause.trim().splitn(3, ' ');
        let words = (words.next(), words.next(), words.next());
        let (Some(name), Some(comparison), Some(value)) = words else {
            return Err(unknown());
        };
        let known = ["eq", "ge", "gt", "le", "lt"];
        let comparison = known.iter().find(|known| **known == comparison);
        let comparison = *comparison.ok_or_else(unknown)?;
        let text = quoted(value).unwrap_or_else(|| value.to_owned());
        match (name.to_ascii_lowercase().as_str(), comparison) {
            ("icaluid", "eq") => Ok(Clause::ICalUid(text)),
            ("subject", "eq") => Ok(Clause::Subject(text)),
            (name, comparison) => {
                let of = order_named(name).filter(|of| *of != Order::Subject);
                let bound = read_bound(&text);
                let (of, bound) = of.zip(bound).ok_or_else(unknown)?;
                Ok(Clause::Time(of, comparison, bound))
            }
        }
    });
    clauses.collect()
}

fn strip_name<'a>(text: &'a str, start: &str) -> Option<&'a str> {
    let head = text.get(..start.len())?;
    head.eq_ignore_ascii_case(start)
        .then(|| &text[start.len()..])
}

/// The content of a quoted text, in which a quote is doubled.
fn quoted(text: &str) -> Option<String> {
    let inner = text.trim().strip_prefix('\'')?.strip_suffix('\'')?;
    Some(inner.replace("''", "'"))
}

fn wrong(name: &str, given: &str) -> GraphError {
    let message = format!("The query option {name} is not understood: {given}");
    GraphError::new(400, "ErrorInvalidUrlQuery", message)
}
