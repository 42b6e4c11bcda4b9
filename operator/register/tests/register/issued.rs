//! A run is announced by a standard that the regulator has issued and by no other, whoever rules the cluster.

use std::path::PathBuf;

use factory_assurance::{
    canonical,
    dossier::TestResult,
    dsse::{PrivateKey, sign},
    issuance,
    log::{Link, link::ORIGIN, tree::Edge},
    sample,
    standard::Standard,
    term::Term,
    wire::{DAMAGED, IssuanceRequest, NOT_ISSUED, Problem, SignedStandard},
};
use factory_crds::resilience_standard::{ArrivalKind, ArrivalRule};
use factory_register::{api::standards::IssuedStandards, copies, store::audit::audit};
use jiff::{SignedDuration, Timestamp, tz::Offset};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{
    log::sql,
    page::Page,
    server::Database,
    world::{AHEAD_HERE, Answer, EFFECTIVE, STANDARDS, World, issuance_by, named},
};

/// Of the regulator's office, by its key, from `from` on.
fn issuance_from(world: &World, standard: &Standard, from: &str) -> IssuanceRequest {
    let statement = issuance::statement(standard, from, "Regulator", "2026-03-04T05:06:07Z").unwrap();
    IssuanceRequest { issuance: sign(&statement, &world.regulator_key).unwrap() }
}

async fn issue(world: &World, body: &IssuanceRequest) -> Answer {
    world.post(STANDARDS, "regulator", "", body).await
}

async fn announced(world: &World, key: &str, change: impl FnOnce(&mut TestResult)) -> Answer {
    let mut result = named(sample::passing(), key);
    change(&mut result);
    world.post("/api/v1/announcements", "factory", key, &sample::announcement(&result, 1)).await
}

/// Days are those of Bishkek.
fn day(hours: i64) -> String {
    Offset::constant(6).to_datetime(Timestamp::now() + SignedDuration::from_hours(hours)).date().to_string()
}

#[tokio::test]
async fn what_nobody_issued_is_not_announced_and_is_once_it_is_issued() {
    let world = World::start().await;
    let refused = announced(&world, "one", |_| {}).await;
    let detail = refused.refused(409);
    assert!(detail.starts_with("standard: `basic@1` was not issued: the regulator issues it with"), "{detail}");
    // Whoever waits for the regulator knows by this that they do.
    assert_eq!(refused.json::<Problem>().kind, NOT_ISSUED);
    assert_eq!(audit(&world.database()).await.unwrap().events, 0, "not even the epoch");
    assert_eq!(world.get(&format!("{STANDARDS}/basic/1"), "").await.status, StatusCode::NOT_FOUND);

    let standard = sample::passing().standard;
    world.issued(&standard).await;
    assert_eq!(announced(&world, "one", |_| {}).await.status, StatusCode::CREATED, "the same announcement as before");
    let held: SignedStandard = world.get(&format!("{STANDARDS}/basic/1"), "").await.json();
    let issued = &held.issued;
    assert_eq!((issued.event, issued.effective_from.as_str(), &issued.sealed_by), (1, EFFECTIVE, &None));
    assert_eq!((&held.standard, &issued.digest), (&standard, &canonical::digest(&standard).unwrap()));
    // Whoever has the regulator's key believes it without believing the register.
    let signed = issuance::verify(&held.signed, &[world.regulator_key.public()]).unwrap().predicate;
    assert_eq!((signed.standard, signed.effective_from.as_str()), (standard, EFFECTIVE));
    let listed: IssuedStandards = world.get(STANDARDS, "").await.json();
    assert_eq!((listed.standards, listed.next), (vec![held.issued], None));
    let events: Value = world.get("/api/v1/log/events?from=1&limit=1", "").await.json();
    assert_eq!(events["events"][0]["public"]["place"]["kind"], "standard-issued");
    audit(&world.database()).await.unwrap();
}

#[tokio::test]
async fn what_was_issued_is_announced_as_it_is_and_not_otherwise() {
    type Harm = fn(&mut TestResult);
    let world = World::start().await;
    world.issued(&sample::passing().standard).await;
    let before = audit(&world.database()).await.unwrap();
    let harms: [(&str, Harm); 5] = [
        ("standard.steady: not as `basic@1` was issued", |result| result.standard.steady.max_failed_ppm *= 50),
        ("standard.faults: not as `basic@1` was issued", |result| result.standard.faults.truncate(1)),
        // A field that the factory knows and the regulator has not signed.
        ("standard.maxAttempts: not as `basic@1` was issued", |result| result.standard.max_attempts = Some(9)),
        // A load that comes otherwise than what was issued.
        ("standard.load: not as `basic@1` was issued", |result| {
            let load = result.standard.load.as_mut().unwrap();
            load.arrivals = Some(ArrivalRule { kind: ArrivalKind::Constant, ..ArrivalRule::default() });
        }),
        ("standard: `lax@1` was not issued", |result| result.standard.name = "lax".to_owned()),
    ];
    for (begins, harm) in harms {
        let detail = announced(&world, "one", harm).await.refused(409);
        assert!(detail.starts_with(begins), "{begins}: {detail}");
    }
    assert_eq!(audit(&world.database()).await.unwrap(), before);
}

