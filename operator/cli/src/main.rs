//! `kubectl-factory`: the tool of a service team and of the regulator, beside the whole road from
//! manifest to register. It acts with the rights of the person who runs it and with no others.
//!
//! *Architecture invariant:* a verb is a file in `verbs/`; what several verbs see of the cluster and
//! of the register stands in `cluster/` and `register/`; nothing else opens a connection.

mod arguments;
mod cluster;
mod exit;
mod failure;
mod manifest;
mod outcome;
mod progress;
mod register;
mod terminal;
mod verbs;

use std::process::ExitCode;

use clap::Parser as _;

use arguments::Arguments;
use exit::Exit;
use terminal::{Output, Tone};

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Clap's own code for a wrong usage is 2, which here says that a release failed.
            let exit = if error.use_stderr() { Exit::Error } else { Exit::Good };
            let _ = error.print();
            return exit.into();
        }
    };
    match run(arguments) {
        Ok(exit) => exit.into(),
        Err(failure) if failure.is_broken_pipe() => Exit::Good.into(),
        Err(failure) => {
            eprintln!("{} {}", Output::Error.paint(Tone::Bad, "error:"), terminal::harmless(&failure.line()));
            Exit::Error.into()
        }
    }
}

fn run(arguments: Arguments) -> Result<Exit, failure::Failure> {
    // Two providers of cryptography in one process can panic; the first to be installed holds.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(verbs::run(arguments))
}
