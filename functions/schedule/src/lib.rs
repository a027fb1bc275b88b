//! Schedule entries, for programs under `/api/v1/schedule` and for people under `/schedule` and `/data`.

mod access;
mod api;
mod asked;
mod back;
mod copies;
mod entries;
mod exchange;
mod list;
mod occurrences;
pub mod openapi;
mod pages;
mod trace;
mod wire;

use domain::permission::Permission as P;
use shared::web::{Gate, Routes, may};
use ui::routes;

const SEES: Gate = may(P::ScheduleRead);
const WRITES: Gate = may(P::ScheduleWrite);

pub fn routes() -> Routes {
    for_programs().merge(for_people())
}

fn for_people() -> Routes {
    Routes::new()
        .get(routes::SCHEDULE, SEES, pages::week::show)
        .get(routes::ENTRY_NEW, WRITES, pages::entry::blank)
        .post(routes::ENTRY_NEW, WRITES, pages::entry::create)
        .get(routes::ENTRY, SEES, pages::entry::show)
        .post(routes::ENTRY, WRITES, pages::entry::save)
        .post(routes::ENTRY_RESTORE, WRITES, pages::entry::restore)
        .get(routes::ENTRY_DELETE, WRITES, pages::entry::ask_delete)
        .post(routes::ENTRY_DELETE, WRITES, pages::entry::delete)
        .post(routes::ENTRY_PUT_BACK, WRITES, pages::back::put_back)
        .get(routes::EXPORT, SEES, pages::exchange::export)
        .get(routes::IMPORT, WRITES, pages::exchange::import_form)
        .post(routes::IMPORT, WRITES, pages::exchange::import)
        .get(routes::DELETED, SEES, pages::back::deleted)
        .post(routes::DELETED_RESTORE, WRITES, pages::back::restore)
        .as_pages()
}

fn for_programs() -> Routes {
    Routes::new()
        .get(api::ENTRIES, SEES, api::list)
        .post(api::ENTRIES, WRITES, api::create)
        .get(api::ENTRY, SEES, api::get)
        .put(api::ENTRY, WRITES, api::replace)
        .patch(api::ENTRY, WRITES, api::patch)
        .delete(api::ENTRY, WRITES, api::delete)
        .get(occurrences::OCCURRENCE, SEES, occurrences::get)
        .patch(occurrences::OCCURRENCE, WRITES, occurrences::patch)
        .delete(occurrences::OCCURRENCE, WRITES, occurrences::delete)
        .post(occurrences::RESTORE, WRITES, occurrences::restore)
        .post(
            occurrences::FOLLOWING,
            WRITES,
            occurrences::change_following,
        )
        .delete(
            occurrences::FOLLOWING,
            WRITES,
            occurrences::delete_following,
        )
        .get(trace::TRACE, SEES, trace::list)
        .post(api::COPY_RESTORE, WRITES, api::restore_copy)
        .get(exchange::api::EXPORT, SEES, exchange::api::export)
        .post(exchange::api::IMPORT, WRITES, exchange::api::import)
        .get(api::DELETED, SEES, api::deleted)
        .post(api::DELETED_RESTORE, WRITES, api::restore)
}
