//! What refers to an image is listed under a tag where the registry has no question for it, as Debian's
//! has not. Nobody's entry is lost there.

use factory_assurance::{dossier::PREDICATE, dsse::PrivateKey};
use factory_operator::artifacts::ArtifactError;
use serde_json::{Value, json};

use super::place::{INDEX, Place, dossier, list_of};

fn digests(list: &Value) -> Vec<&str> {
    list["manifests"].as_array().unwrap().iter().map(|entry| entry["digest"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn attaching_twice_is_attaching_once() {
    let place = Place::open().await;
    let image = place.image("tested").await;
    let envelope = dossier(&image, 1, &PrivateKey::generate());
    let first = place.artifacts.attach(&image, PREDICATE, &envelope).await.unwrap();
    let list = place.read(&list_of(&image)).await.unwrap();
    let second = place.artifacts.attach(&image, PREDICATE, &envelope).await.unwrap();
    assert_eq!(first, second);
    assert_eq!(place.read(&list_of(&image)).await.unwrap(), list);
    let digest = first.rsplit_once('@').unwrap().1;
    assert_eq!(digests(&list), [digest]);
    // A reader chooses by these without fetching what is listed.
    let entry = &list["manifests"][0];
    assert_eq!(entry["artifactType"], "application/vnd.dev.sigstore.bundle.v0.3+json");
    assert_eq!(entry["annotations"]["dev.sigstore.bundle.predicateType"], PREDICATE);
}

#[tokio::test]
async fn what_others_listed_stays_as_they_wrote_it() {
    let place = Place::open().await;
    let image = place.image("tested").await;
    let digest = image.rsplit_once('@').unwrap().1;
    let theirs = json!({
        "mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": digest, "size": 7,
        "artifactType": "application/spdx+json", "data": "e30=", "annotations": {"kg.example": "theirs"},
    });
    let list = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": [theirs], "annotations": {"of": "them"}});
    place.write(&list_of(&image), INDEX, &list).await;
    place.artifacts.attach(&image, PREDICATE, &dossier(&image, 1, &PrivateKey::generate())).await.unwrap();
    let now = place.read(&list_of(&image)).await.unwrap();
    assert_eq!(now["manifests"].as_array().unwrap().len(), 2, "{now:#}");
    assert_eq!((&now["manifests"][0], &now["annotations"]), (&theirs, &list["annotations"]));
}

#[tokio::test]
async fn many_at_once_lose_none() {
    let place = Place::open().await;
    let image = place.image("tested").await;
    let key = PrivateKey::generate();
    let attached = (1..=8).map(|number| {
        let envelope = dossier(&image, number, &key);
        let (artifacts, image) = (&place.artifacts, &image);
        async move { artifacts.attach(image, PREDICATE, &envelope).await }
    });
    let mut names: Vec<String> = futures::future::try_join_all(attached).await.unwrap();
    let list = place.read(&list_of(&image)).await.unwrap();
    let mut listed = digests(&list);
    names.sort();
    listed.sort_unstable();
    let names: Vec<_> = names.iter().map(|name| name.rsplit_once('@').unwrap().1).collect();
    assert_eq!(listed, names);
}

#[tokio::test]
async fn an_image_that_is_not_there_and_a_registry_that_is_away_are_errors() {
    let mut place = Place::open().await;
    let image = place.image("tested").await;
    let envelope = dossier(&image, 1, &PrivateKey::generate());
    let nothing = format!("{}@sha256:{}", image.split('@').next().unwrap(), "0".repeat(64));
    let refused = place.artifacts.attach(&nothing, PREDICATE, &envelope).await;
    assert!(matches!(refused, Err(ArtifactError::Registry { .. })), "{refused:?}");
    assert_eq!(place.read(&list_of(&nothing)).await, None);
    place.server.kill().await.unwrap();
    let refused = place.artifacts.attach(&image, PREDICATE, &envelope).await;
    assert!(matches!(refused, Err(ArtifactError::Registry { .. })), "{refused:?}");
}
