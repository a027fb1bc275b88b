//! Bundles, names and compresses the assets, so that serving one is a table lookup and no Node is needed.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::{env, fs, io};

use sha2::{Digest, Sha256};

/// One script, in this order: htmx starts as soon as the page is parsed, and an extension that arrives in a second file can come too late.
const SCRIPT_PARTS: [&str; 3] = ["vendor/htmx.min.js", "vendor/hx-ws.min.js", "app.js"];
const BROTLI_QUALITY: i32 = 11;
const BROTLI_WINDOW: i32 = 22;

struct Source {
    stem: &'static str,
    extension: &'static str,
    content_type: &'static str,
    constant: &'static str,
    bytes: Vec<u8>,
}

#[expect(
    clippy::disallowed_methods,
    reason = "a build script learns its output folder from the environment"
)]
fn main() -> io::Result<()> {
    let out = env::var("OUT_DIR").map_err(io::Error::other)?;
    let out = Path::new(&out);
    let assets = Path::new("assets");
    println!("cargo::rerun-if-changed=assets");
    println!("cargo::rerun-if-changed=build.rs");

    let sources = [
        Source {
            stem: "app",
            extension: "css",
            content_type: "text/css; charset=utf-8",
            constant: "STYLESHEET",
            bytes: fs::read(assets.join("app.css"))?,
        },
        Source {
            stem: "app",
            extension: "js",
            content_type: "text/javascript; charset=utf-8",
            constant: "SCRIPT",
            bytes: script(assets)?,
        },
        Source {
            stem: "favicon",
            extension: "svg",
            content_type: "image/svg+xml",
            constant: "FAVICON",
            bytes: fs::read(assets.join("favicon.svg"))?,
        },
        Source {
            stem: "openapi",
            extension: "json",
            content_type: "application/json",
            constant: "OPENAPI",
            bytes: fs::read(assets.join("openapi.json"))?,
        },
    ];

    let mut table = String::new();
    let mut arms = String::new();
    for source in &sources {
        add(out, source, &mut table, &mut arms)?;
    }
    let find = format!(
        "pub fn find(file_name: &str) -> Option<&'static Asset> {{\n    match file_name {{\n{arms}        _ => None,\n    }}\n}}\n"
    );
    fs::write(out.join("assets.rs"), table + &find)
}

fn script(assets: &Path) -> io::Result<Vec<u8>> {
    let mut bundle = Vec::new();
    for part in SCRIPT_PARTS {
        bundle.extend(fs::read(assets.join(part))?);
        bundle.push(b'\n');
    }
    Ok(bundle)
}

/// Writes the three forms of one asset and its lines of the generated table.
fn add(out: &Path, source: &Source, table: &mut String, arms: &mut String) -> io::Result<()> {
    let Source {
        stem,
        extension,
        content_type,
        constant,
        bytes,
    } = source;
    let digest = Sha256::digest(bytes);
    let hash = digest
        .iter()
        .take(6)
        .fold(String::new(), |hash, byte| hash + &format!("{byte:02x}"));
    let name = format!("{stem}.{hash}.{extension}");

    fs::write(out.join(&name), bytes)?;
    fs::write(out.join(format!("{name}.br")), brotli(bytes)?)?;
    fs::write(out.join(format!("{name}.gz")), gzip(bytes)?)?;

    let form =
        |suffix: &str| format!("include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{name}{suffix}\"))");
    let (plain, brotli, gzip) = (form(""), form(".br"), form(".gz"));
    write!(
        table,
        "const {constant}_PATH: &str = \"/assets/{name}\";\n\
         static {constant}: Asset = Asset {{\n    content_type: \"{content_type}\",\n    plain: {plain},\n    brotli: {brotli},\n    gzip: {gzip},\n}};\n"
    )
    .map_err(io::Error::other)?;
    writeln!(arms, "        \"{name}\" => Some(&{constant}),").map_err(io::Error::other)
}

fn brotli(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let parameters = brotli::enc::BrotliEncoderParams {
        quality: BROTLI_QUALITY,
        lgwin: BROTLI_WINDOW,
        ..Default::default()
    };
    let mut compressed = Vec::new();
    brotli::BrotliCompress(&mut &bytes[..], &mut compressed, &parameters)?;
    Ok(compressed)
}

fn gzip(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes)?;
    encoder.finish()
}
