//! The load over HTTP/2 and TLS, against real servers on loopback: good ones, ones that nobody vouches for, and ones
//! that answer with anything but what they should.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test that cannot go on may stop

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use bytes::Bytes;
use factory_assurance::evidence::Failure;
use factory_lab::{
    request::Prepared,
    target::Speech,
    trust::{BadTrust, Trust},
    verify::exchange,
};
use h2::{Reason, server::SendResponse};
use hyper::{HeaderMap, Request, Response};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::{ServerConfig, pki_types::PrivateKeyDer};
use serde_json::json;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::TcpStream,
};
use tokio_rustls::TlsAcceptor;

use crate::{
    load::{failed, good, operation, plan, run},
    server::{Running, accepting},
};

/// An authority that vouches for services.
struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// How one asks a service of `name` that it vouches for.
    fn speech(&self, name: &str, http2: bool) -> Speech {
        Speech { http2, trust: Some(Trust::new(&self.0.pem(), name, http2).unwrap()) }
    }

    /// TLS of a service that is called `name` and speaks `protocols`.
    fn acceptor(&self, name: &str, protocols: &[&str]) -> TlsAcceptor {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new([name.to_owned()]).unwrap().signed_by(&key, &self.0).unwrap();
        let mut config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::try_from(key.serialize_der()).unwrap())
            .unwrap();
        config.alpn_protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
        TlsAcceptor::from(Arc::new(config))
    }
}

/// Answers one request, by its path.
async fn answer(request: Request<h2::RecvStream>, mut respond: SendResponse<Bytes>) -> Result<(), h2::Error> {
    let path = request.uri().path().to_owned();
    let status = if path == "/status" { 503 } else { 200 };
    let head = Response::builder().status(status).header("content-type", "application/json").body(()).unwrap();
    let mut asked = request.into_body();
    let mut text = Vec::new();
    while let Some(data) = asked.data().await {
        text.extend_from_slice(&data?);
    }
    match path.as_str() {
        "/slow" => tokio::time::sleep(Duration::from_secs(60)).await,
        "/reset" => respond.send_reset(Reason::INTERNAL_ERROR),
        "/empty" => drop(respond.send_response(head, true)?),
        "/cut" => {
            let mut body = respond.send_response(head, false)?;
            body.send_data(Bytes::from_static(b"{\"id\":"), false)?;
            body.send_reset(Reason::CANCEL);
        }
        "/trailers" => {
            let mut body = respond.send_response(head, false)?;
            body.send_data(Bytes::from_static(b"{\"id\":1}"), false)?;
            body.send_trailers(HeaderMap::from_iter([("x".parse().unwrap(), "y".parse().unwrap())]))?;
        }
        "/echo" => respond.send_response(head, false)?.send_data(text.into(), true)?,
        "/long" => respond.send_response(head, false)?.send_data(padded(300_000), true)?,
        "/large" => respond.send_response(head, false)?.send_data(padded((1 << 20) + 1), true)?,
        _ => respond.send_response(head, false)?.send_data(Bytes::from_static(b"{\"id\":1}"), true)?,
    }
    Ok(())
}

fn padded(length: usize) -> Bytes {
    let mut text = b"{\"id\":1}".to_vec();
    text.resize(length, b' ');
    text.into()
}

/// Speaks HTTP/2 over `stream`; on each connection `most` requests are answered before it says that it goes away.
async fn speak(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, most: usize) {
    let Ok(mut connection) = h2::server::handshake(stream).await else { return };
    let mut answered = 0;
    while let Some(Ok((request, respond))) = connection.accept().await {
        answered += 1;
        if answered == most {
            connection.graceful_shutdown();
        }
        tokio::spawn(answer(request, respond));
    }
}

fn over_tcp(most: usize) -> Running {
    accepting(move |stream| speak(stream, most)).asked(Speech { http2: true, trust: None })
}

