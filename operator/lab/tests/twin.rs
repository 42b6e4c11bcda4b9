//! The twin that must be refused, in front of real servers on loopback: as late as it was told to be and not later,
//! and otherwise no other than the service.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test that cannot go on may stop

use std::{
    collections::BTreeMap,
    io::{Read as _, Write as _},
    net::{IpAddr, Ipv4Addr, TcpStream},
    time::{Duration, Instant},
};

use factory_assurance::{
    evidence::Failure,
    plan::{
        Phase, PhaseRole, ProvePlan, TwinPlan,
        twin::{PERCENTS, hold_us},
    },
};
use factory_lab::{load::recorder::Measured, prove::twin::scenario, twin::relay};
use serde_json::json;

use crate::{
    load::{failed, generate, good, operation, plan, run},
    server::{Running, raw, serve},
};

/// The limit on the 95th percentile of latency, in milliseconds.
const LIMIT_MS: u32 = 100;
const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// A twin, until it is dropped.
struct Twin {
    port: u16,
    _runtime: tokio::runtime::Runtime,
}

impl Twin {
    /// In front of `service`; it holds each answer back for `hold`.
    fn of(service: &Running, hold: Duration) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let port = listener.local_addr().unwrap().port();
        let to = service.url().trim_start_matches("http://").trim_end_matches('/').to_owned();
        runtime.spawn(async move { relay(&listener, &to, hold).await });
        Self { port, _runtime: runtime }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect((HERE, self.port)).unwrap();
        stream.set_nodelay(true).unwrap();
        stream
    }

    /// What the load engine measures of it under `plan`, at 20 requests a second.
    fn measured(&self, plan: &ProvePlan, service: &Running) -> Measured {
        let name = "twin".to_owned();
        let twin = TwinPlan { name, port: self.port, operation: 0, requests_per_second: 20 };
        let (scenario, instead) = scenario(plan, &twin, &service.targets(), HERE).unwrap().unwrap();
        generate(&scenario, &instead)
    }
}

/// A warm-up of a second, and a steady phase of two: 10 requests a second for a body of JSON.
fn steady() -> ProvePlan {
    let mut plan = plan(10, 1, vec![operation("/", json!({"status": 200, "body": {"id": 1}}))]);
    let phase = |name: &str, seconds, role| Phase { name: name.to_owned(), seconds, role };
    plan.phases = vec![phase("warm-up", 1, PhaseRole::WarmUp {}), phase("steady", 2, PhaseRole::Steady {})];
    plan
}

/// Answers with JSON after so long.
fn answering(after: Duration) -> Running {
    serve(move |router| {
        let answer = move || async move {
            tokio::time::sleep(after).await;
            axum::Json(json!({"id": 1}))
        };
        router.route("/", axum::routing::get(answer))
    })
}

fn fastest(measured: &Measured) -> Duration {
    let cells = measured.buckets.iter().flat_map(|bucket| &bucket.latency_us);
    Duration::from_micros(cells.map(|[value, _]| *value).min().unwrap())
}

#[test]
fn each_answer_comes_no_sooner_than_it_was_told_and_is_asked_for_while_a_steady_phase_lasts() {
    let server = answering(Duration::ZERO);
    for percent in PERCENTS {
        let hold = Duration::from_micros(hold_us(percent, LIMIT_MS));
        let measured = Twin::of(&server, hold).measured(&steady(), &server);
        // Evenly: as many as are planned in each second, and none in the warm-up.
        let counts: Vec<_> = measured.buckets.iter().map(|bucket| (bucket.second, bucket.good)).collect();
        assert_eq!((counts, failed(&measured)), (vec![(1, 20), (2, 20)], BTreeMap::new()));
        assert!(fastest(&measured) >= hold, "{percent} %: {:?}", fastest(&measured));
    }
    let bare = fastest(&run(&steady(), &server));
    assert!(bare < Duration::from_millis(LIMIT_MS.into()), "the service itself is quick: {bare:?}");
}

