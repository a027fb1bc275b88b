//! Schedule entries, for programs under `/api/v1/schedule/entries` and for people under `/schedule`.

mod access;
mod api;
mod asked;
mod back;
mod copies;
mod entries;
mod list;
mod occurrences;
pub mod openapi;
mod pages;
mod trace;
mod wire;

use shared::web::Routes;
use ui::routes;

pub fn routes() -> Routes {
    let pages = Routes::new()
        .get(routes::SCHEDULE, pages::week::show)
        .get(routes::ENTRY_NEW, pages::entry::blank)
        .post(routes::ENTRY_NEW, pages::entry::create)
        .get(routes::ENTRY, pages::entry::show)
        .post(routes::ENTRY, pages::entry::save)
        .post(routes::ENTRY_RESTORE, pages::entry::restore)
        .get(routes::ENTRY_DELETE, pages::entry::ask_delete)
        .post(routes::ENTRY_DELETE, pages::entry::delete)
        .post(routes::ENTRY_PUT_BACK, pages::back::put_back)
        .get(routes::DELETED, pages::back::deleted)
        .post(routes::DELETED_RESTORE, pages::back::restore)
        .as_pages();
    Routes::new()
        .get(api::ENTRIES, api::list)
        .post(api::ENTRIES, api::create)
        .get(api::ENTRY, api::get)
        .put(api::ENTRY, api::replace)
        .patch(api::ENTRY, api::patch)
        .delete(api::ENTRY, api::delete)
        .get(occurrences::OCCURRENCE, occurrences::get)
        .patch(occurrences::OCCURRENCE, occurrences::patch)
        .delete(occurrences::OCCURRENCE, occurrences::delete)
        .post(occurrences::RESTORE, occurrences::restore)
        .post(occurrences::FOLLOWING, occurrences::change_following)
        .delete(occurrences::FOLLOWING, occurrences::delete_following)
        .get(trace::TRACE, trace::list)
        .post(api::COPY_RESTORE, api::restore_copy)
        .get(api::DELETED, api::deleted)
        .post(api::DELETED_RESTORE, api::restore)
        .merge(pages)
}
