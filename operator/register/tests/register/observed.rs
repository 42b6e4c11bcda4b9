//! What was observed of a launched service stands beside what was predicted: read from a Prometheus server over HTTP,
//! kept as events, shown as bars and a table and JSON. What is missing is missing.

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
use factory_assurance::{live, sample};
use factory_register::{
    observed::{Observed, look::look, prometheus::Prometheus},
    store::audit::audit,
};
use jiff::Timestamp;
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

async fn server(answers: &Answers) -> Prometheus {
    let routes = Router::new().route("/prometheus/api/v1/query_range", get(range)).with_state(Arc::clone(answers));
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
    for (status, series, said) in
        [(503, vec![whole], "503"), (200, vec![whole, whole], "gives 2 series, must give one")]
    {
        answers.lock().unwrap().insert(asked("one"), (status, series));
        let error = look(&world.register.store, &prometheus).await.unwrap_err().to_string();
        assert!(error.starts_with("prometheus: ") && error.contains(said), "{error}");
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
