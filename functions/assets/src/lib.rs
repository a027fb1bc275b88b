//! `GET /assets/{file}`: stylesheets and scripts under names that change with their content. `GET /api/v1/openapi.json`:
//! what the API is; `GET /docs/api`: the same for people.

pub mod openapi;
mod reading;

use std::sync::LazyLock;

use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use shared::{
    problem::Problem,
    web::{Path, Routes, etag, open, page},
};
use ui::{
    assets::{self, Asset},
    pages::api::ApiPage,
    routes,
};

pub fn routes() -> Routes {
    let pages = Routes::new()
        .get(routes::API, open(FOR_ALL), api)
        .as_pages();
    Routes::new()
        .get(routes::ASSET, open(FOR_ALL), asset)
        .get(routes::OPENAPI, open(FOR_ALL), document)
        .merge(pages)
}

const FOR_ALL: &str = "the same for everyone";

/// Read once: a function lives for many requests.
static API: LazyLock<ApiPage> = LazyLock::new(|| {
    let (asset, _) = assets::openapi();
    reading::page(&serde_json::from_slice(asset.plain).unwrap_or_default())
});

async fn api(headers: HeaderMap) -> Response {
    let page = ApiPage {
        theme: page::theme(&headers),
        ..API.clone()
    };
    page::ok(page.render())
}

async fn asset(Path(file): Path<String>, headers: HeaderMap) -> Result<Response, Problem> {
    let asset = assets::find(&file).ok_or_else(|| Problem::not_found("file"))?;
    let always = HeaderValue::from_static("public, max-age=31536000, immutable");
    Ok(served(asset, &headers, always))
}

/// The document of the API has a name that does not change, so it is asked for again, and sent again where it changed.
async fn document(headers: HeaderMap) -> Response {
    let (asset, name) = assets::openapi();
    let tag = etag(name.rsplit('/').next().unwrap_or(name));
    let known = headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|tags| tags.to_str().ok())
        .flat_map(|tags| tags.split(','))
        // A proxy that compresses makes a tag weak.
        .any(|one| one.trim().trim_start_matches("W/") == tag);
    let asked_again = HeaderValue::from_static("no-cache");
    let mut response = if known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        served(asset, &headers, asked_again)
    };
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

/// In the smallest form that the client takes.
fn served(asset: &'static Asset, headers: &HeaderMap, kept: HeaderValue) -> Response {
    let accepted = headers
        .get(header::ACCEPT_ENCODING)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let accepts = |coding: &str| {
        accepted
            .split(',')
            .any(|offer| offer.split(';').next().map(str::trim) == Some(coding))
    };
    let (coding, bytes) = if accepts("br") {
        (Some("br"), asset.brotli)
    } else if accepts("gzip") {
        (Some("gzip"), asset.gzip)
    } else {
        (None, asset.plain)
    };
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static(asset.content_type),
    );
    headers.insert(header::CACHE_CONTROL, kept);
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Some(coding) = coding {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
    }
    response
}
