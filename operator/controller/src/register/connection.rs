//! How the register is reached: by TLS and the factory's own CA, whose certificates are looked at
//! again for each call, so that a CA is replaced without a restart.

use std::{io::ErrorKind, path::PathBuf, time::Duration};

use reqwest::{Certificate, Client, ClientBuilder, redirect};
use tokio::sync::{Mutex, watch};

use super::RegisterError;
use crate::error::Fatal;

/// A call ends by then.
const DEADLINE: Duration = Duration::from_secs(20);

/// Makes clients.
pub struct Connection {
    /// Who is trusted; without it, whom the system trusts.
    ca_file: Option<PathBuf>,
    /// The client in use, and what stood in the file when it was made.
    made: Mutex<Option<(Vec<u8>, Client)>>,
    /// What this program has published itself, for as long as there is no file.
    published: watch::Sender<Vec<u8>>,
}

impl Connection {
    /// Connections to `url`. Where it begins with `http://` nobody has to be trusted, and no file is read.
    pub fn new(url: &str, ca_file: Option<PathBuf>) -> Self {
        let ca_file = ca_file.filter(|_| !url.starts_with("http://"));
        Self { ca_file, made: Mutex::new(None), published: watch::Sender::default() }
    }

    /// `bundle` is what the file will hold, once the kubelet has brought it.
    pub fn published(&self, bundle: &str) {
        self.published.send_replace(bundle.as_bytes().to_vec());
    }

    /// The client to call with now.
    pub async fn client(&self) -> Result<Client, RegisterError> {
        let mut made = self.made.lock().await;
        let trusted = match &self.ca_file {
            None => Vec::new(),
            Some(path) => match (tokio::fs::read(path).await, self.published.borrow().clone()) {
                (Ok(trusted), _) => trusted,
                (Err(error), published) if error.kind() == ErrorKind::NotFound && !published.is_empty() => published,
                (Err(error), _) => return Err(self.no_authority(error)),
            },
        };
        if let Some((known, client)) = &*made
            && *known == trusted
        {
            return Ok(client.clone());
        }
        let client = self.build(&trusted)?;
        *made = Some((trusted, client.clone()));
        Ok(client)
    }

    /// What a call that failed without an answer means.
    pub fn failed(&self, error: reqwest::Error) -> RegisterError {
        if of_certificate(&error) {
            return RegisterError::Untrusted { ca: self.ca_file.clone(), source: error };
        }
        RegisterError::Unavailable(error)
    }

    fn build(&self, trusted: &[u8]) -> Result<Client, RegisterError> {
        let client = || -> Result<Client, Fatal> {
            let mut builder = builder();
            if self.ca_file.is_some() {
                let authorities = Certificate::from_pem_bundle(trusted)?;
                if authorities.is_empty() {
                    return Err("it holds no certificate".into());
                }
                builder = builder.https_only(true).tls_certs_only(authorities);
            }
            Ok(builder.build()?)
        };
        client().map_err(|source| self.no_authority(source))
    }

    fn no_authority(&self, source: impl Into<Fatal>) -> RegisterError {
        let path = self.ca_file.clone().unwrap_or_else(|| "the system's".into());
        RegisterError::Authority { path, source: source.into() }
    }
}

fn builder() -> ClientBuilder {
    Client::builder().timeout(DEADLINE).connect_timeout(Duration::from_secs(5)).redirect(redirect::Policy::none())
}

/// Whether a handshake ended because of the other side's certificate.
fn of_certificate(error: &(dyn std::error::Error + 'static)) -> bool {
    // An I/O error hides what it carries from those who only ask for sources.
    let carried = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
    let tls = carried.and_then(|carried| carried.downcast_ref()).or_else(|| error.downcast_ref());
    matches!(tls, Some(rustls::Error::InvalidCertificate(_)))
        || carried.is_some_and(|carried| of_certificate(carried))
        || error.source().is_some_and(of_certificate)
}

#[cfg(test)]
mod tests;
