//! Writes every sample page and its assets into a folder, to be looked at in a browser.
//!
//! `cargo run -p ui --example gallery -- /tmp/gallery`, then serve the folder.

use std::path::Path;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let folder = env::args()
        .nth(1)
        .ok_or_else(|| io::Error::other("name the folder to write to"))?;
    let folder = Path::new(&folder);
    fs::create_dir_all(folder.join("assets"))?;
    for path in [
        ui::assets::stylesheet_path(),
        ui::assets::script_path(),
        ui::assets::favicon_path(),
    ] {
        let name = path.trim_start_matches("/assets/");
        let asset = ui::assets::find(name)
            .ok_or_else(|| io::Error::other(format!("{path} is not in the table")))?;
        fs::write(folder.join("assets").join(name), asset.plain)?;
    }
    for (name, page) in ui::samples::all() {
        fs::write(folder.join(format!("{name}.html")), page.into_string())?;
    }
    Ok(())
}
