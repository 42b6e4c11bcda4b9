//! What was observed of a launched service stands beside what was predicted: read from a Prometheus server over HTTP,
//! kept as events, shown as bars and a table and JSON. What is missing is missing. Here the server is one that answers
//! whatever a test wants, errors too; [`real`] has a real one.

mod real;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use axum::{
    Json, Router,
    extract::{Query, State},
    http::StatusCode,
    routing::get,
};
use factory_assurance::{dossier::TestResult, live, sample};
use factory_crds::{Text, resilience_standard::Indicator};
use factory_register::{
    kpi::{KpiReport, Origin, measure::Missing},
    observed::{Observed, look::look, measure::measure, prometheus::Prometheus},
    store::audit::audit,
};
use jiff::{Timestamp, tz::Offset};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::world::{AHEAD_HERE, PARTICIPANT, World, named};

const EXPRESSION: &str = r#"max(probe_success{namespace="{namespace}"})"#;
const DAY: i64 = 24 * 60 * 60;

/// What the server answers: status and series for each expression.
type Answers = Arc<Mutex<BTreeMap<String, (u16, Vec<fn(i64) -> Option<f64>>)>>>;

/// `query_range` as Prometheus answers it (its HTTP API, v1).
async fn range(
    State(answers): State<Answers>,
    Query(asked): Query<BTreeMap<String, String>>,
) -> (StatusCode, Json<Value>) {
    let number = |name: &str| asked[name].parse::<i64>().unwrap();
    let (start, end, step) = (number("start"), number("end"), number("step"));
    assert_eq!((end - start, step), (DAY - 60, 60));
    let (status, series) = answers.lock().unwrap().get(&asked["query"]).cloned().unwrap_or((200, Vec::new()));
    let values = |series: fn(i64) -> Option<f64>| -> Vec<Value> {
        let at = (0..DAY / 60).map(|minute| (start + minute * 60, series(minute)));
        at.filter_map(|(at, value)| Some(json!([at, value?.to_string()]))).collect()
    };
    let result: Vec<Value> = series.into_iter().map(|series| json!({"metric": {}, "values": values(series)})).collect();
    let answer = json!({"status": "success", "data": {"resultType": "matrix", "result": result}});
    (StatusCode::from_u16(status).unwrap(), Json(answer))
}

/// `query` as Prometheus answers it: the value of each series at that moment, which stands in their minutes from 0 on.
async fn instant(
    State(answers): State<Answers>,
    Query(asked): Query<BTreeMap<String, String>>,
) -> (StatusCode, Json<Value>) {
    assert_eq!(asked["timeout"], "20s");
    let (status, series) = answers.lock().unwrap().get(&asked["query"]).cloned().unwrap_or((200, Vec::new()));
    let value = |series: fn(i64) -> Option<f64>| {
        Some(json!({"metric": {}, "value": [asked["time"].parse::<i64>().unwrap(), series(0)?.to_string()]}))
    };
    let result: Vec<Value> = series.into_iter().filter_map(value).collect();
    let answer = json!({"status": "success", "data": {"resultType": "vector", "result": result}});
    (StatusCode::from_u16(status).unwrap(), Json(answer))
}

async fn server(answers: &Answers) -> Prometheus {
    let routes = Router::new()
        .route("/prometheus/api/v1/query_range", get(range))
        .route("/prometheus/api/v1/query", get(instant))
        .with_state(Arc::clone(answers));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/prometheus/", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
    Prometheus::new(address.parse().unwrap(), EXPRESSION).unwrap()
}

fn asked(service: &str) -> String {
    EXPRESSION.replace("{namespace}", &live::namespace(PARTICIPANT, service))
}

async fn observed(world: &World, service: &str) -> Observed {
    world.get(&format!("/api/v1/entries/{PARTICIPANT}/{service}/observed"), "").await.json()
}

