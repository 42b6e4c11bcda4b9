//! `rollback SERVICE --to RELEASE`: asks the operator to launch an earlier release again. Only a
//! bundle that an unrevoked permit lists may run, which is asked first so that the refusal comes at
//! once; the cluster's admission holds to it whatever is asked here (invariant 2).

use std::io::{self, Write as _};

use factory_crds::{LaunchPermit, StateService};
use kube::ResourceExt as _;

use crate::{arguments::Connection, cluster::Cluster, exit::Exit, failure::Failure};

/// Options of `rollback`.
#[derive(Debug, clap::Args)]
pub struct RollbackArguments {
    /// The service
    #[arg(value_name = "SERVICE")]
    service: String,
    /// The release to launch again
    #[arg(long, value_name = "RELEASE")]
    to: String,
}

/// Why nothing was asked for.
#[derive(Debug, thiserror::Error)]
pub enum RollbackError {
    /// The release belongs to another service.
    #[error("`{release}` is a release of `{owner}`, not of `{service}`")]
    OtherService {
        /// The release.
        release: String,
        /// Its service.
        owner: String,
        /// The service that was named.
        service: String,
    },
    /// The release was never built.
    #[error("`{0}` has no bundle: it was never built; name a release that was launched (`kubectl get releases`)")]
    NoBundle(String),
    /// The service was never launched.
    #[error("`{0}` was never launched, so there is nothing to go back to")]
    NeverLaunched(String),
    /// No permit lists the bundle.
    #[error("no permit lists the bundle of `{release}`, so it may not run; permitted: {permitted}")]
    NotPermitted {
        /// The release.
        release: String,
        /// Those that are permitted.
        permitted: String,
    },
}

/// Asks for a rollback.
pub async fn run(arguments: &RollbackArguments, connection: &Connection) -> Result<Exit, Failure> {
    let cluster = Cluster::connect(connection).await?;
    let service = cluster.service(&arguments.service).await?;
    let release = cluster.release(&arguments.to).await?;
    if release.spec.service != arguments.service {
        let (release, owner) = (release.name_any(), release.spec.service);
        return Err(RollbackError::OtherService { release, owner, service: arguments.service.clone() }.into());
    }
    let bundle = release.status.as_ref().map(|status| status.bundle.clone()).filter(|bundle| !bundle.is_empty());
    let bundle = bundle.ok_or_else(|| RollbackError::NoBundle(arguments.to.clone()))?;
    let live = live_namespace(&service)?;
    match cluster.permit(&live).await {
        Ok(permit) => permitted(permit.as_ref(), &bundle, &arguments.to)?,
        Err(error) if error.is_forbidden() => {
            eprintln!("You may not read the permit of {live}; the operator looks at it before it launches.");
        }
        Err(error) => return Err(error.into()),
    }
    cluster.ask_for_rollback(&arguments.service, &arguments.to).await?;
    let mut out = io::stdout();
    writeln!(
        out,
        "Asked to launch {} again; `kubectl factory why {}` says how far it is.",
        arguments.to, arguments.service
    )?;
    Ok(Exit::Good)
}

fn live_namespace(service: &StateService) -> Result<String, RollbackError> {
    let live = service.status.as_ref().map(|status| status.live_namespace.clone()).filter(|name| !name.is_empty());
    live.ok_or_else(|| RollbackError::NeverLaunched(service.name_any()))
}

fn permitted(permit: Option<&LaunchPermit>, bundle: &str, release: &str) -> Result<(), RollbackError> {
    let bundles = permit.map(|permit| permit.spec.bundles.as_slice()).unwrap_or_default();
    if bundles.iter().any(|known| known.digest == bundle) {
        return Ok(());
    }
    let names: Vec<_> = bundles.iter().map(|known| known.release.as_str()).collect();
    let permitted = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    Err(RollbackError::NotPermitted { release: release.to_owned(), permitted })
}

#[cfg(test)]
mod tests {
    use super::*;
    use factory_crds::{LaunchPermitSpec, launch_permit::PermittedBundle};

    #[test]
    fn only_a_listed_bundle_is_permitted() {
        let bundle = |digest: &str, release: &str| PermittedBundle {
            digest: digest.to_owned(),
            release: release.to_owned(),
            submission: String::new(),
            confirmation: String::new(),
            confirmed_at: String::new(),
            images: Vec::new(),
        };
        let spec = LaunchPermitSpec {
            bundles: vec![bundle("sha256:aa", "queue-1"), bundle("sha256:bb", "queue-2")],
            images: Vec::new(),
        };
        let permit = LaunchPermit::new("live", spec);
        assert!(permitted(Some(&permit), "sha256:aa", "queue-1").is_ok());
        let refusal = permitted(Some(&permit), "sha256:cc", "queue-3").unwrap_err().to_string();
        assert!(refusal.contains("permitted: queue-1, queue-2"), "{refusal}");
        assert!(permitted(None, "sha256:aa", "queue-1").is_err());
    }
}
