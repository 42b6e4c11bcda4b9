//! `factory-operator`: carries a `StateService` from manifest to register. This file only chooses
//! which of its parts runs; the story is in `state_service.rs` and `release.rs`.

use clap::Parser as _;
use factory_operator::{cli::Command, git, permit_keeper, register, serve};

#[tokio::main]
async fn main() -> std::process::ExitCode {
    let command = factory_operator::cli::Cli::parse().command;
    let result = match command {
        // Children of the operator: no client, no telemetry, one answer on standard output.
        Command::GitResolve(request) => git::child::resolve(&request),
        Command::GitArchive(request) => git::child::archive(&request),
        Command::Run(settings) => Box::pin(serve::run(settings)).await,
        Command::PermitKeeper(settings) => permit_keeper::run(settings).await,
        Command::AskRegister(settings) => register::ask(settings).await,
    };
    match result {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}", factory_operator::error::chain(error.as_ref()));
            std::process::ExitCode::FAILURE
        }
    }
}
