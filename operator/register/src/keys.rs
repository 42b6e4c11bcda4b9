//! Pinned public keys, each with the time in which it signs: a folder of `*.pub` files, as a `ConfigMap` is
//! mounted. It is read again for each use, so that a key is rotated without a restart.

use std::path::{Path, PathBuf};

use factory_assurance::term::{Term, TermError, of_one_kind};

/// A folder of pinned public keys.
#[derive(Clone, Debug)]
pub struct Keys {
    folder: PathBuf,
}

/// Why pinned keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// The folder or a file cannot be read.
    #[error("{path}: {source}", path = path.display())]
    Read {
        /// Which one.
        path: PathBuf,
        /// Cause.
        source: std::io::Error,
    },
    /// A file holds no key.
    #[error("{path}: {source}", path = path.display())]
    Key {
        /// Which one.
        path: PathBuf,
        /// Cause.
        source: TermError,
    },
    /// No file ends in `.pub`.
    #[error("{path}: no file `*.pub`, so no key is pinned", path = .0.display())]
    None(PathBuf),
}

impl Keys {
    /// Keys in `folder`.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// The keys as they stand there now; at least one, and none of two kinds. Blocks on a few small files.
    pub fn load(&self) -> Result<Vec<Term>, KeysError> {
        let read = |source| KeysError::Read { path: self.folder.clone(), source };
        let mut paths = Vec::new();
        for entry in std::fs::read_dir(&self.folder).map_err(read)? {
            let path = entry.map_err(read)?.path();
            // A mounted ConfigMap keeps its versions in folders that start with two dots.
            let hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
            if !hidden && path.extension().is_some_and(|extension| extension == "pub") {
                paths.push(path);
            }
        }
        paths.sort();
        if paths.is_empty() {
            return Err(KeysError::None(self.folder.clone()));
        }
        let keys: Vec<Term> = paths.iter().map(|path| read_key(path)).collect::<Result<_, _>>()?;
        of_one_kind(&keys).map_err(|source| KeysError::Key { path: self.folder.clone(), source })?;
        Ok(keys)
    }
}

fn read_key(path: &Path) -> Result<Term, KeysError> {
    let pem = std::fs::read_to_string(path).map_err(|source| KeysError::Read { path: path.to_owned(), source })?;
    Term::read(&pem).map_err(|source| KeysError::Key { path: path.to_owned(), source })
}
