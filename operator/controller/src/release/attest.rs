//! Between `Registered` and `Launched`: the dossier that the regulator confirmed is put beside each image
//! that the factory built of it, so that cosign finds it there.
//!
//! Not earlier: a dossier that failed, or that the regulator returned, is for its owner and the regulator
//! (invariant 11), and whoever may pull an image may read what stands beside it. Not later: who admits
//! images by their attestations must find them when the service is launched.

use factory_assurance::{dossier::PREDICATE, dsse::Envelope};
use factory_crds::{ReleaseStatus, condition};

use super::{ReleaseError, attempt::Attempt, build, confirm::Entry, report::Receipt};
use crate::{
    artifacts::{ArtifactError, Artifacts},
    context::Context,
    error,
    stage::Progress,
};

/// Puts the dossier of `receipt` beside the images, and keeps in `facts` where it is.
pub async fn images(
    context: &Context,
    attempt: &Attempt,
    (receipt, entry): (&Receipt, &Entry),
    facts: &mut ReleaseStatus,
) -> Result<Progress<()>, ReleaseError> {
    let lacking = lacking(facts, |component| build::repository(attempt, component));
    // Of a service that was withdrawn nothing more is said, and one that was launched before attestations were
    // made goes on without: nothing of it waits for a registry.
    if lacking.is_empty() || entry.withdrawn.is_some() || condition::is_true(&facts.conditions, "Launched") {
        return Ok(Progress::Done(()));
    }
    let envelope = match context.register.dossier(&receipt.submission).await {
        Ok(envelope) => envelope,
        Err(refusal) => return Ok(context.unavailable(&refusal)),
    };
    let artifacts = Artifacts::new(&attempt.lab.registry);
    Ok(beside(&artifacts, &envelope, lacking, facts).await)
}

/// Puts `envelope` beside the images that are `lacking` it. Those that were reached are kept in `facts`,
/// whatever became of the others.
async fn beside(
    artifacts: &Artifacts,
    envelope: &Envelope,
    lacking: Vec<(String, String)>,
    facts: &mut ReleaseStatus,
) -> Progress<()> {
    for (component, image) in lacking {
        match artifacts.attach(&image, PREDICATE, envelope).await {
            Ok(name) => drop(facts.attestations.insert(component, name)),
            Err(refusal) => return unavailable(&component, &refusal),
        }
    }
    Progress::Done(())
}

/// Components, with their images, beside which the dossier is not yet. The work of others is not ours to
/// speak beside: images in the `repository` that the factory builds a component into, and no others.
fn lacking(facts: &ReleaseStatus, repository: impl Fn(&str) -> String) -> Vec<(String, String)> {
    let built = |component: &str, image: &str| image.starts_with(&format!("{}@", repository(component)));
    let images = facts.images.iter().filter(|(component, image)| built(component, image));
    let lacking = images.filter(|(component, _)| !facts.attestations.contains_key(*component));
    lacking.map(|(component, image)| (component.clone(), image.clone())).collect()
}

/// What a stage waits for when the registry did not take an attestation. It never ends a release: what
/// the registry refuses today, its administrator can allow.
pub(super) fn unavailable<T>(component: &str, refusal: &ArtifactError) -> Progress<T> {
    Progress::waiting("RegistryUnavailable", format!("attestation of {component}: {}", error::chain(refusal)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_images_that_the_factory_built_are_spoken_beside_and_each_once() {
        let images = [
            ("api", "r/services/team/one/api@sha256:1"),
            ("web", "r/services/team/one/web@sha256:2"),
            // Pinned: of another service, and of a repository whose name only begins alike.
            ("cache", "r/services/other/two/cache@sha256:3"),
            ("queue", "r/services/team/one/queue-of-others@sha256:4"),
        ];
        let mut facts = ReleaseStatus {
            images: images.map(|(component, image)| (component.to_owned(), image.to_owned())).into(),
            ..ReleaseStatus::default()
        };
        let names = |facts: &ReleaseStatus| -> Vec<String> {
            let lacking = lacking(facts, |component| format!("r/services/team/one/{component}"));
            lacking.into_iter().map(|(component, _)| component).collect()
        };
        assert_eq!(names(&facts), ["api", "web"]);
        facts.attestations.insert("api".to_owned(), "r/services/team/one/api@sha256:5".to_owned());
        assert_eq!(names(&facts), ["web"]);
    }

    /// A registry where nobody listens.
    async fn away(facts: &mut ReleaseStatus) -> Progress<()> {
        crate::serve::install_crypto();
        let registry = serde_json::from_value(serde_json::json!({
            "prefix": "127.0.0.1:1", "plainHttp": true, "cidrs": ["127.0.0.1/32"], "port": 1,
        }));
        let envelope = Envelope { payload_type: String::new(), payload: String::new(), signatures: Vec::new() };
        let image = format!("127.0.0.1:1/services/team/one/web@sha256:{}", "0".repeat(64));
        beside(&Artifacts::new(&registry.unwrap()), &envelope, vec![("web".to_owned(), image)], facts).await
    }

    #[tokio::test]
    async fn a_registry_that_is_away_is_waited_for_before_the_launch() {
        let mut facts = ReleaseStatus::default();
        let Progress::Waiting(why) = away(&mut facts).await else { panic!("it did not wait") };
        assert_eq!(why.reason, "RegistryUnavailable");
        assert!(why.message.starts_with("attestation of web: registry: 127.0.0.1:1/"), "{}", why.message);
        assert!(facts.attestations.is_empty());
    }
}
