//! `verify-entry PROOF --log-key KEY`: holds an entry of the public register against the register's log.
//! Offline: it asks nobody, and believes nobody but the pinned keys of the log and of witnesses.

use std::{
    io::{self, Write as _},
    path::PathBuf,
};

use factory_assurance::log::{
    Checkpoint,
    note::Verifier,
    served::{EventProof, OBJECT_ENTRY, ServedError},
};
use serde_json::{Value, json};

use super::verify::{grounds::sealed, read_bytes};
use crate::{arguments::Format, exit::Exit, failure::Failure, terminal};

/// Options of `verify-entry`.
#[derive(Debug, clap::Args)]
pub struct VerifyEntryArguments {
    /// The proof, as the entry's page offers it; `-` reads the standard input
    #[arg(value_name = "PROOF")]
    proof: PathBuf,
    /// Public key of the register's log (`name+id+base64`), which you got by another way than the proof
    #[arg(short, long, value_name = "KEY")]
    log_key: Verifier,
    /// Public key of a witness that must have co-signed; may be repeated
    #[arg(short, long, value_name = "KEY")]
    witness: Vec<Verifier>,
    /// How the result is written
    #[arg(short, long, value_enum, default_value_t)]
    output: Format,
}

/// Why an entry is not to be believed.
#[derive(Debug, thiserror::Error)]
pub enum VerifyEntryError {
    /// The file is no proof.
    #[error("{file} is no proof of an entry (JSON, as the register serves it)")]
    NoProof {
        /// Its name.
        file: String,
        /// Cause.
        #[source]
        source: serde_json::Error,
    },
    /// The proof does not hold.
    #[error("the proof does not hold")]
    DoesNotHold(#[source] ServedError),
}

/// Verifies a file. Exit code 0 says that the entry is in the log that the pinned key signs.
pub fn run(arguments: &VerifyEntryArguments) -> Result<Exit, Failure> {
    let bytes = read_bytes(&arguments.proof)?;
    let file = arguments.proof.display().to_string();
    let proof: EventProof =
        serde_json::from_slice(&bytes).map_err(|source| VerifyEntryError::NoProof { file, source })?;
    let held = proof.verify(&arguments.log_key, &arguments.witness).map_err(VerifyEntryError::DoesNotHold);
    match (arguments.output, held) {
        (Format::Text, Ok(checkpoint)) => write_text(&proof, &checkpoint, &arguments.witness)?,
        (Format::Json, Ok(checkpoint)) => write_json(&json!({
            "holds": true,
            "event": proof.public.place,
            "log": { "origin": checkpoint.origin, "size": checkpoint.size, "root": checkpoint.root },
        }))?,
        // A program that asked for JSON gets the reason as JSON too.
        (Format::Json, Err(error)) => {
            write_json(&json!({ "holds": false, "reason": Failure::from(error).line() }))?;
            return Ok(Exit::Error);
        }
        (Format::Text, Err(error)) => return Err(error.into()),
    }
    Ok(Exit::Good)
}

fn write_text(proof: &EventProof, checkpoint: &Checkpoint, witnesses: &[Verifier]) -> io::Result<()> {
    let (place, event) = (&proof.public.place, &proof.public.event);
    let text = |pointer: &str| harmless(event.pointer(pointer).and_then(Value::as_str).unwrap_or("–"));
    let mut out = io::stdout().lock();
    writeln!(out, "The proof holds: the entry is in the log that the pinned key has signed.")?;
    writeln!(out, "Log:      {}, {} events, root {}", checkpoint.origin, checkpoint.size, checkpoint.root)?;
    for witness in witnesses {
        writeln!(out, "Witness:  {} has co-signed", witness.name())?;
    }
    writeln!(out, "Event:    {} ({}), {}", place.seq, harmless(&place.kind), harmless(&place.time))?;
    if place.kind == OBJECT_ENTRY {
        writeln!(out, "Object:   {}/{}, {}", text("/object/participant"), text("/object/name"), text("/object/kind"))?;
        writeln!(out, "No test by the factory was needed: {}", text("/object/explanation"))?;
        return writeln!(out, "Digest:   {}", text("/digest"));
    }
    let subject = "/summary/subject";
    writeln!(
        out,
        "Service:  {}/{}, release {}",
        text(&format!("{subject}/participant")),
        text(&format!("{subject}/service")),
        text(&format!("{subject}/release"))
    )?;
    if event.pointer("/under/delegation").is_some() {
        // No person confirmed it: the delegation is an event of the same log.
        writeln!(out, "Entered under the delegation {} by {}", text("/under/delegation"), text("/confirmedBy"))?;
    } else {
        writeln!(out, "Confirmed by {}, {}", text("/confirmedBy"), text("/confirmedAt"))?;
    }
    if let Some(organisation) = event.pointer("/sealedBy").and_then(Value::as_str) {
        writeln!(out, "Signed:   {}", sealed(&harmless(organisation)))?;
    }
    writeln!(out, "Bundle:   {}", text("/summary/bundle"))?;
    writeln!(out, "Dossier:  {}", text("/summary/dossier"))
}

/// What others wrote, as a part of one line: more lines could look like ours.
fn harmless(text: &str) -> String {
    terminal::harmless(&text.split_whitespace().collect::<Vec<_>>().join(" "))
}

fn write_json(value: &Value) -> Result<(), Failure> {
    writeln!(io::stdout(), "{}", serde_json::to_string_pretty(value)?)?;
    Ok(())
}
