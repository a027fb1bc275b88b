//! DynamoDB: an embedded `dynoxide`, its HTTP server behind our endpoint, its stream read in process.

use std::{fs, path::Path, sync::Arc};

use anyhow::{Context, anyhow};
use axum::{
    body::{Body, Bytes},
    http::HeaderMap,
    response::Response,
};
use dynoxide::{Database, actions, storage_backend::Clock};
use rusqlite::Connection;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use super::{
    ApiError,
    names::{self, ACCOUNT, REGION},
};
use crate::clock::WorldClock;

/// Every write asks for the table's latest sequence number; without this index that reads the whole stream.
const STREAM_INDEX: &str = "CREATE INDEX IF NOT EXISTS stream_records_by_sequence \
     ON _stream_records (table_name, CAST(sequence_number AS INTEGER))";

/// Where a reader of a stream has got to; the default is the oldest record.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct StreamPosition(Option<String>);

pub(super) struct Dynamo {
    database: Database,
    address: String,
    http: reqwest::Client,
    server: JoinHandle<()>,
}

impl Drop for Dynamo {
    fn drop(&mut self) {
        self.server.abort();
    }
}

struct TableClock(WorldClock);

impl Clock for TableClock {
    fn now_unix_secs(&self) -> u64 {
        u64::try_from(self.0.now().as_second()).unwrap_or(0)
    }

    #[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 fit")]
    fn now_unix_secs_f64(&self) -> f64 {
        self.0.now().as_millisecond() as f64 / 1000.0
    }
}

