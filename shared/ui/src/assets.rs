//! The stylesheet, the script and the favicon: named by their content, compressed at build time.

/// One file in the three forms a client may accept.
#[derive(Debug)]
pub struct Asset {
    pub content_type: &'static str,
    pub plain: &'static [u8],
    pub brotli: &'static [u8],
    pub gzip: &'static [u8],
}

pub fn stylesheet_path() -> &'static str {
    STYLESHEET_PATH
}

pub fn script_path() -> &'static str {
    SCRIPT_PATH
}

pub fn favicon_path() -> &'static str {
    FAVICON_PATH
}

/// The document of the API, and its file's name, which changes with it.
pub fn openapi() -> (&'static Asset, &'static str) {
    (&OPENAPI, OPENAPI_PATH)
}

include!(concat!(env!("OUT_DIR"), "/assets.rs"));
