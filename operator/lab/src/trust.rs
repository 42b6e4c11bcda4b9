//! Whom a component that speaks TLS must prove to be: its certificate must lead to the authority that the manifest
//! pins, and name the component. No other authority is trusted, none of this machine's either. Opens no connection.

use std::sync::Arc;

use rustls::{
    ClientConfig, RootCertStore,
    client::Resumption,
    crypto::ring,
    pki_types::{CertificateDer, ServerName, pem::PemObject as _},
};

/// How HTTP/2 is named in the handshake of TLS (RFC 9113, section 3.2).
pub const H2: &[u8] = b"h2";
/// How HTTP/1.1 is (RFC 7301, section 6).
const HTTP1: &[u8] = b"http/1.1";

/// An authority that nobody could be trusted by.
#[derive(Debug, thiserror::Error)]
pub enum BadTrust {
    /// No certificate.
    #[error("tls.authority: no certificate in PEM")]
    Pem,
    /// A certificate that is none of an authority.
    #[error("tls.authority: {0}")]
    Certificate(#[from] rustls::Error),
    /// A name that no certificate can have.
    #[error("tls.serverName: `{0}` is no name of a server")]
    Name(String),
}

/// Whom a component must prove to be.
#[derive(Clone, Debug)]
pub struct Trust {
    /// How a handshake is made.
    pub config: Arc<ClientConfig>,
    /// The name that its certificate must have.
    pub name: ServerName<'static>,
}

impl PartialEq for Trust {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.config, &other.config) && self.name == other.name
    }
}

impl Eq for Trust {}

impl Trust {
    /// Whoever is called `name` by an authority whose certificates stand in `authority`, in PEM, and speaks HTTP/2
    /// if `http2` is set, else HTTP/1.1.
    pub fn new(authority: &str, name: &str, http2: bool) -> Result<Self, BadTrust> {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(authority.as_bytes()) {
            roots.add(certificate.map_err(|_| BadTrust::Pem)?)?;
        }
        if roots.is_empty() {
            return Err(BadTrust::Pem);
        }
        let name = ServerName::try_from(name.to_owned()).map_err(|_| BadTrust::Name(name.to_owned()))?;
        let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![if http2 { H2 } else { HTTP1 }.to_vec()];
        // Each fresh connection is that of another user, who has no session to go on with.
        config.resumption = Resumption::disabled();
        Ok(Self { config: Arc::new(config), name })
    }
}
