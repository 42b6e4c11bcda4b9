//! Requests for access by forms: asked for by anyone, decided from a page of the console's session.

use crate::{
    person::{Person, field},
    world::{Answer, World},
};

async fn ask(person: &Person<'_>, form: &str, change: &[(&str, &str)]) -> Answer {
    let mut fields = vec![
        ("form", form),
        ("organisation", "Land Registry"),
        ("number", "77"),
        ("basis", "Statute"),
        ("wants", "Enter the cadastre."),
        ("name", "Bermet"),
        ("contact", "bermet@example.kg"),
    ];
    fields.extend_from_slice(change);
    let mut last = std::collections::BTreeMap::new();
    last.extend(fields);
    person.post("/access?lang=en", &last.into_iter().collect::<Vec<_>>()).await
}

#[tokio::test]
async fn access_is_asked_for_and_decided_by_forms_without_a_script() {
    let world = World::start().await;
    let nobody = Person::new(&world);
    let page = nobody.get("/access?lang=en").await;
    assert_eq!((page.status.as_u16(), page.header("cache-control")), (200, "no-store"));
    let form = field(&page, "form");
    for (change, says) in [
        (("organisation", " "), "organisation: must have 1 to 500"),
        (("website", "https://spam.example"), "Leave this field empty"),
        (("form", "0-0-0"), "The form was open for too long"),
    ] {
        let answer = ask(&nobody, &form, &[change]).await;
        assert_eq!(answer.status.as_u16(), 422, "{}", answer.text);
        assert!(answer.text.contains(says) && answer.text.contains("Enter the cadastre."), "{}", answer.text);
    }
    let done = ask(&nobody, &form, &[]).await;
    assert_eq!(done.status.as_u16(), 303, "{}", done.text);
    let status = done.header("location").to_owned();
    assert_eq!(ask(&nobody, &form, &[]).await.header("location"), status, "one form is one request");
    let page = nobody.get(&status).await.text;
    assert!(page.contains("It was sent.") && page.contains("Waiting") && !page.contains("bermet@"), "{page}");

    let person = Person::signed_in(&world, "regulator").await;
    let list = person.get("/console/access?lang=en").await.text;
    let id = list.split("/console/access/").nth(1).unwrap().split('?').next().unwrap().to_owned();
    let path = format!("/console/access/{id}?lang=en");
    let act = async |fields: &[(&str, &str)]| {
        let page = person.get(&path).await;
        let (csrf, form) = (field(&page, "csrf"), field(&page, "form"));
        person.post(&path, &[&[("csrf", &*csrf), ("form", &*form)], fields].concat()).await
    };
    let page = person.get(&path).await.text;
    assert!(page.contains("bermet@example.kg"), "{page}");
    assert_eq!(person.post(&path, &[("csrf", "x"), ("form", "x"), ("act", "refuse")]).await.status.as_u16(), 403);
    assert_eq!(act(&[("act", "grant")]).await.status.as_u16(), 422);
    assert_eq!(act(&[("act", "crown")]).await.status.as_u16(), 403);
    for fields in [
        [("act", "grant"), ("participant", "land-registry")],
        [("act", "take"), ("reason", "It was merged.")],
        [("act", "forget"), ("reason", "She asked.")],
    ] {
        let done = act(&fields).await;
        assert_eq!(done.status.as_u16(), 303, "{}", done.text);
        assert!(person.get(done.header("location")).await.text.contains("The decision is written."));
    }
    assert!(!person.get(&path).await.text.contains("bermet@example.kg"));
    let trail = person.get("/console/audit?lang=en").await.text;
    for what in ["Granted access to the register: land-registry", "Took access to the register: <bdi>It was merged."] {
        assert!(trail.replace("<bdi>land", "land").contains(what), "{what}: {trail}");
    }
    assert_eq!(person.get("/console/access/none?lang=en").await.status.as_u16(), 404);
    assert_eq!(nobody.get("/console/access").await.status.as_u16(), 303);
}
