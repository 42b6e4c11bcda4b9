//! `verify GROUNDS`: holds everything that a public entry stands on, in the one file that its page offers, against
//! pinned keys of log, regulator and factory. Offline, as a dossier is: it asks nobody.

use std::{
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use factory_assurance::{
    dossier::Verified,
    dsse::PublicKey,
    grounds::{self, Decided, Grounds, Held, Pinned},
    log::note::Verifier,
    term::{self, Term, TermError},
};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::{Value, json};

use super::{VerifyArguments, VerifyError, measured, measured_line, write_result};
use crate::{arguments::Format, exit::Exit, failure::Failure, terminal::harmless};

/// Keys that an entry's grounds are held against, beside that of dossiers.
#[derive(Debug, clap::Args)]
pub struct Pins {
    /// For the grounds of an entry: public key of the regulator, as the register pins it; may be repeated
    #[arg(long, value_name = "PEM")]
    regulator_key: Vec<PathBuf>,
    /// For the grounds of an entry: public key of the register's log (`name+id+base64`)
    #[arg(long, value_name = "KEY")]
    log_key: Option<Verifier>,
    /// For the grounds of an entry: public key of a witness that must have co-signed; may be repeated
    #[arg(long, value_name = "KEY")]
    witness: Vec<Verifier>,
}

/// Why the grounds of an entry are not to be believed, or could not be looked at.
#[derive(Debug, thiserror::Error)]
pub enum GroundsError {
    /// The file has an entry, and is none of the register's all the same.
    #[error("{file} is not what an entry stands on (JSON, as the register serves it)")]
    NoGrounds {
        /// Its name.
        file: String,
        /// Cause.
        #[source]
        source: serde_json::Error,
    },
    /// Keys are missing.
    #[error("{0} is what an entry stands on; give --regulator-key and --log-key as well")]
    Needs(String),
    /// A dossier alone says nothing of the regulator, so nothing was held against those keys.
    #[error(
        "{0} is a dossier alone: for --regulator-key, --log-key and --witness take the file that the entry's page offers"
    )]
    Alone(String),
    /// A file is no key.
    #[error("{file}")]
    Key {
        /// Its name.
        file: String,
        /// Cause.
        #[source]
        source: TermError,
    },
    /// Something does not hold.
    #[error("the entry does not hold")]
    DoesNotHold(#[source] grounds::GroundsError),
}

/// Whether a file is what an entry stands on, rather than a dossier.
pub fn is_one(bytes: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Probe {
        #[serde(rename = "entry")]
        _entry: IgnoredAny,
    }
    serde_json::from_slice::<Probe>(bytes).is_ok()
}

/// Refuses keys that would not be looked at.
pub fn alone(pins: &Pins, file: &Path) -> Result<(), GroundsError> {
    let Pins { regulator_key, log_key, witness } = pins;
    if regulator_key.is_empty() && log_key.is_none() && witness.is_empty() {
        return Ok(());
    }
    Err(GroundsError::Alone(file.display().to_string()))
}

/// Verifies the file with these `bytes`. Exit code 0 says that everything holds.
pub fn run(
    arguments: &VerifyArguments,
    bytes: &[u8],
    (factory, lab): (&[PublicKey], &[PublicKey]),
) -> Result<Exit, Failure> {
    let file = arguments.dossier.display().to_string();
    let pins = &arguments.pins;
    let regulator = pins.regulator_key.iter().map(|path| read_term(path)).collect::<Result<Vec<_>, _>>()?;
    term::of_one_kind(&regulator)
        .map_err(|source| VerifyError::from(GroundsError::Key { file: "--regulator-key".to_owned(), source }))?;
    let Some(log) = pins.log_key.as_ref().filter(|_| !regulator.is_empty()) else {
        return Err(VerifyError::from(GroundsError::Needs(file)).into());
    };
    let grounds: Grounds =
        serde_json::from_slice(bytes).map_err(|source| VerifyError::from(GroundsError::NoGrounds { file, source }))?;
    let pinned = Pinned { log, witnesses: &pins.witness, regulator: &regulator, factory };
    let held = grounds.verify(&pinned).map_err(|error| VerifyError::from(GroundsError::DoesNotHold(error)));
    let held = held.and_then(|held| {
        if !lab.is_empty() {
            measured(&Verified::unsigned(&grounds.dossier).map_err(VerifyError::Dossier)?, lab)?;
        }
        Ok(held)
    });
    match (arguments.output, held) {
        (Format::Text, Ok(held)) => {
            write_text(&grounds, &held, &pins.witness)?;
            writeln!(io::stdout(), "{}", measured_line(lab))?;
        }
        (Format::Json, Ok(held)) => write_json(&as_json(&grounds, &held)?)?,
        // A program that asked for JSON gets the reason as JSON too.
        (Format::Json, Err(error)) => {
            write_json(&json!({ "holds": false, "reason": Failure::from(error).line() }))?;
            return Ok(Exit::Error);
        }
        (Format::Text, Err(error)) => return Err(error.into()),
    }
    Ok(Exit::Good)
}

