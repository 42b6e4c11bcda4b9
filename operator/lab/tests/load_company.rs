//! Several generators of one load on loopback: they begin together, and what they counted is that of one run; a part
//! that is missing is told.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test that cannot go on may stop

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use factory_assurance::{evidence::Measured, plan::ProvePlan};
use factory_lab::{
    load::{
        Scenario,
        company::{Company, CompanyError, Member},
        engine,
        schedule::Shard,
    },
    target::Targets,
};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    runtime::Runtime,
};

use crate::{
    load::{good, operation, plan, seconds},
    server::serve,
};

const SOON: Duration = Duration::from_secs(20);

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

fn part(plan: &ProvePlan, targets: &Targets, shard: Shard, start: Instant, runtime: &Runtime) -> Measured {
    let scenario = Scenario::new(plan, targets, shard).unwrap();
    engine::run(&scenario, targets, "nonce", start, runtime.handle()).unwrap()
}

/// A generator that does not lead, on a thread of its own.
fn member(plan: &ProvePlan, targets: &Targets, leader: SocketAddr, shard: Shard) -> std::thread::JoinHandle<()> {
    let (plan, targets) = (plan.clone(), targets.clone());
    std::thread::spawn(move || {
        let runtime = runtime();
        let (member, start) = runtime.block_on(Member::join(leader, "nonce", shard)).unwrap();
        let measured = part(&plan, &targets, shard, start, &runtime);
        runtime.block_on(member.report(measured)).unwrap();
    })
}

#[test]
fn generators_begin_together_and_count_what_one_would_have_counted() {
    let server = serve(|router| router.route("/", axum::routing::get(|| async { "ok" })));
    let (plan, targets) = (plan(150, 2, vec![operation("/", json!({"status": 200}))]), server.targets());
    let runtime = runtime();
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let leader = listener.local_addr().unwrap();
    let members = [1, 2].map(|index| member(&plan, &targets, leader, Shard { index, of: 3 }));
    let mut company = runtime.block_on(Company::gather(&listener, "nonce", 3, SOON)).unwrap();
    let start = Instant::now() + Duration::from_millis(200);
    runtime.block_on(company.begin(start)).unwrap();
    let own = part(&plan, &targets, company.shard(), start, &runtime);
    let measured = runtime.block_on(company.counted(own.clone(), SOON)).unwrap();
    for member in members {
        member.join().unwrap();
    }
    let alone = part(&plan, &targets, Shard::ALONE, Instant::now(), &runtime);
    assert_eq!((seconds(&measured), good(&measured)), (seconds(&alone), good(&alone)));
    assert!(good(&own) * 3 < good(&alone) + 6, "{} of {}", good(&own), good(&alone));
    let lags = |measured: &Measured| measured.lag_us.iter().map(|cell| cell[1]).sum::<u64>();
    assert_eq!(lags(&measured), lags(&alone));
}

#[test]
fn who_does_not_come_or_does_not_end_makes_no_run() {
    let runtime = runtime();
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let leader = listener.local_addr().unwrap();
        // One of another run, one that has no place, and one that says nothing that could be read.
        for (nonce, index, of) in [("other", 1, 2), ("nonce", 0, 2), ("nonce", 2, 2), ("nonce", 1, 3)] {
            let hello = serde_json::to_vec(&json!({"nonce": nonce, "index": index, "of": of})).unwrap();
            say(leader, &hello).await;
        }
        say(leader, b"GET / HTTP/1.1\r\n\r\n").await;
        let few = Company::gather(&listener, "nonce", 2, Duration::from_secs(1)).await.unwrap_err();
        assert!(matches!(few, CompanyError::Absent(1, 2)), "{few}");
        // One that is lost after it began.
        let joined = tokio::spawn(Member::join(leader, "nonce", Shard { index: 1, of: 2 }));
        let mut company = Company::gather(&listener, "nonce", 2, SOON).await.unwrap();
        company.begin(soon()).await.unwrap();
        drop(joined.await.unwrap().unwrap());
        let lost = company.counted(Measured::default(), SOON).await.unwrap_err();
        assert!(matches!(lost, CompanyError::Lost(1, _)), "{lost}");
        // One that does not say that it heard when to begin: its share of the load could be late, and nobody would know.
        let hello = serde_json::to_vec(&json!({"nonce": "nonce", "index": 1, "of": 2})).unwrap();
        say(leader, &hello).await;
        let mut company = Company::gather(&listener, "nonce", 2, SOON).await.unwrap();
        let silent = company.begin(soon()).await.unwrap_err();
        assert!(matches!(silent, CompanyError::Lost(1, _)), "{silent}");
        // And one that counted another run's seconds.
        let joined = tokio::spawn(Member::join(leader, "nonce", Shard { index: 1, of: 2 }));
        let mut company = Company::gather(&listener, "nonce", 2, SOON).await.unwrap();
        company.begin(soon()).await.unwrap();
        let (member, _) = joined.await.unwrap().unwrap();
        member.report(Measured { slots: vec![[0, 0]], ..Measured::default() }).await.unwrap();
        let other = company.counted(Measured::default(), SOON).await.unwrap_err();
        assert!(matches!(other, CompanyError::Parts(_)), "{other}");
    });
}

/// When a run may begin.
fn soon() -> Instant {
    Instant::now() + Duration::from_millis(500)
}

/// Says `bytes` after their length to `leader`, and waits in the background for its answer.
async fn say(leader: SocketAddr, bytes: &[u8]) {
    let mut stream = TcpStream::connect(leader).await.unwrap();
    stream.write_all(&u32::try_from(bytes.len()).unwrap().to_be_bytes()).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    tokio::spawn(async move { stream.read(&mut [0; 1]).await });
}
