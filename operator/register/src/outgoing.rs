//! What the register and the witness ask of others over HTTP: whom they trust besides the authorities that everybody
//! knows, and how much of an answer they read.

use std::path::Path;

use reqwest::{Certificate, ClientBuilder, Response};

/// `client`, which also trusts the authorities in the file `pem`; else what is wrong with the file, in words.
pub fn trusting(mut client: ClientBuilder, pem: &Path) -> Result<ClientBuilder, String> {
    let pem = std::fs::read(pem).map_err(|error| error.to_string())?;
    for authority in Certificate::from_pem_bundle(&pem).map_err(|error| error.to_string())? {
        client = client.add_root_certificate(authority);
    }
    Ok(client)
}

/// The body of `answer`; nothing where it has more than `most` bytes, of which no more is read then.
pub async fn body(mut answer: Response, most: usize) -> Result<Option<Vec<u8>>, reqwest::Error> {
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await? {
        body.extend_from_slice(&chunk);
        if body.len() > most {
            return Ok(None);
        }
    }
    Ok(Some(body))
}
