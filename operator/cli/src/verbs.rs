//! The verbs, one a file. This file only leads to them.

pub mod compare;
pub mod completion;
pub mod decide;
pub mod delegate;
pub mod dossier;
pub mod include;
pub mod init;
pub mod issue;
pub mod keygen;
pub mod lint;
pub mod rehearse;
pub mod report;
pub mod rollback;
pub mod run;
mod signing;
pub mod verify;
pub mod verify_entry;
pub mod watch;
pub mod why;
pub mod withdraw;

use crate::{
    arguments::{Arguments, Verb},
    exit::Exit,
    failure::Failure,
};

/// Carries out what was asked.
pub async fn run(arguments: Arguments) -> Result<Exit, Failure> {
    let connection = &arguments.connection;
    match arguments.verb {
        Verb::Init(arguments) => init::run(&arguments, connection),
        Verb::Lint(arguments) => lint::run(&arguments),
        Verb::Watch(arguments) => watch::run(&arguments, connection).await,
        Verb::Why(arguments) => why::run(&arguments, connection).await,
        Verb::Run(arguments) => run::run(&arguments, connection).await,
        Verb::Rehearse(arguments) => rehearse::run(&arguments, connection).await,
        Verb::Rollback(arguments) => rollback::run(&arguments, connection).await,
        Verb::Withdraw(arguments) => withdraw::run(&arguments, connection).await,
        Verb::Dossier(arguments) => dossier::run(&arguments, connection).await,
        Verb::Verify(arguments) => verify::run(&arguments),
        Verb::VerifyEntry(arguments) => verify_entry::run(&arguments),
        Verb::Report(arguments) => report::run(&arguments, connection).await,
        Verb::Compare(arguments) => compare::run(&arguments, connection).await,
        Verb::Confirm(arguments) => decide::confirm(&arguments, connection).await,
        Verb::Return(arguments) => decide::send_back(&arguments, connection).await,
        Verb::Include(arguments) => include::run(&arguments, connection).await,
        Verb::Delegate(arguments) => delegate::give(&arguments, connection).await,
        Verb::Revoke(arguments) => delegate::revoke(&arguments, connection).await,
        Verb::Issue(arguments) => issue::run(&arguments, connection).await,
        Verb::Keygen(arguments) => keygen::run(&arguments),
        Verb::Completion(arguments) => completion::run(&arguments),
    }
}
