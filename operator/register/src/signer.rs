//! The keys that sign checkpoints: the first is made once, in a file that only the register reads; those that it
//! is followed by are files beside it. Neither the operator nor any other account of the factory can sign in
//! their place. Which of them signs, the log says.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use factory_assurance::log::note::{NoteError, Signer, Verifier};

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum SignerError {
    /// The file cannot be read or made.
    #[error("{path}: {source}", path = path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// Cause.
        source: io::Error,
    },
    /// The file holds no key, or the name cannot be one.
    #[error("{path}: {source}", path = path.display())]
    Key {
        /// Which one.
        path: PathBuf,
        /// Cause.
        source: NoteError,
    },
    /// The log has signed with a key that is not there any more.
    #[error("{path}: not there, but the log has signed checkpoints: put the key back, or name another file where one is", path = .0.display())]
    Lost(PathBuf),
    /// The log was handed over to a key that is in none of the files.
    #[error("the log was handed over to {key}, which is in no file `*.pem` of {folder}: put it there", folder = folder.display())]
    NotThere {
        /// Its public half.
        key: String,
        /// Where it was looked for.
        folder: PathBuf,
    },
    /// The next key would not be found by a register that serves.
    #[error("--to: {to}, must be in the folder of {first}", to = to.display(), first = first.display())]
    Elsewhere {
        /// File of the next key.
        to: PathBuf,
        /// File of the first one.
        first: PathBuf,
    },
    /// With a server there is no file beside which it could be.
    #[error("--checkpoint-key: needed where the database is on a server, must name the file of the key")]
    Unnamed,
    /// No random numbers.
    #[error("no random numbers: {0}")]
    Random(#[from] getrandom::Error),
}

/// The keys of a log, as far as they are in one folder. Read again when another is asked for, so that the log is
/// handed over while the register serves.
#[derive(Clone, Debug)]
pub struct Keyring {
    first: Signer,
    folder: PathBuf,
    /// The one that was asked for last.
    last: Arc<Mutex<Option<Signer>>>,
}

impl Keyring {
    /// The `first` key, and those in files `*.pem` in `folder`.
    #[must_use]
    pub fn new(first: Signer, folder: impl Into<PathBuf>) -> Self {
        Self { first, folder: folder.into(), last: Arc::default() }
    }

    /// The key in `file`, made where it is not there, and those beside it.
    pub fn load_or_make(name: &str, file: &Path) -> Result<Self, SignerError> {
        Ok(Self::new(load_or_make(name, file)?, folder_of(file)))
    }

    /// Name of the log in its checkpoints.
    #[must_use]
    pub fn name(&self) -> &str {
        self.first.name()
    }

    /// The key before every hand-over.
    #[must_use]
    pub const fn first(&self) -> &Signer {
        &self.first
    }

    /// The key whose public half is `key`. Blocks on a few small files the first time.
    pub fn signer(&self, key: &Verifier) -> Result<Signer, SignerError> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) =
            [Some(&self.first), last.as_ref()].into_iter().flatten().find(|known| known.verifier() == *key)
        {
            return Ok(known.clone());
        }
        let in_folder = |source| SignerError::File { path: self.folder.clone(), source };
        for entry in fs::read_dir(&self.folder).map_err(in_folder)? {
            let path = entry.map_err(in_folder)?.path();
            if path.extension().is_none_or(|extension| extension != "pem") {
                continue;
            }
            // Whatever else has this ending is not what is looked for.
            let Ok(pem) = fs::read_to_string(&path) else { continue };
            if let Ok(found) = Signer::from_pem(self.name(), &pem)
                && found.verifier() == *key
            {
                return Ok(last.insert(found).clone());
            }
        }
        Err(SignerError::NotThere { key: key.to_string(), folder: self.folder.clone() })
    }
}

/// The folder that `file` is in.
fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The key in `file` under this `name`; made when the file is not there. It is on the disk before it
/// signs anything. Blocks on a small file.
pub fn load_or_make(name: &str, file: &Path) -> Result<Signer, SignerError> {
    let in_key = |source| SignerError::Key { path: file.to_owned(), source };
    let in_file = |source| SignerError::File { path: file.to_owned(), source };
    match fs::read_to_string(file) {
        Ok(pem) => Signer::from_pem(name, &pem).map_err(in_key),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let mut secret = [0; 32];
            getrandom::fill(&mut secret)?;
            let signer = Signer::new(name, secret).map_err(in_key)?;
            write_new(file, signer.to_pem().map_err(in_key)?.as_bytes()).map_err(in_file)?;
            Ok(signer)
        }
        Err(error) => Err(in_file(error)),
    }
}

/// Writes a file that was not there and that nobody else may read, whole or not at all.
fn write_new(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let draft = file.with_extension("new");
    let mut made = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    made.write_all(bytes)?;
    made.sync_all()?;
    // Unlike a rename, a link never takes the place of a key that somebody else has just made.
    let linked = fs::hard_link(&draft, file);
    fs::remove_file(&draft)?;
    linked?;
    File::open(folder_of(file))?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn a_key_is_made_once_and_nobody_else_may_read_it() {
        let folder = std::env::temp_dir().join(format!("factory-register-signer-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let file = folder.join("checkpoint.pem");
        let made = load_or_make("log", &file).unwrap();
        assert_eq!(load_or_make("log", &file).unwrap().verifier(), made.verifier());
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(write_new(&file, b"another").is_err(), "a key is never replaced");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
        fs::write(&file, "no key").unwrap();
        assert!(matches!(load_or_make("log", &file), Err(SignerError::Key { .. })));
        assert!(matches!(load_or_make("log", &folder.join("none/key.pem")), Err(SignerError::File { .. })));
        fs::remove_dir_all(&folder).unwrap();
    }
}
