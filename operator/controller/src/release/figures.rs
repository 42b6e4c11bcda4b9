//! What the lab says of a run while it runs, for people who watch: the figures of the last second that it logged.
//! Nothing is concluded from them: the verdict reads the results alone.

use k8s_openapi::api::core::v1::Pod;
use kube::{Api, Client, ResourceExt as _, api::LogParams};
use serde::Deserialize;

use super::jobs;
use crate::context::LAB_NAMESPACE;

/// Lines that are read: between two of a second the lab says little else.
const LINES: i64 = 20;

/// A line of progress, as `factory-lab prove` logs one each second.
#[derive(Debug, Deserialize)]
struct Progress {
    second: u64,
    phase: String,
    rate: u64,
    failed: u64,
    p99_us: u64,
}

/// The figures of the last second of the Job `name`, in words; nothing while there are none.
pub async fn of(client: &Client, name: &str) -> Option<String> {
    let pod = jobs::pod_of(client, LAB_NAMESPACE, name).await.ok()??;
    let pods: Api<Pod> = Api::namespaced(client.clone(), LAB_NAMESPACE);
    let tail = LogParams { tail_lines: Some(LINES), ..LogParams::default() };
    last(&pods.logs(&pod.name_any(), &tail).await.ok()?)
}

fn last(log: &str) -> Option<String> {
    let seconds = log.lines().rev().filter_map(|line| serde_json::from_str::<Progress>(line).ok());
    let Progress { second, phase, rate, failed, p99_us } = seconds.into_iter().next()?;
    let answers = match rate - failed.min(rate) {
        0 => "none answered as expected".to_owned(),
        _ => format!("{failed} failed, 99 % within {} ms", p99_us.div_ceil(1000)),
    };
    Some(format!("second {second}, {phase}: {rate} requests, {answers}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_second_is_told_and_other_lines_are_not() {
        let line = |second: u32, rate: u32, failed: u32| {
            format!(
                r#"{{"timestamp":"t","level":"INFO","second":{second},"phase":"pod-kill-web","rate":{rate},"good":{},"failed":{failed},"p99_us":12001,"target":"progress"}}"#,
                rate - failed
            )
        };
        let log = [line(8, 40, 0), line(9, 41, 2), r#"{"message":"a fault ended"}"#.to_owned(), "no JSON".to_owned()];
        let told = last(&log.join("\n")).unwrap();
        assert_eq!(told, "second 9, pod-kill-web: 41 requests, 2 failed, 99 % within 13 ms");
        assert_eq!(last(&line(3, 5, 5)).unwrap(), "second 3, pod-kill-web: 5 requests, none answered as expected");
        assert_eq!(last(r#"{"message":"starting"}"#), None);
    }
}
