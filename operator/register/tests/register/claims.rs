//! Claims and responses of users (67): sent without an account, considered, published, answered, and forgotten; and
//! what strangers try with them.

mod forgotten;

use atom_syndication::Feed;
use factory_assurance::sample;
use factory_register::{
    api::{
        Settings,
        claims::{ClaimStatus, HeldClaim, HeldClaims, PublicClaims},
    },
    log::event::{ClaimDecision, ClaimKind},
    store::{audit::audit, claims::Standing},
};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    page::Page,
    world::{Answer, World, send},
};

const SERVICE: &str = "/entries/social-registry/registered-address";
const CLAIMS: &str = "/entries/social-registry/registered-address/claims";
const WORDS: &str = "The certificate came without its seal.\nTwice.";
const CONTACT: &str = "anna@example.kg";

pub async fn world() -> World {
    let world = World::start().await;
    world.registered(sample::passing(), "one").await;
    world
}

fn page(answer: &Answer) -> Page {
    let page = Page::read(&answer.text).unwrap_or_else(|fault| panic!("{fault}\n{}", answer.text));
    assert_eq!(page.faults(), Vec::<String>::new());
    page
}

/// Number of the form on a page.
fn number(answer: &Answer) -> String {
    let (_, after) = answer.text.split_once("name=\"form\" value=\"").unwrap();
    after.split('"').next().unwrap().to_owned()
}

async fn hand_in(world: &World, fields: &[(&str, &str)]) -> Answer {
    let escape = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
    let body: Vec<_> = fields.iter().map(|(name, value)| format!("{name}={}", escape(value))).collect();
    let request = world.request(Method::POST, &format!("{CLAIMS}?lang=en"), "");
    send(request.header("content-type", "application/x-www-form-urlencoded").body(body.join("&"))).await
}

/// Fills the form in as a person would.
async fn filled_in(world: &World, fields: &[(&str, &str)]) -> Answer {
    let form = number(&world.get(&format!("{CLAIMS}?lang=en"), "").await);
    hand_in(world, &[&[("form", form.as_str()), ("kind", "claim")], fields].concat()).await
}

async fn sent(world: &World, key: &str, change: impl FnOnce(&mut Value)) -> Answer {
    let mut body = json!({"kind": "Claim", "language": "en", "publish": true, "words": WORDS, "contact": CONTACT});
    change(&mut body);
    world.post(&format!("/api/v1{CLAIMS}"), "", key, &body).await
}

/// A claim that was taken.
pub async fn taken(world: &World, key: &str, change: impl FnOnce(&mut Value)) -> ClaimStatus {
    let answer = sent(world, key, change).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    answer.json()
}

pub async fn decided(world: &World, id: &str, decision: ClaimDecision, reason: &str) -> Answer {
    let body = json!({"decision": decision, "reason": reason});
    world.post(&format!("/api/v1/claims/{id}/decision"), "regulator", "", &body).await
}

pub async fn answered(world: &World, token: &str, id: &str, words: &str) -> Answer {
    world.post(&format!("/api/v1/claims/{id}/answer"), token, "", &json!({"words": words})).await
}

pub async fn published(world: &World) -> PublicClaims {
    world.get(&format!("/api/v1{CLAIMS}"), "").await.json()
}

async fn feed(world: &World) -> Feed {
    let answer = world.get(&format!("{CLAIMS}.atom?lang=en"), "").await;
    assert_eq!(answer.header("content-type"), "application/atom+xml; charset=utf-8");
    Feed::read_from(answer.text.as_bytes()).unwrap_or_else(|error| panic!("{error}\n{}", answer.text))
}

async fn status(world: &World, id: &str) -> ClaimStatus {
    world.get(&format!("/api/v1/claims/{id}"), "").await.json()
}

