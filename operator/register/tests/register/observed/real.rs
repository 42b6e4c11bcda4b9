//! The same from a real Prometheus server: what its own engine makes of samples, of gaps in them and of series that are
//! not there is what stands in the log.

use factory_assurance::sample;
use factory_register::{
    kpi::{KpiReport, KpiValue, measure::Missing},
    observed::{look::look, measure::measure, prometheus::Prometheus},
    store::audit::audit,
};
use jiff::Timestamp;

use super::{DAY, Month, indicator, month, observed, with};
use crate::{
    prometheus::{Samples, Server},
    world::{AHEAD_HERE, PARTICIPANT, World, named},
};

/// The chart's.
const AVAILABILITY: &str = r#"min(probe_success{namespace="{namespace}"})"#;
/// Minutes of each day in which probes say that a service is down, and of which there is no sample.
const DOWN: std::ops::Range<i64> = 100..110;
const GAP: std::ops::Range<i64> = 200..260;
/// Seconds from the begin of a minute to the sample of it.
const SHIFT: i64 = 15;

const SHARE_OF_TIME: &str = r#"100 * avg_over_time(probe_success{namespace="{namespace}"}[{period}])"#;
/// A service that never failed has no series of failures, which is not the same as having no requests.
const FAILED: &str = r#"100 * (sum(increase(nginx_ingress_controller_requests{exported_namespace="{namespace}",status=~"5.."}[{period}])) or vector(0)) / sum(increase(nginx_ingress_controller_requests{exported_namespace="{namespace}"}[{period}]))"#;
const RESPONSE: &str = r#"1000 * histogram_quantile(0.95, sum by (le) (increase(nginx_ingress_controller_request_duration_seconds_bucket{exported_namespace="{namespace}"}[{period}])))"#;

fn namespace(service: &str) -> String {
    factory_assurance::live::namespace(PARTICIPANT, service)
}

/// A probe each minute of `month`, and of some minutes before it.
fn probe(samples: &mut Samples, month: &Month, labels: &str, down: &std::ops::Range<i64>) {
    let minutes = (-5..month.seconds / 60).filter(|minute| !GAP.contains(&minute.rem_euclid(1440)));
    let values = minutes.map(|minute| {
        let up = !down.contains(&minute.rem_euclid(1440));
        (month.end - month.seconds + minute * 60 + SHIFT, i64::from(up))
    });
    samples.series(&format!("probe_success{{{labels}}}"), values);
}

/// A counter that grows by `by` every five minutes of `month`.
fn counter(samples: &mut Samples, month: &Month, series: &str, by: i64) {
    let fives = 0..month.seconds / 300;
    samples.series(series, fives.map(|five| (month.end - month.seconds + five * 300 + SHIFT, five * by)));
}

/// What a prober and an ingress controller have of a month: of `one` everything, of `both` two probes, of `clean` that
/// no request failed, of `idle` that there was none, of any other service nothing.
fn samples(month: &Month) -> Samples {
    let mut samples = Samples::default();
    samples.metric("probe_success", "gauge");
    probe(&mut samples, month, &format!("namespace=\"{}\"", namespace("one")), &DOWN);
    for (instance, down) in [("a", DOWN), ("b", 105..115)] {
        let labels = format!("namespace=\"{}\",instance=\"{instance}\"", namespace("both"));
        probe(&mut samples, month, &labels, &down);
    }
    samples.metric("nginx_ingress_controller_requests", "unknown");
    for (service, status, by) in [("one", 200, 499), ("one", 503, 1), ("clean", 200, 499), ("idle", 200, 0)] {
        let labels = format!("exported_namespace=\"{}\",status=\"{status}\"", namespace(service));
        counter(&mut samples, month, &format!("nginx_ingress_controller_requests{{{labels}}}"), by);
    }
    let latency = "nginx_ingress_controller_request_duration_seconds";
    samples.metric(latency, "histogram");
    for (le, by) in [("0.1", 90), ("0.2", 100), ("+Inf", 100)] {
        let labels = format!("exported_namespace=\"{}\",le=\"{le}\"", namespace("one"));
        counter(&mut samples, month, &format!("{latency}_bucket{{{labels}}}"), by);
    }
    samples
}