fn over_tls(acceptor: TlsAcceptor, speech: Speech) -> Running {
    let accept = move |stream: TcpStream| {
        let acceptor = acceptor.clone();
        async move {
            if let Ok(stream) = acceptor.accept(stream).await {
                speak(stream, usize::MAX).await;
            }
        }
    };
    accepting(accept).asked(speech)
}

/// HTTP/1.1 over TLS, answer by answer.
fn http1_over_tls(acceptor: TlsAcceptor, speech: Speech) -> Running {
    let accept = move |stream: TcpStream| {
        let acceptor = acceptor.clone();
        async move {
            let Ok(mut stream) = acceptor.accept(stream).await else { return };
            let mut head = [0; 4096];
            while stream.read(&mut head).await.is_ok_and(|length| length > 0) {
                let body = format!("{{\"id\":1}}{}", " ".repeat(40_000));
                let length = body.len();
                let head =
                    format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n");
                if stream.write_all(format!("{head}{body}").as_bytes()).await.is_err() {
                    return;
                }
            }
        }
    };
    accepting(accept).asked(speech)
}

fn good_answer() -> serde_json::Value {
    json!({"status": 200, "headers": {"content-type": "application/json"}, "body": {"id": 1}})
}

/// All is counted once, and asked over connections that visits keep.
fn all_good(server: &Running, operations: Vec<factory_assurance::plan::LoadOperation>) {
    let mut plan = plan(100, 2, operations);
    plan.load.timeout_ms = 10_000;
    let measured = run(&plan, server);
    let total = good(&measured);
    assert_eq!(failed(&measured), BTreeMap::new());
    assert!((130..280).contains(&total), "{total}");
    assert_eq!(measured.slots.iter().map(|slot| u64::from(slot[0])).sum::<u64>(), total);
    let connections = server.connections() as u64;
    assert!(connections >= total / 16 && connections < total, "{connections} of {total}");
}

#[test]
fn http2_is_spoken_without_tls_and_with_it() {
    let authority = Authority::new();
    let mut echo = operation("/echo", json!({"status": 200, "body": {"pin": "x"}}));
    "POST".clone_into(&mut echo.request.method);
    echo.request.body = Some(serde_json::from_value(json!({"pin": "x"})).unwrap());
    let operations = || {
        let good = ["/", "/long", "/trailers"].map(|path| operation(path, good_answer()));
        let mut all = good.to_vec();
        all.extend([echo.clone(), operation("/empty", json!({"status": 200}))]);
        all
    };
    all_good(&over_tcp(usize::MAX), operations());
    let (acceptor, speech) = (authority.acceptor("127.0.0.1", &["h2"]), authority.speech("127.0.0.1", true));
    all_good(&over_tls(acceptor, speech), operations());
}

#[test]
fn http1_is_spoken_over_tls() {
    let authority = Authority::new();
    let (acceptor, speech) = (authority.acceptor("127.0.0.1", &["http/1.1"]), authority.speech("127.0.0.1", false));
    all_good(&http1_over_tls(acceptor, speech), vec![operation("/", good_answer())]);
}

#[test]
fn a_service_that_says_it_goes_away_costs_no_request() {
    all_good(&over_tcp(3), vec![operation("/", good_answer())]);
}

/// How the requests of a second to `path` of `server` ended.
fn ended(server: &Running, path: &str, timeout_ms: u32) -> (u64, Vec<Failure>) {
    let mut plan = plan(20, 1, vec![operation(path, json!({"status": 200}))]);
    plan.load.timeout_ms = timeout_ms;
    let measured = run(&plan, server);
    (good(&measured), failed(&measured).into_keys().collect())
}