#[tokio::test]
async fn what_was_observed_stands_beside_what_was_predicted() {
    let world = World::start().await;
    world.registered(named(sample::passing(), "one"), "one").await;
    world.registered(named(sample::passing(), "two"), "two").await;
    let answers = Answers::default();
    let prometheus = server(&answers).await;
    // Of today nothing is known: it has not ended.
    let whole: fn(i64) -> Option<f64> = |_| Some(1.0);
    answers.lock().unwrap().insert(asked("one"), (200, vec![whole]));
    assert_eq!(look(&world.register.store, &prometheus).await.unwrap(), 0);
    let before = observed(&world, "one").await;
    assert_eq!((before.observed_downtime_ms, before.observed_recovery_ms, before.minutes.measured), (None, None, 0));
    assert!(before.predicted_recovery_ms.is_some());
    let path = format!("/entries/{PARTICIPANT}/one?lang=en");
    let page = world.get(&path, "").await.text;
    assert_eq!((page.matches("class=\"none\"").count(), page.matches("class=\"whole\"").count()), (90, 0));

    // Tomorrow it has: ten minutes down, an hour of which nothing is known; of the other service nothing at all.
    AHEAD_HERE.set(DAY);
    let broken: fn(i64) -> Option<f64> = |minute| match minute {
        100..110 => Some(0.0),
        200..260 => None,
        _ => Some(1.0),
    };
    answers.lock().unwrap().insert(asked("one"), (200, vec![broken]));
    assert_eq!(look(&world.register.store, &prometheus).await.unwrap(), 1);
    let seen = observed(&world, "one").await;
    let day = seen.days.last().unwrap();
    let minutes = day.minutes.unwrap();
    assert_eq!((minutes.measured, minutes.up, minutes.longest_down), (1380, 1370, 10));
    assert_eq!(seen.observed_recovery_ms, Some(600_000));
    assert_eq!(seen.observed_downtime_ms, Some(10 * 365 * 1440 * 60_000 / 1380));
    assert_eq!(seen.predicted_recovery_ms, before.predicted_recovery_ms);
    assert_eq!(seen.days[..89].iter().filter(|day| day.minutes.is_some()).count(), 0);
    assert_eq!(observed(&world, "two").await.minutes.measured, 0);
    for (language, words) in
        [("en", "Predicted and observed"), ("ru", "Предсказано и наблюдалось"), ("ky", "Алдын ала айтылганы")]
    {
        let page = world.get(&format!("/entries/{PARTICIPANT}/one?lang={language}"), "").await.text;
        assert!(page.contains(words), "{language}");
        assert_eq!((page.matches("class=\"none\"").count(), page.matches("class=\"part\"").count()), (89, 1));
        assert!(page.contains("99.27 %") && page.contains("10 min") && page.contains(">1380<"), "{page}");
    }
    // What is known is not written again, whatever the server says later; what it did not know is.
    answers.lock().unwrap().insert(asked("one"), (200, vec![whole]));
    answers.lock().unwrap().insert(asked("two"), (200, vec![whole]));
    assert_eq!(look(&world.register.store, &prometheus).await.unwrap(), 1);
    assert_eq!(look(&world.register.store, &prometheus).await.unwrap(), 0);
    assert_eq!(observed(&world, "one").await.days, seen.days);
    let other = observed(&world, "two").await;
    assert_eq!((other.minutes.measured, other.observed_downtime_ms), (1440, Some(0)));
    assert_ne!(other.days[89].event, day.event);
    audit(&world.database()).await.unwrap();
}

#[tokio::test]
async fn a_server_that_is_away_or_answers_otherwise_gives_nothing() {
    let world = World::start().await;
    world.registered(named(sample::passing(), "one"), "one").await;
    AHEAD_HERE.set(DAY);
    let (answers, whole): (_, fn(i64) -> Option<f64>) = (Answers::default(), |_| Some(1.0));
    let prometheus = server(&answers).await;
    answers.lock().unwrap().insert(asked("one"), (503, vec![whole]));
    let error = look(&world.register.store, &prometheus).await.unwrap_err().to_string();
    assert!(error.starts_with("prometheus: ") && error.contains("503"), "{error}");
    // These are about one service alone.
    for (status, series) in [(200, vec![whole, whole]), (422, Vec::new())] {
        answers.lock().unwrap().insert(asked("one"), (status, series));
        assert_eq!(look(&world.register.store, &prometheus).await.unwrap(), 0);
        assert_eq!(observed(&world, "one").await.minutes.measured, 0);
    }
    // Withdrawn, it is not looked at any more.
    answers.lock().unwrap().insert(asked("one"), (200, vec![whole]));
    let (path, reason) = (format!("/api/v1/entries/{PARTICIPANT}/one/withdrawal"), json!({"reason": "it is over"}));
    assert_eq!(world.post(&path, "owner", "end", &reason).await.status, StatusCode::CREATED);
    assert_eq!(look(&world.register.store, &prometheus).await.unwrap(), 0);
    world.get(&format!("/api/v1/entries/{PARTICIPANT}/nobody/observed"), "").await.refused(404);
    assert!(world.register.store.now() > Timestamp::now());
}

const QUERY: &str = r#"100 * avg_over_time(probe_success{namespace="{namespace}",service="{service}"}[{period}])"#;

/// An indicator that is measured of launched services.
fn indicator(name: &str, unit: &str, target: &str, query: &str) -> Indicator {
    let text = || Text {
        ky: "Жеткиликтүүлүк".to_owned(), ru: "Доступность".to_owned(), en: "Availability".to_owned()
    };
    Indicator {
        name: name.to_owned(),
        definition: text(),
        formula: "share of minutes".to_owned(),
        unit: unit.to_owned(),
        source: "metrics of the launched service".to_owned(),
        period: "month".to_owned(),
        target: target.to_owned(),
        measure: None,
        query: Some(query.to_owned()),
        effective_from: None,
        effective_until: None,
    }
}

