//! Asks the control beside the candidate, evenly and whatever it answers, for the length of a run. It runs beside the
//! load and takes nothing from it but a few requests a second; like all of the lab it concludes nothing.

use std::{
    collections::BTreeMap,
    io,
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use factory_assurance::{evidence::ControlSecond, plan::ControlPlan};
use k8s_openapi::api::core::v1::Pod;
use kube::{Api, Client, api::ListParams};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::JoinSet,
    time::Instant,
};

use crate::{
    load::sparse::{Grid, Sparse},
    measure::{COMPONENT, Clock},
};

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: control\r\nconnection: close\r\n\r\n";
const GOOD: &[u8] = b"HTTP/1.1 200 ";

/// Where the pods of the control that `plan` names are.
pub async fn pods(client: &Client, namespace: &str, plan: &ControlPlan) -> Result<Vec<SocketAddr>, kube::Error> {
    let api: Api<Pod> = Api::namespaced(client.clone(), namespace);
    let labelled = ListParams::default().labels(&format!("{COMPONENT}={}", plan.name));
    let address = |pod: &Pod| pod.status.as_ref()?.pod_ip.as_ref()?.parse::<IpAddr>().ok();
    let pods = api.list(&labelled).await?.items;
    Ok(pods.iter().filter_map(address).map(|address| SocketAddr::new(address, plan.port)).collect())
}

#[derive(Default)]
struct Second {
    good: u64,
    failed: u64,
    latency: Sparse,
}

/// Asks `pods` in turn, `per_second` times a second from the start of `clock` on, for `seconds`; an answer that is not
/// there `timeout` after its request was due has failed. Without pods there is nothing to tell.
pub async fn ask(
    pods: &[SocketAddr],
    per_second: u32,
    seconds: u32,
    timeout: Duration,
    clock: Clock,
) -> Option<Vec<ControlSecond>> {
    let (grid, start) = (Grid::new().ok()?, Instant::from_std(clock.start()));
    let first = pods.first()?;
    tracing::info!(pods = pods.len(), %first, "the control is asked");
    let mut seen: BTreeMap<u32, Second> = BTreeMap::new();
    let mut asked = JoinSet::new();
    let mut note = |(second, latency): (u32, Option<Duration>)| {
        let second = seen.entry(second).or_default();
        match latency {
            Some(latency) => {
                second.good += 1;
                second.latency.record(&grid, u64::try_from(latency.as_micros()).unwrap_or(u64::MAX));
            }
            None => second.failed += 1,
        }
    };
    for (index, pod) in (0..seconds * per_second).zip(pods.iter().copied().cycle()) {
        let due = start + Duration::from_secs(1) * index / per_second;
        tokio::time::sleep_until(due).await;
        asked.spawn(async move {
            let answered = tokio::time::timeout_at(due + timeout, once(pod)).await;
            (index / per_second, matches!(answered, Ok(Ok(()))).then(|| due.elapsed()))
        });
        while let Some(Ok(one)) = asked.try_join_next() {
            note(one);
        }
    }
    while let Some(one) = asked.join_next().await {
        // A request whose task died is one that nobody saw: the verdict counts it as not asked.
        if let Ok(one) = one {
            note(one);
        }
    }
    let of = |(second, Second { good, failed, latency }): (u32, Second)| ControlSecond {
        second,
        good,
        failed,
        latency_us: latency.cells(),
    };
    Some(seen.into_iter().map(of).collect())
}

async fn once(pod: SocketAddr) -> io::Result<()> {
    let mut stream = TcpStream::connect(pod).await?;
    stream.write_all(REQUEST).await?;
    let mut head = [0; GOOD.len()];
    stream.read_exact(&mut head).await?;
    if head == GOOD { Ok(()) } else { Err(io::ErrorKind::InvalidData.into()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{net::Ipv4Addr, time::Instant};

    /// Somebody who answers each connection with `answer`.
    async fn server(answer: &'static [u8]) -> SocketAddr {
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = [0; REQUEST.len()];
                let _gone = stream.read_exact(&mut request).await;
                let _gone = stream.write_all(answer).await;
            }
        });
        address
    }

    #[tokio::test]
    async fn each_pod_is_asked_in_its_turn_and_what_fails_is_counted_beside_what_does_not() {
        let good = server(b"HTTP/1.1 200 OK\r\n\r\n").await;
        let bad = server(b"HTTP/1.1 503 Busy\r\n\r\n").await;
        let clock = Clock::starting(Instant::now());
        let seen = ask(&[good, bad], 20, 2, Duration::from_secs(1), clock).await.unwrap();
        let counts: Vec<_> = seen.iter().map(|one| (one.second, one.good, one.failed)).collect();
        assert_eq!(counts, [(0, 10, 10), (1, 10, 10)]);
        for one in &seen {
            assert_eq!(one.latency_us.iter().map(|[_, count]| count).sum::<u64>(), one.good);
        }
    }

    #[tokio::test]
    async fn an_answer_that_does_not_come_has_failed_and_holds_up_no_other_request() {
        let silent = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let clock = Clock::starting(Instant::now());
        let timeout = Duration::from_millis(200);
        let seen = ask(&[silent.local_addr().unwrap()], 50, 1, timeout, clock).await.unwrap();
        assert_eq!(seen.iter().map(|one| (one.good, one.failed)).collect::<Vec<_>>(), [(0, 50)]);
    }

    #[tokio::test]
    async fn without_pods_nothing_is_told() {
        let clock = Clock::starting(Instant::now());
        assert_eq!(ask(&[], 10, 60, Duration::from_secs(1), clock).await, None);
    }
}
