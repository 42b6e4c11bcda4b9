//! `withdraw`: says what will happen, asks, and hands the reason to the register under a key that
//! belongs to one entry.

use std::sync::Mutex;

use serde_json::{Value, json};

use super::server::{Reply, Request, Server, err, out, status};

const REASON: &str = "moved to the portal";

/// A register with one entry in force, number 7, that its owner may withdraw.
fn register() -> Server {
    let entry = Mutex::new(json!({
        "participant": "service-centres", "service": "queue-number", "release": "queue-number-1", "class": "basic",
        "host": "queue.gov.kg", "event": 7, "page": "/entries/service-centres/queue-number",
    }));
    Server::start(move |request: &Request| {
        let problem = |code: u16, detail: &str| {
            let body = json!({ "type": "about:blank", "title": "Refused", "status": code, "detail": detail });
            Reply::Json(code, body)
        };
        let mut entry = entry.lock().unwrap();
        match (request.method.as_str(), request.path.as_str()) {
            ("GET", "/api/v1/entries/service-centres/queue-number") => Reply::Json(200, entry.clone()),
            ("GET", path) if path.starts_with("/api/v1/entries/") => problem(404, "the register has no such entry"),
            ("POST", "/api/v1/entries/service-centres/queue-number/withdrawal") => {
                if !request.headers.to_lowercase().contains("authorization: bearer owner") {
                    return problem(403, "stranger has no right `delete` on stateservices.factory.gov.kg");
                }
                let withdrawn =
                    json!({ "at": "2026-03-04T05:06:07.000Z", "reason": request.body["reason"], "event": 8 });
                entry["withdrawn"] = withdrawn;
                Reply::Json(201, entry.clone())
            }
            _ => status(404, "not found"),
        }
    })
}

fn withdraw(server: &Server, token: &str, arguments: &[&str]) -> std::process::Output {
    let address = format!("http://{}", server.address);
    server.run(&[&["withdraw"], arguments, &["--register", &address, "--register-token", token]].concat())
}

#[test]
fn a_withdrawal_says_what_it_does_and_what_was_recorded() {
    let server = register();
    let output = withdraw(&server, "owner", &["queue-number", "--reason", &format!(" {REASON} "), "--yes"]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    for told in ["service-centres/queue-number", "stays public", "queue.gov.kg no longer answers", "not undone"] {
        assert!(err(&output).contains(told), "{told}: {}", err(&output));
    }
    assert!(
        out(&output).starts_with(&format!("Withdrawn on 2026-03-04T05:06:07.000Z: {REASON}\n")),
        "{}",
        out(&output)
    );
    assert!(out(&output).contains("/entries/service-centres/queue-number\n"), "{}", out(&output));
    let asked = server.asked("POST");
    assert_eq!((asked.len(), &asked[0].body), (1, &json!({ "reason": REASON })));
    assert!(asked[0].headers.to_lowercase().contains("idempotency-key: withdrawal-of-entry-7\r\n"));

    // A second one finds it done, and the first reason stays.
    let output = withdraw(&server, "owner", &["queue-number", "--reason", "another", "--yes"]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    assert!(out(&output).contains(REASON) && err(&output).contains("withdrawn before"), "{}", err(&output));
    assert_eq!(server.asked("POST").len(), 1);
}

#[test]
fn without_a_terminal_nothing_is_withdrawn_unasked() {
    let server = register();
    let output = withdraw(&server, "owner", &["queue-number", "--reason", REASON]);
    assert_eq!(output.status.code(), Some(1));
    assert!(err(&output).contains("not withdrawn: without a terminal, say --yes"), "{}", err(&output));
    assert!(server.asked("POST").is_empty());
}

#[test]
fn a_reason_that_is_none_is_refused_before_anyone_is_asked() {
    let server = register();
    let long = "a".repeat(501);
    for (reason, told) in [
        (" ", "--reason must say in 1 to 500 characters why (item 21), not in 0"),
        (long.as_str(), "not in 501"),
        ("a\u{7}b", "without the character U+0007"),
    ] {
        let output = withdraw(&server, "owner", &["queue-number", "--reason", reason, "--yes"]);
        assert_eq!(output.status.code(), Some(1));
        assert!(err(&output).contains(told), "{}", err(&output));
    }
    assert_eq!((server.asked("GET").len(), server.asked("POST").len()), (0, 0));
}

#[test]
fn what_has_no_entry_and_whose_service_it_is_not_are_told() {
    let server = register();
    let output = withdraw(&server, "owner", &["other", "--reason", REASON, "--yes"]);
    assert!(err(&output).contains("the register has no entry `service-centres/other`"), "{}", err(&output));
    let output = withdraw(&server, "owner", &["../healthz", "--reason", REASON, "--yes"]);
    assert!(err(&output).contains("`../healthz` is no name of a service"), "{}", err(&output));
    let output = withdraw(&server, "stranger", &["queue-number", "--reason", REASON, "--yes"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(err(&output).contains("the register refuses: stranger has no right `delete`"), "{}", err(&output));
    let seen: Vec<Value> = server.asked("POST").into_iter().map(|request| request.body).collect();
    assert_eq!(seen.len(), 1);
}
