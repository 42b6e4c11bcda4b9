//! What regulator and public oversee by: indicators with their origin (56.6), statistics, the glossary, and the
//! replay of a proposed standard.

use std::collections::BTreeSet;

use factory_assurance::{canonical, dossier::TestResult, sample};
use factory_crds::{
    Outcome, Text,
    resilience_standard::{Indicator, Measure},
    state_service::ServiceClass,
};
use factory_register::{
    api::{replay::Replay, statistics::Statistics},
    glossary::Glossary,
    kpi::{KpiReport, measure::Missing},
    store::audit::audit,
};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{
    page::Page,
    world::{World, named},
};

fn indicator(name: &str, measure: Option<Measure>, unit: &str, target: &str) -> Indicator {
    let text = |text: &str| text.to_owned();
    Indicator {
        name: text(name),
        definition: Text {
            ky: text("Аныктама"), ru: text("Определение <b>"), en: text("Definition <b>")
        },
        formula: text("=1+1"),
        unit: text(unit),
        source: text("dossiers"),
        period: text("month"),
        target: text(target),
        measure,
        query: None,
        effective_from: None,
        effective_until: None,
    }
}

/// Judged by a standard that defines indicators.
fn with_indicators(mut result: TestResult) -> TestResult {
    result.standard.indicators = vec![
        indicator("recovery", Some(Measure::RecoveryTime), "s", "<= 30"),
        indicator("downtime", Some(Measure::PredictedDowntime), "s", "<= 9"),
        indicator("term", Some(Measure::EnteredInTerm), "%", ">= 100"),
        indicator("availability", None, "%", ">= 99.5"),
    ];
    sample::judged(result)
}

#[tokio::test]
async fn an_indicator_leads_from_its_number_to_the_dossier_and_event_that_it_comes_from() {
    let world = World::start().await;
    let state = world.registered(with_indicators(sample::passing()), "one").await;
    world.submitted(named(with_indicators(sample::failing()), "failed"), "two").await;
    let report: KpiReport = world.get("/api/v1/kpis", "regulator").await.json();
    assert!(report.complete && report.as_of >= 5);
    let names: Vec<_> = report.indicators.iter().map(|one| (one.standard.as_str(), one.name.as_str())).collect();
    assert_eq!(
        names,
        [("basic@1", "recovery"), ("basic@1", "downtime"), ("basic@1", "term"), ("basic@1", "availability")]
    );
    let recovery = &report.indicators[0];
    let figures = state.verdict.figures.iter().filter(|figure| figure.name == "recoveryMs");
    let longest = figures.filter_map(|figure| figure.value).max();
    assert_eq!((recovery.values.len(), recovery.values[0].value, recovery.values[0].met), (1, longest, Some(true)));
    let value = &recovery.values[0];
    assert_eq!((&value.submission, &value.dossier), (&state.id, &state.dossier));
    // The origin is the signed dossier itself: what it holds has the digest that the value names.
    let dossier = world.get(&format!("/api/v1/submissions/{}/dossier", value.submission), "regulator").await;
    let envelope: factory_assurance::dsse::Envelope = dossier.json();
    assert_eq!(envelope.payload_digest().unwrap(), value.dossier);
    assert_eq!(report.indicators[1].values[0].missing, Some(Missing::NotMeasured), "no downtime is modelled");
    assert_eq!((report.indicators[2].overall, report.indicators[2].met), (Some(1_000_000), 1));
    assert!(report.indicators[3].values.is_empty());

    let table = world.get("/api/v1/kpis.csv", "regulator").await;
    assert_eq!(table.header("content-type"), "text/csv; charset=utf-8; header=present");
    let rows: Vec<&str> = table.text.trim_end().split("\r\n").collect();
    assert_eq!(rows.len(), 5, "{}", table.text);
    assert!(rows[1].contains(",'=1+1,s,dossiers,") && rows[1].contains(&state.dossier), "{}", rows[1]);
    assert!(rows[2].contains(",NotMeasured,,") && rows[4].contains(",NoValues,"), "{}", table.text);

    let empty: KpiReport = world.get("/api/v1/kpis?period=2020-01", "regulator").await.json();
    assert_eq!(empty.indicators, []);
    for path in ["/api/v1/kpis", "/api/v1/kpis.csv"] {
        for token in ["owner", "factory", "keeper", "stranger"] {
            world.get(path, token).await.refused(403);
        }
        world.get(path, "").await.refused(401);
        for period in ["2026", "2026-13", "x", "2026-06'--"] {
            let detail = world.get(&format!("{path}?period={period}"), "regulator").await.refused(400);
            assert!(detail.starts_with("period: must be a month as YYYY-MM"), "{detail}");
        }
    }
}

