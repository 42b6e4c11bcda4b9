//! The closed model, and connections that are kept: users wait for their answers, and nobody has two.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test that cannot go on may stop

use std::{
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use crate::{
    load::command,
    server::{Running, raw, serve},
};

fn quick() -> Running {
    serve(|router| router.route("/", axum::routing::get(|| async { "ok" })))
}

#[test]
fn users_never_have_more_requests_in_flight_than_there_are_of_them() {
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (inside, peak) = (Arc::clone(&now), Arc::clone(&most));
    let server = serve(move |router| {
        router.route(
            "/",
            axum::routing::get(move || async move {
                peak.fetch_max(inside.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                tokio::time::sleep(Duration::from_millis(20)).await;
                inside.fetch_sub(1, Ordering::SeqCst);
                "ok"
            }),
        )
    });
    let figures = command(&server, &["--users", "7", "--seconds", "1"], |_| {});
    assert_eq!(most.load(Ordering::SeqCst), 7);
    // 7 users, each asking again at once after 20 ms: at most 350.
    let good = figures["good"].as_u64().unwrap();
    assert!((50..=350).contains(&good), "{figures}");
    assert_eq!(figures["requests"], figures["good"]);
    // Each keeps a connection for the whole run.
    assert_eq!(server.connections(), 7);
}

#[test]
fn users_who_think_ask_as_often_as_they_think() {
    // 20 users who think for 100 ms on average: 200 a second, with a deviation of 20 over two.
    let figures = command(&quick(), &["--users", "20", "--think", "100", "--seconds", "2"], |_| {});
    let good = figures["good"].as_u64().unwrap();
    // On a machine that does other things a user also waits for the answer, and for the engine's own turn.
    let late = figures["latencyUs"]["p99"].as_u64().unwrap() + figures["lagUs"]["p99"].as_u64().unwrap();
    let least = 20 * 2_000_000 / (100_000 + late) * 7 / 10;
    assert!((least..=480).contains(&good), "{least}: {figures}");
}

#[test]
fn an_open_model_over_kept_connections_opens_no_more_than_it_may() {
    let server = quick();
    let figures = command(&server, &["--rate", "500", "--connections", "3", "--seconds", "2"], |_| {});
    assert!(server.connections() <= 3, "{}", server.connections());
    let unsent = figures["failed"]["Unsent"].as_u64().unwrap_or_default();
    assert_eq!(figures["requests"].as_u64().unwrap(), figures["good"].as_u64().unwrap() + unsent);
}

#[test]
fn a_kept_connection_that_the_service_closes_is_replaced_and_no_request_is_sent_twice() {
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&asked);
    // Three answers on each connection; the end comes after the third, without a word of warning.
    let server = raw(move |_, mut stream| {
        for _ in 0..3 {
            let mut head = [0; 4096];
            if !std::io::Read::read(&mut stream, &mut head).is_ok_and(|read| read > 0) {
                return;
            }
            counter.fetch_add(1, Ordering::SeqCst);
            drop(std::io::Write::write_all(&mut stream, b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"));
        }
    });
    let figures = command(&server, &["--users", "5", "--think", "50", "--seconds", "3"], |_| {});
    // Whatever the service read, it answered, once.
    assert_eq!(figures["good"].as_u64().unwrap(), asked.load(Ordering::SeqCst) as u64);
    // Lost is only what was written while the end was under way.
    let lost = figures["failed"]["Broken"].as_u64().unwrap_or_default();
    assert_eq!(figures["good"].as_u64().unwrap() + lost, figures["requests"].as_u64().unwrap());
    assert!(lost * 20 < figures["requests"].as_u64().unwrap(), "{figures}");
}

#[test]
fn what_the_generator_has_no_socket_for_is_unsent_and_not_the_services_failure() {
    let server = quick();
    let limited =
        format!("ulimit -n 40; exec {} load --json --users 60 --seconds 1 --url", env!("CARGO_BIN_EXE_factory-lab"));
    let output = Command::new("sh").arg("-c").arg(format!("{limited} {}", server.url())).output().unwrap();
    let figures: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let failed: Vec<_> = figures["failed"].as_object().unwrap().keys().collect();
    assert_eq!(failed, ["Unsent"], "{figures}");
    assert!(figures["good"].as_u64().unwrap() > 0);
    // Who has none tries again ten times a second, and not as fast as the processor can.
    assert!(figures["failed"]["Unsent"].as_u64().unwrap() < 1_000, "{figures}");
}

#[test]
fn what_cannot_be_asked_is_refused_in_one_line_that_names_it() {
    let refused = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_factory-lab")).arg("load").args(arguments).output().unwrap();
        assert!(!output.status.success() && output.stdout.is_empty());
        String::from_utf8(output.stderr).unwrap()
    };
    let line = refused(&["--url", "https://127.0.0.1/", "--rate", "1"]);
    assert_eq!(
        line,
        "factory-lab load: --url: `https://127.0.0.1/`: needs --authority: whose certificates are believed\n"
    );
    for (arguments, named) in [
        (&["--url", "http://127.0.0.1/"][..], "--rate"),
        (&["--url", "http://127.0.0.1/", "--rate", "0"], "--rate"),
        (&["--url", "http://127.0.0.1/", "--rate", "1", "--users", "1"], "--users"),
        (&["--url", "http://127.0.0.1/", "--rate", "1", "--think", "1"], "--think"),
        (&["--url", "http://127.0.0.1/ x", "--rate", "1"], "--url"),
        (&["--url", "ftp://127.0.0.1/", "--rate", "1"], "https://"),
        (&["--url", "http://127.0.0.1/", "--rate", "1", "--authority", "/dev/null"], "--authority"),
        (&["--url", "https://127.0.0.1/", "--rate", "1", "--authority", "/dev/null"], "no certificate in PEM"),
        (&["--rate", "1"], "--url"),
    ] {
        assert!(refused(arguments).contains(named), "{arguments:?}");
    }
}
