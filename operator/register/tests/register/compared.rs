//! A run that is compared is announced beside what was confirmed last of its service, and beside nothing else.

use factory_assurance::{
    dossier::TestResult,
    plan::{Absence, ComparisonPlan, Reference},
    sample,
    wire::{OTHER_REFERENCE, Problem},
};
use reqwest::StatusCode;

use crate::world::{Answer, World, named};

const SERVICE: &str = "compared";

/// A later release of the service, whose standard asks for a comparison.
fn later(key: &str, change: impl FnOnce(&mut Reference)) -> TestResult {
    let mut result = named(sample::compared(), SERVICE);
    result.standard.name = "comparing".to_owned();
    result.bundle.configuration = factory_assurance::canonical::sha256(key.as_bytes());
    result.subject.release = format!("{SERVICE}-{key}");
    if let Some(ComparisonPlan::Reference(reference)) = &mut result.plan.prove.comparison {
        change(reference);
    }
    result
}

async fn announced(world: &World, key: &str, result: &TestResult) -> Answer {
    world.issued(&result.standard).await;
    world.post("/api/v1/announcements", "factory", key, &sample::announcement(result, 1)).await
}

fn refused(answer: &Answer) -> String {
    let detail = answer.refused(409);
    // Whoever has not seen the confirmation yet asks again.
    assert_eq!(answer.json::<Problem>().kind, OTHER_REFERENCE, "{detail}");
    detail
}

#[tokio::test]
async fn a_run_is_announced_beside_the_release_that_was_confirmed_last() {
    let world = World::start().await;
    let nothing = |key| {
        let mut result = later(key, |_| {});
        result.plan.prove.comparison = Some(ComparisonPlan::Nothing { why: Absence::NoneConfirmed });
        result
    };
    let detail = refused(&announced(&world, "one", &later("one", |_| {})).await);
    assert!(detail.contains("no release of social-registry/compared is confirmed"), "{detail}");
    assert_eq!(announced(&world, "two", &nothing("two")).await.status, StatusCode::CREATED);

    // One that nobody has confirmed yet is none.
    let first = world.submitted(named(sample::passing(), SERVICE), "first").await;
    let of_first = |reference: &mut Reference| reference.bundle.clone_from(&first.bundle);
    refused(&announced(&world, "three", &later("three", of_first)).await);
    assert_eq!(world.confirm(&first).await.status, StatusCode::OK);
    let detail = refused(&announced(&world, "four", &nothing("four")).await);
    assert!(detail.contains(&first.bundle), "{detail}");
    refused(&announced(&world, "five", &later("five", |_| {})).await);
    let detail = refused(
        &announced(
            &world,
            "six",
            &later("six", |reference| {
                of_first(reference);
                reference.operations = vec![1];
            }),
        )
        .await,
    );
    assert!(detail.contains("both know the operations [0, 1]"), "{detail}");
    assert_eq!(
        announced(&world, "six", &later("six", of_first)).await.status,
        StatusCode::CREATED,
        "of a key that was refused"
    );

    // The one that was compared with it takes its place once it is confirmed.
    let second = world.submitted(later("seven", of_first), "seven").await;
    assert_eq!(world.confirm(&second).await.status, StatusCode::OK);
    let detail = refused(&announced(&world, "eight", &later("eight", of_first)).await);
    assert!(detail.contains(&format!("that is {}", second.bundle)), "{detail}");
    let of_second = later("eight", |reference| reference.bundle.clone_from(&second.bundle));
    let world = world.restart().await;
    assert_eq!(announced(&world, "eight", &of_second).await.status, StatusCode::CREATED);
}