#[tokio::test]
async fn the_register_in_numbers_is_public_and_grows_with_the_log() {
    let world = World::start().await;
    let none: Statistics = world.get("/api/v1/statistics", "").await.json();
    assert_eq!((none.in_force, none.entries, none.months.len()), (0, 0, 0));
    world.registered(sample::passing(), "one").await;
    world.registered(named(sample::passing(), "two"), "two").await;
    world.registered(named(sample::passing(), "gone"), "gone").await;
    world.submitted(named(sample::failing(), "failed"), "failed").await;
    let reason = json!({"reason": "It moved."});
    let gone = world.post("/api/v1/entries/social-registry/gone/withdrawal", "owner", "key", &reason).await;
    assert_eq!(gone.status, StatusCode::CREATED, "{}", gone.text);
    let counted: Statistics = world.get("/api/v1/statistics", "").await.json();
    assert_eq!((counted.in_force, counted.participants, counted.entries, counted.withdrawals), (2, 1, 3, 1));
    assert_eq!((counted.in_term, counted.terms_known), (3, 3));
    assert_eq!(counted.months.iter().map(|month| (month.entered, month.withdrawn)).collect::<Vec<_>>(), [(3, 1)]);
    assert_eq!(
        counted.standards.iter().map(|one| (one.standard.as_str(), one.releases)).collect::<Vec<_>>(),
        [("basic@1", 2)]
    );
    let table = world.get("/api/v1/statistics.csv", "").await;
    assert!(table.text.starts_with("number,of,value\r\nin_force,,2\r\n"), "{}", table.text);
    assert!(table.text.contains("in_force_by_standard,basic@1,2\r\n"), "{}", table.text);
    for language in ["ky", "ru", "en"] {
        let page = world.get(&format!("/statistics?lang={language}"), "").await;
        let read = Page::read(&page.text).unwrap();
        assert_eq!(read.faults(), Vec::<String>::new());
        assert!(page.text.contains("href=\"/api/v1/statistics\"") && page.text.contains("3 / 3"), "{}", page.text);
    }
}

#[tokio::test]
async fn the_glossary_has_terms_and_the_indicators_in_use() {
    let world = World::start().await;
    let before: Glossary = world.get("/api/v1/glossary", "").await.json();
    assert!(before.terms.len() >= 15 && before.standards.is_empty());
    world.submitted(with_indicators(sample::passing()), "one").await;
    let mut newer = named(with_indicators(sample::passing()), "newer");
    "2".clone_into(&mut newer.standard.version);
    world.submitted(sample::judged(newer), "two").await;
    let after: Glossary = world.get("/api/v1/glossary", "").await.json();
    assert_eq!(after.standards.iter().map(|one| one.standard.as_str()).collect::<Vec<_>>(), ["basic@2", "basic@1"]);
    for (language, word) in
        [("ky", "Милдеттүү көрсөтмө"), ("ru", "Обязательное предписание"), ("en", "Binding instruction")]
    {
        let page = world.get(&format!("/glossary?lang={language}"), "").await;
        let read = Page::read(&page.text).unwrap();
        assert_eq!(read.faults(), Vec::<String>::new());
        assert!(read.text.contains(word), "{}", read.text);
        assert!(!page.text.contains("Definition <b>"), "a text is not escaped");
    }
}

/// PostgreSQL reads no JSON document in which a zero character stands.
#[tokio::test]
async fn a_zero_in_what_a_service_says_of_itself_takes_nothing_from_others() {
    let world = World::start().await;
    let mut odd = with_indicators(sample::passing());
    let operations = &mut odd.evidence.verify.as_mut().unwrap().contracts[0].operations;
    let mut never = operations[0].clone();
    "/v1/\0".clone_into(&mut never.path);
    never.answers.clear();
    operations.push(never);
    let odd = sample::judged(odd);
    assert!(odd.verdict.findings.iter().any(|finding| finding.message.contains('\0')), "{:?}", odd.verdict.findings);
    world.submitted(odd, "one").await;
    let glossary: Glossary = world.get("/api/v1/glossary", "").await.json();
    assert_eq!(glossary.standards.len(), 1);
    assert_eq!(world.get("/api/v1/statistics", "").await.status, StatusCode::OK);
}

