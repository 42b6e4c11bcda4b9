//! What a component speaks on its port, and over TLS, who vouches for it. The lab asks it in that way, before and
//! under load; probes and the Service say it to Kubernetes.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Versions of HTTP.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Protocol {
    /// HTTP/1.1.
    #[default]
    Http1,
    /// HTTP/2; without TLS, both sides know it beforehand (RFC 9113, section 3.3).
    Http2,
}

/// TLS of a component, whose key and certificate it gets as its other secrets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Tls {
    /// Certificates, in PEM, of the one authority that vouches for the component. Nobody else's is believed.
    #[schemars(length(min = 1, max = 20_000))]
    #[x_kube(validation = Rule::new("self.contains('-----BEGIN CERTIFICATE-----') && !self.contains('PRIVATE KEY')").message("spec.components.tls.authority: certificates in PEM, and no private key"))]
    pub authority: String,
    /// Name that its certificate has; the component's name where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253), regex(pattern = r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"))]
    pub server_name: Option<String>,
}

/// What is spoken on one port.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Speech {
    /// The version of HTTP.
    #[serde(default)]
    pub protocol: Protocol,
    /// TLS, if it is spoken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<Tls>,
}

impl Speech {
    /// As a Service tells others (`appProtocol`); nothing for what everybody expects.
    #[must_use]
    pub const fn app_protocol(&self) -> Option<&'static str> {
        match (&self.tls, self.protocol) {
            (Some(_), _) => Some("https"),
            (None, Protocol::Http2) => Some("kubernetes.io/h2c"),
            (None, Protocol::Http1) => None,
        }
    }
}
