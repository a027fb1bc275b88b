//! State that outlives the process: a value behind a lock, with a JSON file when there is a directory.

use std::{
    fs::{self, OpenOptions},
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard},
};

use anyhow::Context;
use serde::{Serialize, de::DeserializeOwned};

#[derive(Debug)]
pub(super) struct Kept<T> {
    state: Mutex<State<T>>,
    file: Option<PathBuf>,
}

#[derive(Debug)]
struct State<T> {
    value: T,
    dirty: bool,
}

impl<T: Default + Serialize + DeserializeOwned> Kept<T> {
    pub(super) fn open(directory: Option<&Path>, name: &str) -> anyhow::Result<Self> {
        let file = directory.map(|directory| directory.join(name));
        let value = match &file {
            Some(file) if file.exists() => {
                let json = fs::read(file).with_context(|| format!("read {}", file.display()))?;
                serde_json::from_slice(&json)
                    .with_context(|| format!("{} is not ours", file.display()))?
            }
            Some(_) | None => T::default(),
        };
        let dirty = false;
        Ok(Self {
            state: Mutex::new(State { value, dirty }),
            file,
        })
    }

    pub(super) fn read<R>(&self, look: impl FnOnce(&T) -> R) -> R {
        look(&self.lock().value)
    }

    pub(super) fn change<R>(&self, change: impl FnOnce(&mut T) -> R) -> R {
        let mut state = self.lock();
        state.dirty = true;
        change(&mut state.value)
    }

    /// Writes what changed. A new file takes the old one's place in one step, so a kill leaves one or the other.
    pub(super) fn save(&self) -> anyhow::Result<()> {
        let Some(file) = &self.file else {
            return Ok(());
        };
        let mut state = self.lock();
        if state.dirty {
            let next = file.with_extension("next");
            let json = serde_json::to_vec(&state.value)?;
            // Secrets are among what is kept: nobody else reads it.
            OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(true)
                .mode(0o600)
                .open(&next)
                .and_then(|mut next| next.write_all(&json))
                .and_then(|()| fs::rename(&next, file))
                .with_context(|| format!("write {}", file.display()))?;
            state.dirty = false;
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().expect("no panic while the state is held")
    }
}
