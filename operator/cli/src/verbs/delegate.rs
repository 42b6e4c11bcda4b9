//! `delegate` and `revoke`: the regulator's standing delegation for a class of changes, and its end. What is signed
//! is made on this machine from what is shown.

use std::io::{self, Write as _};

use factory_assurance::{
    canonical::NotCanonical,
    delegation::{self, ChangeClass, Terms, TermsError},
    wire::{LONGEST_REASON, StandingDelegation, line},
};
use k8s_openapi::jiff::Timestamp;

use super::signing::Signing;
use crate::{
    arguments::Connection, cluster::Cluster, exit::Exit, failure::Failure, register::Register, terminal::harmless,
};

/// Options of `delegate`.
#[derive(Debug, clap::Args)]
pub struct DelegateArguments {
    /// Whose releases: one service, or every service of a participant
    #[arg(value_name = "PARTICIPANT[/SERVICE]")]
    scope: String,
    /// Class of changes
    #[arg(long, value_name = "CLASS", default_value = "RebuildOnPatchedBase", value_parser = class)]
    class: ChangeClass,
    /// From this moment on (RFC 3339); from now on where it is not given
    #[arg(long, value_name = "MOMENT")]
    from: Option<String>,
    /// Until before this moment (RFC 3339), at most 366 days later
    #[arg(long, value_name = "MOMENT")]
    until: String,
    /// Why, in one line that the public reads
    #[arg(short, long, value_name = "TEXT")]
    reason: String,
    /// How it is signed.
    #[command(flatten)]
    signing: Signing,
}

/// Options of `revoke`.
#[derive(Debug, clap::Args)]
pub struct RevokeArguments {
    /// Id of the delegation, as the register's page of delegations shows it
    #[arg(value_name = "DELEGATION")]
    delegation: String,
    /// Why, in one line that the public reads
    #[arg(short, long, value_name = "TEXT")]
    reason: String,
    /// How it is signed.
    #[command(flatten)]
    signing: Signing,
}

/// Why nothing was delegated or revoked.
#[derive(Debug, thiserror::Error)]
pub enum DelegateError {
    /// The terms are none.
    #[error("not delegated: {0}")]
    Terms(#[from] TermsError),
    /// The reason is none.
    #[error("not revoked: --reason: must be one line of plain text of 1 to {LONGEST_REASON} characters")]
    Reason,
    /// No such id.
    #[error("`{0}` is not the id of a delegation")]
    None(String),
    /// The register says of the delegation what is not in it.
    #[error("not revoked: the register says delegation `{stated}`, but its terms give `{computed}`")]
    Differs {
        /// As the register says.
        stated: String,
        /// As it follows from what is shown.
        computed: String,
    },
    /// The terms have no canonical form.
    #[error(transparent)]
    NotCanonical(#[from] NotCanonical),
}

/// Shows the terms, signs the delegation and hands it to the register.
pub async fn give(arguments: &DelegateArguments, connection: &Connection) -> Result<Exit, Failure> {
    // First what can fail without asking anyone.
    let key = arguments.signing.key()?;
    let now = Timestamp::now();
    let terms = terms(arguments, now);
    terms.hold().map_err(DelegateError::from)?;
    let cluster = Cluster::connect(connection).await?;
    let register = Register::connect(connection, &cluster).await?;
    write_terms(&terms)?;
    arguments.signing.consent(&format!("Delegate this for {} in the regulator's name?", terms.scope()))?;
    let office = arguments.signing.office(&cluster).await?;
    let statement = delegation::statement(&terms, &office, &now.to_string()).map_err(DelegateError::from)?;
    let given = register.delegate(arguments.signing.sign(&statement, &*key)?).await?;
    report(&given, &register)
}

/// Shows a delegation, signs its revocation and hands it to the register.
pub async fn revoke(arguments: &RevokeArguments, connection: &Connection) -> Result<Exit, Failure> {
    let key = arguments.signing.key()?;
    let reason = line(&arguments.reason, LONGEST_REASON).map_err(|_| DelegateError::Reason)?;
    let cluster = Cluster::connect(connection).await?;
    let register = Register::connect(connection, &cluster).await?;
    let held = register.delegation(&arguments.delegation).await?;
    let held = held.ok_or_else(|| DelegateError::None(arguments.delegation.clone()))?;
    let digest = held.terms.digest().map_err(DelegateError::from)?;
    if digest != format!("sha256:{}", arguments.delegation) {
        return Err(DelegateError::Differs { stated: arguments.delegation.clone(), computed: digest }.into());
    }
    write_terms(&held.terms)?;
    arguments.signing.consent(&format!("Revoke this for {} in the regulator's name?", held.terms.scope()))?;
    let office = arguments.signing.office(&cluster).await?;
    let statement = delegation::revocation(&digest, &office, &Timestamp::now().to_string(), reason);
    let ended = register.revoke(&held.id, arguments.signing.sign(&statement, &*key)?).await?;
    report(&ended, &register)
}

/// The terms that the options ask for.
fn terms(arguments: &DelegateArguments, now: Timestamp) -> Terms {
    let (participant, service) = match arguments.scope.split_once('/') {
        Some((participant, service)) => (participant, Some(service.to_owned())),
        None => (arguments.scope.as_str(), None),
    };
    Terms {
        participant: participant.to_owned(),
        service,
        class: arguments.class,
        from: arguments.from.clone().unwrap_or_else(|| format!("{now:.0}")),
        until: arguments.until.clone(),
        reason: arguments.reason.trim().to_owned(),
    }
}

fn class(text: &str) -> Result<ChangeClass, String> {
    let known = || ChangeClass::ALL.map(ChangeClass::name).join(", ");
    ChangeClass::ALL.into_iter().find(|class| class.name() == text).ok_or_else(|| format!("must be one of {}", known()))
}

fn write_terms(terms: &Terms) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let whole = if terms.service.is_none() { " (every service of the participant)" } else { "" };
    writeln!(out, "Services:    {}{whole}", harmless(&terms.scope()))?;
    writeln!(out, "Changes:     {}", terms.class.name())?;
    writeln!(out, "From:        {}", harmless(&terms.from))?;
    writeln!(out, "Until:       {}", harmless(&terms.until))?;
    writeln!(out, "Reason:      {}", harmless(&terms.reason))
}

/// Says where the delegation stands now.
fn report(given: &StandingDelegation, register: &Register) -> Result<Exit, Failure> {
    let mut out = io::stdout().lock();
    writeln!(out, "{:?}: {} entries were made under it.", given.standing, given.uses)?;
    writeln!(out, "{}/delegations/{}", register.address(), given.id)?;
    Ok(Exit::Good)
}
