//! Arguments and environment of the operator, in one place.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// Carries state services from manifest to register.
#[derive(Debug, Parser)]
#[command(name = "factory-operator", version)]
pub struct Cli {
    /// What to run.
    #[command(subcommand)]
    pub command: Command,
}

/// What to run.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Reconcile, while leading.
    Run(Settings),
    /// Write launch permits for what the regulator confirmed.
    PermitKeeper(KeeperSettings),
    /// Ask the register whether it is ready, the way the others reach it (run by the chart's test).
    #[command(hide = true)]
    AskRegister(RegisterSettings),
    /// Print the commit of a ref of a remote repository (run as a child of the operator).
    #[command(hide = true)]
    GitResolve(GitRef),
    /// Write a commit's tree as a tar file (run as a child of the operator).
    #[command(hide = true)]
    GitArchive(GitTree),
}

/// Where the register is, and how to be known there.
#[derive(Clone, Debug, Args)]
pub struct RegisterSettings {
    /// Address of the register for programs.
    #[arg(long = "register", env = "REGISTER_URL")]
    pub url: String,
    /// File with the CAs of the register's certificate; no others are trusted. Read again for every
    /// call, and not at all where the address begins with `http://`. Not given: the system's.
    #[arg(long = "register-ca", env = "REGISTER_CA_FILE")]
    pub ca_file: Option<PathBuf>,
    /// File with a token for the audience `factory-register`; read again for every call.
    #[arg(
        long = "register-token",
        env = "REGISTER_TOKEN_FILE",
        default_value = "/var/run/secrets/factory/register-token"
    )]
    pub token_file: PathBuf,
}

/// Settings of the operator.
#[derive(Clone, Debug, Args)]
pub struct Settings {
    /// The register.
    #[command(flatten)]
    pub register: RegisterSettings,
    /// Address of the register for people, for links.
    #[arg(long, env = "REGISTER_PUBLIC_URL")]
    pub register_public_url: String,
    /// Namespace of the operator.
    #[arg(long, env = "POD_NAMESPACE", default_value = "factory-system")]
    pub namespace: String,
    /// Name of this pod, as the holder of the lease.
    #[arg(long, env = "POD_NAME")]
    pub pod: String,
    /// Image of the lab, by digest.
    #[arg(long, env = "LAB_IMAGE", value_parser = by_digest)]
    pub lab_image: String,
    /// So many keys the lab shall have: one more, and it signs with that ten minutes later.
    #[arg(long, env = "LAB_KEYS", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=50))]
    pub lab_keys: u32,
    /// Image of PostgreSQL for services that bind a database, by digest. Not given: none may.
    #[arg(long, env = "POSTGRES_IMAGE", value_parser = by_digest)]
    pub postgres_image: Option<String>,
    /// Environment in which candidates run.
    #[arg(long, env = "LAB_ENVIRONMENT", default_value = "lab")]
    pub lab_environment: String,
    /// Environment in which launched services run.
    #[arg(long, env = "LIVE_ENVIRONMENT", default_value = "live")]
    pub live_environment: String,
    /// Where metrics and health are served.
    #[arg(long, env = "LISTEN", default_value = "0.0.0.0:8080")]
    pub listen: std::net::SocketAddr,
}

/// An image that is what it was when it was named.
fn by_digest(image: &str) -> Result<String, String> {
    let digest = image.rsplit_once("@sha256:").map_or("", |(_, hex)| hex);
    if digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)) {
        return Ok(image.to_owned());
    }
    Err("an image by digest, registry/name@sha256:<64 hex>: a tag can be moved".to_owned())
}

/// Settings of the permit keeper.
#[derive(Clone, Debug, Args)]
pub struct KeeperSettings {
    /// The register.
    #[command(flatten)]
    pub register: RegisterSettings,
    /// Folder with the regulator's public keys (`*.pub`).
    #[arg(long, env = "REGULATOR_KEYS", default_value = "/etc/factory/regulator")]
    pub regulator_keys: PathBuf,
    /// Folder with the public keys of the factory's dossiers (`*.pub`): of what was entered under a delegation.
    #[arg(long, env = "FACTORY_KEYS", default_value = "/etc/factory/keys")]
    pub factory_keys: PathBuf,
    /// Where metrics and health are served.
    #[arg(long, env = "LISTEN", default_value = "0.0.0.0:8080")]
    pub listen: std::net::SocketAddr,
}

/// A ref of a remote repository.
#[derive(Clone, Debug, Args)]
pub struct GitRef {
    /// Address of the repository.
    #[arg(long)]
    pub url: String,
    /// Branch, tag or commit.
    #[arg(long = "ref")]
    pub reference: String,
}

/// A commit's tree and where to write it.
#[derive(Clone, Debug, Args)]
pub struct GitTree {
    /// Address of the repository.
    #[arg(long)]
    pub url: String,
    /// Ref from which the commit can be reached.
    #[arg(long = "ref")]
    pub reference: String,
    /// Full commit.
    #[arg(long)]
    pub commit: String,
    /// Tar file to write.
    #[arg(long)]
    pub out: PathBuf,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_by_tag_is_refused_at_the_start() {
        let hex = "0a".repeat(32);
        assert!(by_digest(&format!("registry/base/postgresql@sha256:{hex}")).is_ok());
        for bad in ["", "registry/base/postgresql:bookworm", "registry/postgresql@sha256:0a", &format!("sha256:{hex}")]
        {
            assert!(by_digest(bad).is_err(), "{bad}");
        }
    }
}
