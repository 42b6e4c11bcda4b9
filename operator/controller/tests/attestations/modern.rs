//! A registry of OCI 1.1, which keeps the list of what refers to an image by itself. Debian has none, so
//! the question is answered by a door before Debian's; all else is the real one.

use std::sync::{Arc, Mutex};

use axum::{
    Json, Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, Method, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use factory_assurance::{canonical, dossier::PREDICATE, dsse::PrivateKey};
use factory_crds::environment::Registry;
use factory_operator::artifacts::Artifacts;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::place::{INDEX, Place, dossier, list_of};

#[derive(Clone)]
struct Door {
    behind: String,
    /// Digest of what is referred to, and the entry.
    referring: Arc<Mutex<Vec<(String, Value)>>>,
}

async fn pass(State(door): State<Door>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path_and_query().unwrap().as_str();
    let body = to_bytes(body, 1 << 20).await.unwrap();
    if let Some((_, asked)) = parts.uri.path().split_once("/referrers/") {
        let known = door.referring.lock().unwrap();
        let manifests: Vec<_> = known.iter().filter(|(of, _)| of == asked).map(|(_, entry)| entry.clone()).collect();
        let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests});
        return ([(header::CONTENT_TYPE, INDEX)], Json(index)).into_response();
    }
    if parts.method == Method::PUT
        && let Ok(manifest) = serde_json::from_slice::<Value>(&body)
        && let Some(of) = manifest["subject"]["digest"].as_str()
    {
        let entry = json!({
            "mediaType": manifest["mediaType"], "digest": canonical::sha256(&body), "size": body.len(),
            "artifactType": manifest["artifactType"], "annotations": manifest["annotations"],
        });
        door.referring.lock().unwrap().push((of.to_owned(), entry));
    }
    let request = reqwest::Client::new().request(parts.method.clone(), format!("{}{path}", door.behind));
    let answer = request.headers(parts.headers.clone()).body(body).send().await.unwrap();
    let (status, headers): (StatusCode, HeaderMap) = (answer.status(), answer.headers().clone());
    let mut made = Body::from(answer.bytes().await.unwrap()).into_response();
    *made.status_mut() = status;
    *made.headers_mut() = headers;
    made
}

#[tokio::test]
async fn a_registry_that_keeps_the_list_itself_is_given_none_and_cosign_accepts() {
    let place = Place::open().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let door = Door { behind: format!("http://{}", place.address), referring: Arc::default() };
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(pass).with_state(door)).await });
    let modern = Artifacts::new(&Registry {
        prefix: address.to_string(),
        plain_http: true,
        cidrs: vec!["127.0.0.1/32".to_owned()],
        port: address.port(),
    });
    let image = place.image("tested").await.replacen(&place.address, &address.to_string(), 1);
    let key = PrivateKey::generate();
    let first = modern.attach(&image, PREDICATE, &dossier(&image, 1, &key)).await.unwrap();
    assert!(first.starts_with(&address.to_string()), "{first}");
    assert_eq!(place.read(&list_of(&image)).await, None);
    let said = place.cosign(&image, PREDICATE, &key.public()).await;
    assert!(said.accepted, "{said:?}");
}