/// Reads a public key with the time in which it signs.
fn read_term(path: &Path) -> Result<Term, VerifyError> {
    let file = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|source| VerifyError::Read { file: file.clone(), source })?;
    Ok(Term::read(&text).map_err(|source| GroundsError::Key { file, source })?)
}

fn write_text(grounds: &Grounds, held: &Held, witnesses: &[Verifier]) -> io::Result<()> {
    let (place, log) = (&grounds.entry.public.place, &held.checkpoint);
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "The entry holds: it is in the log that the pinned key has signed, and stands on the dossier and on what the regulator signed."
    )?;
    writeln!(out, "Log:      {}, {} events, root {}", log.origin, log.size, log.root)?;
    for witness in witnesses {
        writeln!(out, "Witness:  {} has co-signed", witness.name())?;
    }
    writeln!(out, "Event:    {} (entry), {}", place.seq, harmless(&place.time))?;
    match &held.decided {
        Decided::Confirmed { office, at, seal } => {
            writeln!(out, "Decided:  confirmed by {}, {}", harmless(office), harmless(at))?;
            writeln!(out, "Signed:   {}", by(seal.as_deref()))?;
        }
        Decided::Delegated(given) => {
            writeln!(out, "Decided:  entered without a person, under the delegation {}", given.id)?;
            writeln!(out, "Given by: {}", harmless(&given.office))?;
            writeln!(out, "Signed:   {}", by(given.seal.as_deref()))?;
            let terms = &given.terms;
            let (scope, class) = (terms.scope(), terms.class.name());
            writeln!(out, "Covers:   {scope}, {class}, from {} until {}", terms.from, terms.until)?;
            writeln!(out, "Reason:   {}", harmless(&terms.reason))?;
            let (base, seal) = (harmless(&given.base), by(given.base_seal.as_deref()));
            writeln!(out, "Compared: with release {base}, which the regulator confirmed ({seal})")?;
            match &given.revoked {
                Some((event, time)) => {
                    writeln!(out, "Revoked:  by event {event}, {}, after this entry", harmless(time))?;
                }
                None => writeln!(
                    out,
                    "Revoked:  not as this file says; that it really was not, only the whole log says, which a witness reads"
                )?,
            }
        }
    }
    write_result(&mut out, &held.result, &grounds.dossier.payload_digest().map_err(io::Error::other)?)
}

/// Who signed, by the kind of the pinned key.
fn by(seal: Option<&str>) -> String {
    seal.map_or_else(|| "by a person".to_owned(), sealed)
}

/// What is said of a seal.
pub fn sealed(organisation: &str) -> String {
    format!("sealed by {}, by a server and not by a person", harmless(organisation))
}

fn as_json(grounds: &Grounds, held: &Held) -> io::Result<Value> {
    let (result, log) = (&held.result, &held.checkpoint);
    let decided = match &held.decided {
        Decided::Confirmed { office, at, seal } => json!({ "by": office, "at": at, "sealedBy": seal }),
        Decided::Delegated(by) => json!({
            "by": by.office,
            "sealedBy": by.seal,
            "delegation": by.id,
            "terms": by.terms,
            "base": { "release": by.base, "sealedBy": by.base_seal },
            "revoked": by.revoked.as_ref().map(|(event, at)| json!({ "event": event, "at": at })),
        }),
    };
    Ok(json!({
        "holds": true,
        "event": grounds.entry.public.place,
        "log": { "origin": log.origin, "size": log.size, "root": log.root },
        "decided": decided,
        "subject": result.subject,
        "bundle": result.bundle.digest().map_err(io::Error::other)?,
        "standard": { "name": result.standard.name, "version": result.standard.version },
        "announcement": result.announcement,
        "dossier": grounds.dossier.payload_digest().map_err(io::Error::other)?,
        "verdict": result.verdict,
    }))
}

fn write_json(value: &Value) -> Result<(), Failure> {
    writeln!(io::stdout(), "{}", serde_json::to_string_pretty(value)?)?;
    Ok(())
}
