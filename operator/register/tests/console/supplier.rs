//! The supplier's page: what stands about a participant's services is for whoever speaks for it, and the token stands on
//! no page.

use factory_assurance::{sample, wire::ReturnRequest};
use serde_json::json;

use crate::{
    person::Person,
    world::{World, named},
};

#[tokio::test]
async fn a_supplier_sees_what_stands_about_its_services_and_answers_what_was_passed_on() {
    let world = World::start().await;
    world.registered(sample::passing(), "one").await;
    let failed = world.submitted(named(sample::failing(), "failed"), "two").await;
    let path = format!("/api/v1/submissions/{}/return", failed.id);
    let reason = ReturnRequest { reason: "It <b>drops</b> requests.".to_owned() };
    assert_eq!(world.post(&path, "regulator", "", &reason).await.status.as_u16(), 200);
    let wish = json!({
        "participant": "social-registry", "service": "registered-address", "finding": "It does not come back.",
        "basis": "Item 56.7", "due": "2099-06-30", "experiment": "PodKill",
    });
    assert_eq!(world.post("/api/v1/instructions", "regulator", "three", &wish).await.status.as_u16(), 201);
    let claim = json!({"kind": "Claim", "language": "en", "publish": true, "words": "The seal is missing."});
    let sent = world.post("/api/v1/entries/social-registry/registered-address/claims", "", "claim", &claim).await;
    let id = sent.json::<serde_json::Value>()["id"].as_str().unwrap().to_owned();
    let person = Person::new(&world);
    let seen = async |token: &str| {
        let asked = [("token", token), ("participant", "social-registry")];
        person.post("/supplier?lang=en", &asked).await
    };
    // What the regulator has not passed on is not there.
    let before = seen("owner").await;
    assert!(before.text.contains("Nothing was passed on to you.") && !before.text.contains("seal"), "{}", before.text);
    let path = format!("/api/v1/claims/{id}/decision");
    assert_eq!(world.post(&path, "regulator", "", &json!({"decision": "Publish"})).await.status.as_u16(), 200);
    let page = seen("owner").await;
    assert_eq!((page.status.as_u16(), page.header("cache-control")), (200, "no-store"));
    for text in ["registered-address", "Passed", "Failed", "It &#60;b&#62;drops", "2099-06-30", "The seal is missing."]
    {
        assert!(page.text.contains(text), "{text}: {}", page.text);
    }
    assert!(!page.text.contains("value=\"owner\""), "the token stands on no page");
    for (token, status) in [("reader", 403), ("stranger", 403), ("factory", 403), ("nobody-else", 401)] {
        let refused = seen(token).await;
        assert_eq!(refused.status.as_u16(), status, "{token}");
        assert!(!refused.text.contains("seal"), "{token}");
    }
    let answer = async |token: &str, words: &str| {
        let fields = [("token", token), ("participant", "social-registry"), ("claim", &*id), ("words", words)];
        person.post("/supplier?lang=en", &fields).await
    };
    let empty = answer("owner", " ").await;
    assert!(empty.status.as_u16() == 422 && empty.text.contains("words: "), "{}", empty.text);
    assert_eq!(answer("stranger", "No.").await.status.as_u16(), 403);
    let answered = answer("owner", "We are sorry.").await;
    assert!(answered.status.as_u16() == 200 && answered.text.contains("The answer is written."), "{}", answered.text);
    assert!(!answered.text.contains("name=\"claim\""), "there is nothing left to answer");
    let mut open = Person::new(&world);
    open.headers.push(("host", "register.gov.kg"));
    assert!(!open.get("/supplier?lang=en").await.text.contains("name=\"token\""));
    let asked = [("token", "owner"), ("participant", "social-registry")];
    assert_eq!(open.post("/supplier?lang=en", &asked).await.status.as_u16(), 403);
}