impl Dynamo {
    /// In a file the database keeps the system's time (it takes no other clock there), in memory the world's.
    pub(super) async fn open(clock: WorldClock, directory: Option<&Path>) -> anyhow::Result<Self> {
        let database = match directory {
            Some(directory) => in_file(&directory.join("tables.db"))?,
            None => in_memory(clock)?,
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let address = format!("http://{}/", listener.local_addr()?);
        let http = loopback_client()?;
        let server = tokio::spawn(dynoxide::server::serve_on(listener, database.clone()));
        Ok(Self {
            database,
            address,
            http,
            server,
        })
    }

    /// Hands a request to the embedded server as it came, and its answer back.
    pub(super) async fn forward(
        &self,
        headers: &HeaderMap,
        body: Bytes,
    ) -> Result<Response, ApiError> {
        let unreachable =
            |error: reqwest::Error| ApiError::new("InternalServerError", error.to_string());
        let answer = self
            .http
            .post(&self.address)
            .headers(headers.clone())
            .body(body)
            .send()
            .await
            .map_err(unreachable)?;
        let mut response = Response::new(Body::empty());
        *response.status_mut() = answer.status();
        *response.headers_mut() = answer.headers().clone();
        *response.body_mut() = Body::from(answer.bytes().await.map_err(unreachable)?);
        Ok(response)
    }

    /// Every item of a table, as JSON text: for searching, not for reading.
    pub(super) fn dump(&self, table: &str) -> anyhow::Result<String> {
        let (mut text, mut start) = (String::new(), Value::Null);
        loop {
            let mut request = json!({ "TableName": table });
            if !start.is_null() {
                request["ExclusiveStartKey"] = start;
            }
            let page = self.database.scan(typed(request)?).map_err(failed)?;
            let page = serde_json::to_value(page)?;
            text += &page["Items"].to_string();
            start = page["LastEvaluatedKey"].clone();
            if start.is_null() {
                return Ok(text);
            }
        }
    }

    /// `properties` are those of an `AWS::DynamoDB::Table`, resolved. A table that exists stays as it is.
    pub(super) fn create_table(&self, properties: &Value) -> anyhow::Result<()> {
        let name = properties["TableName"]
            .as_str()
            .context("a table needs a TableName")?;
        let tables: Vec<String> = self
            .database
            .list_tables(typed(json!({}))?)
            .map_err(failed)?
            .table_names;
        if tables.iter().any(|table| table == name) {
            return Ok(());
        }
        let mut request = json!({ "TableName": name });
        for same in [
            "AttributeDefinitions",
            "KeySchema",
            "GlobalSecondaryIndexes",
            "BillingMode",
        ] {
            if let Some(value) = properties.get(same) {
                request[same] = value.clone();
            }
        }
        if let Some(view) = properties.pointer("/StreamSpecification/StreamViewType") {
            request["StreamSpecification"] =
                json!({ "StreamEnabled": true, "StreamViewType": view });
        }
        self.database
            .create_table(typed(request)?)
            .map_err(failed)?;
        if let Some(time_to_live) = properties.get("TimeToLiveSpecification") {
            let request = json!({ "TableName": name, "TimeToLiveSpecification": time_to_live });
            self.database
                .update_time_to_live(typed(request)?)
                .map_err(failed)?;
        }
        Ok(())
    }

    pub(super) fn sweep_expired(&self) -> anyhow::Result<usize> {
        self.database.sweep_ttl().map_err(failed)
    }

    /// Records as Lambda hands them to a function, oldest first, and the position after the last one read.
    pub(super) fn stream_records(
        &self,
        table: &str,
        after: Option<StreamPosition>,
        limit: usize,
    ) -> anyhow::Result<(Vec<Value>, StreamPosition)> {
        let after = after.unwrap_or_default();
        let iterator = self.iterator(table, &after)?;
        let request = json!({ "ShardIterator": iterator, "Limit": limit });
        let answer = self.database.get_records(typed(request)?).map_err(failed)?;
        let records = serde_json::to_value(answer.records)?;
        let records: Vec<Value> = serde_json::from_value(records)?;
        let position = records
            .last()
            .and_then(|record| record["dynamodb"]["SequenceNumber"].as_str())
            .map_or(after, |number| StreamPosition(Some(number.to_owned())));
        let handed = records
            .into_iter()
            .filter(changes_something)
            .map(|record| as_lambda_hands_it(table, record))
            .collect();
        Ok((handed, position))
    }

    fn iterator(&self, table: &str, after: &StreamPosition) -> anyhow::Result<String> {
        let described = self
            .database
            .describe_table(typed(json!({ "TableName": table }))?)
            .map_err(failed)?;
        let described = serde_json::to_value(described)?;
        let stream = &described["Table"]["LatestStreamArn"];
        anyhow::ensure!(stream.is_string(), "the table {table} has no stream");
        let mut request = json!({
            "StreamArn": stream,
            "ShardId": dynoxide::streams::shard_id(table),
            "ShardIteratorType": "TRIM_HORIZON",
        });
        if let Some(number) = &after.0 {
            request["ShardIteratorType"] = json!("AFTER_SEQUENCE_NUMBER");
            request["SequenceNumber"] = json!(number);
        }
        self.database
            .get_shard_iterator(
                typed::<actions::get_shard_iterator::GetShardIteratorRequest>(request)?,
            )
            .map_err(failed)?
            .shard_iterator
            .context("the stream gave no iterator")
    }
}

/// A write that leaves an item as it was makes no record on AWS; here it makes a MODIFY.
fn changes_something(record: &Value) -> bool {
    let (old, new) = (
        &record["dynamodb"]["OldImage"],
        &record["dynamodb"]["NewImage"],
    );
    record["eventName"] != "MODIFY" || old.is_null() || new.is_null() || old != new
}

fn as_lambda_hands_it(table: &str, mut record: Value) -> Value {
    record["awsRegion"] = json!(REGION);
    record["eventSourceARN"] = json!(format!(
        "arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{table}/stream/2026-01-01T00:00:00.000"
    ));
    record
}

fn in_file(path: &Path) -> anyhow::Result<Database> {
    let text = path.to_str().context("a path that is not UTF-8")?;
    let database = Database::new(text).map_err(failed)?;
    Connection::open(path)?.execute_batch(STREAM_INDEX)?;
    Ok(database)
}

/// A database in memory can only be given the index by restoring it from a file that has it.
fn in_memory(clock: WorldClock) -> anyhow::Result<Database> {
    let database = Database::memory_with_clock(Arc::new(TableClock(clock))).map_err(failed)?;
    let path = std::env::temp_dir().join(format!("tables-{}.db", names::uuid()));
    let text = path.to_str().context("a path that is not UTF-8")?;
    database.vacuum_into(text).map_err(failed)?;
    Connection::open(&path)?.execute_batch(STREAM_INDEX)?;
    database.restore_from(text).map_err(failed)?;
    fs::remove_file(&path)?;
    Ok(database)
}

/// Plain http on the loopback: no certificate is ever looked at.
fn loopback_client() -> anyhow::Result<reqwest::Client> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    Ok(reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .no_proxy()
        .build()?)
}

fn typed<T: DeserializeOwned>(request: Value) -> anyhow::Result<T> {
    Ok(serde_json::from_value(request)?)
}

#[expect(clippy::needless_pass_by_value, reason = "a shape for map_err")]
fn failed(error: dynoxide::DynoxideError) -> anyhow::Error {
    anyhow!("{}", error.to_json())
}