/// The sample's standard as a proposal, changed.
fn proposal(change: impl FnOnce(&mut Value)) -> Value {
    let standard = sample::passing().standard;
    let mut spec = json!({
        "class": "basic", "version": "9", "effectiveFrom": "2027-01-01",
        // As the sample was asked: by another load nothing could be judged.
        "load": {"thinkTime": "5s", "timeout": "5s", "warmUpSeconds": 2, "steadySeconds": 5},
        "steady": standard.steady, "faults": standard.faults,
        "maxLagPpm": standard.max_lag_ppm, "minRequests": standard.min_requests,
    });
    change(&mut spec);
    json!({"name": "proposed", "spec": spec})
}

async fn replayed(world: &World, proposal: &Value) -> Replay {
    let answer = world.post("/api/v1/replay", "regulator", "", proposal).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    answer.json()
}

#[tokio::test]
async fn a_proposed_limit_shows_who_would_fail_and_writes_nothing() {
    let world = World::start().await;
    let good = world.registered(sample::passing(), "one").await;
    // The release in force counts, not a newer attempt that failed.
    let mut later = sample::failing();
    "registered-address-2".clone_into(&mut later.subject.release);
    later.bundle.configuration = canonical::sha256(b"later");
    world.submitted(sample::judged(later), "later").await;
    world.submitted(named(sample::failing(), "broken"), "two").await;
    let mut other = named(sample::passing(), "vital");
    "critical".clone_into(&mut other.record.class);
    other.standard.class = Some(ServiceClass::Critical);
    other.standard.version.push_str("-critical");
    world.submitted(sample::judged(other), "three").await;
    let events = audit(&world.database()).await.unwrap();

    let same = replayed(&world, &proposal(|_| ())).await;
    assert_eq!(
        (same.standard.as_str(), same.passed, same.failed, same.undecided, same.left_out),
        ("proposed@9", 1, 1, 0, 0)
    );
    let services: BTreeSet<_> = same.services.iter().map(|one| (one.service.as_str(), one.now, one.then)).collect();
    let expected =
        [("broken", Outcome::Failed, Outcome::Failed), ("registered-address", Outcome::Passed, Outcome::Passed)];
    assert_eq!(services, expected.into(), "another class is not concerned");
    assert_eq!(same.services[0].service, "broken", "the worst first");

    // A killed pod costs the sample two requests of its window.
    let stricter = replayed(&world, &proposal(|spec| spec["faults"][0]["maxFailedPpm"] = json!(0))).await;
    assert_eq!((stricter.passed, stricter.failed), (0, 2));
    let address = stricter.services.iter().find(|one| one.service == "registered-address").unwrap();
    assert_eq!((address.now, address.then, &address.submission), (Outcome::Passed, Outcome::Failed, &good.id));
    assert!(address.finding.as_ref().unwrap().contains("the standard allows 0 %"), "{:?}", address.finding);

    let more = json!({"kind": "ContainerKill", "maxFailedPpm": 0, "windowSeconds": 6});
    let unseen = replayed(&world, &proposal(|spec| spec["faults"].as_array_mut().unwrap().push(more))).await;
    let address = unseen.services.iter().find(|one| one.service == "registered-address").unwrap();
    assert_eq!(address.then, Outcome::Inconclusive, "no dossier has evidence for it");
    let nobody = replayed(&world, &proposal(|spec| spec["class"] = json!("important"))).await;
    assert_eq!(nobody.services, []);
    assert_eq!(audit(&world.database()).await.unwrap(), events);
}

#[tokio::test]
async fn a_proposal_that_is_no_standard_and_a_person_who_is_no_regulator_are_refused() {
    type Harm = fn(&mut Value);
    let world = World::start().await;
    for token in ["owner", "factory", "keeper", "stranger"] {
        world.post("/api/v1/replay", token, "", &proposal(|_| ())).await.refused(403);
    }
    world.post("/api/v1/replay", "", "", &proposal(|_| ())).await.refused(401);
    let harms: [(&str, Harm); 5] = [
        ("spec.steady.p99Ms: ", |spec| spec["steady"]["p99Ms"] = json!(0)),
        ("spec.limit: is no field", |spec| spec["limit"] = json!(1)),
        ("spec", |spec| spec["faults"] = json!([])),
        ("spec.faults", |spec| spec["faults"][0]["kind"] = json!("Freeze")),
        ("spec", |spec| drop(spec.as_object_mut().unwrap().remove("version"))),
    ];
    for (begins, harm) in harms {
        let detail = world.post("/api/v1/replay", "regulator", "", &proposal(harm)).await.refused(422);
        assert!(detail.starts_with(begins), "{detail}");
    }
}
