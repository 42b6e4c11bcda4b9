//! What the register is started with. Each option can also be set in the environment.

use std::{net::SocketAddr, num::NonZeroU32, path::PathBuf};

use clap::{Args, Parser, Subcommand};
use factory_assurance::log::note::Verifier;
use factory_crds::Span;
use ipnet::IpNet;

use crate::{
    access::AUDIENCE,
    store::{Location, LocationError},
};

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
    /// Watch a register as a second party: keep its checkpoints, co-sign them, and raise an alarm when
    /// history was changed. Reads nothing but the register's public API.
    Witness(Witness),
    /// Hold a database against itself: every event against its hash, every view against the log.
    Audit {
        /// The database.
        #[command(flatten)]
        database: Database,
    },
    /// Hand the log over to another key, beside a register that serves: it signs with that key from its next
    /// checkpoint on, and whoever pinned an earlier one follows.
    HandOver(HandOver),
    /// Write the log into a file, beside a register that serves: every event and every checkpoint.
    Backup {
        /// The database.
        #[command(flatten)]
        database: Database,
        /// File to write, which must not be there yet; `-` for standard output.
        #[arg(long, value_name = "FILE")]
        to: PathBuf,
    },
    /// Make a log again from a backup, in an empty database of either kind, and prove it: all of it or nothing.
    Restore {
        /// The database.
        #[command(flatten)]
        database: Database,
        /// File of the backup; `-` for standard input.
        #[arg(long, value_name = "FILE")]
        from: PathBuf,
    },
    /// Copy a log into another database, beside a register that serves it: what lacks there, each time it is run.
    Migrate {
        /// The database that is copied: a file or a URL, as for `serve`.
        #[arg(long, value_name = "FILE or URL")]
        from: Location,
        /// The database that follows: empty at first.
        #[arg(long, env = "FACTORY_REGISTER_MIGRATE_TO", value_name = "FILE or URL")]
        to: Location,
        /// File of the password for the PostgreSQL server that follows.
        #[arg(long, value_name = "FILE")]
        to_password: Option<PathBuf>,
    },
}

/// Where the database is.
#[derive(Debug, Args)]
pub struct Database {
    /// The database: a file of SQLite, or postgres://user@host:port/name for one of a PostgreSQL server, whose
    /// certificate is checked unless `?sslmode=` asks for less. `serve` makes a file that is not there. A
    /// password does not belong on a command line: give it by FACTORY_REGISTER_DATABASE or by a file.
    #[arg(long = "database", env = "FACTORY_REGISTER_DATABASE", value_name = "FILE or URL")]
    pub location: Location,
    /// File of the password for the PostgreSQL server.
    #[arg(long = "database-password", env = "FACTORY_REGISTER_DATABASE_PASSWORD", value_name = "FILE")]
    pub password: Option<PathBuf>,
}

impl Database {
    /// The location, with its password.
    pub fn location(self) -> Result<Location, LocationError> {
        self.location.with_password(self.password)
    }
}

/// Name and first key of the log.
#[derive(Debug, Args)]
pub struct LogKey {
    /// Name of the log in its checkpoints: like an address without a scheme, and the same for ever.
    #[arg(long, env = "FACTORY_REGISTER_LOG_ORIGIN", default_value = "factory-register/log")]
    pub log_origin: String,
    /// File of the first key that signs checkpoints; made by `serve` if it is not there. It may hold a line
    /// `pkcs11:…` instead, which names a key of Ed25519 in a device. Those that it is handed over to are files
    /// `*.pem` or, for devices, `*.uri` beside it. Not given: `checkpoint.pem` beside the file of the database;
    /// with a PostgreSQL server it is needed.
    #[arg(long, env = "FACTORY_REGISTER_CHECKPOINT_KEY")]
    pub checkpoint_key: Option<PathBuf>,
}

