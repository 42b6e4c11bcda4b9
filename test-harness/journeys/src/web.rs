//! What a citizen sees: pages behind the ingress, asked without any credentials.
//!
//! Hosts such as `x.localhost` are asked at the ingress' address with their own `Host` header, since
//! not every machine resolves them.

use std::time::Duration;

use reqwest::{Client, RequestBuilder, StatusCode, header};
use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::Cluster;

/// A browser, as far as journeys need one.
#[derive(Clone, Debug)]
pub struct Web {
    client: Client,
    ingress: String,
    registry: String,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Page {
    /// Status code.
    pub status: u16,
    /// Its `Content-Type`; empty where it has none.
    pub content_type: String,
    /// The body as text.
    pub body: String,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum WebError {
    /// The request failed.
    #[error("http://{host}{path}: {source}")]
    Request {
        /// Host that was asked.
        host: String,
        /// Path that was asked.
        path: String,
        /// Why.
        source: reqwest::Error,
    },
    /// The registry did not say which image it has.
    #[error("{0}: the registry names no digest")]
    NoDigest(String),
    /// It never answered 200.
    #[error("GET http://{host}{path}: not 200 within {limit:?}; last: {last}")]
    NeverGood {
        /// Host that was asked.
        host: String,
        /// Path that was asked.
        path: String,
        /// How long it was tried.
        limit: Duration,
        /// The last answer or error.
        last: String,
    },
}

impl Web {
    /// A browser that reaches services through `cluster`'s ingress.
    pub fn through(cluster: &Cluster) -> Result<Self, reqwest::Error> {
        // The second call finds the first one's provider in place, which is the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder().timeout(Duration::from_secs(20)).no_proxy().build()?;
        Ok(Self { client, ingress: cluster.ingress.clone(), registry: cluster.registry_api.clone() })
    }

    /// Asks `host` for `path` once.
    pub async fn get(&self, host: &str, path: &str) -> Result<Page, WebError> {
        self.get_as(None, host, path).await
    }

    /// Asks `host` for `path` once, with a bearer token where there is one.
    pub async fn get_as(&self, token: Option<&str>, host: &str, path: &str) -> Result<Page, WebError> {
        self.send(self.client.get(format!("{}{path}", self.ingress)), token, host, path).await
    }

    async fn send(
        &self,
        request: RequestBuilder,
        token: Option<&str>,
        host: &str,
        path: &str,
    ) -> Result<Page, WebError> {
        let failed = |source| WebError::Request { host: host.to_owned(), path: path.to_owned(), source };
        let request = match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        };
        let answer = request.header(header::HOST, host).send().await.map_err(failed)?;
        let content_type = answer.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        Ok(Page {
            status: answer.status().as_u16(),
            content_type: content_type.unwrap_or_default().to_owned(),
            body: answer.text().await.map_err(failed)?,
        })
    }

    /// Sends `body` to `host` as JSON once, with a bearer token where there is one.
    pub async fn post_as(
        &self,
        token: Option<&str>,
        host: &str,
        path: &str,
        body: &serde_json::Value,
    ) -> Result<Page, WebError> {
        let request = self.client.post(format!("{}{path}", self.ingress)).json(body);
        self.send(request, token, host, path).await
    }

    /// The same under an idempotency key: sent again, it is the same wish.
    pub async fn post_under(
        &self,
        key: &str,
        token: &str,
        (host, path): (&str, &str),
        body: &serde_json::Value,
    ) -> Result<Page, WebError> {
        let request = self.client.post(format!("{}{path}", self.ingress)).header("idempotency-key", key).json(body);
        self.send(request, Some(token), host, path).await
    }

    /// Asks until the answer is 200, at most `limit`: an ingress learns of new services a moment
    /// after they are there, and has nothing that could be watched.
    pub async fn until_good(&self, host: &str, path: &str, limit: Duration) -> Result<Page, WebError> {
        let end = Instant::now() + limit;
        let mut again = interval(Duration::from_millis(200));
        again.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            again.tick().await;
            let last = match self.get(host, path).await {
                Ok(page) if page.status == 200 => return Ok(page),
                Ok(page) => format!("status {}", page.status),
                Err(error) => error.to_string(),
            };
            if Instant::now() >= end {
                return Err(WebError::NeverGood { host: host.to_owned(), path: path.to_owned(), limit, last });
            }
        }
    }

    /// Digest of the image `repository:tag` in the cluster's registry, `sha256:…`.
    pub async fn digest(&self, repository: &str, tag: &str) -> Result<String, WebError> {
        let path = format!("/v2/{repository}/manifests/{tag}");
        let failed = |source| WebError::Request { host: self.registry.clone(), path: path.clone(), source };
        let accept = "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json";
        let request = self.client.head(format!("{}{path}", self.registry)).header(header::ACCEPT, accept);
        let answer = request.send().await.and_then(reqwest::Response::error_for_status).map_err(failed)?;
        let digest = answer.headers().get("docker-content-digest").and_then(|value| value.to_str().ok());
        digest.map(str::to_owned).ok_or_else(|| WebError::NoDigest(format!("{repository}:{tag}")))
    }

    /// Whether the cluster's registry has anything in `repository` (with the registry's folder, if any).
    pub async fn has_repository(&self, repository: &str) -> Result<bool, WebError> {
        let path = format!("/v2/{repository}/tags/list");
        let failed = |source| WebError::Request { host: self.registry.clone(), path: path.clone(), source };
        let answer = self.client.get(format!("{}{path}", self.registry)).send().await.map_err(failed)?;
        if answer.status() == StatusCode::NOT_FOUND {
            return Ok(false);
        }
        answer.error_for_status().map(|_| true).map_err(failed)
    }

    /// The address that a person opens for `host`.
    #[must_use]
    pub fn address(&self, host: &str) -> String {
        let port = self.ingress.rsplit_once(':').map_or("", |(_, port)| port);
        if port.bytes().all(|byte| byte.is_ascii_digit()) && !port.is_empty() {
            format!("http://{host}:{port}/")
        } else {
            format!("http://{host}/")
        }
    }
}

/// Host and path of an `http://host[:port]/path` address.
#[must_use]
pub fn parts(address: &str) -> (&str, &str) {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let (authority, path) = rest.find('/').map_or((rest, "/"), |at| rest.split_at(at));
    (authority.split_once(':').map_or(authority, |(host, _)| host), path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_host_and_a_path() {
        assert_eq!(parts("http://register.localhost:8080/entries/a/b"), ("register.localhost", "/entries/a/b"));
        assert_eq!(parts("https://register.kg"), ("register.kg", "/"));
    }
}
