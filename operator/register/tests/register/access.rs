//! Who may do what. The public may read entries; everything else needs a token and a right.

use factory_assurance::{sample, wire::SubmissionState};
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::world::{STANDARDS, World, send};

const ENTRY: &str = "/api/v1/entries/social-registry/registered-address";

const TOKENS: [&str; 7] = ["factory", "keeper", "regulator", "owner", "stranger", "", "unknown"];

/// Statuses of one request with each of [`TOKENS`].
async fn statuses(world: &World, method: &Method, path: &str) -> Vec<u16> {
    let mut statuses = Vec::new();
    for token in TOKENS {
        let mut request = world.request(method.clone(), path, token);
        if *method == Method::POST {
            request = request.header("idempotency-key", "key").body("{}");
        }
        statuses.push(send(request).await.status.as_u16());
    }
    statuses
}

#[tokio::test]
async fn each_door_opens_to_those_whom_it_is_for() {
    let world = World::start().await;
    let id = world.submitted(sample::passing(), "one").await.id;
    let (get, post) = (Method::GET, Method::POST);
    // 400: let in, and the empty body refused.
    let doors: [(&Method, String, [u16; 7]); 12] = [
        (&post, "/api/v1/announcements".to_owned(), [400, 403, 403, 403, 403, 401, 401]),
        (&post, "/api/v1/submissions".to_owned(), [400, 403, 403, 403, 403, 401, 401]),
        (&post, format!("/api/v1/submissions/{id}/confirmation"), [403, 403, 400, 403, 403, 401, 401]),
        (&post, format!("/api/v1/submissions/{id}/return"), [403, 403, 400, 403, 403, 401, 401]),
        (&post, format!("{ENTRY}/withdrawal"), [403, 403, 403, 400, 403, 401, 401]),
        (&get, format!("/api/v1/submissions/{id}"), [200, 200, 200, 200, 403, 401, 401]),
        (&get, format!("/api/v1/submissions/{id}/dossier"), [200, 200, 200, 200, 403, 401, 401]),
        (&get, "/api/v1/submissions".to_owned(), [200, 200, 200, 200, 200, 401, 401]),
        (&get, "/api/v1/entries".to_owned(), [200; 7]),
        (&get, "/entries".to_owned(), [200; 7]),
        (&post, STANDARDS.to_owned(), [403, 403, 400, 403, 403, 401, 401]),
        (&get, STANDARDS.to_owned(), [200; 7]),
    ];
    for (method, path, expected) in doors {
        assert_eq!(statuses(&world, method, &path).await, expected, "{method} {path}");
    }
}

#[tokio::test]
async fn a_list_shows_what_its_reader_may_see() {
    let world = World::start().await;
    let mine = world.submitted(sample::passing(), "one").await;
    let mut result = sample::passing();
    "another-body".clone_into(&mut result.subject.participant);
    let theirs = world.submitted(result, "two").await;
    for (token, expected) in [
        ("owner", vec![&mine]),
        ("stranger", vec![]),
        ("regulator", vec![&theirs, &mine]),
        ("keeper", vec![&theirs, &mine]),
    ] {
        let seen: Vec<SubmissionState> = world.get("/api/v1/submissions", token).await.json();
        assert_eq!(seen.iter().collect::<Vec<_>>(), expected, "{token}");
    }
    world.get(&format!("/api/v1/submissions/{}", theirs.id), "owner").await.refused(403);
}

#[tokio::test]
async fn the_factory_never_confirms_even_with_the_regulators_right_and_signature() {
    let world = World::start().await;
    let state = world.submitted(sample::passing(), "one").await;
    let path = format!("/api/v1/submissions/{}/confirmation", state.id);
    for token in ["factory", "keeper"] {
        let detail = world.post(&path, token, "", &world.confirmation(&state)).await.refused(403);
        assert!(detail.contains("is a program of the factory and never decides"), "{detail}");
    }
    for token in ["owner", "stranger"] {
        let detail = world.post(&path, token, "", &world.confirmation(&state)).await.refused(403);
        assert!(detail.contains("only the regulator confirms"), "{detail}");
    }
}

#[tokio::test]
async fn an_api_server_that_is_away_is_no_wrong_token() {
    let world = World::start().await;
    let state = world.registered(sample::passing(), "one").await;
    for (method, path) in [
        (Method::POST, "/api/v1/announcements".to_owned()),
        (Method::POST, format!("/api/v1/submissions/{}/confirmation", state.id)),
        (Method::POST, format!("{ENTRY}/withdrawal")),
        (Method::GET, format!("/api/v1/submissions/{}", state.id)),
    ] {
        let answer = send(world.request(method, &path, "away")).await;
        assert_eq!(answer.header("retry-after"), "5");
        answer.refused(503);
    }
    // What is public needs nobody's identity.
    for path in ["/entries", ENTRY, "/readyz"] {
        assert_eq!(world.get(path, "").await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn a_header_that_is_no_token_is_refused_as_such() {
    let world = World::start().await;
    for header in ["", "Bearer", "Bearer ", "Basic ZmFjdG9yeQ==", "factory", &format!("Bearer {}", "a".repeat(17_000))]
    {
        let request = world.request(Method::GET, "/api/v1/submissions", "").header("authorization", header);
        let answer = send(request).await;
        assert_eq!(answer.header("www-authenticate"), "Bearer");
        answer.refused(401);
    }
    let lower = world.request(Method::GET, "/api/v1/submissions", "").header("authorization", "bearer factory");
    assert_eq!(send(lower).await.status, StatusCode::OK);
}

#[tokio::test]
async fn what_is_private_is_not_stored_by_others_and_figures_name_no_one() {
    let world = World::start().await;
    let state = world.registered(sample::passing(), "one").await;
    world.post("/api/v1/submissions", "factory", "two", &json!({})).await.refused(400);
    let private = world.get(&format!("/api/v1/submissions/{}", state.id), "owner").await;
    assert_eq!(private.header("cache-control"), "no-store");
    let public = world.get("/api/v1/entries", "").await;
    assert_eq!((public.header("cache-control"), public.header("access-control-allow-origin")), ("no-cache", "*"));
    world.get(&format!("/{}", state.id), "").await.refused(404);

    let figures = world.get("/metrics", "").await.text;
    for line in [
        "factory_register_requests_total{route=\"/api/v1/submissions/{id}/confirmation\",status=\"200\"} 1",
        "factory_register_requests_total{route=\"none\",status=\"404\"} 1",
        "factory_register_submissions_total{outcome=\"Passed\"} 1",
        "factory_register_submissions_total{outcome=\"refused\"} 1",
        // The standard, announcement with the first epoch, submission, confirmation with the entry.
        "factory_register_commit_seconds_count 4",
    ] {
        assert!(figures.contains(line), "{line}\n{figures}");
    }
    assert!(!figures.contains(&state.id));
}
