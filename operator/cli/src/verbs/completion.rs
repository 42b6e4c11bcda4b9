//! `completion SHELL`: completions of `kubectl-factory` for a shell. It must not look at the cluster.

use std::io::{self, Write as _};

use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::{arguments::Arguments, exit::Exit, failure::Failure};

/// Options of `completion`.
#[derive(Debug, clap::Args)]
pub struct CompletionArguments {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Writes the completions for `kubectl-factory`.
pub fn run(arguments: &CompletionArguments) -> Result<Exit, Failure> {
    // Into memory first: the generator panics where its output goes away, as in `… | head`.
    let mut script = Vec::new();
    let mut command = Arguments::command().bin_name("kubectl-factory");
    clap_complete::generate(arguments.shell, &mut command, "kubectl-factory", &mut script);
    io::stdout().write_all(&script)?;
    Ok(Exit::Good)
}
