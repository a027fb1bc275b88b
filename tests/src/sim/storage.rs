//! A simulator's state in one JSON file.

use std::fs;
use std::path::Path;

use anyhow::Context as _;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The stored state, or the default where there is no file yet.
pub(super) fn load<T: DeserializeOwned + Default>(path: &Path) -> anyhow::Result<T> {
    if !path.exists() {
        return Ok(T::default());
    }
    let bytes = fs::read(path).with_context(|| format!("could not read {}", path.display()))?;
    serde_json::from_slice(&bytes).with_context(|| {
        format!(
            "{} is not a state file of this simulator (delete it to start afresh)",
            path.display()
        )
    })
}

/// Written beside the file and renamed over it: a crash leaves the old state or the new one, never half of either.
pub(super) fn save<T: Serialize>(path: &Path, state: &T) -> anyhow::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)
            .with_context(|| format!("could not create {}", folder.display()))?;
    }
    let beside = path.with_extension("tmp");
    fs::write(&beside, serde_json::to_vec(state)?)
        .with_context(|| format!("could not write {}", beside.display()))?;
    fs::rename(&beside, path).with_context(|| format!("could not replace {}", path.display()))
}
