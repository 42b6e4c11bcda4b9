//! Services that answer the load with anything but HTTP as it should be: each request ends, is
//! counted once as what it is, and costs bounded memory; what follows an answer harms the next one
//! never.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test that cannot go on may stop

use std::{
    collections::BTreeMap,
    io::{Read as _, Write as _},
    net::TcpStream,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use factory_assurance::evidence::Failure;
use serde_json::json;

use crate::{
    load::{failed, good, operation, plan, run},
    server::{Running, raw},
};

/// A server that reads requests one by one and leaves what it says to `answer`, until that fails.
fn answering(answer: impl Fn(&mut TcpStream) -> std::io::Result<()> + Send + Sync + 'static) -> Running {
    raw(move |_, mut stream| {
        let mut head = [0; 4096];
        while stream.read(&mut head).is_ok_and(|read| read > 0) {
            if answer(&mut stream).is_err() {
                return;
            }
        }
    })
}

/// A server that says `bytes` to each request; then it closes, or waits for the next.
fn saying(bytes: &'static [u8], closes: bool) -> Running {
    answering(move |stream| {
        stream.write_all(bytes)?;
        if closes { Err(std::io::ErrorKind::Other.into()) } else { Ok(()) }
    })
}

/// How the requests of one second to `server` ended: good ones, and failures by cause. A machine that
/// does other things is given time, except where waiting for nothing is the point.
fn ended(server: &Running, timeout_ms: u32) -> (u64, BTreeMap<Failure, u64>) {
    let mut plan = plan(20, 1, vec![operation("/", json!({"status": 200}))]);
    plan.load.timeout_ms = timeout_ms;
    let measured = run(&plan, server);
    let (good, failed) = (good(&measured), failed(&measured));
    assert!(good + failed.values().sum::<u64>() > 5);
    (good, failed)
}

fn all_fail(server: &Running, failure: Failure) {
    let (good, failed) = ended(server, if failure == Failure::Timeout { 400 } else { 10_000 });
    assert_eq!((good, failed.keys().copied().collect::<Vec<_>>()), (0, vec![failure]));
}

fn all_are_good(server: &Running) {
    let (_, failed) = ended(server, 10_000);
    assert_eq!(failed, BTreeMap::new());
}

/// Says `start`, then `piece` for ever.
fn endless(start: &'static [u8], piece: &'static [u8]) -> Running {
    answering(move |stream| {
        stream.write_all(start)?;
        loop {
            stream.write_all(piece)?;
        }
    })
}

const OK: &str = "HTTP/1.1 200 OK\r\n";

#[test]
fn a_head_without_end_is_broken() {
    all_fail(&endless(OK.as_bytes(), b"x: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n"), Failure::Broken);
    all_fail(&endless(b"HTTP/1.1 200 OK\r\nx: ", &[b'y'; 4096]), Failure::Broken);
    all_fail(&endless(b"", b"\r\n"), Failure::Broken);
    all_fail(&endless(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"), Failure::Broken);
}

#[test]
fn a_body_without_end_is_no_good_content() {
    all_fail(&endless(b"HTTP/1.1 200 OK\r\n\r\n", &[b'x'; 8192]), Failure::Content);
    let chunk = b"40\r\n0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\r\n";
    all_fail(&endless(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", chunk), Failure::Content);
    all_fail(&saying(b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n", false), Failure::Content);
}

#[test]
fn trailers_and_extensions_without_end_are_broken() {
    all_fail(&endless(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n", b"t: x\r\n"), Failure::Broken);
    all_fail(&endless(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1;", &[b'e'; 512]), Failure::Broken);
}

#[test]
fn what_comes_one_byte_at_a_time_meets_the_deadline() {
    for start in [OK, "HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n", ""] {
        let slow = answering(move |stream| {
            stream.write_all(start.as_bytes())?;
            loop {
                // A line of its own each time: a head that grows.
                stream.write_all(if start.is_empty() { b"\r" } else { b"x" })?;
                std::thread::sleep(Duration::from_millis(20));
            }
        });
        all_fail(&slow, Failure::Timeout);
    }
}

#[test]
fn a_length_that_is_wrong_is_found_out() {
    // Too short a body, and then the end.
    all_fail(&saying(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf", true), Failure::Broken);
    all_fail(&saying(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n9\r\nhalf", true), Failure::Broken);
    // Too short a body, and then nothing.
    all_fail(&saying(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf", false), Failure::Timeout);
    // No number, two numbers, a chunk that says another length.
    for bytes in [
        &b"HTTP/1.1 200 OK\r\ncontent-length: nine\r\n\r\n"[..],
        b"HTTP/1.1 200 OK\r\ncontent-length: -9\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\ncontent-length: 5\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhalf\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nten\r\n",
    ] {
        all_fail(&saying(bytes, false), Failure::Broken);
    }
}

#[test]
fn what_is_no_http_is_broken_and_silence_is_a_timeout() {
    for bytes in [&b"SSH-2.0-OpenSSH_9.2\r\n"[..], b"HTTP/1.1 999999 \r\n\r\n", b"\0\0\0\0", b"HTTP/2 200\r\n\r\n"] {
        all_fail(&saying(bytes, false), Failure::Broken);
    }
    all_fail(&saying(b"", true), Failure::Broken);
    all_fail(&saying(b"", false), Failure::Timeout);
}

#[test]
fn interim_answers_are_read_over_and_another_protocol_is_another_status() {
    let early = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
    all_are_good(&saying(early, false));
    all_fail(&saying(b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n", false), Failure::Status);
}

#[test]
fn answers_without_a_body_end_with_their_head_whatever_length_they_name() {
    let ended = |method: &str, status: u16, bytes: &'static [u8]| {
        let server = saying(bytes, false);
        let mut operation = operation("/", json!({"status": status}));
        operation.request.method = method.to_owned();
        let mut plan = plan(40, 1, vec![operation]);
        plan.load.timeout_ms = 10_000;
        let measured = run(&plan, &server);
        assert_eq!(failed(&measured), BTreeMap::new(), "{method} {status}");
        // And the connection goes on.
        assert!((server.connections() as u64) < good(&measured));
    };
    ended("HEAD", 200, b"HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n");
    ended("GET", 204, b"HTTP/1.1 204 No Content\r\ncontent-length: 5000\r\n\r\n");
    ended("GET", 304, b"HTTP/1.1 304 Not Modified\r\ntransfer-encoding: chunked\r\n\r\n");
}

#[test]
fn a_body_that_ends_with_the_connection_is_an_answer() {
    all_are_good(&saying(b"HTTP/1.1 200 OK\r\n\r\nall of it", true));
    all_are_good(&saying(b"HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nok", true));
}

#[test]
fn what_nobody_asked_for_costs_the_connection_and_no_request() {
    // A second answer at once, which the next request must not take for its own.
    let double = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nokHTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n";
    let server = saying(double, false);
    let (good, failed) = ended(&server, 10_000);
    assert_eq!((failed, good), (BTreeMap::new(), server.connections() as u64));
    // And one that comes a little later: the few requests that leave meanwhile get it, and no other.
    let later = answering(|stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")?;
        std::thread::sleep(Duration::from_millis(2));
        stream.write_all(b"HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n")
    });
    let (good, failed) = ended(&later, 10_000);
    assert!(failed.values().sum::<u64>() < good, "{failed:?}");
}

#[test]
fn an_answer_that_comes_before_the_request_was_read_counts() {
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&asked);
    let server = raw(move |_, mut stream| {
        counter.fetch_add(1, Ordering::SeqCst);
        drop(stream.write_all(b"HTTP/1.1 413 Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"));
        // Until the other side closes.
        while stream.read(&mut [0; 4096]).is_ok_and(|read| read > 0) {}
    });
    let mut large = operation("/", json!({"status": 413}));
    large.request.method = "POST".to_owned();
    large.request.body = serde_json::from_value(json!("x".repeat(8 << 20))).ok();
    let mut plan = plan(5, 1, vec![large]);
    plan.load.timeout_ms = 20_000;
    let measured = run(&plan, &server);
    assert_eq!(failed(&measured), BTreeMap::new());
    assert_eq!(good(&measured), asked.load(Ordering::SeqCst) as u64);
}
