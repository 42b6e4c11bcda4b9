//! `confirm` and `return`: what the regulator does with a submission (63.3). The dossier is verified
//! on this machine before anything is signed, and what is signed names exactly what was verified.

use std::{
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use factory_assurance::{
    confirmation::{self, Confirmed},
    dossier::Verified,
    dsse::{DsseError, PublicKey},
    wire::{Procedure, SubmissionState},
};
use factory_crds::Outcome;
use factory_device::DeviceError;
use k8s_openapi::jiff::Timestamp;

use super::{
    signing::Signing,
    verify::{self, VerifyError},
};
use crate::{
    arguments::Connection,
    cluster::Cluster,
    exit::Exit,
    failure::Failure,
    outcome,
    register::{
        Register,
        submissions::{self, FindError},
    },
    terminal::harmless,
};

/// Options of `confirm`.
#[derive(Debug, clap::Args)]
pub struct ConfirmArguments {
    /// Id of a submission, or the service whose newest release was submitted
    #[arg(value_name = "SERVICE|SUBMISSION")]
    submission: String,
    /// Public key of the factory's dossiers; the one that the cluster publishes where it is not given
    #[arg(long, value_name = "PEM")]
    dossier_key: Option<PathBuf>,
    /// How it is signed.
    #[command(flatten)]
    signing: Signing,
}

/// Options of `return`.
#[derive(Debug, clap::Args)]
pub struct ReturnArguments {
    /// Id of a submission, or the service whose newest release was submitted
    #[arg(value_name = "SERVICE|SUBMISSION")]
    submission: String,
    /// What the owner must mend
    #[arg(short, long, value_name = "TEXT")]
    reason: String,
}

/// Why nothing was decided.
#[derive(Debug, thiserror::Error)]
pub enum DecideError {
    /// It is not clear which submission is meant.
    #[error(transparent)]
    Find(#[from] FindError),
    /// The dossier does not hold.
    #[error("not confirmed")]
    Verify(#[from] VerifyError),
    /// The register says of the dossier what is not in it.
    #[error("not confirmed: the register says {field} `{stated}`, but the dossier gives `{computed}`")]
    Differs {
        /// Which part.
        field: &'static str,
        /// As the register says.
        stated: String,
        /// As it follows from the dossier.
        computed: String,
    },
    /// Only what passed can be confirmed.
    #[error("not confirmed: the verdict is {0}, and only what passed can be confirmed (63.3)")]
    NotPassed(&'static str),
    /// The private key cannot be read.
    #[error("the key {file} cannot be read")]
    ReadKey {
        /// Its name.
        file: String,
        /// Cause.
        #[source]
        source: io::Error,
    },
    /// Others can read the private key.
    #[error("the key {0} can be read by others; run `chmod 600 {0}`")]
    OpenKey(String),
    /// The file is no key, or the statement cannot be signed.
    #[error("the key {file} cannot sign")]
    BadKey {
        /// Its name.
        file: String,
        /// Cause.
        #[source]
        source: DsseError,
    },
    /// The file names a key in a device, and that cannot be used.
    #[error("the key {file} cannot sign")]
    Device {
        /// Its name.
        file: String,
        /// Cause.
        #[source]
        source: DeviceError,
    },
    /// The cluster publishes no key for dossiers.
    #[error("the cluster publishes no key for dossiers; give it with --dossier-key")]
    NoDossierKey,
    /// Nobody can be asked.
    #[error("not confirmed: without a terminal, say --yes")]
    NobodyToAsk,
    /// The person said no.
    #[error("not confirmed: you did not say yes")]
    Declined,
    /// A return without a reason.
    #[error("--reason is empty; say what the owner must mend (63.3)")]
    NoReason,
}

/// Verifies a submission's dossier, shows it, signs a confirmation and hands it to the register.
pub async fn confirm(arguments: &ConfirmArguments, connection: &Connection) -> Result<Exit, Failure> {
    // First what can fail without asking anyone.
    let key = arguments.signing.key()?;
    let cluster = Cluster::connect(connection).await?;
    let register = Register::connect(connection, &cluster).await?;
    let submission = submissions::find(&register, &cluster, &arguments.submission).await.map_err(DecideError::from)?;
    let pinned = dossier_keys(arguments.dossier_key.as_deref(), &cluster).await?;
    let envelope = register.dossier(&submission.id).await?;
    let verified = Verified::open(&envelope, &pinned).map_err(|error| DecideError::Verify(error.into()))?;
    let bundle = verified.dossier.predicate.bundle.digest().map_err(io::Error::other)?;
    agree(&submission, &verified, &bundle)?;
    verify::write_text(&verified)?;
    if matches!(submission.state, Procedure::Confirmed | Procedure::Registered | Procedure::Withdrawn) {
        return report(&submission, &register);
    }
    if verified.verdict.outcome != Outcome::Passed {
        return Err(DecideError::NotPassed(outcome::word(verified.verdict.outcome)).into());
    }
    let resource = verified.dossier.predicate.subject.resource();
    arguments.signing.consent(&format!("Confirm {resource} in the regulator's name?"))?;
    let office = arguments.signing.office(&cluster).await?;
    let standard = verified.dossier.predicate.standard.named();
    let confirmed = Confirmed { resource: &resource, bundle: &bundle, dossier: &verified.digest, standard: &standard };
    let statement = confirmation::statement(&confirmed, &office, &Timestamp::now().to_string());
    let signed = arguments.signing.sign(&statement, &*key)?;
    report(&register.confirm(&submission.id, signed).await?, &register)
}

/// Sends a submission back with a reason.
pub async fn send_back(arguments: &ReturnArguments, connection: &Connection) -> Result<Exit, Failure> {
    let reason = arguments.reason.trim();
    if reason.is_empty() {
        return Err(DecideError::NoReason.into());
    }
    let cluster = Cluster::connect(connection).await?;
    let register = Register::connect(connection, &cluster).await?;
    let submission = submissions::find(&register, &cluster, &arguments.submission).await.map_err(DecideError::from)?;
    report(&register.send_back(&submission.id, reason).await?, &register)
}

/// What the register says of a submission must be what its dossier says: a confirmation would bind
/// the wrong thing otherwise.
fn agree(submission: &SubmissionState, verified: &Verified, bundle: &str) -> Result<(), DecideError> {
    let subject = &verified.dossier.predicate.subject;
    for (field, stated, computed) in [
        ("subject", submission.subject.resource(), subject.resource()),
        ("release UID", submission.subject.release_uid.clone(), subject.release_uid.clone()),
        ("commit", submission.subject.commit.clone(), subject.commit.clone()),
        ("bundle", submission.bundle.clone(), bundle.to_owned()),
        ("dossier", submission.dossier.clone(), verified.digest.clone()),
        (
            "verdict",
            outcome::word(submission.verdict.outcome).to_owned(),
            outcome::word(verified.verdict.outcome).to_owned(),
        ),
    ] {
        if stated != computed {
            return Err(DecideError::Differs { field, stated, computed });
        }
    }
    Ok(())
}

/// The key that was given, or those that the cluster publishes: the one that signs now, and others that signed what
/// still waits. The register has taken each dossier while its key signed.
async fn dossier_keys(given: Option<&Path>, cluster: &Cluster) -> Result<Vec<PublicKey>, Failure> {
    if let Some(path) = given {
        return Ok(vec![verify::read_key(path).map_err(DecideError::from)?]);
    }
    let mut keys = Vec::new();
    for (name, pem) in cluster.published().await? {
        if name.starts_with("dossier") && Path::new(&name).extension().is_some_and(|extension| extension == "pub") {
            let file = format!("the key {name} that the cluster publishes");
            let key = PublicKey::from_pem(&pem).map_err(|source| VerifyError::Key { file, source });
            keys.push(key.map_err(DecideError::from)?);
        }
    }
    if keys.is_empty() {
        return Err(DecideError::NoDossierKey.into());
    }
    eprintln!("The key for dossiers is the one that the cluster publishes; pin your own with --dossier-key.");
    Ok(keys)
}

/// Says where the procedure stands now.
fn report(submission: &SubmissionState, register: &Register) -> Result<Exit, Failure> {
    let mut out = io::stdout().lock();
    match submission.state {
        Procedure::Registered => writeln!(out, "Registered: the entry is public.")?,
        Procedure::Confirmed => {
            let missing: Vec<_> = submission.missing.iter().map(|group| format!("17.{group}")).collect();
            let missing = if missing.is_empty() { "its data".to_owned() } else { missing.join(", ") };
            writeln!(out, "Confirmed: the entry waits for {missing} (item 21).")?;
        }
        Procedure::Returned => writeln!(out, "Returned: {}", harmless(&submission.reason))?,
        Procedure::Submitted => writeln!(out, "Submitted: it waits for the regulator.")?,
        Procedure::Revoked => writeln!(out, "Revoked: its confirmation no longer holds.")?,
        Procedure::Withdrawn => writeln!(out, "Withdrawn or excluded (item 21): {}", harmless(&submission.reason))?,
    }
    if let Some(entry) = &submission.entry {
        writeln!(out, "{}{entry}", register.address())?;
    }
    Ok(Exit::Good)
}