#[tokio::test]
async fn a_day_is_counted_over_the_samples_that_a_prometheus_server_really_has() {
    let world = World::start().await;
    for service in ["one", "both", "none"] {
        world.registered(named(sample::passing(), service), service).await;
    }
    let mut server = Server::over(&samples(&month()));
    let asked = |address: &str, expression| Prometheus::new(address.parse().unwrap(), expression).unwrap();
    let address = server.start();
    AHEAD_HERE.set(DAY);

    // One that stopped is told; nothing is written, and what is missing is no zero.
    server.stop();
    let error = look(&world.register.store, &asked(&address, AVAILABILITY)).await.unwrap_err().to_string();
    assert!(error.starts_with("prometheus: error sending request"), "{error}");
    let before = observed(&world, "one").await;
    assert_eq!((before.minutes.measured, before.observed_downtime_ms), (0, None));
    assert!(before.days.iter().all(|day| day.minutes.is_none()));

    let address = server.start();
    let wrong = look(&world.register.store, &asked(&address, "sum({namespace}")).await.unwrap_err().to_string();
    assert!(wrong.contains("400 Bad Request"), "{wrong}");
    assert_eq!(look(&world.register.store, &asked(&address, AVAILABILITY)).await.unwrap(), 1);
    // A sample stands for the minute after its own, and for four more where no other follows it.
    for (service, up, longest) in [("one", 1374, 10), ("both", 1369, 15)] {
        let seen = observed(&world, service).await;
        let minutes = seen.days.last().unwrap().minutes.unwrap();
        assert_eq!((minutes.measured, minutes.up, minutes.longest_down), (1384, up, longest), "{service}");
    }
    assert_eq!(observed(&world, "none").await.minutes.measured, 0);
    audit(&world.database()).await.unwrap();
}

#[tokio::test]
async fn a_service_of_which_an_expression_gives_several_series_holds_up_no_other() {
    let world = World::start().await;
    for service in ["both", "one"] {
        world.registered(named(sample::passing(), service), service).await;
    }
    let mut server = Server::over(&samples(&month()));
    let expression = r#"probe_success{namespace="{namespace}"}"#;
    let prometheus = Prometheus::new(server.start().parse().unwrap(), expression).unwrap();
    AHEAD_HERE.set(DAY);
    assert_eq!(look(&world.register.store, &prometheus).await.unwrap(), 1);
    assert_eq!(observed(&world, "one").await.minutes.measured, 1384);
    assert_eq!(observed(&world, "both").await.minutes.measured, 0);
}

#[tokio::test]
async fn indicators_of_a_month_follow_from_the_samples_that_a_prometheus_server_really_has() {
    let world = World::start().await;
    let month = month();
    let indicators = [
        indicator("availability", "%", ">= 99.5", SHARE_OF_TIME),
        indicator("failed-requests", "%", "<= 0.1", FAILED),
        indicator("response-time", "ms", "<= 500", RESPONSE),
    ];
    for service in ["both", "clean", "idle", "none", "one"] {
        world.registered(with(indicators.to_vec(), service), service).await;
    }
    let mut server = Server::over(&samples(&month));
    let asked = |address: String| Prometheus::new(address.parse().unwrap(), AVAILABILITY).unwrap();
    AHEAD_HERE.set(month.end - Timestamp::now().as_second() + 3600);

    let stopped = asked(server.start());
    server.stop();
    assert_eq!(measure(&world.register.store, &stopped).await.unwrap(), 0);
    let report =
        async || -> KpiReport { world.get(&format!("/api/v1/kpis?period={}", month.period), "regulator").await.json() };
    let none = (None, Some(Missing::NotMeasured));
    let told = |value: &KpiValue| (value.value, value.missing);
    let values = report().await.indicators.into_iter().flat_map(|indicator| indicator.values);
    assert!(values.map(|value| told(&value)).all(|value| value == none));

    let prometheus = asked(server.start());
    assert_eq!(measure(&world.register.store, &prometheus).await.unwrap(), 3);
    assert_eq!(measure(&world.register.store, &prometheus).await.unwrap(), 0, "what is known is not asked again");
    let report = report().await;
    let of = |indicator: &str| {
        let indicator = report.indicators.iter().find(|found| found.name == indicator).unwrap();
        ["both", "clean", "idle", "none", "one"]
            .map(|service| told(indicator.values.iter().find(|value| value.service == service).unwrap()))
    };
    // 1370 of 1380 probes of each day; two probes are no one number; of the others there is none.
    assert_eq!(of("availability"), [none, none, none, none, (Some(99_275_362), None)]);
    // One of 500 requests; none of those that there were; none that could fail.
    assert_eq!(of("failed-requests"), [none, (Some(0), None), none, none, (Some(200_000), None)]);
    // 90 of 100 within 100 ms and all within 200 ms, in between as if evenly spread.
    assert_eq!(of("response-time"), [none, none, none, none, (Some(150_000_000), None)]);
    audit(&world.database()).await.unwrap();
}
