//! `keygen`: a key pair for the regulator. The private half never leaves the regulator's side: it is
//! written for its owner alone, and nothing here sends anything.

use std::{
    fs::OpenOptions,
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use factory_assurance::dsse::{DsseError, PrivateKey};

use crate::{exit::Exit, failure::Failure};

/// Options of `keygen`.
#[derive(Debug, clap::Args)]
pub struct KeygenArguments {
    /// File for the private key; the public one stands beside it and ends in `.pub`
    #[arg(default_value = "regulator.pem", value_name = "FILE")]
    file: PathBuf,
}

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeygenError {
    /// A file of this name exists. A key that was overwritten is gone for ever.
    #[error("{0} exists and is not overwritten; name another file")]
    Exists(String),
    /// A file cannot be written.
    #[error("{file} cannot be written")]
    Write {
        /// Its name.
        file: String,
        /// Cause.
        #[source]
        source: io::Error,
    },
    /// The key cannot be encoded.
    #[error("the key cannot be written down")]
    Encode(#[source] DsseError),
}

/// Makes a key pair.
pub fn run(arguments: &KeygenArguments) -> Result<Exit, Failure> {
    let public_file = arguments.file.with_extension("pub");
    for file in [&arguments.file, &public_file] {
        if file.exists() {
            return Err(KeygenError::Exists(file.display().to_string()).into());
        }
    }
    let key = PrivateKey::generate();
    write_new(&arguments.file, 0o600, &key.to_pem().map_err(KeygenError::Encode)?)?;
    write_new(&public_file, 0o644, &key.public().to_pem().map_err(KeygenError::Encode)?)?;
    let id = key.public().id().map_err(KeygenError::Encode)?;
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "Private key: {} (keep it: whoever has it confirms in the regulator's name)",
        arguments.file.display()
    )?;
    writeln!(out, "Public key:  {} (for the chart's value regulator.publicKeys)", public_file.display())?;
    writeln!(out, "Key id:      {id}")?;
    Ok(Exit::Good)
}

/// Writes a file that must not exist, with its rights from the first moment on.
fn write_new(path: &Path, mode: u32, text: &str) -> Result<(), KeygenError> {
    let failed = |source: io::Error| match source.kind() {
        io::ErrorKind::AlreadyExists => KeygenError::Exists(path.display().to_string()),
        _ => KeygenError::Write { file: path.display().to_string(), source },
    };
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path).map_err(failed)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)
}