/// A service that is judged by a standard with these indicators.
fn with(indicators: Vec<Indicator>, service: &str) -> TestResult {
    let mut result = named(sample::passing(), service);
    result.standard.indicators = indicators;
    sample::judged(result)
}

fn with_a_query(service: &str) -> TestResult {
    with(vec![indicator("availability", "%", ">= 99.5", QUERY)], service)
}

/// A month by the clock of Bishkek.
struct Month {
    period: String,
    /// First second after it.
    end: i64,
    seconds: i64,
}

/// This one.
fn month() -> Month {
    let offset = Offset::constant(6);
    let first = offset.to_datetime(Timestamp::now()).date().first_of_month();
    let next = first.checked_add(jiff::Span::new().months(1)).unwrap();
    let moment = |day: jiff::civil::Date| offset.to_timestamp(day.to_datetime(jiff::civil::Time::midnight())).unwrap();
    let seconds = moment(next).as_second() - moment(first).as_second();
    Month { period: first.to_string()[..7].to_owned(), end: moment(next).as_second(), seconds }
}

#[tokio::test]
async fn an_indicator_of_the_standard_is_measured_once_the_month_has_ended() {
    let world = World::start().await;
    let state = world.registered(with_a_query("one"), "one").await;
    world.registered(with_a_query("two"), "two").await;
    let Month { period, end, seconds } = month();
    let answers = Answers::default();
    let prometheus = server(&answers).await;
    let asked = |service: &str| {
        let query = QUERY.replace("{namespace}", &live::namespace(PARTICIPANT, service)).replace("{service}", service);
        query.replace("{period}", &format!("{seconds}s"))
    };
    let of = |value: fn(i64) -> Option<f64>| (200, vec![value]);
    answers.lock().unwrap().insert(asked("one"), of(|_| Some(99.73)));
    let report =
        async || -> KpiReport { world.get(&format!("/api/v1/kpis?period={period}"), "regulator").await.json() };
    // While the month runs nothing is asked, and each value is missing for that reason.
    assert_eq!(measure(&world.register.store, &prometheus).await.unwrap(), 0);
    let before = report().await;
    let missing: Vec<_> = before.indicators[0].values.iter().map(|value| (value.value, value.missing)).collect();
    assert_eq!(missing, [(None, Some(Missing::PeriodRuns)); 2]);

    AHEAD_HERE.set(end - Timestamp::now().as_second() + 3600);
    assert_eq!(measure(&world.register.store, &prometheus).await.unwrap(), 1);
    let found = report().await;
    let indicator = &found.indicators[0];
    assert_eq!((indicator.origin, indicator.query.as_deref()), (Some(Origin::Prometheus), Some(QUERY)));
    assert_eq!((indicator.met, indicator.missed, indicator.missing), (1, 0, 1));
    let value = indicator.values.iter().find(|value| value.service == "one").unwrap();
    assert_eq!((value.value, value.met, value.origin), (Some(99_730_000), Some(true), Origin::Prometheus));
    assert_eq!((&value.submission, &value.dossier), (&state.id, &state.dossier));
    let other = indicator.values.iter().find(|value| value.service == "two").unwrap();
    assert_eq!((other.value, other.missing), (None, Some(Missing::NotMeasured)));
    let table = world.get(&format!("/api/v1/kpis.csv?period={period}"), "regulator").await.text;
    assert!(table.contains(",Prometheus,>= 99.5,") && table.contains(",99.73,99730000,millionths,"), "{table}");

    // What is known is not asked again; what was not is, and a server that refuses one expression gives nothing.
    answers.lock().unwrap().insert(asked("one"), of(|_| Some(1.0)));
    answers.lock().unwrap().insert(asked("two"), (422, Vec::new()));
    assert_eq!(measure(&world.register.store, &prometheus).await.unwrap(), 0);
    for none in [
        (200, Vec::new()),
        of(|_| Some(f64::NAN)),
        of(|_| Some(-1.0)),
        (200, vec![|_: i64| Some(1.0), |_: i64| Some(2.0)]),
    ] {
        answers.lock().unwrap().insert(asked("two"), none);
        assert_eq!(measure(&world.register.store, &prometheus).await.unwrap(), 0);
    }
    answers.lock().unwrap().insert(asked("two"), of(|_| Some(98.0)));
    assert_eq!(measure(&world.register.store, &prometheus).await.unwrap(), 1);
    let last = report().await;
    assert_eq!((last.indicators[0].met, last.indicators[0].missed, last.indicators[0].missing), (1, 1, 0));
    assert_eq!(last.indicators[0].values.iter().find(|found| found.service == "one").unwrap(), value);
    assert_eq!(last.indicators[0].worst, Some(98_000_000));
    audit(&world.database()).await.unwrap();
}
