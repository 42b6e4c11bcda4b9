//! Base images as a distribution patches them: a copy of one that is in the registry, with one thing changed, so that
//! what is built on it again is another image although its source is the same.

use reqwest::{
    Client, RequestBuilder, Response, StatusCode,
    header::{ACCEPT, CONTENT_TYPE, LOCATION},
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::{Cluster, Failure, ensure};

/// Kinds of manifests that name one image.
const ONE_IMAGE: &str =
    "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json";

/// The API of the cluster's registry, as this machine reaches it.
struct Registry {
    client: Client,
    api: String,
}

/// Puts `from` (`name:tag` below the registry's folder) with the variable `PATCH=<patch>` in its place as `to`. What
/// stood there before goes on under its digest.
pub async fn patched(cluster: &Cluster, from: &str, to: &str, patch: &str) -> Result<(), Failure> {
    let folder = cluster.registry.split_once('/').map_or(String::new(), |(_, folder)| format!("{folder}/"));
    let parts = |name: &str| name.split_once(':').map(|(name, tag)| (format!("{folder}{name}"), tag.to_owned()));
    let (Some((source, tag)), Some((target, new_tag))) = (parts(from), parts(to)) else {
        return Err(Failure::new(format!("{from} and {to} must be names with tags")));
    };
    // Whoever runs a part of the journeys alone has no provider of TLS yet.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let registry = Registry { client: Client::builder().no_proxy().build()?, api: cluster.registry_api.clone() };
    let manifest = registry.client.get(registry.at(&source, &format!("manifests/{tag}"))).header(ACCEPT, ONE_IMAGE);
    let mut manifest: Value = good(manifest).await?.json().await?;
    let digest = |of: &Value| of["digest"].as_str().unwrap_or_default().to_owned();
    let config = registry.client.get(registry.at(&source, &format!("blobs/{}", digest(&manifest["config"]))));
    let mut config: Value = good(config).await?.json().await?;
    let variables = &mut config["config"]["Env"];
    if !variables.is_array() {
        *variables = json!([]);
    }
    variables.as_array_mut().into_iter().for_each(|all| all.push(json!(format!("PATCH={patch}"))));
    for layer in manifest["layers"].as_array().into_iter().flatten() {
        registry.mount(&source, &target, &digest(layer)).await?;
    }
    let bytes = serde_json::to_vec(&config)?;
    manifest["config"]["size"] = json!(bytes.len());
    manifest["config"]["digest"] = json!(registry.push(&target, bytes).await?);
    let kind = manifest["mediaType"].as_str().unwrap_or("application/vnd.oci.image.manifest.v1+json").to_owned();
    let put = registry.client.put(registry.at(&target, &format!("manifests/{new_tag}"))).header(CONTENT_TYPE, kind);
    good(put.body(serde_json::to_vec(&manifest)?)).await?;
    Ok(())
}

impl Registry {
    fn at(&self, repository: &str, rest: &str) -> String {
        format!("{}/v2/{repository}/{rest}", self.api)
    }

    /// Lets a repository have a layer of another.
    async fn mount(&self, from: &str, to: &str, digest: &str) -> Result<(), Failure> {
        let path = format!("blobs/uploads/?mount={digest}&from={from}");
        let answer = good(self.client.post(self.at(to, &path))).await?;
        ensure(answer.status() == StatusCode::CREATED, || format!("{to}: the registry did not mount {digest}"))
    }

    /// Uploads a blob whole; its digest.
    async fn push(&self, repository: &str, bytes: Vec<u8>) -> Result<String, Failure> {
        let hex: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        let digest = format!("sha256:{hex}");
        let begun = good(self.client.post(self.at(repository, "blobs/uploads/"))).await?;
        let location = begun.headers().get(LOCATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let location = if location.starts_with('/') { format!("{}{location}", self.api) } else { location.to_owned() };
        let separator = if location.contains('?') { '&' } else { '?' };
        let put = self.client.put(format!("{location}{separator}digest={digest}"));
        good(put.header(CONTENT_TYPE, "application/octet-stream").body(bytes)).await?;
        Ok(digest)
    }
}

/// The answer to `request`, which must not be a refusal.
async fn good(request: RequestBuilder) -> Result<Response, reqwest::Error> {
    request.send().await?.error_for_status()
}
