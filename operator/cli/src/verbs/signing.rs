//! How the regulator's statements are signed: with which key, in whose name, and after which question. The private key
//! is read here and never sent; it may be in a device, which signs and never shows it.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use factory_assurance::{
    dsse::{self, Envelope, PrivateKey},
    signing,
};
use factory_device::{Uri, key::P256};
use serde::Serialize;

use super::decide::DecideError;
use crate::{cluster::Cluster, failure::Failure, terminal};

/// How a statement is signed.
#[derive(Debug, clap::Args)]
pub struct Signing {
    /// File of the regulator's private key, or with a line `pkcs11:…` that names one in a device
    #[arg(short, long, env = "FACTORY_REGULATOR_KEY", value_name = "PEM")]
    key: PathBuf,
    /// Name of the regulator's office as it stands in the statement; your user name where it is not given
    #[arg(long, env = "FACTORY_OFFICE", value_name = "NAME")]
    office: Option<String>,
    /// Sign without being asked
    #[arg(short, long)]
    yes: bool,
}

impl Signing {
    /// The key in the file, or in the device that the file names. What holds the secret, the file or that of the PIN,
    /// must not be open to others.
    pub fn key(&self) -> Result<Box<signing::P256>, DecideError> {
        let file = self.key.display().to_string();
        let text =
            fs::read_to_string(&self.key).map_err(|source| DecideError::ReadKey { file: file.clone(), source })?;
        let Some(uri) = Uri::in_file(&text) else {
            closed(&self.key)?;
            let key = PrivateKey::from_pem(&text).map_err(|source| DecideError::BadKey { file, source })?;
            return Ok(Box::new(key));
        };
        let in_device = |source| DecideError::Device { file: file.clone(), source };
        let uri = uri.map_err(|error| in_device(error.into()))?;
        closed(&uri.pin)?;
        Ok(Box::new(factory_device::Key::<P256>::open(uri).map_err(in_device)?))
    }

    /// Asks the person a question that only `yes` answers, unless it was answered already.
    pub fn consent(&self, question: &str) -> Result<(), Failure> {
        if self.yes {
            return Ok(());
        }
        if !terminal::can_ask() {
            return Err(DecideError::NobodyToAsk.into());
        }
        let answer = terminal::ask(&format!("{question} Write yes"), "")?;
        if answer == "yes" { Ok(()) } else { Err(DecideError::Declined.into()) }
    }

    /// The office that signs.
    pub async fn office(&self, cluster: &Cluster) -> Result<String, Failure> {
        match &self.office {
            Some(office) => Ok(office.clone()),
            None => Ok(cluster.user().await?),
        }
    }

    /// What is handed in: `statement`, signed with the `key`.
    pub fn sign<T: Serialize>(&self, statement: &T, key: &signing::P256) -> Result<Envelope, DecideError> {
        let bad = |source| DecideError::BadKey { file: self.key.display().to_string(), source };
        dsse::sign(statement, key).map_err(bad)
    }
}

/// That nobody else may read the secret at `path`.
fn closed(path: &Path) -> Result<(), DecideError> {
    let file = path.display().to_string();
    let mode =
        fs::metadata(path).map_err(|source| DecideError::ReadKey { file: file.clone(), source })?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(DecideError::OpenKey(file));
    }
    Ok(())
}
