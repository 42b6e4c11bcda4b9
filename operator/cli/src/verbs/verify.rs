//! `verify DOSSIER --key dossier.pub`: holds a dossier against a pinned key and against itself, and
//! computes its verdict again from the evidence inside. Offline: it asks nobody, and believes nobody
//! but the key. The file may also be everything that a public entry stands on: `verify/grounds.rs`.

pub mod grounds;

use std::{
    fs::File,
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
};

use factory_assurance::{
    dossier::{DossierError, TestResult, Verified},
    dsse::{DsseError, Envelope, PublicKey},
    measurement::{self, MeasurementError},
    term::Term,
};
use k8s_openapi::jiff::Timestamp;
use serde_json::json;

use crate::{arguments::Format, exit::Exit, failure::Failure, outcome, terminal::harmless};

/// The register takes no dossier larger than 32 MiB, and no entry stands on more than two.
const LARGEST: u64 = 66 * 1024 * 1024;

/// Options of `verify`.
#[derive(Debug, clap::Args)]
pub struct VerifyArguments {
    /// The signed dossier, or what an entry stands on as its page offers it; `-` reads the standard input
    #[arg(value_name = "DOSSIER|GROUNDS")]
    dossier: PathBuf,
    /// Public key of the factory's dossiers, which you got by another way than the dossier; may be repeated
    #[arg(short, long, required = true, value_name = "PEM")]
    key: Vec<PathBuf>,
    /// Public key of the factory's lab: its evidence must be what the lab measured, signed with it; may be repeated
    #[arg(long, value_name = "PEM")]
    lab_key: Vec<PathBuf>,
    /// Keys for the grounds of an entry.
    #[command(flatten)]
    pins: grounds::Pins,
    /// How the result is written
    #[arg(short, long, value_enum, default_value_t)]
    output: Format,
}

/// Why a dossier is not to be believed, or could not be looked at.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// A file cannot be read.
    #[error("{file} cannot be read")]
    Read {
        /// Its name.
        file: String,
        /// Cause.
        #[source]
        source: io::Error,
    },
    /// A file is no key.
    #[error("{file}")]
    Key {
        /// Its name.
        file: String,
        /// Cause.
        #[source]
        source: DsseError,
    },
    /// A file is too large.
    #[error("{file} is larger than {LARGEST} bytes; no dossier and no entry's grounds are")]
    TooLarge {
        /// Its name.
        file: String,
    },
    /// A file is no envelope.
    #[error("{file} is no signed dossier (a DSSE envelope in JSON)")]
    NoEnvelope {
        /// Its name.
        file: String,
        /// Cause.
        #[source]
        source: serde_json::Error,
    },
    /// The signature does not hold, or what is signed is no dossier or contradicts itself.
    #[error("the dossier does not hold")]
    Dossier(#[from] DossierError),
    /// Its evidence is not what the lab measured.
    #[error("the dossier does not hold")]
    Measurement(#[source] MeasurementError),
    /// It is what an entry stands on.
    #[error(transparent)]
    Grounds(#[from] grounds::GroundsError),
}

impl VerifyError {
    /// Whether it says something of the dossier, rather than of the files.
    const fn is_about_the_dossier(&self) -> bool {
        matches!(self, Self::Dossier(_) | Self::Measurement(_))
    }
}

/// Reads a public key.
pub fn read_key(path: &Path) -> Result<PublicKey, VerifyError> {
    let file = path.display().to_string();
    let pem = std::fs::read_to_string(path).map_err(|source| VerifyError::Read { file: file.clone(), source })?;
    PublicKey::from_pem(&pem).map_err(|source| VerifyError::Key { file, source })
}

/// Reads an envelope from a file, or from the standard input.
pub fn read_envelope(path: &Path) -> Result<Envelope, VerifyError> {
    envelope_in(&read_bytes(path)?, path)
}

fn envelope_in(bytes: &[u8], path: &Path) -> Result<Envelope, VerifyError> {
    serde_json::from_slice(bytes).map_err(|source| VerifyError::NoEnvelope { file: path.display().to_string(), source })
}

/// Reads a file that is at most as large as what an entry stands on, or the standard input.
pub fn read_bytes(path: &Path) -> Result<Vec<u8>, VerifyError> {
    let file = path.display().to_string();
    let mut bytes = Vec::new();
    let read = if path.as_os_str() == "-" {
        io::stdin().lock().take(LARGEST + 1).read_to_end(&mut bytes)
    } else {
        File::open(path).and_then(|file| file.take(LARGEST + 1).read_to_end(&mut bytes))
    };
    read.map_err(|source| VerifyError::Read { file: file.clone(), source })?;
    if bytes.len() as u64 > LARGEST {
        return Err(VerifyError::TooLarge { file });
    }
    Ok(bytes)
}

/// Verifies a file. Exit code 0 says that it holds, whatever the verdict of its dossier is.
pub fn run(arguments: &VerifyArguments) -> Result<Exit, Failure> {
    let keys = arguments.key.iter().map(|path| read_key(path)).collect::<Result<Vec<_>, _>>()?;
    let bytes = read_bytes(&arguments.dossier)?;
    let lab = arguments.lab_key.iter().map(|path| read_key(path)).collect::<Result<Vec<_>, _>>()?;
    if grounds::is_one(&bytes) {
        return grounds::run(arguments, &bytes, (&keys, &lab));
    }
    grounds::alone(&arguments.pins, &arguments.dossier).map_err(VerifyError::from)?;
    let envelope = envelope_in(&bytes, &arguments.dossier)?;
    let held = Verified::open(&envelope, &keys).map_err(VerifyError::Dossier);
    let held = held.and_then(|verified| measured(&verified, &lab).map(|()| verified));
    match (arguments.output, held) {
        (Format::Text, Ok(verified)) => {
            write_text(&verified)?;
            writeln!(io::stdout(), "{}", measured_line(&lab))?;
        }
        (Format::Json, Ok(verified)) => write_json(&verified, &lab)?,
        // A program that asked for JSON gets the reason as JSON too.
        (Format::Json, Err(error)) if error.is_about_the_dossier() => {
            let line = Failure::from(error).line();
            writeln!(io::stdout(), "{}", serde_json::to_string_pretty(&json!({ "holds": false, "reason": line }))?)?;
            return Ok(Exit::Error);
        }
        (_, Err(error)) => return Err(error.into()),
    }
    Ok(Exit::Good)
}

/// Writes what a verified dossier says.
pub fn write_text(verified: &Verified) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "The dossier holds: signed with the pinned key, about the bundle inside, and its verdict follows from its evidence."
    )?;
    write_result(&mut out, &verified.dossier.predicate, &verified.digest)
}