#[test]
fn what_takes_the_service_longer_is_not_held_up_any_further() {
    let hold = Duration::from_millis(300);
    let server = answering(Duration::from_millis(400));
    let measured = Twin::of(&server, hold).measured(&steady(), &server);
    assert_eq!(good(&measured), 40);
    let fastest = fastest(&measured);
    assert!((Duration::from_millis(400)..Duration::from_millis(650)).contains(&fastest), "{fastest:?}");
}

#[test]
fn one_that_is_later_than_the_load_waits_gives_no_answer_in_time() {
    let server = answering(Duration::ZERO);
    let mut plan = steady();
    plan.load.timeout_ms = 200;
    let measured = Twin::of(&server, Duration::from_millis(300)).measured(&plan, &server);
    assert_eq!((good(&measured), failed(&measured)), (0, [(Failure::Timeout, 40)].into()));
}

#[test]
fn a_service_that_is_not_there_is_not_there_behind_it() {
    let nowhere = Running::nowhere();
    let measured = Twin::of(&nowhere, Duration::ZERO).measured(&steady(), &nowhere);
    let failed = failed(&measured);
    assert_eq!((good(&measured), failed.values().sum::<u64>()), (0, 40));
    assert!(failed.keys().all(|cause| [Failure::Broken, Failure::Connect].contains(cause)), "{failed:?}");
}

/// Reads so many bytes.
fn read(stream: &mut TcpStream, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    stream.read_exact(&mut bytes).unwrap();
    bytes
}

#[test]
fn bodies_and_chunks_pass_as_they_are_over_one_connection_that_is_kept() {
    let body: Vec<u8> = (0..200_000_u32).map(|number| u8::try_from(number % 251).unwrap()).collect();
    let mut request =
        format!("POST /x HTTP/1.1\r\nHost: web.svc-0:80\r\ncontent-length: {}\r\n\r\n", body.len()).into_bytes();
    request.extend(&body);
    // The head as nobody writes it, then chunks of odd lengths, and a trailer.
    let mut answer = b"HTTP/1.1 201  Made \r\nTransfer-Encoding:chunked\r\nX-ODD:  a\t\r\n\r\n".to_vec();
    for chunk in body.chunks(4_099) {
        answer.extend(format!("{:X};ext=1\r\n", chunk.len()).into_bytes());
        answer.extend(chunk);
        answer.extend(b"\r\n");
    }
    answer.extend(b"0\r\nX-Sum: 1\r\n\r\n");
    let (wanted, told) = (request.clone(), answer.clone());
    let server = raw(move |_, mut stream| {
        for _ in 0..2 {
            assert!(read(&mut stream, wanted.len()) == wanted, "the request was changed");
            stream.write_all(&told).unwrap();
        }
    });
    let hold = Duration::from_millis(150);
    let twin = Twin::of(&server, hold);
    let mut client = twin.connect();
    std::thread::sleep(Duration::from_millis(50));
    assert_eq!(server.connections(), 0, "who says nothing is nobody's business but the twin's");
    for _ in 0..2 {
        let asked = Instant::now();
        client.write_all(&request).unwrap();
        let answered = read(&mut client, answer.len());
        let took = asked.elapsed();
        assert!(answered == answer, "the answer was changed");
        assert!(took >= hold, "{took:?}");
    }
    // The server has said what it had to say, and so the connection ends.
    assert_eq!((client.read(&mut [0]).unwrap(), server.connections()), (0, 1));
}

#[test]
fn of_tls_what_greets_is_let_through_at_once_and_what_answers_is_held_back() {
    let server = raw(|_, mut stream| {
        for _ in 0..3 {
            let asked = read(&mut stream, 4);
            stream.write_all(&asked).unwrap();
        }
    });
    let hold = Duration::from_secs(2);
    let twin = Twin::of(&server, hold);
    let mut client = twin.connect();
    let took = [[0x16, 3, 1, 0], [0x17, 3, 3, 1], [0x17, 3, 3, 2]].map(|said| {
        let asked = Instant::now();
        client.write_all(&said).unwrap();
        assert_eq!(read(&mut client, 4), said);
        asked.elapsed()
    });
    let [greeted, answered, again] = took;
    assert!(greeted < hold && answered >= hold && again >= hold, "{took:?}");
}
