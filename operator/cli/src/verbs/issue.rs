//! `issue`: the regulator issues versions of standards, from the manifests that the factory's cluster is given as well.
//! What is signed is the whole content that judges and the day from which it holds, made on this machine from what is
//! shown.

mod read;

use std::{
    io::{self, Write as _},
    path::PathBuf,
};

use factory_assurance::{
    canonical::{self, NotCanonical},
    issuance::{self, IssuanceError, Issued},
    standard::Standard,
    wire::{IssuedStandard, SignedStandard},
};
use factory_crds::state_service::ServiceClass;
use k8s_openapi::jiff::Timestamp;

use super::{lint::LintError, signing::Signing};
use crate::{
    arguments::Connection, cluster::Cluster, exit::Exit, failure::Failure, manifest::Diagnostic, register::Register,
    terminal::harmless,
};

/// Options of `issue`.
#[derive(Debug, clap::Args)]
pub struct IssueArguments {
    /// Manifests of kind ResilienceStandard; `-` reads the standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// How it is signed.
    #[command(flatten)]
    signing: Signing,
}

/// Why nothing was issued.
#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    /// A file cannot be read.
    #[error(transparent)]
    Read(#[from] LintError),
    /// A manifest does not hold.
    #[error("not issued: {file}:{found}; `kubectl factory lint {file}` shows everything")]
    Lint {
        /// Name of the file.
        file: String,
        /// The first error.
        found: Diagnostic,
    },
    /// It is a manifest of something else.
    #[error("not issued: {file}:{line}: kind: must be ResilienceStandard, not `{kind}`")]
    Kind {
        /// Name of the file.
        file: String,
        /// Where the document begins.
        line: u64,
        /// What it is.
        kind: String,
    },
    /// It is no standard for this version.
    #[error("not issued: {file} cannot be read as a ResilienceStandard")]
    Spec {
        /// Name of the file.
        file: String,
        /// Cause.
        #[source]
        source: serde_json::Error,
    },
    /// It cannot be issued as it is.
    #[error("not issued: {file}: {source}")]
    Statement {
        /// Name of the file.
        file: String,
        /// Which field.
        source: IssuanceError,
    },
    /// Its version was issued, and says something else.
    #[error("not issued: {field}: not as `{standard}` was issued; a standard that is changed gets another version")]
    Differs {
        /// The first field that differs.
        field: String,
        /// `<name>@<version>`.
        standard: String,
    },
    /// It has no canonical form.
    #[error(transparent)]
    NotCanonical(#[from] NotCanonical),
}

/// Shows the standards, signs an issuance of each and hands them to the register. What was issued before is said, and
/// not signed again.
pub async fn run(arguments: &IssueArguments, connection: &Connection) -> Result<Exit, Failure> {
    // First what can fail without asking anyone.
    let key = arguments.signing.key()?;
    let mut wanted = Vec::new();
    for file in &arguments.files {
        wanted.extend(read::standards(file)?);
    }
    let cluster = Cluster::connect(connection).await?;
    let register = Register::connect(connection, &cluster).await?;
    let mut new = Vec::new();
    for (standard, from) in wanted {
        match register.standard(&standard.name, &standard.version).await? {
            Some(held) => {
                same(&held, &standard, &from)?;
                tell("Was issued before", &held.issued)?;
            }
            None => new.push((standard, from)),
        }
    }
    if new.is_empty() {
        return Ok(Exit::Good);
    }
    for (standard, from) in &new {
        show(standard, from)?;
    }
    let names: Vec<String> = new.iter().map(|(standard, _)| standard.named()).collect();
    arguments.signing.consent(&format!("Issue {} in the regulator's name?", names.join(", ")))?;
    let office = arguments.signing.office(&cluster).await?;
    for (standard, from) in &new {
        let now = Timestamp::now().to_string();
        let statement = issuance::statement(standard, from, &office, &now).map_err(IssueError::from)?;
        let held = register.issue(arguments.signing.sign(&statement, &*key)?).await?;
        tell("Issued", &held.issued)?;
    }
    writeln!(io::stdout(), "{}/glossary", register.address())?;
    Ok(Exit::Good)
}

/// Refuses a `standard` from the day `from` on that is not what the register `held` under its name and version.
fn same(held: &SignedStandard, standard: &Standard, from: &str) -> Result<(), Failure> {
    let differs = |field: String| IssueError::Differs { field, standard: standard.named() };
    let issued = held.signed.unchecked::<issuance::Issuance>().map(|statement| statement.predicate);
    // What was signed, and not what is shown of it.
    let Ok(Issued { effective_from, standard: before, .. }) = issued else {
        return Err(differs("standard".to_owned()).into());
    };
    if before != *standard {
        return Err(differs(issuance::first_other(&before.fields(), &standard.fields())).into());
    }
    if effective_from == from { Ok(()) } else { Err(differs("effectiveFrom".to_owned()).into()) }
}

/// Shows what would be signed, in short, and its digest: all of it stands in the file.
fn show(standard: &Standard, from: &str) -> Result<(), Failure> {
    let digest = canonical::digest(standard).map_err(IssueError::from)?;
    let faults: Vec<String> = standard.faults.iter().map(|limits| limits.kind.to_string()).collect();
    let attempts = standard.max_attempts.map_or_else(|| "as many as are asked for".to_owned(), |most| most.to_string());
    let steady = &standard.steady;
    let mut out = io::stdout().lock();
    writeln!(out, "Standard:    {}", harmless(&standard.named()))?;
    writeln!(out, "Class:       {}", standard.class.map_or("", ServiceClass::as_str))?;
    writeln!(out, "Holds from:  {}", harmless(from))?;
    writeln!(
        out,
        "Steady:      {} ppm failed, p95 {} ms, p99 {} ms",
        steady.max_failed_ppm, steady.p95_ms, steady.p99_ms
    )?;
    writeln!(out, "Faults:      {}", faults.join(", "))?;
    writeln!(out, "Attempts:    {attempts}")?;
    writeln!(out, "Digest:      {digest}")?;
    Ok(())
}

fn tell(what: &str, issued: &IssuedStandard) -> io::Result<()> {
    let IssuedStandard { name, version, effective_from, event, .. } = issued;
    let line = format!("{what}: {name}@{version}, from {effective_from} on (event {event})");
    writeln!(io::stdout(), "{}", harmless(&line))
}
