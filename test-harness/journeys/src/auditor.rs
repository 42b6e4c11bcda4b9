//! An auditor, who has a public key, the name of an image, and cosign; no account and no tool of ours.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
};

use k8s_openapi::ByteString;
use serde::Deserialize;
use serde_json::Value;
use tokio::process::Command;

use crate::{Cluster, Failure, ensure, tool::Said};

/// Type of the attestation that is the dossier.
pub const TEST_RESULT: &str = "https://factory.gov.kg/attestation/test-result/v1";
/// Type of the one that says where an image comes from, by cosign's name for it.
pub const PROVENANCE: &str = "slsaprovenance1";

/// What cosign says of attestations of `type_` beside `image` by the key in the file `key`.
pub async fn ask(cluster: &Cluster, image: &str, type_: &str, key: &Path) -> Result<Said, Failure> {
    let home = cluster.scratch().join("auditor");
    std::fs::create_dir_all(&home)?;
    let output = Command::new(cosign(cluster).await?)
        .args(["verify-attestation", "--type", type_, "--insecure-ignore-tlog=true", "--allow-http-registry"])
        .arg("--key")
        .arg(key)
        .arg(reached(cluster, image))
        // Neither credentials nor trust of whoever runs the journey.
        .env_clear()
        .env("HOME", home)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .map_err(|error| Failure::new(format!("cosign: {error}")))?;
    Ok(Said {
        code: output.status.code(),
        out: String::from_utf8_lossy(&output.stdout).trim().to_owned(),
        err: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
    })
}

/// The statements that cosign accepts; at least one.
pub async fn attested(cluster: &Cluster, image: &str, type_: &str, key: &Path) -> Result<Vec<Value>, Failure> {
    /// A line of what cosign prints.
    #[derive(Deserialize)]
    struct Envelope {
        payload: ByteString,
    }
    let said = ask(cluster, image, type_, key).await?;
    ensure(said.code == Some(0) && !said.out.is_empty(), || format!("{image}: no {type_} that holds: {said:?}"))?;
    let mut statements = Vec::new();
    for line in said.out.lines() {
        let envelope: Envelope = serde_json::from_str(line)?;
        statements.push(serde_json::from_slice(&envelope.payload.0)?);
    }
    Ok(statements)
}

/// `image` by the name under which this machine reaches the registry.
fn reached(cluster: &Cluster, image: &str) -> String {
    let host = cluster.registry_api.split_once("://").map_or("", |(_, host)| host);
    image.split_once('/').map_or_else(|| image.to_owned(), |(_, rest)| format!("{host}/{rest}"))
}

/// The pinned version, built once where it is not there yet.
async fn cosign(cluster: &Cluster) -> Result<PathBuf, Failure> {
    let tool = cluster.root.join("test-harness/tools/cosign");
    let output = Command::new(&tool).stdin(Stdio::null()).stderr(Stdio::inherit()).output().await?;
    ensure(output.status.success(), || format!("{}: {}", tool.display(), output.status))?;
    Ok(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()))
}
