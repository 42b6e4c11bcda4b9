//! Linked data hold under the shapes that the European Union publishes for them, as pyshacl reads both.

use std::path::Path;

use factory_assurance::{
    dossier::TestResult,
    object::{Basis, ObjectKind},
    sample,
};
use factory_crds::Text;
use reqwest::{
    Method, StatusCode,
    header::{ACCEPT, IF_NONE_MATCH},
};
use serde_json::{Value, json};
use tokio::process::Command;

use crate::{
    description::python_tools,
    objects,
    world::{Answer, World, named, send},
};

const ENTRY: &str = "/api/v1/entries/social-registry/registered-address";
const CPSV: &str = "cpsv-ap-SHACL.ttl";
const DCAT: [&str; 2] = ["dcat-ap-shapes.ttl", "dcat-ap-range.ttl"];

fn linked(answer: &Answer) -> Value {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    assert_eq!(answer.header("content-type"), "application/ld+json");
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    answer.json()
}

/// Whether `document`, read at the register's own address, holds under `shapes`; and what is said of it.
async fn holds(world: &World, mut document: Value, shapes: &str) -> (bool, String) {
    document["@context"]["@base"] = json!("https://register.test/");
    let file = world.folder.0.join("document.jsonld");
    std::fs::write(&file, document.to_string()).unwrap();
    let shapes = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/shapes").join(shapes);
    let output = Command::new(python_tools().await.join("pyshacl"))
        .args(["--data-file-format", "json-ld", "--shacl"])
        .args([&shapes, &file])
        .output()
        .await
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    // Anything else is no answer to the question.
    assert!(matches!(output.status.code(), Some(0 | 1)), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    (output.status.success(), said)
}

/// A service of which everything is said in words that could be taken for something else.
fn hostile() -> TestResult {
    let mut result = named(sample::passing(), "hostile");
    let record = &mut result.record;
    record.titles = Text {
        ky: "\"}, {\"@id\": \"https://evil.example/\"".to_owned(),
        ru: "<script>alert(1)</script>".to_owned(),
        en: "@type: cv:Nothing\u{8}".to_owned(),
    };
    record.instructions.url = "javascript:alert(1)".to_owned();
    record.host = "evil host/?#".to_owned();
    record.data.owner.name = "_:b0 <https://evil.example/>".to_owned();
    record.data.results_of_use = vec!["@id".to_owned(), "\u{202e}".to_owned()];
    result
}

#[tokio::test]
async fn an_entry_is_a_public_service_under_the_published_shapes() {
    let world = World::start().await;
    world.registered(sample::passing(), "one").await;
    world.registered(hostile(), "two").await;
    for address in [ENTRY, "/api/v1/entries/social-registry/hostile"] {
        let document = linked(&world.get(&format!("{address}/entry.jsonld"), "").await);
        let (holds, said) = holds(&world, document.clone(), CPSV).await;
        assert!(holds, "{address}: {said}");
        let asked = send(world.request(Method::GET, address, "").header(ACCEPT, "application/ld+json")).await;
        assert_eq!(linked(&asked), document);
    }
    let titles = sample::passing().record.titles;
    let document = linked(&world.get(&format!("{ENTRY}/entry.jsonld"), "").await);
    assert_eq!(document["title"], json!({ "ky": titles.ky, "ru": titles.ru, "en": titles.en }));
    assert_eq!(document["dct:identifier"], "social-registry/registered-address");
    let hostile = linked(&world.get("/api/v1/entries/social-registry/hostile/entry.jsonld", "").await);
    assert_eq!(hostile["title"]["ru"], "<script>alert(1)</script>");
    assert!(hostile["cv:contactPoint"].is_null(), "an address that is none of the web");
    assert!(!hostile.to_string().contains("javascript:"));
}

#[tokio::test]
async fn the_shapes_find_a_service_without_its_parts() {
    let world = World::start().await;
    world.registered(sample::passing(), "one").await;
    let whole = linked(&world.get(&format!("{ENTRY}/entry.jsonld"), "").await);
    for (part, told) in [
        ("dct:identifier", "identifier"),
        ("title", "title"),
        ("description", "description"),
        ("cv:hasCompetentAuthority", "hasCompetentAuthority"),
    ] {
        let mut document = whole.clone();
        assert!(document.as_object_mut().unwrap().remove(part).is_some(), "{part}");
        let (holds, said) = holds(&world, document, CPSV).await;
        assert!(!holds && said.contains(told), "without {part}: {said}");
    }
}

#[tokio::test]
async fn an_object_that_the_factory_did_not_build_holds_under_the_published_shapes() {
    let world = World::start().await;
    let with_address =
        ObjectKind::ALL.map(|kind| (kind, "none")).into_iter().chain([(ObjectKind::Service, "keys.example.kg")]);
    for (number, (kind, host)) in with_address.enumerate() {
        let name = format!("object-{number}");
        let basis = Basis::ALL.into_iter().find(|basis| basis.fits(kind)).unwrap();
        objects::entered_with(&world, &name, |object| {
            (object["name"], object["host"]) = (name.as_str().into(), host.into());
            (object["kind"], object["basis"]) = (kind.name().into(), basis.name().into());
        })
        .await;
        let address = format!("/api/v1/entries/social-registry/{name}/entry.jsonld");
        let whole = linked(&world.get(&address, "").await);
        for shapes in DCAT {
            let (held, said) = holds(&world, whole.clone(), shapes).await;
            assert!(held, "{name}, {shapes}: {said}");
        }
        // Shapes that found no fault in anything would hold as well. Only some kinds have parts that they ask for.
        if kind == ObjectKind::Resource {
            let mut broken = whole;
            broken.as_object_mut().unwrap().remove("title");
            assert!(!holds(&world, broken, DCAT[0]).await.0, "{name} without a title");
        }
    }
}

#[tokio::test]
async fn the_register_is_a_catalogue_under_the_published_shapes() {
    let world = World::start().await;
    let whole = linked(&world.get("/api/v1/catalogue.jsonld", "").await);
    for shapes in DCAT {
        let (held, said) = holds(&world, whole.clone(), shapes).await;
        assert!(held, "{shapes}: {said}");
    }
    let without = |part: &str| {
        let mut document = whole.clone();
        assert!(document.as_object_mut().unwrap().remove(part).is_some(), "{part}");
        document
    };
    let mut untyped = whole.clone();
    untyped["dct:language"] = json!({ "@id": "https://register.test/kyrgyz" });
    let broken =
        [without("title"), without("description"), without("dct:publisher")].map(|document| (DCAT[0], document));
    for (shapes, document) in broken.into_iter().chain([(DCAT[1], untyped)]) {
        let (held, said) = holds(&world, document.clone(), shapes).await;
        assert!(!held, "{document} holds: {said}");
    }
    // Each address in it is there.
    let data = &whole["dcat:dataset"]["dcat:distribution"];
    let addresses = data.as_array().unwrap().iter().map(|form| form["dcat:accessURL"]["@id"].as_str().unwrap());
    for address in addresses.chain(["/entries", "/api/v1/openapi.json"]) {
        assert_eq!(world.get(address, "").await.status, StatusCode::OK, "{address}");
    }
}

#[tokio::test]
async fn each_page_has_its_data_one_link_away() {
    let world = World::start().await;
    world.registered(sample::passing(), "one").await;
    let pages = [
        ("/entries", ["/api/v1/catalogue.jsonld", "/api/v1/openapi.json"]),
        ("/entries/social-registry/registered-address", [ENTRY, &format!("{ENTRY}/entry.jsonld")]),
    ];
    for (page, links) in pages {
        let html = world.get(page, "").await.text;
        for link in links {
            assert!(html.contains(&format!("<a href=\"{link}\">")), "{page} does not lead to {link}");
            assert_eq!(world.get(link, "").await.status, StatusCode::OK, "{link}");
        }
    }
}

#[tokio::test]
async fn an_entry_in_one_form_is_not_taken_for_the_other() {
    let world = World::start().await;
    world.registered(sample::passing(), "one").await;
    let json = world.get(ENTRY, "").await;
    assert_eq!(json.header("vary"), "Accept");
    let asked = world.request(Method::GET, ENTRY, "").header(ACCEPT, "application/ld+json");
    let answer = send(asked.header(IF_NONE_MATCH, json.header("etag"))).await;
    linked(&answer);
    assert_ne!(answer.header("etag"), json.header("etag"));
}