/// Writes what a dossier of this `digest` says, whose verdict has been computed again.
fn write_result(out: &mut impl io::Write, result: &TestResult, digest: &str) -> io::Result<()> {
    let subject = &result.subject;
    writeln!(out, "Service:  {}/{}, release {}", subject.participant, subject.service, subject.release)?;
    writeln!(out, "Source:   {} at {}", subject.source, subject.commit)?;
    writeln!(out, "Bundle:   {}", result.bundle.digest().map_err(io::Error::other)?)?;
    writeln!(out, "Standard: {} version {}", result.standard.name, result.standard.version)?;
    writeln!(out, "Run:      {}, attempt {} at this bundle", result.announcement.id, result.announcement.attempt)?;
    writeln!(out, "Dossier:  {digest}")?;
    if let Some(earlier) = earlier(result) {
        writeln!(
            out,
            "Earlier:  it builds on {} dossiers of earlier runs, of {} attempts at this bundle before it; its figures of them are those that were announced, and not held against them here",
            earlier.len(),
            result.announcement.attempt.saturating_sub(1)
        )?;
        for dossier in earlier {
            writeln!(out, "          {}", harmless(dossier))?;
        }
    }
    outcome::write(out, &result.verdict)
}

/// Digests of the dossiers that it builds on, where its standard has earlier runs count.
fn earlier(result: &TestResult) -> Option<&[String]> {
    result.plan.prove.history.as_ref().map(|history| history.dossiers.as_slice())
}

/// Holds the evidence of a dossier against the keys of the `lab`, where some are pinned. Whoever pins a key takes what it
/// signed at any time: the register held it against its time.
fn measured(verified: &Verified, lab: &[PublicKey]) -> Result<(), VerifyError> {
    let pinned: Vec<Term> = lab.iter().cloned().map(Term::at_all_times).collect();
    if pinned.is_empty() {
        return Ok(());
    }
    measurement::verify(verified, &pinned, Timestamp::now()).map_err(VerifyError::Measurement)
}

/// What is said of evidence that holds.
const fn measured_line(lab: &[PublicKey]) -> &'static str {
    if lab.is_empty() {
        "Measured: not held against a key of the lab (--lab-key)"
    } else {
        "Measured: by the lab, signed with its pinned key"
    }
}

fn write_json(verified: &Verified, lab: &[PublicKey]) -> Result<(), Failure> {
    let result = &verified.dossier.predicate;
    let mut json = json!({
        "holds": true,
        "subject": result.subject,
        "bundle": result.bundle.digest().map_err(|error| io::Error::other(error.to_string()))?,
        "standard": { "name": result.standard.name, "version": result.standard.version },
        "announcement": result.announcement,
        "dossier": verified.digest,
        "heldAgainstLab": !lab.is_empty(),
        "verdict": verified.verdict,
    });
    if let Some(earlier) = earlier(result) {
        json["earlierDossiers"] = json!(earlier);
    }
    writeln!(io::stdout(), "{}", serde_json::to_string_pretty(&json)?)?;
    Ok(())
}
