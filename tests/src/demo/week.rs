//! What the firm has planned for this week and the next.

use std::collections::BTreeMap;

use anyhow::{Context as _, ensure};
use jiff::{
    ToSpan as _,
    civil::{Date, Time},
};
use serde_json::{Value, json};

use super::firm::{Side, here, with};

/// Who, day from Monday on, begin, end and kind; title; place; and how it is repeated.
const PLAN: &str = "\
finn 0 08:00 09:30 booking | Boiler service, Hartmann | Linden Street 12
finn 0 10:00 11:30 ticket | Leaking radiator valve, Krause | Mill Lane 3
gus 0 08:00 12:00 project_task | Bathroom refit, Weber: first fix | Garden Row 8
hana 0 09:00 10:00 ad_hoc | Tablets for the new vans | Office
dana 0 11:00 12:00 booking | Quote: gas boiler to heat pump, Brandt | Orchard Way 27
finn 1 08:00 11:00 project_task | Heat pump commissioning, Schiller School | Schiller Square 1
gus 1 08:00 12:00 project_task | Bathroom refit, Weber: tiling and trays | Garden Row 8
dana+vera 1 13:00 14:00 ad_hoc | Invoices of the month | Office
finn 1 13:00 15:00 ticket | No hot water, Café Morgen | Market Place 5
finn 2 08:00 10:30 booking | Heat exchanger swap, Brandt | Orchard Way 27
gus 2 08:00 11:00 project_task | Bathroom refit, Weber: fittings | Garden Row 8
finn+gus 2 13:00 15:00 project_task | Riser replacement, Riverside Homes | Quay 14, stair B
hana 2 09:00 11:00 ad_hoc | Comarch update with the vendor | Office
dana 2 15:00 16:00 ad_hoc | Interview: apprentice | Office
finn 3 08:00 09:00 ticket | Blocked drain, Kindergarten Sunbeam | Meadow Lane 2
finn 3 09:30 12:30 booking | Underfloor heating pressure test, Novak | Hill Road 41
gus 3 08:00 10:00 booking | Boiler service, Lindqvist | Station Road 9
gus 3 10:30 12:30 ticket | Thermostat does not answer, Petrov | Canal Street 77
dana+hana 3 14:00 15:00 ad_hoc | Order portal: who orders what | Office
finn 4 08:00 10:00 booking | Gas safety check, Bakery Olsen | Market Place 11
gus 4 08:00 11:00 booking | Solar thermal flush, Adeyemi | South Terrace 6
finn 4 10:30 12:00 ticket | Noisy circulation pump, Dr. Sato | Linden Street 30
gus 4 13:00 14:30 ad_hoc | Van 2: inspection | Garage Feld
dana 4 09:00 10:00 ad_hoc | Pay run | Office
dana+gus 5 08:30 09:00 ad_hoc | Handover of the emergency phone | Office
finn 5 09:00 11:00 booking | Boiler service, Hotel Anker | Harbour Street 1
dana 6 16:00 17:00 ad_hoc | Emergencies of the weekend: who goes where | At home
gus 6 10:00 11:30 ticket | Burst pipe, school gym | Schiller Square 1
finn 7 08:00 10:00 booking | Boiler service, Ferrari | Linden Street 44
gus 7 08:00 12:00 project_task | Heat pump, Brandt: foundations | Orchard Way 27
hana 7 09:00 10:30 ad_hoc | Backups: restore one for practice | Office
finn 8 08:00 11:00 project_task | Heat pump, Brandt: lines and wiring | Orchard Way 27
gus 8 08:00 10:00 ticket | Cistern runs on, Town Library | Castle Street 2
dana 8 10:00 11:00 booking | Quote: bathroom for two, Moreau | Hill Road 18
finn+gus 9 08:00 12:00 project_task | Heat pump, Brandt: start-up | Orchard Way 27
dana 9 14:00 15:00 ad_hoc | Tax adviser | Office
finn 10 08:00 10:30 booking | Water softener, Hotel Anker | Harbour Street 1
gus 10 08:00 09:30 booking | Boiler service, Yilmaz | Station Road 21
gus 10 10:00 12:00 booking | Fireplace insert, Kowalski | Forest Edge 3
finn 11 08:00 10:00 ticket | Radiators stay cold, Town Hall | Castle Street 1
gus 11 08:00 11:00 project_task | Riser replacement, Riverside Homes: stair C | Quay 14
vera 4 09:00 10:00 ad_hoc | Post and bank | Office
vera 10 09:00 10:00 ad_hoc | Post and bank | Office
hana 4 10:00 11:00 ad_hoc | Phones: contract talk | Office
dana+finn+gus+hana 0 07:15 07:45 ad_hoc | Monday round | Office | RRULE:FREQ=WEEKLY;COUNT=10
finn 4 15:00 15:30 ad_hoc | Stock check, van 1 | Yard | RRULE:FREQ=WEEKLY;COUNT=8
gus 1 14:00 15:00 booking | Maintenance round, Riverside Homes | Quay 14 | RRULE:FREQ=WEEKLY;BYDAY=TU,TH;COUNT=12
gus 5 18:00 20:00 ad_hoc | On call: heating | At home | RRULE:FREQ=WEEKLY;INTERVAL=2;COUNT=6
dana 3 08:00 08:30 ad_hoc | Cash and calls | Office | RRULE:FREQ=WEEKLY;COUNT=10";

/// What is in Gus's calendar before he connects it: one flat a day.
pub(super) const FLATS: i64 = 24;

pub(super) fn flat(number: i64) -> Value {
    json!({
        "summary": format!("Meter reading, Riverside Homes, flat {number}"), "location": "Quay 14",
    })
}

/// Dana plans it all; answers the ids by title.
pub(super) async fn plan(
    dana: &Side,
    monday: Date,
    ids: &BTreeMap<&'static str, String>,
) -> anyhow::Result<BTreeMap<&'static str, String>> {
    let mut planned = BTreeMap::new();
    for line in PLAN.lines() {
        let (title, entry) = read(line, monday, ids).with_context(|| line)?;
        planned.insert(title, dana.plan(&entry).await?);
    }
    Ok(planned)
}

/// A line's title, and its entry.
fn read(
    line: &'static str,
    monday: Date,
    ids: &BTreeMap<&'static str, String>,
) -> anyhow::Result<(&'static str, Value)> {
    let parts: Vec<&str> = line.split(" | ").collect();
    ensure!(parts.len() >= 3, "a title and a place");
    let (title, place, rules) = (parts[1], parts[2], &parts[3..]);
    let words: Vec<&str> = parts[0].split(' ').collect();
    let [who, day, begin, end, kind] = words[..] else {
        anyhow::bail!("who, day, begin, end and kind");
    };
    let id_of = |name: &str| ids.get(format!("{name}@fabrikam.test").as_str());
    let assignees: Option<Vec<&String>> = who.split('+').map(id_of).collect();
    let what = json!({
        "title": title, "location": place, "work_item_type": kind, "recurrence": rules,
        "assignees": assignees.context("a member")?,
    });
    let day = monday + day.parse::<i64>()?.days();
    let span = here(day, [begin.parse::<Time>()?, end.parse::<Time>()?]);
    Ok((title, with(what, &span)))
}
