//! Services that answer anything but HTTP as it should be: each costs a bounded time and one line.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test that cannot go on may stop

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    time::{Duration, Instant},
};

use factory_assurance::plan::VerifyPlan;
use factory_lab::verify::verify;
use serde_json::json;

use crate::server::{Running, raw};

/// A server that reads the head of each request and leaves the rest to `answer`.
fn answering(answer: impl Fn(&mut TcpStream) -> std::io::Result<()> + Send + Sync + 'static) -> Running {
    raw(move |_, mut stream| {
        let mut head = [0; 4096];
        if stream.read(&mut head).is_ok_and(|read| read > 0) {
            // The other side hangs up in the middle: that is the point.
            drop(answer(&mut stream));
        }
    })
}

/// The deviations of a check, and how long it took.
fn checked(server: &Running) -> (Vec<String>, Duration) {
    let plan: VerifyPlan = serde_json::from_value(json!({
        "checks": [{"name": "c", "steps": [{"request": {"method": "GET", "path": "/"}, "expect": {"status": 200}}]}],
        "descriptions": []
    }))
    .unwrap();
    let start = Instant::now();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut evidence = runtime.block_on(verify(&plan, &server.targets(), "n")).unwrap();
    (evidence.checks.remove(0).steps.remove(0).deviations, start.elapsed())
}

fn one_line(server: &Running, expected: &str, within: Duration) {
    let (deviations, took) = checked(server);
    assert_eq!(deviations.len(), 1, "{deviations:?}");
    let line = &deviations[0];
    assert!(line.contains(expected) && line.len() <= 250 && !line.contains('\n'), "{line}");
    assert!(took < within, "{took:?}");
}

#[test]
fn a_body_without_end_is_cut_off() {
    let endless = answering(|stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")?;
        loop {
            stream.write_all(b"1000\r\n")?;
            stream.write_all(&[b'x'; 0x1000])?;
            stream.write_all(b"\r\n")?;
        }
    });
    one_line(&endless, "larger than 1048576 bytes", Duration::from_secs(5));
    let declared = answering(|stream| stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n"));
    one_line(&declared, "larger than 1048576 bytes", Duration::from_secs(5));
}

#[test]
fn headers_that_come_one_byte_at_a_time_meet_the_deadline() {
    let slow = answering(|stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\nx: ")?;
        loop {
            stream.write_all(b"y")?;
            std::thread::sleep(Duration::from_millis(100));
        }
    });
    one_line(&slow, "no complete answer within 10000 ms", Duration::from_secs(14));
}

#[test]
fn heads_that_are_too_large_or_no_http_are_refused() {
    let giant = answering(|stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\n")?;
        loop {
            stream.write_all(&[b'h'; 1024])?;
        }
    });
    one_line(&giant, "no answer", Duration::from_secs(5));
    let many = answering(|stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\n")?;
        for number in 0..1000 {
            stream.write_all(format!("h{number}: 1\r\n").as_bytes())?;
        }
        stream.write_all(b"content-length: 0\r\n\r\n")
    });
    one_line(&many, "no answer", Duration::from_secs(5));
    for bytes in [&b"SSH-2.0-OpenSSH_9.2\r\n"[..], b"HTTP/1.1 999999 \r\n\r\n", b"\0\0\0\0", b""] {
        one_line(&answering(move |stream| stream.write_all(bytes)), "no answer", Duration::from_secs(5));
    }
}

#[test]
fn a_redirect_is_an_answer_and_is_never_followed() {
    let elsewhere = answering(|stream| {
        stream.write_all(b"HTTP/1.1 302 Found\r\nlocation: http://169.254.169.254/\r\ncontent-length: 0\r\n\r\n")
    });
    one_line(&elsewhere, "status: 302, expected 200", Duration::from_secs(5));
}