#[tokio::test]
async fn a_claim_goes_from_a_form_without_an_account_to_the_page_with_its_answer() {
    let world = world().await;
    let service = page(&world.get(&format!("{SERVICE}?lang=en"), "").await);
    assert!(service.values("href").any(|href| href == format!("{CLAIMS}?lang=en")));
    let answer = filled_in(&world, &[("words", WORDS), ("contact", CONTACT), ("publish", "yes")]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    let own = answer.header("location").to_owned();
    let shown = world.get(&own, "").await;
    assert_eq!(shown.header("cache-control"), "no-store");
    let shown = page(&shown);
    assert!(shown.text.contains("It was sent.") && shown.text.contains("The regulator considers it"), "{}", shown.text);
    assert!(!shown.text.contains(CONTACT));
    let id = own.strip_prefix("/claims/").unwrap().split('?').next().unwrap().to_owned();
    assert!(status(&world, &id).await.due.is_some());

    // Nobody reads it but the regulator.
    assert!(published(&world).await.claims.is_empty());
    let waiting: HeldClaims = world.get("/api/v1/claims?waiting=true", "regulator").await.json();
    let held = &waiting.claims[0];
    assert_eq!((held.words.as_deref(), held.contact.as_deref()), (Some(WORDS), Some(CONTACT)));
    let supplier = "/api/v1/claims?participant=social-registry";
    assert!(world.get(supplier, "owner").await.json::<HeldClaims>().claims.is_empty());
    let tag = world.get(SERVICE, "").await.header("etag").to_owned();

    let held: HeldClaim = decided(&world, &id, ClaimDecision::Publish, "").await.json();
    assert_eq!(held.status.state, Standing::Published);
    assert_ne!(world.get(SERVICE, "").await.header("etag"), tag);
    for path in [SERVICE, CLAIMS] {
        let shown = page(&world.get(&format!("{path}?lang=en"), "").await);
        assert!(shown.text.contains(WORDS) && shown.text.contains("has not answered yet"), "{path}: {}", shown.text);
        assert!(!shown.text.contains(CONTACT), "{path}");
    }
    let passed_on: HeldClaims = world.get(supplier, "owner").await.json();
    assert_eq!(passed_on.claims[0].contact.as_deref(), Some(CONTACT));

    let before = feed(&world).await;
    let words = "We are sorry. The seal is there again.";
    assert_eq!(answered(&world, "owner", &id, words).await.status, StatusCode::OK);
    assert_eq!(answered(&world, "owner", &id, words).await.status, StatusCode::OK, "the same answer again");
    let refused = answered(&world, "owner", &id, "otherwise").await.refused(409);
    assert!(refused.contains("it was answered with other words, which stay"), "{refused}");
    let shown = page(&world.get(&format!("{SERVICE}?lang=en"), "").await);
    assert!(shown.text.contains(words), "{}", shown.text);
    assert!(page(&world.get(&own, "").await).text.contains(words));
    let after = feed(&world).await;
    assert_eq!(after.entries[0].id, before.entries[0].id);
    assert!(after.entries[0].updated > before.entries[0].updated);
    let content = after.entries[0].content.as_ref().unwrap().value.as_deref().unwrap();
    assert!(content.contains(WORDS) && content.contains(words), "{content}");
    assert_eq!(published(&world).await.claims[0].answer.as_ref().unwrap().words.as_deref(), Some(words));
    audit(&world.database()).await.unwrap();
}

#[tokio::test]
async fn only_what_its_sender_chose_is_published_and_every_refusal_has_a_reason() {
    let world = world().await;
    let quiet = taken(&world, "quiet", |body| body["publish"] = json!(false)).await;
    let refused = decided(&world, &quiet.id, ClaimDecision::Publish, "").await.refused(409);
    assert!(refused.contains("its sender did not choose that it is published"), "{refused}");
    let held: HeldClaim = decided(&world, &quiet.id, ClaimDecision::Keep, "").await.json();
    assert_eq!((held.status.state, held.status.due), (Standing::Kept, None));
    assert!(published(&world).await.claims.is_empty());
    assert_eq!(answered(&world, "owner", &quiet.id, "Thank you.").await.status, StatusCode::OK);
    assert_eq!(status(&world, &quiet.id).await.answer.unwrap().words.as_deref(), Some("Thank you."));

    let loud = taken(&world, "loud", |body| body["words"] = json!("Buy cheap seals!")).await;
    for decision in [ClaimDecision::Keep, ClaimDecision::Refuse] {
        let refused = decided(&world, &loud.id, decision, " ").await.refused(422);
        assert!(refused.starts_with("reason: must say in 1 to 500 characters why"), "{refused}");
    }
    let refused = decided(&world, &loud.id, ClaimDecision::Publish, "fine").await.refused(422);
    assert!(refused.starts_with("reason: must be empty where a claim is published"), "{refused}");
    let refused = answered(&world, "owner", &loud.id, "No.").await.refused(409);
    assert!(refused.contains("has not passed it on"), "{refused}");
    assert_eq!(decided(&world, &loud.id, ClaimDecision::Refuse, "An advertisement.").await.status, StatusCode::OK);
    assert_eq!(decided(&world, &loud.id, ClaimDecision::Refuse, "An advertisement.").await.status, StatusCode::OK);
    let refused = decided(&world, &loud.id, ClaimDecision::Publish, "").await.refused(409);
    assert!(refused.contains("is Refused: what was decided stays"), "{refused}");
    let told = status(&world, &loud.id).await;
    assert_eq!((told.state, told.reason.as_str()), (Standing::Refused, "An advertisement."));
    answered(&world, "owner", &loud.id, "No.").await.refused(409);
    let passed_on: HeldClaims = world.get("/api/v1/claims?participant=social-registry", "owner").await.json();
    assert_eq!(passed_on.claims.len(), 1);
    let all: HeldClaims = world.get("/api/v1/claims", "regulator").await.json();
    assert_eq!(all.claims.len(), 2);
    audit(&world.database()).await.unwrap();
}

#[tokio::test]
async fn each_acts_for_itself_only() {
    let world = world().await;
    let id = taken(&world, "one", |_| {}).await.id;
    let decision = json!({"decision": "Keep", "reason": "Names a person."});
    let forgetting = json!({"words": false, "reason": "Asked for."});
    let answer = json!({"words": "Thank you."});
    let path = |what: &str| format!("/api/v1/claims/{id}/{what}");
    for token in ["factory", "keeper", "owner", "stranger"] {
        world.post(&path("decision"), token, "", &decision).await.refused(403);
        world.post(&path("forgetting"), token, "", &forgetting).await.refused(403);
        world.get("/api/v1/claims", token).await.refused(403);
    }
    for token in ["factory", "keeper", "regulator", "reader", "stranger"] {
        world.post(&path("answer"), token, "", &answer).await.refused(403);
        world.get("/api/v1/claims?participant=social-registry", token).await.refused(403);
    }
    for what in ["decision", "forgetting", "answer"] {
        world.post(&path(what), "", "", &json!({})).await.refused(401);
    }
    world.get("/api/v1/claims?participant=another-body", "owner").await.refused(403);
    world.get("/api/v1/claims/none", "").await.refused(404);
    assert_eq!(world.get("/claims/none?lang=en", "").await.status, StatusCode::NOT_FOUND);
    assert_eq!(status(&world, &id).await.state, Standing::Received);
}

#[tokio::test]
async fn hostile_texts_stay_texts_wherever_they_are_shown() {
    let world = world().await;
    let evil = "=HYPERLINK(\"http://x\")\n@SUM(A1)\n\"><script>alert('x')</script>]]></content> &amp; {{ 1 }}";
    let first = taken(&world, "evil", |body| {
        body["words"] = json!(evil);
        body["contact"] = json!("+996\"><img src=x>");
    })
    .await;
    decided(&world, &first.id, ClaimDecision::Publish, "").await;
    answered(&world, "owner", &first.id, "-2+3\n<b>no</b>").await;
    for path in [SERVICE, CLAIMS] {
        let shown = page(&world.get(path, "").await);
        assert_eq!((shown.count("script"), shown.count("img"), shown.count("b")), (0, 0, 0), "{path}");
        assert!(shown.text.contains("<script>alert('x')</script>"), "{}", shown.text);
    }
    let table = world.get(&format!("/api/v1{CLAIMS}.csv"), "").await;
    let rows: Vec<csv::StringRecord> =
        csv::Reader::from_reader(table.text.as_bytes()).records().collect::<Result<_, _>>().unwrap();
    assert!(rows[0][5].starts_with("'=HYPERLINK(\"http://x\")\n'@SUM(A1)\n"), "{}", &rows[0][5]);
    assert_eq!(&rows[0][7], "'-2+3\n<b>no</b>");
    let content = feed(&world).await.entries[0].content.as_ref().unwrap().value.clone().unwrap();
    assert!(content.starts_with(evil), "{content}");
    // What steers a terminal, a log or a line is no text; a person who copied it along is not bothered by it.
    for (letter, code) in
        [("\u{202e}", "U+202E"), ("\u{200f}", "U+200F"), ("\u{1b}[31m", "U+001B"), ("\r", "U+000D"), ("\0", "U+0000")]
    {
        for field in ["words", "contact"] {
            let refused = sent(&world, "steers", |body| body[field] = json!(format!("a{letter}b"))).await.refused(422);
            assert!(refused.starts_with(&format!("{field}: ")) && refused.contains(code), "{refused}");
        }
    }
    let answer = filled_in(&world, &[("words", "a\u{202e}b\u{1b}[31m\r\nc\td"), ("publish", "yes")]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    let waiting: HeldClaims = world.get("/api/v1/claims?waiting=true", "regulator").await.json();
    assert_eq!(waiting.claims[0].words.as_deref(), Some("ab[31m\nc d"));
}

#[tokio::test]
async fn what_is_no_claim_is_refused_by_its_field_and_nothing_is_written() {
    let world = world().await;
    let long = "я".repeat(4001);
    let cases: [(&str, Value, u16, &str); 9] = [
        ("words", json!(" \n "), 422, "words: must have 1 to 4000 characters, not `0 of them`"),
        ("words", json!(long), 422, "words: must have 1 to 4000 characters, not `4001 of them`"),
        ("contact", json!("a\nb"), 422, "contact: must be one line of plain text, not `U+000A`"),
        ("contact", json!("a".repeat(501)), 422, "contact: must have 1 to 500 characters"),
        ("language", json!("de"), 422, "language: must be ky, ru or en, not `de`"),
        ("kind", json!("Complaint"), 400, "unknown variant `Complaint`"),
        ("publish", json!("yes"), 400, "body: "),
        ("name", json!("Anna"), 400, "unknown field `name`"),
        ("words", json!(null), 400, "body: "),
    ];
    for (field, value, code, says) in cases {
        let refused = sent(&world, "key", |body| body[field] = value).await.refused(code);
        assert!(refused.contains(says), "{field}: {refused}");
    }
    let elsewhere = "/api/v1/entries/social-registry/none/claims";
    let body = json!({"kind": ClaimKind::Claim, "language": "ky", "publish": false, "words": "x"});
    let refused = world.post(elsewhere, "", "key", &body).await.refused(404);
    assert!(refused.contains("has no entry social-registry/none"), "{refused}");
    for unknown in
        [elsewhere, "/api/v1/entries/social-registry/none/claims.csv", "/entries/social-registry/none/claims.atom"]
    {
        world.get(unknown, "").await.refused(404);
    }
    world.post(&format!("/api/v1{CLAIMS}"), "", "", &body).await.refused(400);
    let huge = json!({"kind": "Claim", "language": "ky", "publish": false, "words": "x".repeat(300_000)});
    world.post(&format!("/api/v1{CLAIMS}"), "", "key", &huge).await.refused(413);
    assert_eq!(filled_in(&world, &[("words", &"x".repeat(70_000))]).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    let other = world.request(Method::POST, CLAIMS, "").header("content-type", "text/plain").body("words=x");
    assert_eq!(send(other).await.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_eq!(audit(&world.database()).await.unwrap().events, 6);
}

#[tokio::test]
async fn a_form_counts_once_and_keeps_what_was_written_when_it_does_not() {
    let world = world().await;
    let form = number(&world.get(CLAIMS, "").await);
    let fields = [("form", form.as_str()), ("kind", "response"), ("words", "It works."), ("publish", "yes")];
    let first = hand_in(&world, &fields).await;
    assert_eq!(first.status, StatusCode::SEE_OTHER, "{}", first.text);
    // Who presses the button twice has sent one.
    assert_eq!(hand_in(&world, &fields).await.header("location"), first.header("location"));
    let cases: [(&[(&str, &str)], u16, &str); 5] = [
        (&[("words", "It works.")], 409, "The same words were sent about this service before"),
        (&[("words", "x"), ("website", "http://seals.example")], 422, "One field must stay empty"),
        (&[("words", "x"), ("form", "0-0-0")], 422, "The form was open for too long"),
        (&[("words", " ")], 422, "Write 1 to 4000 characters"),
        (&[("words", "x"), ("contact", &"a".repeat(501))], 422, "Write the contact in one line"),
    ];
    for (fields, code, says) in cases {
        let answer = match fields {
            [.., ("form", _)] => hand_in(&world, fields).await,
            _ => filled_in(&world, fields).await,
        };
        assert_eq!(answer.status.as_u16(), code, "{says}");
        let shown = page(&answer);
        assert!(shown.text.contains(says), "{}", shown.text);
        assert!(shown.text.contains(fields[0].1.trim()), "what was written is lost: {}", shown.text);
    }
    // Another text under a number that was used is no second claim.
    assert_eq!(hand_in(&world, &[("form", &form), ("words", "Other words.")]).await.status, StatusCode::CONFLICT);
    let refused = sent(&world, "again", |body| body["words"] = json!("It works.")).await.refused(409);
    assert!(refused.starts_with("words: the same words were sent"), "{refused}");
    let one = taken(&world, "key", |_| {}).await;
    assert_eq!(sent(&world, "key", |_| {}).await.json::<ClaimStatus>().id, one.id);
    let refused = sent(&world, "key", |body| body["contact"] = json!("other@example.kg")).await.refused(409);
    assert!(refused.contains("`key` was used before, with another body"), "{refused}");
    let waiting: HeldClaims = world.get("/api/v1/claims?waiting=true", "regulator").await.json();
    assert_eq!(waiting.claims.len(), 2);
}

#[tokio::test]
async fn floods_end_at_their_address_and_programs_are_too_quick() {
    let few = std::num::NonZeroU32::new(2).unwrap();
    let world = World::start_with(Settings { claims_per_address: few, ..Settings::default() }).await;
    world.registered(sample::passing(), "one").await;
    let answer = filled_in(&world, &[("words", "At once.")]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let shown = page(&answer);
    assert!(shown.text.contains("sooner than a person can fill it in") && shown.text.contains("At once."));
    for number in 0..2 {
        taken(&world, &format!("key-{number}"), |body| body["words"] = json!(format!("Words {number}"))).await;
    }
    let answer = sent(&world, "more", |_| {}).await;
    let refused = answer.refused(429);
    assert!(refused.contains("more than 2 claims an hour"), "{refused}");
    assert!(answer.header("retry-after").parse::<u32>().unwrap() > 60);
    // By a proxy that nobody named everybody comes, so it is no one sender; and there is an end to that too.
    let mut crowd = 0;
    let end = loop {
        let body = json!({"kind": "Claim", "language": "en", "publish": false, "words": format!("Crowd {crowd}")});
        let request =
            world.request(Method::POST, &format!("/api/v1{CLAIMS}"), "").header("x-forwarded-for", "192.0.2.1");
        let answer = send(request.header("idempotency-key", format!("crowd-{crowd}")).body(body.to_string())).await;
        if answer.status != StatusCode::CREATED {
            break answer;
        }
        crowd += 1;
    };
    assert_eq!((end.status, crowd), (StatusCode::TOO_MANY_REQUESTS, 100));
    // Whoever only reads is not concerned.
    assert_eq!(world.get(CLAIMS, "").await.status, StatusCode::OK);
    let waiting: HeldClaims = world.get("/api/v1/claims?waiting=true", "regulator").await.json();
    assert_eq!(waiting.claims.len(), 100, "as many as one answer has, of 102");
}

#[tokio::test]
async fn many_claims_stand_once_each_on_the_pages_of_list_and_feed() {
    let world = world().await;
    for number in 0..23 {
        let id =
            taken(&world, &format!("key-{number}"), |body| body["words"] = json!(format!("Words {number}."))).await.id;
        decided(&world, &id, ClaimDecision::Publish, "").await;
    }
    let first = page(&world.get(&format!("{CLAIMS}?lang=en"), "").await);
    assert_eq!(first.count("article"), 20);
    let older = first.values("href").find(|href| href.contains("before=")).unwrap().to_owned();
    assert_eq!(page(&world.get(&older, "").await).count("article"), 3);
    let mut words = Vec::new();
    let mut next = Some(format!("/api/v1{CLAIMS}?limit=9"));
    while let Some(path) = next {
        let list: PublicClaims = world.get(&path, "").await.json();
        words.extend(list.claims.into_iter().map(|claim| claim.words));
        next = list.next;
    }
    assert_eq!(words, (0..23).rev().map(|number| format!("Words {number}.")).collect::<Vec<_>>());
    assert_eq!(feed(&world).await.entries.len(), 23);
}
