//! Services whose secrets a standard rotates: `examples/queue-number` with another file or two, given what follows its
//! values by its team, and taken to its verdict.

use std::collections::BTreeMap;

use factory_crds::{Outcome, Release};
use k8s_openapi::{ByteString, api::core::v1::Secret};
use kube::Api;
use serde_json::{Value, json};

use crate::{Failure, Manifest, people, road::reasons, scene::Scene, sources, standard::fault, struck};

/// Tickets that carry a seal: the first key in `TICKET_KEYS` seals, and each of them is believed.
pub const SEALED: (&str, &str) = ("queue_number/places.py", include_str!("rotated/places.py"));
/// TLS, by the key in `TLS_KEY` and the certificate in `TLS_CERTIFICATE`.
pub const BEHIND_TLS: (&str, &str) = ("queue_number/__main__.py", include_str!("rotated/behind_tls.py"));

/// Longer than a rolling restart of two pods takes, and than a ticket is looked at after.
const WINDOW_SECONDS: u32 = 20;

/// A variable, its value, and the one that follows it where its team says so.
pub type Given<'a> = (&'a str, &'a str, Option<&'a str>);

/// What became of a service.
pub struct Judged {
    /// Its last release.
    pub release: Release,
    /// Its faults in the dossier; none where nothing was announced.
    pub faults: Vec<Value>,
}

impl Judged {
    /// The outcome of its release.
    #[must_use]
    pub fn outcome(&self) -> Option<Outcome> {
        self.release.status.as_ref().and_then(|status| status.outcome)
    }

    /// Outcome and findings, for people.
    #[must_use]
    pub fn told(&self) -> String {
        format!("{:?}: {}", self.outcome(), reasons(&self.release).join("; "))
    }

    /// The one fault that was measured.
    pub fn only(&self) -> Result<&Value, Failure> {
        match self.faults.as_slice() {
            [fault] => Ok(fault),
            faults => Err(Failure::new(format!("{} faults in the dossier; {}", faults.len(), self.told()))),
        }
    }

    /// So many of its pods were seen with so many values before and after: none may be seen with others.
    #[must_use]
    pub fn pods(&self, side: &str, cells: &Value) -> usize {
        let doses = self.faults.iter().filter_map(|fault| fault["doses"].as_array()).flatten();
        doses.filter(|dose| dose[side] == *cells).count()
    }
}

/// A service of the example's, with `changes`, to be given values.
pub struct Rotated<'a> {
    /// The scene.
    pub scene: &'a Scene,
    /// Where its source is, and its commit.
    pub source: (String, String),
    /// What stands in its manifest beside: pointer and value.
    pub more: Vec<(&'static str, Value)>,
}

impl<'a> Rotated<'a> {
    /// The example with `changes` (path and content), pushed as `repository`.
    pub async fn of(scene: &'a Scene, repository: &str, changes: &[(&str, &str)]) -> Result<Self, Failure> {
        let changes: Vec<_> = changes.iter().map(|(path, text)| (*path, (*text).to_owned())).collect();
        let source = sources::push_changed(&scene.people.cluster, "queue-number", repository, &changes).await?;
        Ok(Self { scene, source, more: Vec::new() })
    }

    /// Takes a service of a name like `kind`, with a Secret of its own that holds `given`, to its verdict by a standard
    /// that rotates secrets, and deletes it.
    pub async fn judged(&self, kind: &str, given: &[Given<'_>]) -> Result<Judged, Failure> {
        let (scene, name) = (self.scene, Scene::fresh(kind));
        let (git, commit) = &self.source;
        let mut data = BTreeMap::new();
        let mut references = Vec::new();
        for (index, (variable, value, next)) in given.iter().enumerate() {
            let keys = [format!("value-{index}"), format!("next-{index}")];
            let mut reference = json!({"env": variable, "secret": name, "key": keys[0]});
            if next.is_some() {
                reference["next"] = json!(keys[1]);
            }
            references.push(reference);
            let values = keys.into_iter().zip([Some(*value), *next]);
            data.extend(values.filter_map(|(key, value)| Some((key, ByteString(value?.as_bytes().to_vec())))));
        }
        let secrets: Api<Secret> = Api::namespaced(scene.team.client.clone(), &scene.participant);
        people::put(&secrets, &name, json!({"data": data})).await?;
        let manifest = scene
            .manifest("queue-number", &name)?
            .with("/spec/source/git", json!(git))
            .with("/spec/components/0/secrets", json!(references));
        let with = |manifest: Manifest, (pointer, value): &(&str, Value)| manifest.with(pointer, value.clone());
        let manifest = self.more.iter().fold(manifest, with);
        let rotation = json!({"windowSeconds": WINDOW_SECONDS, "maxFailedPpm": 5_000});
        let standard = ("critical", json!([fault("SecretRotation", &rotation)]));
        let release = Box::pin(scene.to_the_end_under(standard, &manifest, commit, false)).await?;
        let announced = release.status.as_ref().is_some_and(|status| status.announcement.is_some());
        let faults = if announced { struck::measured(scene, &name).await? } else { Vec::new() };
        scene.delete(&name).await?;
        Ok(Judged { release, faults })
    }
}
