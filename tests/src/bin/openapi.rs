//! Writes the document of the API anew: `cargo run -p tests --bin openapi`

use std::{fs, io, path::Path};

use tests::openapi;

fn main() -> io::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    fs::write(root.join(openapi::PLACE), openapi::text())
}
