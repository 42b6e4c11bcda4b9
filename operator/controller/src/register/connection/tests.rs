//! Calls over real TLS, on loopback.

use std::{fs, sync::Arc};

use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;

use super::*;
use crate::{
    authority::{
        issue::{self, Issued},
        pair::Pair,
    },
    cli::RegisterSettings,
    error::chain,
    register::Register,
    serve,
};

fn authority() -> Issued {
    issue::authority(jiff::Timestamp::now().as_second()).unwrap()
}

/// A server that says to everybody that it is ready, with a certificate by `authority`.
async fn ready_by(authority: &Issued) -> String {
    serve::install_crypto();
    let pair = Pair::read(authority.certificate.as_bytes(), authority.key.as_bytes()).unwrap();
    let leaf = issue::leaf(&["localhost".to_owned()], &pair, jiff::Timestamp::now().as_second()).unwrap();
    let chain = vec![CertificateDer::from_pem_slice(leaf.certificate.as_bytes()).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(leaf.key.as_bytes()).unwrap();
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let _ = stream.read(&mut [0; 4096]).await;
            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
            let _ = stream.write_all(answer).await;
            let _ = stream.shutdown().await;
        }
    });
    format!("https://localhost:{port}")
}

fn register(url: &str, ca_file: &std::path::Path) -> Register {
    Register::new(RegisterSettings {
        url: url.to_owned(),
        ca_file: Some(ca_file.to_owned()),
        token_file: "/nonexistent".into(),
    })
}

#[tokio::test]
async fn a_register_of_our_ca_is_trusted_and_of_another_not_until_the_file_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.crt");
    let (ours, another) = (authority(), authority());
    let url = ready_by(&ours).await;
    let register = register(&url, &file);

    let missing = register.ready().await.unwrap_err();
    assert!(missing.passes());
    assert!(chain(&missing).contains(file.to_str().unwrap()), "{}", chain(&missing));

    fs::write(&file, &another.certificate).unwrap();
    let refused = register.ready().await.unwrap_err();
    assert!(matches!(refused, RegisterError::Untrusted { .. }), "{}", chain(&refused));
    assert!(refused.passes());
    assert!(chain(&refused).contains(file.to_str().unwrap()), "{}", chain(&refused));

    fs::write(&file, another.certificate + &ours.certificate).unwrap();
    register.ready().await.unwrap();
}

#[tokio::test]
async fn what_this_program_published_counts_until_there_is_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.crt");
    let (ours, another) = (authority(), authority());
    let register = register(&ready_by(&ours).await, &file);
    register.published(&ours.certificate);
    register.ready().await.unwrap();
    fs::write(&file, &another.certificate).unwrap();
    assert!(matches!(register.ready().await, Err(RegisterError::Untrusted { .. })));
}

#[tokio::test]
async fn a_file_without_a_certificate_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.crt");
    fs::write(&file, "").unwrap();
    serve::install_crypto();
    let empty = chain(&register("https://localhost:1", &file).ready().await.unwrap_err());
    assert!(empty.contains(file.to_str().unwrap()) && empty.contains("no certificate"), "{empty}");
}

#[tokio::test]
async fn without_tls_nobody_has_to_be_trusted_and_no_file_is_read() {
    serve::install_crypto();
    let connection = Connection::new("http://127.0.0.1:1", Some("/nonexistent".into()));
    connection.client().await.unwrap();
    // Nobody listens there, and that is what is said.
    let register = register("http://127.0.0.1:1", std::path::Path::new("/nonexistent"));
    assert!(matches!(register.ready().await, Err(RegisterError::Unavailable(_))));
}
