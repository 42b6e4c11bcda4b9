//! The key that signs checkpoints: made once, in a file that only the register reads. Neither the
//! operator nor any other account of the factory can sign in its place.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use factory_assurance::log::note::{NoteError, Signer};

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
    /// With a server there is no file beside which it could be.
    #[error("--checkpoint-key: needed where the database is on a server, must name the file of the key")]
    Unnamed,
    /// No random numbers.
    #[error("no random numbers: {0}")]
    Random(#[from] getrandom::Error),
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
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let draft = file.with_extension("new");
    let mut made = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    made.write_all(bytes)?;
    made.sync_all()?;
    // Unlike a rename, a link never takes the place of a key that somebody else has just made.
    let linked = fs::hard_link(&draft, file);
    fs::remove_file(&draft)?;
    linked?;
    File::open(folder)?.sync_all()
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
