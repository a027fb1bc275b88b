//! What a browser downloads first.

use std::io::Read as _;

use crate::assets::{Asset, favicon_path, find, script_path, stylesheet_path};

const FIRST_LOAD_BYTES_MAX: usize = 30 * 1024;
const STYLESHEET_BYTES_MAX: usize = 5 * 1024;

fn asset(path: &str) -> &'static Asset {
    let name = path
        .strip_prefix("/assets/")
        .expect("assets have one folder");
    find(name).expect("every path is in the table")
}

#[test]
fn the_first_load_is_small() {
    let size = asset(stylesheet_path()).brotli.len() + asset(script_path()).brotli.len();
    assert!(
        size <= FIRST_LOAD_BYTES_MAX,
        "{size} bytes of style and script"
    );
    let style = asset(stylesheet_path()).brotli.len();
    assert!(style <= STYLESHEET_BYTES_MAX, "{style} bytes of style");
}

#[test]
fn every_form_of_an_asset_unpacks_to_the_same_bytes() {
    for path in [stylesheet_path(), script_path(), favicon_path()] {
        let asset = asset(path);
        let mut gunzipped = Vec::new();
        flate2::read::GzDecoder::new(asset.gzip)
            .read_to_end(&mut gunzipped)
            .unwrap();
        assert!(gunzipped == asset.plain, "{path}: gzip differs");
        let mut unpacked = Vec::new();
        brotli::BrotliDecompress(&mut &asset.brotli[..], &mut unpacked).unwrap();
        assert!(unpacked == asset.plain, "{path}: brotli differs");
    }
}

#[test]
fn the_extension_stands_behind_htmx_in_the_one_script() {
    let script = str::from_utf8(asset(script_path()).plain).unwrap();
    let order = ["var htmx=", "registerExtension(\"ws\"", "app:tick"].map(|mark| script.find(mark));
    assert!(
        order.iter().all(Option::is_some) && order.is_sorted(),
        "{order:?}"
    );
}

#[test]
fn an_unknown_name_is_not_found() {
    assert!(
        find("app.css").is_none(),
        "names without a hash are not served"
    );
    assert!(find("../Cargo.toml").is_none());
}
