//! How it goes with integrations, for those who look after them: the dashboard, the log, the error queue, and what
//! connectors that run elsewhere report.

mod answers;
mod dashboard;
mod errors;
mod filter;
mod lists;
mod log;
mod log_file;
mod named;
pub mod openapi;
mod pages;
mod report;
mod sight;
mod suppliers;
mod waiting;

use domain::permission::Permission as P;
use shared::web::{Gate, Routes, may};
use ui::routes;

const READS: Gate = may(P::IntegrationsRead);
const MANAGES: Gate = may(P::IntegrationsManage);
const REPORTS: Gate = may(P::IntegrationsReport);

pub fn routes() -> Routes {
    for_programs().merge(for_people())
}

fn for_people() -> Routes {
    Routes::new()
        .get(routes::INTEGRATIONS, READS, pages::index)
        .get(routes::INTEGRATIONS_DASHBOARD, READS, pages::dashboard)
        .post(routes::INTEGRATIONS_PINNED, MANAGES, pages::pin)
        .get(routes::SUPPLIER_PORTAL, READS, suppliers::page)
        .get(routes::INTEGRATION, READS, pages::show)
        .get(routes::INTEGRATION_FORGET, MANAGES, pages::ask_to_forget)
        .post(routes::INTEGRATION_FORGET, MANAGES, pages::forget)
        .get(routes::INTEGRATION_LOGS, READS, lists::log)
        .get(routes::INTEGRATION_LOGS_FILE, READS, lists::log_file)
        .post(routes::INTEGRATION_EVENT_RETRY, MANAGES, lists::retry_event)
        .get(routes::ERROR_QUEUE, READS, lists::queue)
        .get(routes::ERROR_QUEUE_RETRY, MANAGES, lists::ask_to_retry)
        .post(routes::ERROR_QUEUE_RETRY, MANAGES, lists::retry)
        .post(routes::ERROR_QUEUE_ITEM_RETRY, MANAGES, lists::retry_item)
        .as_pages()
}

fn for_programs() -> Routes {
    Routes::new()
        .get("/api/integrations/dashboard", READS, dashboard::show)
        .get("/api/integrations/health", READS, dashboard::health)
        .put("/api/integrations/pinned", MANAGES, dashboard::pin)
        .get("/api/integrations/logs", READS, log::list)
        .get(log_file::PATH, READS, log_file::show)
        .get("/api/integrations/logs/{id}", READS, log::show)
        .post("/api/integrations/logs/{id}/retry", MANAGES, log::retry)
        .get("/api/integrations/error-queue", READS, errors::list)
        .post(
            "/api/integrations/error-queue/retry",
            MANAGES,
            errors::retry,
        )
        .post(
            "/api/integrations/error-queue/{connection}/{item}/retry",
            MANAGES,
            errors::retry_one,
        )
        .post(
            "/api/v1/integrations/{integration}/events",
            REPORTS,
            report::take,
        )
}
