//! Objects in the owner's form and in the console: what the API would refuse is refused here, the owner's token
//! stands on no page, and each form of the console comes from a page of its session.

use factory_register::api::objects::{ObjectState, ObjectStates};
use serde_json::json;

use crate::{
    person::{Person, field},
    world::{Answer, World, inclusion_by, object_request},
};

const NEW: &str = "/objects/new?lang=en";

/// The form as an owner fills it in.
fn filled(token: &'static str, number: &str) -> Vec<(&'static str, String)> {
    let evidence = format!("sha256:{} https://gov.kg/act.pdf Act of <b>acceptance", "a".repeat(64));
    let mut fields = vec![("form", number.to_owned()), ("evidence", evidence)];
    for (name, value) in [
        ("token", token),
        ("participant", "social-registry"),
        ("name", "archive"),
        ("kind", "Resource"),
        ("basis", "NoStateService"),
        ("explanation", "A table."),
        ("title_ky", "Архив"),
        ("title_ru", "Архив"),
        ("title_en", "Archive"),
        ("host", "none"),
        ("owner_name", "Social Registry"),
        ("owner_number", "1"),
        ("owner_role", "owner"),
        ("users", "Bodies\r\nPeople"),
        ("used_in", "Certificate"),
        ("interacts_with", "none"),
        ("methods", "SQL"),
        ("results", "Addresses"),
        ("person_position", "Head"),
        ("person_name", "Anna"),
        ("person_email", "anna@gov.kg"),
        ("person_phone", "+996 555 010203"),
        ("downtime", "8h"),
        ("recovery", "1h"),
        ("simultaneous", "10"),
        ("data_formats", "text/csv"),
        ("interfaces", "HTTPS"),
    ] {
        fields.push((name, value.to_owned()));
    }
    fields
}

async fn send(person: &Person<'_>, fields: &[(&'static str, String)]) -> Answer {
    let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    person.post(NEW, &fields).await
}

#[tokio::test]
async fn an_owner_submits_by_a_form_whose_token_never_comes_back() {
    let world = World::start().await;
    let person = Person::new(&world);
    let page = person.get(NEW).await;
    assert_eq!((page.status.as_u16(), page.header("cache-control")), (200, "no-store"));
    let number = field(&page, "form");
    for (token, status, says) in [
        ("nobody", 401, "does not accept this token"),
        ("", 401, "token: must have"),
        ("stranger", 403, "only who may change its manifests speaks for it"),
        ("reader", 403, "only who may change its manifests speaks for it"),
        ("factory", 403, "speaks for no participant"),
        ("regulator", 403, "only who may change its manifests speaks for it"),
    ] {
        let answer = send(&person, &filled(token, &number)).await;
        assert_eq!(answer.status.as_u16(), status, "{token}: {}", answer.text);
        assert!(answer.text.contains(says), "{token}: {}", answer.text);
    }
    let with = |name: &str, value: &str| {
        let mut fields = filled("owner", &number);
        fields.iter_mut().find(|(field, _)| *field == name).unwrap().1 = value.to_owned();
        fields
    };
    for (name, value, says) in [
        ("recovery", "soon", "register.availability.recoveryTime: must be a time"),
        ("kind", "Service", "which the factory tests (items 57, 63.2)"),
        ("users", " ", "register: must have the data of each"),
        ("person_email", "anna", "register.protection.0.email: "),
        ("evidence", "act.pdf", "evidence: must be digest, address and title"),
    ] {
        let answer = send(&person, &with(name, value)).await;
        assert_eq!(answer.status.as_u16(), 422, "{name}: {}", answer.text);
        assert!(answer.text.contains(says), "{name}: {}", answer.text);
        // Nothing of it is lost but the token.
        assert!(answer.text.contains("A table.") && !answer.text.contains("value=\"owner\"></"), "{}", answer.text);
        assert!(!answer.text.contains("name=\"token\" value"), "{}", answer.text);
    }
    let mut open = Person::new(&world);
    open.headers.push(("host", "register.gov.kg"));
    assert!(!open.get(NEW).await.text.contains("name=\"token\""));
    assert_eq!(send(&open, &filled("owner", &number)).await.status.as_u16(), 403);

    for status in [201, 200] {
        let answer = send(&person, &filled("owner", &number)).await;
        assert_eq!(answer.status.as_u16(), status, "{}", answer.text);
        assert!(answer.text.contains("within five working days"), "{}", answer.text);
    }
    let held: ObjectStates = world.get("/api/v1/objects", "regulator").await.json();
    assert_eq!(
        (held.objects.len(), &*held.objects[0].register.users),
        (1, &["Bodies".to_owned(), "People".to_owned()][..])
    );
    let seen = |token| [("token", token), ("participant", "social-registry")];
    let yours = person.post("/objects/submitted?lang=en", &seen("owner")).await;
    assert!(yours.status.as_u16() == 200 && yours.text.contains("social-registry/archive"), "{}", yours.text);
    assert!(!yours.text.contains("anna@gov.kg"), "{}", yours.text);
    for (token, status) in [("stranger", 403), ("nobody-else", 401)] {
        assert_eq!(person.post("/objects/submitted?lang=en", &seen(token)).await.status.as_u16(), status);
    }
}

