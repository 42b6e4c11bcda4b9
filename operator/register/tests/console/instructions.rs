//! Instructions and the replay in the console, as forms: what the API would refuse is refused here, and each form
//! comes from a page of its session.

use factory_assurance::{sample, wire::BindingInstruction};

use crate::{
    person::{Person, field},
    world::{Answer, World},
};

const NEW: &str = "/console/instructions/new?lang=en";

async fn send(person: &Person<'_>, path: &str, fields: &[(&str, &str)]) -> Answer {
    let page = person.get(path).await;
    let (csrf, form) = (field(&page, "csrf"), field(&page, "form"));
    person.post(path, &[&[("csrf", &*csrf), ("form", &*form)], fields].concat()).await
}

fn wish<'a>(finding: &'a str, due: &'a str, experiment: &'a str) -> [(&'static str, &'a str); 5] {
    [
        ("service", "social-registry/registered-address"),
        ("finding", finding),
        ("basis", "Item 56.7"),
        ("due", due),
        ("experiment", experiment),
    ]
}

#[tokio::test]
async fn an_instruction_is_issued_and_withdrawn_by_forms_without_a_script() {
    let world = World::start().await;
    let person = Person::signed_in(&world, "regulator").await;
    assert!(person.get(NEW).await.text.contains("No service has been submitted yet"));
    world.submitted(sample::passing(), "one").await;
    for (finding, due, experiment, says) in [
        (" \r\n ", "2099-01-01", "PodKill", "finding: must have 1 to 2000 characters"),
        ("Slow", "2020-01-01", "PodKill", "due: must be after today"),
        ("Slow", "", "PodKill", "due: must be a day"),
        ("Slow", "2099-01-01", "Earthquake", "experiment: must be one of those in the list"),
    ] {
        let answer = send(&person, NEW, &wish(finding, due, experiment)).await;
        assert_eq!(answer.status.as_u16(), 422, "{}", answer.text);
        assert!(answer.text.contains(says), "{}", answer.text);
    }
    let page = person.get(NEW).await;
    let (csrf, form) = (field(&page, "csrf"), field(&page, "form"));
    let good = wish("Slow <b>\r\nafter a kill", "2099-01-01", "PodKill");
    let fields = [&[("csrf", &*csrf), ("form", &*form)], &good[..]].concat();
    let done = person.post(NEW, &fields).await;
    assert_eq!(done.status.as_u16(), 303, "{}", done.text);
    assert_eq!(person.post(NEW, &fields).await.status.as_u16(), 403, "a form that was handed in");
    let page = person.get(done.header("location")).await.text;
    assert!(page.contains("The instruction is issued.") && page.contains("A pod is killed"), "{page}");
    assert!(!page.contains("Slow <b>"), "a text is not escaped");
    let held: Vec<BindingInstruction> = world.get("/api/v1/instructions", "regulator").await.json();
    assert_eq!((held.len(), held[0].finding.as_str()), (1, "Slow <b> after a kill"));

    let path = format!("/console/instructions/{}/withdraw?lang=en", held[0].id);
    let refused = send(&person, &path, &[("reason", "")]).await;
    assert_eq!(refused.status.as_u16(), 422, "{}", refused.text);
    let done = send(&person, &path, &[("reason", "By mistake.")]).await;
    assert_eq!(done.status.as_u16(), 303, "{}", done.text);
    assert!(person.get(done.header("location")).await.text.contains("The instruction is withdrawn."));
    let refused = send(&person, &path, &[("reason", "Again.")]).await;
    assert_eq!(refused.status.as_u16(), 409, "{}", refused.text);
    let trail = person.get("/console/audit?lang=en").await.text;
    assert!(trail.contains("Issued an instruction") && trail.contains("Withdrew an instruction"), "{trail}");
    assert_eq!(person.get("/console/instructions/none?lang=en").await.status.as_u16(), 404);
}

#[tokio::test]
async fn a_proposed_standard_is_judged_from_the_form() {
    let world = World::start().await;
    world.registered(sample::passing(), "one").await;
    let person = Person::signed_in(&world, "regulator").await;
    let path = "/console/replay?lang=en";
    let page = person.get(path).await;
    let csrf = field(&page, "csrf");
    let standard = include_str!("../../../../pipelines/standards/basic.yaml");
    let answer = person.post(path, &[("csrf", &csrf), ("standard", standard)]).await;
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.text);
    assert!(answer.text.contains("social-registry/registered-address"), "{}", answer.text);
    let answer = person.post(path, &[("csrf", &csrf), ("standard", "kind: <b>")]).await;
    assert_eq!(answer.status.as_u16(), 422, "{}", answer.text);
    assert!(
        answer.text.contains("The proposal was not judged") && !answer.text.contains("kind: <b>"),
        "{}",
        answer.text
    );
    assert_eq!(person.post(path, &[("csrf", "x"), ("standard", standard)]).await.status.as_u16(), 403);
}
