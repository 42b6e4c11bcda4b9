//! Which dossier a person means: a file of theirs, or one that the register keeps. It must not
//! believe a signature that no key was given for.

use std::path::{Path, PathBuf};

use factory_assurance::{
    dossier::Dossier,
    dsse::{DsseError, Envelope},
    report::Signature,
    wire::SubmissionState,
};

use crate::{
    arguments::Connection,
    cluster::Cluster,
    failure::Failure,
    register::{
        Register,
        submissions::{self, FindError},
    },
    verbs::{
        decide::DecideError,
        verify::{self, VerifyError},
    },
};

/// A dossier, read.
pub struct Named {
    /// What it says.
    pub dossier: Dossier,
    /// `sha256:…` of its payload.
    pub digest: String,
    /// Whether its signature was held against a key.
    pub signature: Signature,
}

/// The dossier that `name` means, its signature held against the keys at `keys` if there are any.
pub async fn fetch(name: &str, keys: &[PathBuf], connection: &Connection) -> Result<Named, Failure> {
    let keys = keys.iter().map(|path| verify::read_key(path)).collect::<Result<Vec<_>, _>>()?;
    let envelope =
        if is_file(name) { verify::read_envelope(Path::new(name))? } else { from_register(name, connection).await? };
    let opened = if keys.is_empty() { envelope.unchecked() } else { envelope.open(&keys) };
    let signature = if keys.is_empty() { Signature::NotChecked } else { Signature::Holds };
    let wrong = |error: DsseError| VerifyError::Dossier(error.into());
    Ok(Named { dossier: opened.map_err(wrong)?, digest: envelope.payload_digest().map_err(wrong)?, signature })
}

/// Whatever is there, and what is spelt like a file although it is not.
fn is_file(name: &str) -> bool {
    let spelt = Path::new(name).extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
    name == "-" || spelt || name.starts_with(['.', '/']) || Path::new(name).is_file()
}

async fn from_register(name: &str, connection: &Connection) -> Result<Envelope, Failure> {
    let cluster = Cluster::connect(connection).await?;
    let register = Register::connect(connection, &cluster).await?;
    let submission = match submissions::find(&register, &cluster, name).await {
        Err(FindError::None(name)) => match of_release(&register, &cluster, &name).await {
            Some(submission) => submission,
            None => return Err(DecideError::from(FindError::None(name)).into()),
        },
        found => found.map_err(DecideError::from)?,
    };
    Ok(register.dossier(&submission.id).await?)
}

/// The submission of the release `name` or `participant/name`, as far as this person may see both.
async fn of_release(register: &Register, cluster: &Cluster, name: &str) -> Option<SubmissionState> {
    let (participant, release) = match name.split_once('/') {
        Some((participant, release)) => (Some(participant), release),
        None => (cluster.named_namespace(), name),
    };
    let release = cluster.in_namespace(participant).release(release).await.ok()?;
    let id = release.status.map(|status| status.submission).filter(|id| !id.is_empty())?;
    register.submission(&id).await.ok()?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_spelt_like_a_file_is_one() {
        for file in ["-", "dossier.json", "./dossier", "/tmp/x", "a/b/old.JSON"] {
            assert!(is_file(file), "{file}");
        }
        for name in ["registered-address", "social-registry/registered-address", "submission-1"] {
            assert!(!is_file(name), "{name}");
        }
    }
}