#[test]
fn an_answer_over_http2_that_is_not_what_it_should_be_is_told_by_its_cause() {
    let server = over_tcp(usize::MAX);
    for (path, failure) in [
        ("/reset", Failure::Broken),
        ("/cut", Failure::Broken),
        ("/large", Failure::Content),
        ("/status", Failure::Status),
    ] {
        assert_eq!(ended(&server, path, 10_000), (0, vec![failure]), "{path}");
    }
    assert_eq!(ended(&server, "/slow", 400), (0, vec![Failure::Timeout]));
    // Whoever speaks HTTP/1.1 says nothing that HTTP/2 could mean.
    let old = accepting(|mut stream| async move {
        let mut head = [0; 4096];
        drop(stream.read(&mut head).await);
        drop(stream.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n").await);
        drop(stream.read(&mut head).await);
    });
    let old = old.asked(Speech { http2: true, trust: None });
    assert_eq!(ended(&old, "/", 10_000), (0, vec![Failure::Broken]));
}

#[test]
fn a_service_that_nobody_vouches_for_is_not_asked() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let of = |acceptor, speech| ended(&over_tls(acceptor, speech), "/", 10_000);
    let refused = (0, vec![Failure::Connect]);
    let by = |who: &Authority, name: &str| who.acceptor(name, &["h2"]);
    // By another authority; under another name; with another protocol.
    assert_eq!(of(by(&stranger, "127.0.0.1"), authority.speech("127.0.0.1", true)), refused);
    assert_eq!(of(by(&authority, "registry"), authority.speech("web", true)), refused);
    assert_eq!(of(authority.acceptor("127.0.0.1", &[]), authority.speech("127.0.0.1", true)), refused);
    // Without TLS at all.
    let plain = over_tcp(usize::MAX).asked(authority.speech("127.0.0.1", true));
    assert_eq!(ended(&plain, "/", 10_000), refused);
    // The name is the certificate's, wherever the service is.
    let (good, failures) = of(by(&authority, "web"), authority.speech("web", true));
    assert!(good > 5 && failures.is_empty(), "{good} {failures:?}");
    let bad = |pem: &str, name: &str| Trust::new(pem, name, false).unwrap_err();
    assert!(matches!(bad("", "web"), BadTrust::Pem));
    assert!(matches!(bad(&authority.0.pem(), "no name"), BadTrust::Name(_)));
}

#[test]
fn a_person_asks_over_http2_and_tls_too() {
    let authority = Authority::new();
    let speech = authority.speech("127.0.0.1", true);
    let server = over_tls(authority.acceptor("127.0.0.1", &["h2"]), speech);
    let file = std::env::temp_dir().join(format!("factory-lab-authority-{}.pem", std::process::id()));
    std::fs::write(&file, authority.0.pem()).unwrap();
    let arguments = ["--http2", "--authority", file.to_str().unwrap(), "--users", "5", "--seconds", "1"];
    let figures = crate::load::command(&server, &arguments, |_| {});
    std::fs::remove_file(&file).unwrap();
    assert_eq!((server.connections(), &figures["failed"]), (5, &json!({})), "{figures}");
    assert!(figures["good"].as_u64().unwrap() > 20, "{figures}");
}

#[test]
fn checks_ask_a_component_in_what_it_speaks() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let ask = |server: &Running, path: &str, limit| {
        let targets = server.targets();
        let request = Prepared::new(&operation(path, json!({"status": 200})).request, &targets).unwrap();
        runtime.block_on(exchange::ask(&request, &targets, limit))
    };
    let tls = |vouched: &Authority, http2, protocol| {
        (vouched.acceptor("127.0.0.1", &[protocol]), authority.speech("127.0.0.1", http2))
    };
    let (acceptor, speech) = tls(&authority, true, "h2");
    let http2 = over_tls(acceptor, speech);
    let (acceptor, speech) = tls(&authority, false, "http/1.1");
    for server in [over_tcp(usize::MAX), http2, http1_over_tls(acceptor, speech)] {
        let answer = ask(&server, "/", 1 << 20).unwrap();
        assert_eq!(answer.status, 200);
        assert!(answer.headers["content-type"] == "application/json" && answer.body.starts_with(b"{\"id\":1}"));
        let large = ask(&server, "/long", 10_000).unwrap_err();
        assert!(large.contains("larger than 10000"), "{large}");
    }
    let (acceptor, speech) = tls(&stranger, true, "h2");
    let unknown = ask(&over_tls(acceptor, speech), "/", 1 << 20).unwrap_err();
    assert!(unknown.contains("no connection"), "{unknown}");
}
