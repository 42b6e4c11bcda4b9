//! The certificate with which the register serves programs: two files, as a Secret is mounted. They
//! are read again for each connection, so that a certificate is renewed without a restart.

pub mod door;

use std::{io, path::PathBuf, sync::Arc};

use rustls::{
    ServerConfig,
    pki_types::{
        CertificateDer, PrivateKeyDer,
        pem::{self, PemObject as _},
    },
};

/// A folder with a certificate and its key.
pub struct Certificate {
    folder: PathBuf,
    used: Option<Used>,
}

/// What is served with, and the files that it was made of.
struct Used {
    files: [Vec<u8>; 2],
    config: Arc<ServerConfig>,
}

/// Why a certificate cannot be served with.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// A file cannot be read.
    #[error("{path}: {source}", path = path.display())]
    Read {
        /// Which one.
        path: PathBuf,
        /// Cause.
        source: io::Error,
    },
    /// A file holds something else.
    #[error("{path}: {source}", path = path.display())]
    Pem {
        /// Which one.
        path: PathBuf,
        /// Cause.
        source: pem::Error,
    },
    /// Certificate and key are not fit for TLS, or not for each other.
    #[error("{folder}: {source}", folder = folder.display())]
    Tls {
        /// Where they are.
        folder: PathBuf,
        /// Cause.
        source: rustls::Error,
    },
}

impl Certificate {
    /// The certificate in `folder`: `tls.crt` and `tls.key`.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), used: None }
    }

    /// What to serve with now. Where the files have become unfit, what they were is still served.
    pub async fn config(&mut self) -> Result<Arc<ServerConfig>, CertificateError> {
        match (self.read().await, &self.used) {
            (Ok(config), _) => Ok(config),
            (Err(error), Some(used)) => {
                tracing::warn!(%error, "serving with the certificate of before");
                Ok(Arc::clone(&used.config))
            }
            (Err(error), None) => Err(error),
        }
    }

    async fn read(&mut self) -> Result<Arc<ServerConfig>, CertificateError> {
        let (certificate, key) = (self.folder.join("tls.crt"), self.folder.join("tls.key"));
        let files = [read(certificate.clone()).await?, read(key.clone()).await?];
        if let Some(used) = &self.used
            && used.files == files
        {
            return Ok(Arc::clone(&used.config));
        }
        let chain = CertificateDer::pem_slice_iter(&files[0])
            .collect::<Result<Vec<_>, _>>()
            .map_err(|source| CertificateError::Pem { path: certificate, source })?;
        let private =
            PrivateKeyDer::from_pem_slice(&files[1]).map_err(|source| CertificateError::Pem { path: key, source })?;
        // This also holds the key against the certificate.
        let mut config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(chain, private)
            .map_err(|source| CertificateError::Tls { folder: self.folder.clone(), source })?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        let config = Arc::new(config);
        self.used = Some(Used { files, config: Arc::clone(&config) });
        tracing::info!(folder = %self.folder.display(), "serving with the certificate that is there");
        Ok(config)
    }
}

async fn read(path: PathBuf) -> Result<Vec<u8>, CertificateError> {
    tokio::fs::read(&path).await.map_err(|source| CertificateError::Read { path, source })
}