#[tokio::test]
async fn a_standard_is_announced_from_its_day_on() {
    let world = World::start().await;
    let (today, tomorrow) = (day(0), day(24));
    let standard = sample::passing().standard;
    assert_eq!(issue(&world, &issuance_from(&world, &standard, &tomorrow)).await.status, StatusCode::CREATED);
    let refused = announced(&world, "one", |_| {}).await;
    let detail = refused.refused(409);
    let rule = format!("standard: `basic@1` was issued from {tomorrow} on, and today is {today}: ");
    assert!(detail.starts_with(&rule), "{detail}");
    assert_eq!(refused.json::<Problem>().kind, NOT_ISSUED);
    AHEAD_HERE.set(24 * 3600);
    assert_eq!(announced(&world, "one", |_| {}).await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn the_same_twice_is_the_same_and_no_version_is_issued_twice() {
    let world = World::start().await;
    let standard = sample::passing().standard;
    let first = issue(&world, &issuance_by(&world.regulator_key, &standard)).await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.text);
    let again = issue(&world, &issuance_from(&world, &standard, EFFECTIVE)).await;
    assert_eq!(
        (again.status, again.json::<SignedStandard>()),
        (StatusCode::OK, first.json()),
        "as it was signed first"
    );
    let mut lower = standard.clone();
    lower.min_requests -= 1;
    let detail = issue(&world, &issuance_by(&world.regulator_key, &lower)).await.refused(409);
    assert!(detail.starts_with("standard.minRequests: not as `basic@1` was issued"), "{detail}");
    let mut more = standard.clone();
    more.max_attempts = Some(3);
    let detail = issue(&world, &issuance_by(&world.regulator_key, &more)).await.refused(409);
    assert!(detail.starts_with("standard.maxAttempts: not as `basic@1` was issued"), "{detail}");
    let detail = issue(&world, &issuance_from(&world, &standard, "2026-02-01")).await.refused(409);
    assert!(detail.starts_with("effectiveFrom: not as `basic@1` was issued"), "{detail}");
    assert_eq!(audit(&world.database()).await.unwrap().events, 1);
}

#[tokio::test]
async fn nobody_but_the_regulator_issues() {
    let world = World::start().await;
    let body = issuance_by(&world.regulator_key, &sample::passing().standard);
    for token in ["factory", "keeper", "owner", "stranger"] {
        world.post(STANDARDS, token, "", &body).await.refused(403);
    }
    world.post(STANDARDS, "", "", &body).await.refused(401);
    for key in [&world.factory_key, &PrivateKey::generate()] {
        let detail = issue(&world, &issuance_by(key, &sample::passing().standard)).await.refused(422);
        assert!(detail.starts_with("issuance: signatures: none of 1 fits a pinned key"), "{detail}");
    }
    let mut forged = body.clone();
    let mut lower = sample::passing().standard;
    lower.steady.max_failed_ppm *= 50;
    forged.issuance.payload = issuance_by(&world.regulator_key, &lower).issuance.payload;
    issue(&world, &forged).await.refused(422);
    let detail = issue(&world, &issuance_from(&world, &sample::passing().standard, "soon")).await.refused(422);
    assert!(detail.starts_with("issuance: predicate.effectiveFrom: must be a day"), "{detail}");
    let mut shapeless = sample::passing().standard;
    shapeless.steady.max_failed_ppm = u32::MAX;
    let detail = issue(&world, &issuance_by(&world.regulator_key, &shapeless)).await.refused(422);
    assert!(detail.starts_with("issuance: predicate.standard: /steady/maxFailedPpm: "), "{detail}");
    assert_eq!(audit(&world.database()).await.unwrap().events, 0);
    assert_eq!(issue(&world, &body).await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn a_seal_issues_and_it_is_said() {
    let world = World::start().await;
    let key = PrivateKey::generate();
    let seal = Term { key: key.public(), from: None, until: None, seal: Some("Ministry".to_owned()) };
    std::fs::write(world.folder.0.join("regulator").join("seal.pub"), seal.write().unwrap()).unwrap();
    let answer = issue(&world, &issuance_by(&key, &sample::passing().standard)).await;
    assert_eq!(answer.json::<SignedStandard>().issued.sealed_by.as_deref(), Some("Ministry"));
    let page = Page::read(&world.get("/glossary?lang=en", "").await.text).unwrap();
    assert_eq!(page.faults(), Vec::<String>::new());
    assert!(page.text.contains("Ministry, by a server and not by a person"), "{}", page.text);
}

/// An issuance that was lowered in the database lets another run in; the audit names it, and nobody reads that it is as
/// it was signed.
#[tokio::test]
async fn who_lowers_an_issued_standard_in_the_database_is_found_out() {
    for harm in [
        "UPDATE issued SET content = replace(content, '\"maxFailedPpm\":1000,', '\"maxFailedPpm\":50000,')",
        "UPDATE issued SET begins = '2019-01-01'",
        "UPDATE issued SET version = '2'",
        "DELETE FROM issued",
    ] {
        let world = World::start().await;
        world.issued(&sample::passing().standard).await;
        sql(&world.database(), &[harm]).await.unwrap();
        let found = audit(&world.database()).await.unwrap_err().to_string();
        assert!(found.contains("view `issued` does not follow from the log"), "{harm}: {found}");
        let now = world.get(&format!("{STANDARDS}/basic/1"), "").await;
        let damaged = now.json::<Problem>().kind == DAMAGED;
        assert!(now.status == StatusCode::NOT_FOUND || damaged, "{harm}: {}", now.text);
    }
}

/// The log of `world` as a register of an earlier version left it: nothing in it was issued.
async fn of_an_earlier_version(world: &World) -> PathBuf {
    let file = world.folder.0.join("backup");
    copies::backup(&world.database(), &file).await.unwrap();
    let text = std::fs::read_to_string(&file).unwrap();
    let (mut lines, mut prev, mut edge) = (Vec::new(), ORIGIN.to_owned(), Edge::default());
    for line in text.lines() {
        let mut line: Value = serde_json::from_str(line).unwrap();
        if let Some(event) = line.get_mut("event") {
            if event["kind"] == "standard-issued" {
                continue;
            }
            (event["seq"], event["prev"]) = (json!(edge.size() + 1), json!(prev));
            let mut place = event.clone();
            for other in ["this", "contents"] {
                place.as_object_mut().unwrap().remove(other);
            }
            let link: Link = serde_json::from_value(place).unwrap();
            prev = link.this().unwrap();
            event["this"] = json!(prev);
            edge.push(link.leaf().unwrap().hash().unwrap());
        }
        if let Some(end) = line.get_mut("end") {
            (end["events"], end["root"]) = (json!(edge.size()), json!(edge.root().to_string()));
        }
        lines.push(line.to_string() + "\n");
    }
    let earlier = file.with_extension("earlier");
    std::fs::write(&earlier, lines.concat()).unwrap();
    earlier
}

#[tokio::test]
async fn what_was_announced_before_standards_were_issued_is_issued_as_it_was() {
    let world = World::start().await;
    let result = world.announce(sample::passing(), "one").await;
    let earlier = of_an_earlier_version(&world).await;
    let folder = world.folder.0.join("earlier");
    std::fs::create_dir(&folder).unwrap();
    let place = Database::new(&folder).await;
    copies::restore(&earlier, &place.location()).await.unwrap();
    let world = world.restart_over(place).await;
    // What was announced goes on to its end; the next run waits for the regulator.
    assert_eq!(world.submit(world.dossier(&result), "one").await.status, StatusCode::CREATED);
    announced(&world, "two", |_| {}).await.refused(409);
    let mut lower = sample::passing().standard;
    lower.steady.max_failed_ppm *= 50;
    let detail = issue(&world, &issuance_by(&world.regulator_key, &lower)).await.refused(409);
    assert!(detail.starts_with("standard.steady: not as `basic@1` was announced before"), "{detail}");
    world.issued(&sample::passing().standard).await;
    assert_eq!(announced(&world, "two", |_| {}).await.status, StatusCode::CREATED);
    audit(&world.database()).await.unwrap();
}

#[tokio::test]
async fn everyone_reads_them_page_by_page_in_three_languages() {
    let world = World::start().await;
    for (lang, words) in [("en", "No standard has been issued"), ("ru", "ещё не издан"), ("ky", "чыгарыла элек")]
    {
        let page = Page::read(&world.get(&format!("/glossary?lang={lang}"), "").await.text).unwrap();
        assert_eq!(page.faults(), Vec::<String>::new());
        assert!(page.text.contains(words), "{lang}");
    }
    for version in 1..=3 {
        let mut standard = sample::passing().standard;
        standard.version = version.to_string();
        world.issued(&standard).await;
    }
    let page = Page::read(&world.get("/glossary?lang=en", "").await.text).unwrap();
    assert_eq!((page.faults(), page.count("tr")), (Vec::new(), 4));
    assert!(page.values("href").any(|href| href == "/api/v1/standards/basic/3"), "its data are one link away");
    let listed: IssuedStandards = world.get(&format!("{STANDARDS}?limit=2"), "").await.json();
    assert_eq!(listed.standards.iter().map(|one| one.version.as_str()).collect::<Vec<_>>(), ["3", "2"]);
    let next: IssuedStandards = world.get(&listed.next.unwrap(), "").await.json();
    assert_eq!((next.standards.len(), next.standards[0].version.as_str(), next.next), (1, "1", None));
}
