//! SDK clients on one connection pool and one small trust store.

use aws_credential_types::Credentials;
use aws_smithy_http_client::{
    Builder,
    tls::{self, TlsContext, TrustStore, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::client::http::SharedHttpClient;

use crate::config::AwsConfig;

/// Amazon Trust Services and the Starfield root that older endpoints chain to. A full system store costs eight times
/// the rest of a cold start to parse.
const AMAZON_ROOTS: &[u8] = include_bytes!("roots.pem");

pub(crate) struct Clients {
    pub(crate) dynamodb: aws_sdk_dynamodb::Client,
    pub(crate) sqs: aws_sdk_sqs::Client,
    pub(crate) secrets: aws_sdk_secretsmanager::Client,
    pub(crate) events: aws_sdk_eventbridge::Client,
}

macro_rules! client {
    ($service:ident, $aws:expr, $http:expr, $credentials:expr) => {{
        let mut config = $service::Config::builder()
            .behavior_version($service::config::BehaviorVersion::latest())
            .region($service::config::Region::new($aws.region.clone()))
            .credentials_provider($credentials.clone())
            .http_client($http.clone());
        config.set_endpoint_url($aws.endpoint.clone());
        $service::Client::from_conf(config.build())
    }};
}

impl Clients {
    pub(crate) fn new(aws: &AwsConfig) -> Self {
        let http = http_client(aws);
        let credentials = Credentials::new(
            aws.access_key_id.clone(),
            aws.secret_access_key.clone(),
            aws.session_token.clone(),
            None,
            "environment",
        );
        Self {
            dynamodb: client!(aws_sdk_dynamodb, aws, http, credentials),
            sqs: client!(aws_sdk_sqs, aws, http, credentials),
            secrets: client!(aws_sdk_secretsmanager, aws, http, credentials),
            events: client!(aws_sdk_eventbridge, aws, http, credentials),
        }
    }
}

fn http_client(aws: &AwsConfig) -> SharedHttpClient {
    if aws
        .endpoint
        .as_deref()
        .is_some_and(|endpoint| endpoint.starts_with("http://"))
    {
        return Builder::new().build_http();
    }
    let trust = TrustStore::empty().with_pem_certificate(AMAZON_ROOTS);
    let context = TlsContext::builder().with_trust_store(trust).build();
    Builder::new()
        .tls_provider(tls::Provider::Rustls(CryptoMode::Ring))
        .tls_context(context.expect("the bundled roots parse"))
        .build_https()
}
