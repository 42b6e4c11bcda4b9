//! What the register is started with. Each option can also be set in the environment.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand};

/// The register of state services.
#[derive(Debug, Parser)]
#[command(name = "factory-register", version)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the API and the public pages.
    Serve(Serve),
    /// Hold a database against itself: every event against its hash, every view against the log.
    Audit {
        /// File of the database.
        #[arg(long, env = "FACTORY_REGISTER_DATABASE")]
        database: PathBuf,
    },
}

/// Options of `serve`.
#[derive(Debug, Args)]
pub struct Serve {
    /// Address to listen at for ingress and probes: plain HTTP.
    #[arg(long, env = "FACTORY_REGISTER_LISTEN", default_value = "0.0.0.0:8080")]
    pub listen: SocketAddr,
    /// Address to listen at for programs, where there is a certificate: HTTPS.
    #[arg(long, env = "FACTORY_REGISTER_LISTEN_TLS", default_value = "0.0.0.0:8443")]
    pub listen_tls: SocketAddr,
    /// Folder of the certificate (`tls.crt`) and its key (`tls.key`). Not given: plain HTTP alone.
    #[arg(long, env = "FACTORY_REGISTER_TLS")]
    pub tls: Option<PathBuf>,
    /// File of the database; made if it is not there.
    #[arg(long, env = "FACTORY_REGISTER_DATABASE")]
    pub database: PathBuf,
    /// Folder of public keys (`*.pub`) that dossiers are signed with.
    #[arg(long, env = "FACTORY_REGISTER_FACTORY_KEYS")]
    pub factory_keys: PathBuf,
    /// Folder of public keys (`*.pub`) that the regulator signs confirmations with.
    #[arg(long, env = "FACTORY_REGISTER_REGULATOR_KEYS")]
    pub regulator_keys: PathBuf,
    /// User name of the operator, which alone announces and submits.
    #[arg(long, env = "FACTORY_REGISTER_FACTORY_USER")]
    pub factory_user: String,
    /// User name of the permit keeper, which sees every submission.
    #[arg(long, env = "FACTORY_REGISTER_PERMIT_KEEPER_USER")]
    pub permit_keeper_user: String,
}
