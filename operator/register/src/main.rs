//! The program `factory-register`: see the library for what it does.

use std::{error::Error, process::ExitCode};

use clap::Parser as _;
use factory_register::{
    arguments::{Arguments, Command, Database},
    copies,
    serve::{hand_over, serve},
    store::audit::audit,
    witness::{self, WitnessError},
};
use tracing_subscriber::EnvFilter;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().json().flatten_event(true).with_env_filter(filter).with_writer(std::io::stderr).init();
    // The one provider of the process: with two in the build, rustls does not choose by itself.
    if rustls::crypto::ring::default_provider().install_default().is_err() {
        tracing::warn!("a TLS provider was installed before");
    }
    let ended = match arguments.command {
        Command::Serve(options) => Box::pin(serve(options)).await.map_err(|error| error.to_string()),
        Command::Witness(options) => match Box::pin(witness::run(options)).await {
            Err(WitnessError::Alarm(alarm)) => {
                tracing::error!(%alarm, "ALARM: the register does not show the log that it has shown before");
                return ExitCode::from(witness::ALARM);
            }
            ended => ended.map_err(|error| error.to_string()),
        },
        Command::HandOver(options) => match Box::pin(hand_over(options)).await {
            Ok(told) => {
                println!("{told}");
                Ok(())
            }
            Err(error) => Err(error.to_string()),
        },
        Command::Audit { database } => Box::pin(audited(database)).await,
        other => match Box::pin(copied(other)).await {
            // Not on standard output, which may be the backup.
            Ok(told) => {
                eprintln!("{told}");
                Ok(())
            }
            Err(error) => Err(error.to_string()),
        },
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error, "factory-register ended");
            ExitCode::FAILURE
        }
    }
}

async fn audited(database: Database) -> Result<(), String> {
    let location = database.location().map_err(|error| error.to_string())?;
    let found = Box::pin(audit(&location)).await.map_err(|error| error.to_string())?;
    println!("{} events, every hash and every view as it must be; head {}", found.events, found.head);
    Ok(())
}

/// The verbs that copy a log.
async fn copied(command: Command) -> Result<String, Box<dyn Error>> {
    Ok(match command {
        Command::Backup { database, to } => Box::pin(copies::backup(&database.location()?, &to)).await?,
        Command::Restore { database, from } => Box::pin(copies::restore(&from, &database.location()?)).await?,
        Command::Migrate { from, to, to_password } => {
            Box::pin(copies::copy(&from, &to.with_password(to_password)?)).await?
        }
        Command::Serve(_) | Command::HandOver(_) | Command::Witness(_) | Command::Audit { .. } => {
            return Err("no copy".into());
        }
    })
}
