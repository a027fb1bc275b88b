//! The one binary that every function deploys: a table from handler name to function, and nothing else.

use lambda_runtime::Error;
use shared::lambda::{consume, serve, stream, tick};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    match shared::config::handler_name().as_str() {
        "assets" => serve(assets::routes()).await,
        "conflicts" => serve(conflicts::routes()).await,
        "connections" => serve(connections::routes()).await,
        "deliveries" => consume(deliveries::handle).await,
        "developer" => serve(developer::routes()).await,
        "due-sweep" => tick(due_sweep::handle).await,
        "identity" => serve(identity::routes()).await,
        "integrations" => serve(integrations::routes()).await,
        "oauth-callback" => serve(oauth_callback::routes()).await,
        "oauth-start" => serve(oauth_start::routes()).await,
        "ops" => serve(ops::routes()).await,
        "outbox-relay" => stream(outbox_relay::handle).await,
        "schedule" => serve(schedule::routes()).await,
        "sign-in" => serve(sign_in::routes()).await,
        "subscriptions-renew" => tick(subscriptions_renew::handle).await,
        "sync-worker" => consume(sync_worker::handle).await,
        "tenant-purge" => consume(tenant_purge::handle).await,
        "webhooks-google" => serve(webhooks_google::routes()).await,
        "webhooks-microsoft" => serve(webhooks_microsoft::routes()).await,
        "webhooks-pubsub" => serve(webhooks_pubsub::routes()).await,
        unknown => Err(format!("no function is called {unknown:?}").into()),
    }
}
