//! Journeys: a team says which value follows the one that its service has, and a regulator's standard has it take that
//! one's place under load. Each service that is refused is refused for its own reason.

use factory_crds::Outcome;
use factory_journeys::{
    Failure, ensure,
    road::codes,
    rotated::{BEHIND_TLS, Given, Rotated, SEALED},
    scene::Scene,
};
use futures::future::{try_join, try_join_all};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use serde_json::json;

/// The keys of a service whose values must stand nowhere.
const FORMER: &str = "osh-2026-first-key";
const NEXT: &str = "osh-2026-other-key";

/// All of them stand at the same time: the lab takes one after another.
#[tokio::test(flavor = "multi_thread")]
async fn what_can_be_rotated_passes_and_what_cannot_is_refused_for_its_own_reason() -> Result<(), Failure> {
    let _turn = crate::beside().await?;
    let scene = Scene::of("journey-rotation").await?;
    try_join(keys(&scene), certificates(&scene)).await.map(drop)
}

/// A service whose tickets outlive a rotation passes; one that forgets them, and one of which nobody said what follows its
/// keys, but what follows a secret that it never reads, do not.
async fn keys(scene: &Scene) -> Result<(), Failure> {
    let mut sealed = Rotated::of(scene, "sealed", &[SEALED]).await?;
    // Most of what is asked takes a ticket and looks at it some seconds later.
    sealed.more.push(("/spec/checks/0/weight", json!(10)));
    let both = format!("{FORMER},{NEXT}");
    let services: [(&str, &[Given<'_>]); 3] = [
        ("outlives", &[("TICKET_KEYS", FORMER, Some(&both))]),
        ("forgets", &[("TICKET_KEYS", FORMER, Some(NEXT))]),
        ("unsaid", &[("UNREAD", "as-it-was", Some("as-it-follows")), ("TICKET_KEYS", FORMER, None)]),
    ];
    let ends = try_join_all(services.iter().map(|(kind, given)| sealed.judged(kind, given))).await?;
    let [outlives, forgets, unsaid] = ends.as_slice() else {
        return Err(Failure::new(format!("{} services", ends.len())));
    };

    ensure(outlives.outcome() == Some(Outcome::Passed), || outlives.told())?;
    let fault = outlives.only()?;
    // Two pods had the value before, and two came with the one that follows.
    let seen = (outlives.pods("before", &json!([[0, 1]])), outlives.pods("during", &json!([[1, 1]])));
    ensure(seen == (2, 2), || fault.to_string())?;
    ensure(fault["residue"] == json!([]) && fault["errors"] == json!([]), || fault.to_string())?;

    ensure(forgets.outcome() == Some(Outcome::Failed), || forgets.told())?;
    let said = ["queue: when its secrets were rotated, ", "wrong status"];
    let cost = codes(&forgets.release).contains(&"FaultCostTooHigh".to_owned());
    ensure(cost && said.iter().all(|said| forgets.told().contains(said)), || forgets.told())?;

    ensure(unsaid.outcome() != Some(Outcome::Passed) && unsaid.faults.is_empty(), || unsaid.told())?;
    ensure(codes(&unsaid.release) == ["SuccessorMissing"], || unsaid.told())?;
    let said = "spec.components[0].secrets: the standard rotates secrets, and `TICKET_KEYS` of";
    ensure(unsaid.told().contains(said), || unsaid.told())?;
    let announced = unsaid.release.status.as_ref().is_some_and(|status| status.announcement.is_some());
    ensure(!announced, || "what could not be tested was announced".to_owned())?;

    // Values are the team's, and pass through nobody's hands: no dossier and no status says one.
    for judged in &ends {
        let texts = [serde_json::to_string(&judged.release)?, json!(judged.faults).to_string()];
        let told = [FORMER, NEXT].into_iter().any(|value| texts.iter().any(|text| text.contains(value)));
        ensure(!told, || "a value of a secret is told".to_owned())?;
    }
    Ok(())
}

/// Who vouches for the service, and a key with a certificate of its name by an authority.
fn authority() -> Result<CertifiedIssuer<'static, KeyPair>, rcgen::Error> {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate()?)
}

/// Key and certificate in PEM, of the component `queue` by `authority`; one that is not in force any more if it is `over`.
fn pair(authority: &CertifiedIssuer<'static, KeyPair>, over: bool) -> Result<[String; 2], rcgen::Error> {
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::new(["queue".to_owned()])?;
    if over {
        (params.not_before, params.not_after) = (date_time_ymd(2024, 1, 1), date_time_ymd(2025, 1, 1));
    }
    Ok([key.serialize_pem(), params.signed_by(&key, authority)?.pem()])
}

/// Another certificate of the same authority may follow; one that is expired is refused by whoever connects.
async fn certificates(scene: &Scene) -> Result<(), Failure> {
    let ours = authority()?;
    let mut behind_tls = Rotated::of(scene, "behind-tls", &[BEHIND_TLS]).await?;
    behind_tls.more.push(("/spec/components/0/tls", json!({"authority": ours.pem()})));
    let former = pair(&ours, false)?;
    let followed = [("renewed", pair(&ours, false)?), ("expired", pair(&ours, true)?)];
    let judged = followed.iter().map(|(kind, next)| {
        let given: [Given<'_>; 2] =
            [("TLS_KEY", &former[0], Some(&next[0])), ("TLS_CERTIFICATE", &former[1], Some(&next[1]))];
        let behind_tls = &behind_tls;
        async move { behind_tls.judged(kind, &given).await }
    });
    let ends = try_join_all(judged).await?;
    let [renewed, expired] = ends.as_slice() else { return Err(Failure::new(format!("{} services", ends.len()))) };
    ensure(renewed.outcome() == Some(Outcome::Passed), || renewed.told())?;
    let seen = (renewed.pods("before", &json!([[0, 2]])), renewed.pods("during", &json!([[1, 2]])));
    ensure(seen == (2, 2), || renewed.faults.first().map(ToString::to_string).unwrap_or_default())?;
    // Kubernetes' probes take any certificate, so the rotation comes through: those who connect refuse it.
    ensure(expired.outcome() == Some(Outcome::Failed), || expired.told())?;
    let said = ["queue: when its secrets were rotated, ", "no connection"];
    ensure(said.iter().all(|said| expired.told().contains(said)), || expired.told())?;
    ensure(expired.pods("during", &json!([[1, 2]])) == 2, || expired.told())
}
