//! `withdraw SERVICE --reason TEXT`: the owner withdraws a launched service from the register (21).
//! The entry stays public and says so; the factory takes the service down. Deleting the manifest
//! alone stops nothing (invariant 14).

use std::io::{self, Write as _};

use factory_assurance::wire::{self, NewestEntry, ReasonError, Withdrawal};

use crate::{
    arguments::Connection,
    cluster::Cluster,
    exit::Exit,
    failure::Failure,
    register::Register,
    terminal::{self, harmless},
};

/// Options of `withdraw`.
#[derive(Debug, clap::Args)]
pub struct WithdrawArguments {
    /// The service; its manifest may be gone already
    #[arg(value_name = "SERVICE")]
    service: String,
    /// Why, in words that the public reads
    #[arg(short, long, value_name = "TEXT")]
    reason: String,
    /// Withdraw without being asked
    #[arg(short, long)]
    yes: bool,
}

/// Why nothing was withdrawn.
#[derive(Debug, thiserror::Error)]
pub enum WithdrawError {
    /// The reason is none.
    #[error("--reason {0}")]
    Reason(#[from] ReasonError),
    /// The name cannot be one of a service.
    #[error("`{0}` is no name of a service: letters, digits and `-`")]
    Name(String),
    /// There is nothing to withdraw.
    #[error(
        "the register has no entry `{participant}/{service}`, so there is nothing to withdraw; name the participant with -n"
    )]
    NoEntry {
        /// Participant.
        participant: String,
        /// Name of the service.
        service: String,
    },
    /// Nobody can be asked.
    #[error("not withdrawn: without a terminal, say --yes")]
    NobodyToAsk,
    /// The person typed something else.
    #[error("not withdrawn: you did not type the service's name")]
    Declined,
}

/// Says what will happen, asks, and withdraws.
pub async fn run(arguments: &WithdrawArguments, connection: &Connection) -> Result<Exit, Failure> {
    // First what can fail without asking anyone.
    let reason = wire::reason(&arguments.reason).map_err(WithdrawError::from)?;
    let cluster = Cluster::connect(connection).await?;
    let (participant, service) = (cluster.namespace(), arguments.service.as_str());
    for name in [participant, service] {
        plain(name)?;
    }
    let register = Register::connect(connection, &cluster).await?;
    let entry = register
        .entry(participant, service)
        .await?
        .ok_or_else(|| WithdrawError::NoEntry { participant: participant.to_owned(), service: service.to_owned() })?;
    if let Some(withdrawn) = &entry.withdrawn {
        eprintln!("It had been withdrawn before; the reason that was given then stays.");
        return report(withdrawn, &entry, &register);
    }
    consent(arguments.yes, participant, service, &entry)?;
    let (withdrawn, entry) = register.withdraw(participant, service, entry.event, reason).await?;
    report(&withdrawn, &entry, &register)?;
    let mut out = io::stdout().lock();
    writeln!(out, "The factory takes {} down within a minute.", harmless(&entry.host))?;
    writeln!(
        out,
        "A manifest that is still there goes on with new commits; `kubectl -n {participant} delete stateservice {service}` ends that too."
    )?;
    Ok(Exit::Good)
}

/// Names are made of these; nothing else gets into an address.
fn plain(name: &str) -> Result<(), WithdrawError> {
    let fits = name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-');
    if fits { Ok(()) } else { Err(WithdrawError::Name(name.to_owned())) }
}

fn consent(already: bool, participant: &str, service: &str, entry: &NewestEntry) -> Result<(), Failure> {
    eprintln!("To withdraw {participant}/{service} from the register (item 21) means:");
    eprintln!("  its entry stays public and says when and why it was withdrawn;");
    eprintln!("  nothing of it that was confirmed may run any more, {} included;", harmless(&entry.release));
    eprintln!("  its live namespace is deleted, and {} no longer answers.", harmless(&entry.host));
    eprintln!("This is not undone: it runs again only after the regulator confirms a release from now on.");
    if already {
        return Ok(());
    }
    if !terminal::can_ask() {
        return Err(WithdrawError::NobodyToAsk.into());
    }
    let answer = terminal::ask("Type the service's name to confirm", "")?;
    if answer == service { Ok(()) } else { Err(WithdrawError::Declined.into()) }
}

/// Says what the register has recorded.
fn report(withdrawn: &Withdrawal, entry: &NewestEntry, register: &Register) -> Result<Exit, Failure> {
    let mut out = io::stdout().lock();
    writeln!(out, "Withdrawn on {}: {}", harmless(&withdrawn.at), harmless(&withdrawn.reason))?;
    writeln!(out, "{}{}", register.address(), harmless(&entry.page))?;
    Ok(Exit::Good)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_path_gets_into_an_address() {
        assert!(plain("registered-address").is_ok());
        for bad in ["", "-a", "a/b", "../a", "a?b", "a%2fb", "a.b"] {
            assert!(plain(bad).is_err(), "{bad}");
        }
    }
}