#[tokio::test]
async fn whoever_fails_too_often_waits() {
    let world = World::start().await;
    let person = Person::new(&world);
    for number in 0..10 {
        let token: &'static str = format!("nobody-{number}").leak();
        assert_eq!(send(&person, &filled(token, "1")).await.status.as_u16(), 401);
    }
    assert_eq!(send(&person, &filled("owner", "1")).await.status.as_u16(), 429);
}

#[tokio::test]
async fn the_regulators_forms_are_of_their_session_and_refuse_what_the_api_refuses() {
    let world = World::start().await;
    let mut states = Vec::new();
    for name in ["one", "two"] {
        let mut object = object_request();
        object["name"] = json!(name);
        states.push(world.post("/api/v1/objects", "owner", name, &object).await.json::<ObjectState>());
    }
    let person = Person::signed_in(&world, "regulator").await;
    let at = |state: &ObjectState, form: &str| format!("/console/objects/{}{form}?lang=en", state.id);
    let page = person.get(&at(&states[0], "")).await.text;
    assert!(page.contains("anna@social-registry.gov.kg") && !page.contains("<b>2019</b>"), "{page}");
    let proofs = async |path: &str| {
        let page = person.get(path).await;
        assert_eq!(page.status.as_u16(), 200, "{}", page.text);
        (field(&page, "csrf"), field(&page, "form"))
    };
    let path = at(&states[0], "/return");
    let (csrf, form) = proofs(&path).await;
    for (csrf, form) in [("", &*form), (&*csrf, "")] {
        assert_eq!(person.post(&path, &[("csrf", csrf), ("form", form), ("reason", "x")]).await.status.as_u16(), 403);
    }
    let (csrf, form) = proofs(&path).await;
    let refused = person.post(&path, &[("csrf", &csrf), ("form", &form), ("reason", " ")]).await;
    assert!(refused.status.as_u16() == 422 && refused.text.contains("Say in 1 to 4000 characters"), "{}", refused.text);
    let path = at(&states[0], "/confirm");
    let another = serde_json::to_string(&inclusion_by(&world.regulator_key, &states[1]).confirmation).unwrap();
    for envelope in ["{}", &another] {
        let (csrf, form) = proofs(&path).await;
        let answer = person.hand_in(&path, &[("csrf", &csrf), ("form", &form), ("envelope", envelope)]).await;
        assert_eq!(answer.status.as_u16(), 422, "{}", answer.text);
    }
    let right = serde_json::to_string(&inclusion_by(&world.regulator_key, &states[0]).confirmation).unwrap();
    let (csrf, form) = proofs(&path).await;
    let fields = [("csrf", &*csrf), ("form", &*form), ("envelope", &*right)];
    let done = person.hand_in(&path, &fields).await;
    assert_eq!(done.status.as_u16(), 303, "{}", done.text);
    assert!(person.get(done.header("location")).await.text.contains("Confirmed. The entry is public."));
    assert_eq!(person.hand_in(&path, &fields).await.status.as_u16(), 403, "a form that was handed in");
    assert_eq!(person.get(&path).await.status.as_u16(), 409);
    let path = at(&states[0], "/forget");
    let (csrf, form) = proofs(&path).await;
    let done = person.post(&path, &[("csrf", &csrf), ("form", &form), ("reason", "She asked for it.")]).await;
    let page = person.get(done.header("location")).await.text;
    assert!(page.contains("forgotten") && !page.contains("anna@social-registry.gov.kg"), "{page}");
    let trail = person.get("/console/audit?lang=en").await.text;
    for what in ["Submitted an object", "Confirmed an object without a test", "Forgot contacts of people"] {
        assert!(trail.contains(what), "{what}: {trail}");
    }
    assert_eq!(person.get("/console/objects/none?lang=en").await.status.as_u16(), 404);
    assert_eq!(Person::new(&world).get("/console/objects").await.status.as_u16(), 303);
}