/// Options of `hand-over`.
#[derive(Debug, Args)]
pub struct HandOver {
    /// The database.
    #[command(flatten)]
    pub database: Database,
    /// Name and first key of the log.
    #[command(flatten)]
    pub log_key: LogKey,
    /// File of the next key, beside the first one: `*.pem`, made if it is not there, or `*.uri` with a line
    /// `pkcs11:…` that names a key in a device
    #[arg(long, value_name = "FILE")]
    pub to: PathBuf,
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
    /// Address of the public pages, for example https://register.gov.kg. Not given: things in linked data have
    /// names that follow from where they were read.
    #[arg(long, env = "FACTORY_REGISTER_ADDRESS", value_name = "URL", value_parser = web_address)]
    pub address: Option<String>,
    /// Requests a second from one address, over some time; twice as many at once.
    #[arg(long, env = "FACTORY_REGISTER_REQUESTS_PER_ADDRESS", default_value = "500", value_name = "NUMBER")]
    pub requests_per_address: NonZeroU32,
    /// Requests a second of one user, whatever address they come from; twice as many at once.
    #[arg(long, env = "FACTORY_REGISTER_REQUESTS_PER_USER", default_value = "200", value_name = "NUMBER")]
    pub requests_per_user: NonZeroU32,
    /// Claims of users an hour from one address (67), and as many at once.
    #[arg(long, env = "FACTORY_REGISTER_CLAIMS_PER_ADDRESS", default_value = "10", value_name = "NUMBER")]
    pub claims_per_address: NonZeroU32,
    /// Networks of proxies whose `X-Forwarded-For` is believed, for example 10.42.0.0/16. Nobody else may reach
    /// the register from there.
    #[arg(long, env = "FACTORY_REGISTER_TRUSTED_PROXIES", value_delimiter = ',', value_name = "CIDR")]
    pub trusted_proxies: Vec<IpNet>,
    /// The database.
    #[command(flatten)]
    pub database: Database,
    /// Name and first key of the log.
    #[command(flatten)]
    pub log_key: LogKey,
    /// Folder of public keys (`*.pub`) that dossiers are signed with.
    #[arg(long, env = "FACTORY_REGISTER_FACTORY_KEYS")]
    pub factory_keys: PathBuf,
    /// Folder of public keys (`*.pub`) with which the factory's lab signs what it measured.
    #[arg(long, env = "FACTORY_REGISTER_LAB_KEYS")]
    pub lab_keys: PathBuf,
    /// Folder of public keys (`*.pub`) that the regulator signs confirmations with.
    #[arg(long, env = "FACTORY_REGISTER_REGULATOR_KEYS")]
    pub regulator_keys: PathBuf,
    /// Kubeconfig of the factory's cluster, where the register lives in another one; its user needs `create` on
    /// `tokenreviews` there and nothing else. The two users that follow are then of that cluster, nobody else is let
    /// in by it, and who else somebody is and what they may is asked of the register's own. Not given: both are one.
    #[arg(long, env = "FACTORY_REGISTER_FACTORY_CLUSTER", value_name = "FILE")]
    pub factory_cluster: Option<PathBuf>,
    /// User name of the operator, which alone announces and submits.
    #[arg(long, env = "FACTORY_REGISTER_FACTORY_USER")]
    pub factory_user: String,
    /// User name of the permit keeper, which sees every submission.
    #[arg(long, env = "FACTORY_REGISTER_PERMIT_KEEPER_USER")]
    pub permit_keeper_user: String,
    /// Address of a Prometheus server that has observed launched services, for example http://prometheus:9090. Not
    /// given: nothing is observed, and says so.
    #[arg(long, env = "FACTORY_REGISTER_PROMETHEUS", value_name = "URL", requires = "availability")]
    pub prometheus: Option<reqwest::Url>,
    /// What that server is asked: one series for each service, 1 while it is available and 0 while it is not.
    /// `{namespace}`, `{participant}` and `{service}` stand for those of the service.
    #[arg(long, env = "FACTORY_REGISTER_AVAILABILITY", value_name = "EXPRESSION", requires = "prometheus")]
    pub availability: Option<String>,
    /// Address of the identity provider (OpenID Connect) at which regulators may sign in to the console, for example
    /// https://id.gov.kg/realms/state. The cluster's API server must accept its tokens. Not given: they show a token.
    #[arg(long, env = "FACTORY_REGISTER_OIDC_ISSUER", value_name = "URL", requires = "address")]
    pub oidc_issuer: Option<reqwest::Url>,
    /// Name by which that provider knows the register; its tokens are for the same audience.
    #[arg(long, env = "FACTORY_REGISTER_OIDC_CLIENT", value_name = "NAME", default_value = AUDIENCE)]
    pub oidc_client: String,
    /// Folder in which there may be `client-secret`, by which the register proves to that provider to be itself, and
    /// `ca.crt`, who signs its certificate. Not given: a public client, and an authority that everybody knows.
    #[arg(long, env = "FACTORY_REGISTER_OIDC_FOLDER", value_name = "FOLDER", requires = "oidc_issuer")]
    pub oidc_folder: Option<PathBuf>,
    /// File of days off, by which the working days of item 21 are counted. Not given: the calendar that the
    /// register brings with it.
    #[arg(long, env = "FACTORY_REGISTER_WORKING_DAYS")]
    pub working_days: Option<PathBuf>,
}

/// Options of `witness`.
#[derive(Debug, Args)]
pub struct Witness {
    /// Address of the register, for example https://register.gov.kg
    #[arg(long, env = "FACTORY_WITNESS_REGISTER", value_name = "URL")]
    pub register: String,
    /// Public key of the log, which you got by another way than from the register: `name+id+base64`
    #[arg(long, env = "FACTORY_WITNESS_LOG_KEY", value_name = "KEY")]
    pub log_key: Verifier,
    /// Folder of what the witness knows, with its own key in it; made if it is not there
    #[arg(long, env = "FACTORY_WITNESS_STATE", value_name = "FOLDER")]
    pub state: PathBuf,
    /// Name of the witness in its co-signatures: like an address without a scheme
    #[arg(long, env = "FACTORY_WITNESS_NAME", value_name = "NAME")]
    pub name: String,
    /// Time from one look to the next
    #[arg(long, default_value = "1m", value_name = "TIME")]
    pub every: Span,
    /// Time after which all events are read again, also those seen before
    #[arg(long, default_value = "24h", value_name = "TIME")]
    pub reread: Span,
    /// Look once, at everything, and end: 0 all is well, 1 the register could not be asked, 3 alarm
    #[arg(long)]
    pub once: bool,
    /// Folder of public keys (`*.pub`) that the regulator issues standards with, which you got by another way than from
    /// the register. Not given: who signed an issuance is not held
    #[arg(long, env = "FACTORY_WITNESS_REGULATOR_KEYS", value_name = "FOLDER")]
    pub regulator_keys: Option<PathBuf>,
    /// File of certificates (PEM) that the register's may be signed by, beside those of the system
    #[arg(long, env = "FACTORY_WITNESS_CA", value_name = "FILE")]
    pub ca: Option<PathBuf>,
}

/// `text` as an address that names begin with.
fn web_address(text: &str) -> Result<String, String> {
    match reqwest::Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.path() == "/" => Ok(text.to_owned()),
        Ok(_) => Err("must be http:// or https:// and a host, without a path".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}
