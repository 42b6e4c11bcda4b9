//! Who takes part in the ecosystem (14): whoever has an entry in force or was granted access, each once, in pages.

use factory_assurance::{dossier::TestResult, sample};
use factory_crds::state_service::register_data::OwnerRole;
use factory_register::api::{objects::ObjectState, participants::Participants};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{
    page::Page,
    world::{World, inclusion_by, named, object_request},
};

const PATH: &str = "/api/v1/participants";

/// A service of another participant, which plays another part in it.
fn of(participant: &str, service: &str, role: OwnerRole) -> TestResult {
    let mut result = named(sample::passing(), service);
    participant.clone_into(&mut result.subject.participant);
    result.record.data.owner.role = role;
    result.record.data.owner.name = format!("<b>{participant}</b>");
    result.bundle.configuration = factory_assurance::canonical::sha256(format!("{participant}/{service}").as_bytes());
    sample::judged(result)
}

async fn granted(world: &World, participant: &str) {
    let wish = json!({
        "organisation": format!("Organisation {participant}"), "registrationNumber": "77", "basis": "Statute",
        "wants": "Enter the cadastre.", "language": "en", "name": "Bermet", "contact": "bermet@example.kg",
    });
    let asked = world.post("/api/v1/access-requests", "", participant, &wish).await;
    assert_eq!(asked.status, StatusCode::CREATED, "{}", asked.text);
    let path = format!("/api/v1/access-requests/{}/decision", asked.json::<Value>()["id"].as_str().unwrap());
    let decided = world.post(&path, "regulator", "", &json!({"act": "Grant", "participant": participant})).await;
    assert_eq!(decided.status, StatusCode::OK, "{}", decided.text);
}

#[tokio::test]
async fn each_participant_stands_once_with_its_parts_and_what_is_in_force() {
    let world = World::start().await;
    world.registered(of("tax", "declaration", OwnerRole::Supplier), "one").await;
    world.registered(of("tax", "refund", OwnerRole::Owner), "two").await;
    world.registered(of("post", "parcel", OwnerRole::Processor), "three").await;
    // Another release of the same service is no second service, and one that waits is none yet.
    world.registered(of("tax", "refund", OwnerRole::Owner), "again").await;
    world.submitted(of("waiting", "parcel", OwnerRole::Owner), "four").await;
    let object: ObjectState = world.post("/api/v1/objects", "owner", "five", &object_request()).await.json();
    let path = format!("/api/v1/objects/{}/confirmation", object.id);
    assert_eq!(
        world.post(&path, "regulator", "", &inclusion_by(&world.regulator_key, &object)).await.status,
        StatusCode::OK
    );
    granted(&world, "land").await;

    let all: Participants = world.get(PATH, "").await.json();
    let names: Vec<&str> = all.participants.iter().map(|known| known.participant.as_str()).collect();
    assert_eq!((names, all.next), (vec!["land", "post", "social-registry", "tax"], None));
    let [land, post, social, tax] = &all.participants[..] else { panic!("{:?}", all.participants) };
    assert_eq!(
        (land.names[0].name.as_str(), land.services, land.access_since.is_some()),
        ("Organisation land", 0, true)
    );
    assert_eq!((&post.roles[..], post.services, &post.access_since), (&[OwnerRole::Processor][..], 1, &None));
    assert_eq!((social.services, social.objects, social.reported_by.len()), (0, 1, 0));
    assert_eq!((&tax.roles[..], tax.services, tax.names.len()), (&[OwnerRole::Owner, OwnerRole::Supplier][..], 2, 1));
    assert_eq!(tax.reported_by, [sample::passing().record.reported_by]);
    assert!(!world.get(PATH, "").await.text.contains("bermet@example.kg"));

    let first: Participants = world.get(&format!("{PATH}?limit=3"), "").await.json();
    let next: Participants = world.get(first.next.as_deref().unwrap(), "").await.json();
    assert_eq!((first.participants.len(), &next.participants[..], next.next), (3, &all.participants[3..], None));

    // What was withdrawn is not in force; who has nothing else stays known.
    let path = format!("/api/v1/entries/{}/parcel/exclusion", "post");
    let ended = world.post(&path, "regulator", "end", &json!({"reason": "It lies.", "item": "21"})).await;
    assert_eq!(ended.status, StatusCode::CREATED, "{}", ended.text);
    let after: Participants = world.get(PATH, "").await.json();
    assert_eq!((after.participants[1].services, after.participants[1].roles.len()), (0, 0));
}

#[tokio::test]
async fn the_page_shows_them_in_three_languages_and_page_by_page() {
    let world = World::start().await;
    let read = async |path: &str| {
        let page = Page::read(&world.get(path, "").await.text).unwrap();
        assert_eq!(page.faults(), Vec::<String>::new());
        page
    };
    for (lang, words) in [("en", "no participants yet"), ("ru", "Участников ещё нет"), ("ky", "катышуучу жок")]
    {
        assert!(read(&format!("/participants?lang={lang}")).await.text.contains(words), "{lang}");
    }
    for number in 0..51 {
        granted(&world, &format!("body-{number:02}")).await;
    }
    world.registered(of("aa", "one", OwnerRole::Supplier), "one").await;
    let first = read("/participants?lang=en").await;
    assert_eq!((first.count("tr"), first.count("b")), (51, 0));
    assert!(first.text.contains("<b>aa</b>") && first.text.contains("supplier"), "{}", first.text);
    let next = first.values("href").find(|href| href.contains("after=")).unwrap().to_owned();
    let last = read(&next).await;
    assert!(last.count("tr") == 3 && last.text.contains("body-50"), "{}", last.text);
    // The foot of every page leads there.
    assert!(read("/entries?lang=en").await.values("href").any(|href| href == "/participants?lang=en"));
}
