//! The port for programs: a certificate that can be checked, renewed without a restart, and nothing
//! for those who don't speak TLS.

use std::{fs, os::unix::fs::symlink, path::Path, sync::Arc};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use reqwest::Client;
use rustls::{ClientConfig, RootCertStore, pki_types::CertificateDer};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tokio_rustls::TlsConnector;

use crate::world::World;

const NAME: &str = "factory-register.factory-system.svc";

/// A CA, and the certificates by it.
struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate and its key in PEM, and the certificate as it is shown.
struct Leaf {
    certificate: String,
    key: String,
    der: CertificateDer<'static>,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    fn leaf(&self) -> Leaf {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new([NAME.to_owned()]).unwrap().signed_by(&key, &self.0).unwrap();
        Leaf { certificate: certificate.pem(), key: key.serialize_pem(), der: certificate.der().clone() }
    }

    fn roots(&self) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        roots.add(self.0.der().clone()).unwrap();
        roots
    }
}

/// Puts files into `folder` as the kubelet does: into a folder of a version, to which a link is turned.
fn mount(folder: &Path, version: &str, certificate: &str, key: &str) {
    let data = folder.join(format!("..{version}"));
    fs::create_dir_all(&data).unwrap();
    fs::write(data.join("tls.crt"), certificate).unwrap();
    fs::write(data.join("tls.key"), key).unwrap();
    let (link, next) = (folder.join("..data"), folder.join("..data_tmp"));
    symlink(format!("..{version}"), &next).unwrap();
    fs::rename(next, link).unwrap();
    for name in ["tls.crt", "tls.key"] {
        // There from the first time on.
        let _ = symlink(format!("..data/{name}"), folder.join(name));
    }
}

/// The certificate that is shown to who trusts `authority`, or why there is none.
async fn shown(world: &World, authority: &Authority) -> Result<CertificateDer<'static>, std::io::Error> {
    let config = ClientConfig::builder().with_root_certificates(authority.roots()).with_no_client_auth();
    let stream = TcpStream::connect(world.door).await?;
    let stream = TlsConnector::from(Arc::new(config)).connect(NAME.try_into().unwrap(), stream).await?;
    Ok(stream.get_ref().1.peer_certificates().unwrap()[0].clone().into_owned())
}

fn client(world: &World, authority: &Authority) -> Client {
    let root = reqwest::Certificate::from_pem(authority.0.pem().as_bytes()).unwrap();
    Client::builder().no_proxy().resolve(NAME, world.door).tls_certs_only([root]).build().unwrap()
}

#[tokio::test]
async fn a_swapped_certificate_is_shown_without_a_restart() {
    let world = World::start().await;
    let folder = world.folder.0.join("tls");
    let authority = Authority::new();
    let (first, second) = (authority.leaf(), authority.leaf());
    mount(&folder, "first", &first.certificate, &first.key);
    assert_eq!(shown(&world, &authority).await.unwrap(), first.der);
    mount(&folder, "second", &second.certificate, &second.key);
    assert_eq!(shown(&world, &authority).await.unwrap(), second.der);

    // Halves of two pairs are no certificate: what was there is shown on.
    mount(&folder, "third", &first.certificate, &second.key);
    assert_eq!(shown(&world, &authority).await.unwrap(), second.der);
    mount(&folder, "fourth", "", "");
    assert_eq!(shown(&world, &authority).await.unwrap(), second.der);
}

#[tokio::test]
async fn who_trusts_the_ca_is_answered_and_who_trusts_another_is_not() {
    let world = World::start().await;
    let authority = Authority::new();
    // It waits for the certificate, and the caller with it.
    let asked =
        tokio::spawn(client(&world, &authority).get(format!("https://{NAME}:{}/readyz", world.door.port())).send());
    let leaf = authority.leaf();
    mount(&world.folder.0.join("tls"), "first", &leaf.certificate, &leaf.key);
    assert_eq!(asked.await.unwrap().unwrap().status(), 200);
    assert!(shown(&world, &Authority::new()).await.is_err());
    // That handshake's end keeps nobody else from coming in.
    shown(&world, &authority).await.unwrap();
}

#[tokio::test]
async fn plain_http_gets_nothing_from_the_port_for_programs() {
    let world = World::start().await;
    let leaf = Authority::new().leaf();
    mount(&world.folder.0.join("tls"), "first", &leaf.certificate, &leaf.key);
    let mut stream = TcpStream::connect(world.door).await.unwrap();
    stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: register\r\nConnection: close\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    // It may also be cut off.
    let _ = stream.read_to_end(&mut answer).await;
    // A TLS alert at most.
    assert!(answer.len() < 16 && !answer.starts_with(b"HTTP"), "{}", String::from_utf8_lossy(&answer));
}

#[tokio::test]
async fn the_register_ends_in_order_while_its_certificate_is_awaited() {
    let world = World::start().await;
    let _ = world.restart().await;
}
