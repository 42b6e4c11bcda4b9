//! `include OBJECT`: the regulator includes an object that the factory did not build in the register (21). What is
//! signed is computed on this machine from what is shown. It permits no launch: what it signs is no confirmation.

use std::io::{self, Write as _};

use factory_assurance::{
    canonical::NotCanonical,
    object::{self, Object},
};
use k8s_openapi::jiff::Timestamp;

use super::signing::Signing;
use crate::{
    arguments::Connection,
    cluster::Cluster,
    exit::Exit,
    failure::Failure,
    register::{Register, objects::HeldObject},
    terminal::harmless,
};

/// Options of `include`.
#[derive(Debug, clap::Args)]
pub struct IncludeArguments {
    /// Id of the submitted object, as the console shows it
    #[arg(value_name = "OBJECT")]
    object: String,
    /// How it is signed.
    #[command(flatten)]
    signing: Signing,
}

/// Why nothing was included.
#[derive(Debug, thiserror::Error)]
pub enum IncludeError {
    /// No such id.
    #[error("`{0}` is not the id of an object that you may see")]
    None(String),
    /// The register says of the object what is not in it.
    #[error("not included: the register says digest `{stated}`, but the object gives `{computed}`")]
    Differs {
        /// As the register says.
        stated: String,
        /// As it follows from what is shown.
        computed: String,
    },
    /// A state service in an object's clothes.
    #[error("not included: a {kind} cannot rest on {basis}; a state service is entered by a release (items 57, 63.2)")]
    Basis {
        /// What it is.
        kind: &'static str,
        /// On what it rests.
        basis: &'static str,
    },
    /// The object has no canonical form.
    #[error(transparent)]
    NotCanonical(#[from] NotCanonical),
}

/// Shows an object, signs its inclusion and hands it to the register.
pub async fn run(arguments: &IncludeArguments, connection: &Connection) -> Result<Exit, Failure> {
    // First what can fail without asking anyone.
    let key = arguments.signing.key()?;
    let cluster = Cluster::connect(connection).await?;
    let register = Register::connect(connection, &cluster).await?;
    let held = register.object(&arguments.object).await?;
    let held = held.ok_or_else(|| IncludeError::None(arguments.object.clone()))?;
    let computed = held.object.digest().map_err(IncludeError::from)?;
    if computed != held.digest {
        return Err(IncludeError::Differs { stated: held.digest, computed }.into());
    }
    let Object { kind, basis, participant, name, .. } = &held.object;
    if !basis.fits(*kind) {
        return Err(IncludeError::Basis { kind: kind.name(), basis: basis.name() }.into());
    }
    write_text(&held)?;
    arguments.signing.consent(&format!("Confirm {participant}/{name} in the regulator's name?"))?;
    let office = arguments.signing.office(&cluster).await?;
    let statement =
        object::statement(&held.object, &office, &Timestamp::now().to_string()).map_err(IncludeError::from)?;
    let entered = register.include(&held.id, arguments.signing.sign(&statement, &*key)?).await?;
    let mut out = io::stdout().lock();
    writeln!(out, "Included: the entry is public, and permits no launch.")?;
    if let Some(entry) = &entered.entry {
        writeln!(out, "{}{entry}", register.address())?;
    }
    Ok(Exit::Good)
}

fn write_text(HeldObject { object, digest, .. }: &HeldObject) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "Object:      {}/{}", harmless(&object.participant), harmless(&object.name))?;
    writeln!(out, "Title:       {}", harmless(&object.titles.en))?;
    writeln!(out, "Kind:        {}", object.kind.name())?;
    writeln!(out, "No test:     {} (items {})", object.basis.name(), object.basis.items())?;
    writeln!(out, "             {}", harmless(&object.explanation))?;
    writeln!(out, "Owner:       {}", harmless(&object.register.owner.name))?;
    for document in &object.evidence {
        writeln!(out, "Document:    {} {}", harmless(&document.title), harmless(&document.url))?;
        writeln!(out, "             {}", harmless(&document.digest))?;
    }
    writeln!(out, "Digest:      {digest}")
}
