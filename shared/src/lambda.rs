//! The only module that knows Lambda. Each kind of function is one call; what is built is built once per cold start.

use std::sync::Arc;

use aws_lambda_events::{
    dynamodb::Event as StreamBatch,
    sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent},
    streams::{DynamoDbBatchItemFailure, DynamoDbEventResponse},
};
use axum::{extract::Request, middleware::map_request};
use lambda_http::request::RequestContext;
use lambda_runtime::{Error, LambdaEvent, service_fn};

pub use aws_lambda_events::{dynamodb::EventRecord, sqs::SqsMessage};

use crate::{
    app::App,
    clock::SystemClock,
    config::Config,
    metrics::Metrics,
    queue::Delay,
    telemetry,
    web::{ClientAddress, Routes},
};

/// What a consumer did with one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consumed {
    Done,
    /// Back to the queue: failed, or not to be deleted yet.
    Back,
}

async fn start() -> Result<App, Error> {
    telemetry::start(crate::config::log_filter().as_deref());
    let app = App::new(
        Config::from_env()?,
        Arc::new(SystemClock),
        Metrics::printed(),
    )?;
    // Connection and handshake belong to the start, not to the first caller. What never reads the table has neither.
    if !app.config.table.is_empty() {
        app.store.prime().await?;
    }
    Ok(app)
}

/// An HTTP function.
pub async fn serve(routes: Routes) -> Result<(), Error> {
    let app = start().await?;
    let site = crate::web::layers(routes, &app).layer(map_request(with_client_address));
    lambda_http::run(site).await
}

async fn with_client_address(mut request: Request) -> Request {
    let address = match request.extensions().get() {
        Some(RequestContext::ApiGatewayV2(context)) => context.http.source_ip.as_deref(),
        Some(_) | None => None,
    };
    if let Some(ip) = address.and_then(|address| address.parse().ok()) {
        request.extensions_mut().insert(ClientAddress(ip));
    }
    request
}

/// A queue consumer.
pub async fn consume<F>(handler: F) -> Result<(), Error>
where
    F: AsyncFn(&App, &SqsMessage) -> Consumed,
{
    let app = start().await?;
    lambda_runtime::run(service_fn(async |event: LambdaEvent<SqsEvent>| {
        Ok::<_, Error>(consume_batch(&app, event.payload, &handler).await)
    }))
    .await
}

/// Gives a message that nothing can ever be done with to the dead letters at once, with its reason.
pub async fn bury(app: &App, message: &SqsMessage, reason: &str) -> Consumed {
    let body = message.body.as_deref().unwrap_or_default();
    let queue = message.event_source_arn.as_deref().unwrap_or_default();
    tracing::error!(message_id = ?message.message_id, reason, "message buried");
    match app.queue.bury(queue, body, reason).await {
        Ok(()) => Consumed::Done,
        // It will be received until the queue itself gives it up.
        Err(error) => {
            tracing::error!(error = %telemetry::chain(&error), "message not buried");
            Consumed::Back
        }
    }
}

/// Lets a message come back after a while. Best effort: without it the message comes back when its visibility ends.
pub async fn put_back(app: &App, message: &SqsMessage, after: Delay) -> Consumed {
    if let (Some(arn), Some(receipt)) = (&message.event_source_arn, &message.receipt_handle)
        && let Err(error) = app.queue.put_back(arn, receipt, after).await
    {
        tracing::warn!(error = %telemetry::chain(&error), "message not put back");
    }
    Consumed::Back
}

/// One batch of messages, each on its own: one that fails does not hold up the others.
pub async fn consume_batch<F>(app: &App, batch: SqsEvent, handler: &F) -> SqsBatchResponse
where
    F: AsyncFn(&App, &SqsMessage) -> Consumed,
{
    let each = batch
        .records
        .iter()
        .map(async |message| match handler(app, message).await {
            Consumed::Done => None,
            Consumed::Back => message.message_id.clone(),
        });
    let mut response = SqsBatchResponse::default();
    response.batch_item_failures = futures::future::join_all(each)
        .await
        .into_iter()
        .flatten()
        .map(|id| {
            let mut failure = BatchItemFailure::default();
            failure.item_identifier = id;
            failure
        })
        .collect();
    response
}

/// A reader of the table's stream.
pub async fn stream<F>(handler: F) -> Result<(), Error>
where
    F: AsyncFn(&App, &EventRecord) -> Consumed,
{
    let app = start().await?;
    lambda_runtime::run(service_fn(async |event: LambdaEvent<StreamBatch>| {
        Ok::<_, Error>(stream_batch(&app, event.payload, &handler).await)
    }))
    .await
}

/// Records in order; the first that fails is where the stream is read again from.
pub async fn stream_batch<F>(app: &App, batch: StreamBatch, handler: &F) -> DynamoDbEventResponse
where
    F: AsyncFn(&App, &EventRecord) -> Consumed,
{
    let mut response = DynamoDbEventResponse::default();
    for record in &batch.records {
        if handler(app, record).await == Consumed::Back {
            let mut failure = DynamoDbBatchItemFailure::default();
            failure
                .item_identifier
                .clone_from(&record.change.sequence_number);
            response.batch_item_failures.push(failure);
            break;
        }
    }
    response
}

/// A schedule.
pub async fn tick<F>(handler: F) -> Result<(), Error>
where
    F: AsyncFn(&App) -> Result<(), Error>,
{
    let app = start().await?;
    lambda_runtime::run(service_fn(async |_: LambdaEvent<serde_json::Value>| {
        handler(&app).await
    }))
    .await
}
