//! The keys that sign checkpoints: the first is made once, in a file that only the register reads; those that it
//! is followed by are files beside it. A file may hold a line that names a key in a device instead. Neither the
//! operator nor any other account of the factory can sign in their place. Which of them signs, the log says.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use factory_assurance::log::{
    Checkpoint,
    note::{self, NoteError, Signer, Verifier},
};
use factory_device::{DeviceError, Uri, key::Ed25519};

/// Longest that a key may take for one signature: who writes to the log waits for it.
const PATIENCE: Duration = Duration::from_secs(5);

/// Ending of a file that names a key in a device.
const IN_DEVICE: &str = "uri";

/// Why there is no key, or no signature.
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
    /// The file names a key in a device, and that cannot be used.
    #[error("{path}: {source}", path = path.display())]
    Device {
        /// Which file.
        path: PathBuf,
        /// Cause.
        source: DeviceError,
    },
    /// The key is in a device that does not sign now.
    #[error(transparent)]
    Unable(NoteError),
    /// The key is in a device that does not answer.
    #[error("the key {0} did not sign within {seconds} s", seconds = PATIENCE.as_secs())]
    Slow(String),
    /// A key in a device is not made here.
    #[error("{path}: not there: write a line `pkcs11:…` into it that names the key in the device", path = .0.display())]
    NoUri(PathBuf),
    /// The log has signed with a key that is not there any more.
    #[error("{path}: not there, but the log has signed checkpoints: put the key back, or name another file where one is", path = .0.display())]
    Lost(PathBuf),
    /// The log was handed over to a key that is in none of the files.
    #[error("the log was handed over to {key}, which is in no file `*.pem` or `*.uri` of {folder}: put it there", folder = folder.display())]
    NotThere {
        /// Its public half.
        key: String,
        /// Where it was looked for.
        folder: PathBuf,
    },
    /// The log is known by another name.
    #[error("--log-origin: `{asked}`, must be `{has}`: by that name the log has signed checkpoints, and it keeps it")]
    Origin {
        /// The name that it has.
        has: String,
        /// The one that was given.
        asked: String,
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
    /// The `first` key, and those in files `*.pem` or `*.uri` in `folder`.
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

    /// The key whose public half is `key`. Blocks on a few small files and on devices the first time.
    pub fn signer(&self, key: &Verifier) -> Result<Signer, SignerError> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) =
            [Some(&self.first), last.as_ref()].into_iter().flatten().find(|known| known.verifier() == *key)
        {
            return Ok(known.clone());
        }
        let in_folder = |source| SignerError::File { path: self.folder.clone(), source };
        let mut away = None;
        for entry in fs::read_dir(&self.folder).map_err(in_folder)? {
            let path = entry.map_err(in_folder)?.path();
            if path.extension().is_none_or(|extension| extension != "pem" && extension != IN_DEVICE) {
                continue;
            }
            let Ok(text) = fs::read_to_string(&path) else { continue };
            match read(self.name(), &path, &text) {
                Ok(found) if found.verifier() == *key => return Ok(last.insert(found).clone()),
                // It could be this one.
                Err(error @ SignerError::Device { .. }) => away = Some(error),
                // Whatever else has this ending is not what is looked for.
                Ok(_) | Err(_) => {}
            }
        }
        Err(away.unwrap_or_else(|| SignerError::NotThere { key: key.to_string(), folder: self.folder.clone() }))
    }
}

/// The folder that `file` is in.
fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// What `text` in `file` holds: the key itself, or where in a device it is.
fn read(name: &str, file: &Path, text: &str) -> Result<Signer, SignerError> {
    let in_key = |source| SignerError::Key { path: file.to_owned(), source };
    let in_device = |source| SignerError::Device { path: file.to_owned(), source };
    let Some(uri) = Uri::in_file(text) else { return Signer::from_pem(name, text).map_err(in_key) };
    let uri = uri.map_err(|error| in_device(error.into()))?;
    let key = factory_device::Key::<Ed25519>::open(uri).map_err(in_device)?;
    Signer::held(name, Arc::new(key)).map_err(in_key)
}

/// `checkpoint`, signed by `signer`, which may be in a device that takes its time or never answers.
pub async fn signed(checkpoint: Checkpoint, signer: Signer) -> Result<String, SignerError> {
    let slow = SignerError::Slow(signer.verifier().to_string());
    let signing = tokio::task::spawn_blocking(move || checkpoint.signed(&signer));
    match tokio::time::timeout(PATIENCE, signing).await {
        Ok(Ok(signed)) => signed.map_err(SignerError::Unable),
        // Signing ended without an answer, or has none yet.
        Ok(Err(_)) | Err(_) => Err(slow),
    }
}

/// The key in `file` under this `name`; made when the file is not there and is not to name a device. It is on the
/// disk before it signs anything. Blocks on a small file, and on a device.
pub fn load_or_make(name: &str, file: &Path) -> Result<Signer, SignerError> {
    let in_key = |source| SignerError::Key { path: file.to_owned(), source };
    let in_file = |source| SignerError::File { path: file.to_owned(), source };
    match fs::read_to_string(file) {
        Ok(text) => read(name, file, &text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            if file.extension().is_some_and(|extension| extension == IN_DEVICE) {
                return Err(SignerError::NoUri(file.to_owned()));
            }
            let mut secret = [0; 32];
            getrandom::fill(&mut secret)?;
            let signer = Signer::new(name, secret).map_err(in_key)?;
            write_new(file, note::pem(secret).map_err(in_key)?.as_bytes()).map_err(in_file)?;
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
