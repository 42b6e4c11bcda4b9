//! Journeys: a team says which value follows the one that its service has, and a regulator's standard has it take that
//! one's place under load. Each service that is refused is refused for its own reason.

use factory_crds::Outcome;
use factory_journeys::{
    Failure, ensure,
    road::codes,
    rotated::{BEHIND_TLS, Given, Rotated, SEALED},
    scene::Scene,
};
use futures::future::{join_all, try_join_all};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use serde_json::json;

/// The keys of a service whose values must stand nowhere.
const FORMER: &str = "osh-2026-first-key";
const NEXT: &str = "osh-2026-other-key";

/// A service whose tickets outlive a rotation passes; one that forgets them, one that does not start with what follows,
/// and one of which nobody said what follows its keys, but what follows a secret that it never reads, do not.
#[tokio::test(flavor = "multi_thread")]
async fn a_service_whose_keys_can_be_rotated_passes_and_others_are_refused_for_their_own_reasons() -> Result<(), Failure>
{
    let _turn = crate::TURN.lock().await;
    let scene = Scene::of("journey-rotation").await?;
    let mut sealed = Rotated::of(&scene, "sealed", &[SEALED]).await?;
    // Most of what is asked takes a ticket and looks at it some seconds later.
    sealed.more.push(("/spec/checks/0/weight", json!(10)));
    let both = format!("{FORMER},{NEXT}");
    let services: [(&str, &[Given<'_>]); 4] = [
        ("outlives", &[("TICKET_KEYS", FORMER, Some(&both))]),
        ("forgets", &[("TICKET_KEYS", FORMER, Some(NEXT))]),
        ("stays-down", &[("TICKET_KEYS", FORMER, Some("short"))]),
        ("unsaid", &[("UNREAD", "as-it-was", Some("as-it-follows")), ("TICKET_KEYS", FORMER, None)]),
    ];
    let ends = try_join_all(services.iter().map(|(kind, given)| sealed.judged(kind, given))).await?;
    let [outlives, forgets, stays_down, unsaid] = ends.as_slice() else {
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

    ensure(stays_down.outcome() == Some(Outcome::Inconclusive), || stays_down.told())?;
    let stayed = "queue: secret-rotation was not felt: 0 of 2 ready pods went";
    ensure(stays_down.told().contains(stayed), || stays_down.told())?;
    let came = stays_down.pods("during", &json!([[1, 1]])) + stays_down.pods("during", &json!([[0, 1]]));
    ensure(came == 0, || format!("pods that were never ready came: {}", stays_down.told()))?;

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

/// Another certificate of the same authority may follow; one that is expired, and one of somebody else, are refused by
/// whoever connects.
#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_rotated_to_a_good_one_and_an_expired_or_foreign_one_is_refused() -> Result<(), Failure> {
    let _turn = crate::TURN.lock().await;
    let scene = Scene::of("journey-rotation").await?;
    let (ours, foreign) = (authority()?, authority()?);
    let mut behind_tls = Rotated::of(&scene, "behind-tls", &[BEHIND_TLS]).await?;
    behind_tls.more.push(("/spec/components/0/tls", json!({"authority": ours.pem()})));
    let former = pair(&ours, false)?;
    let followed =
        [("renewed", pair(&ours, false)?), ("expired", pair(&ours, true)?), ("foreign", pair(&foreign, false)?)];
    let ends = followed.iter().map(|(kind, next)| {
        let given: [Given<'_>; 2] =
            [("TLS_KEY", &former[0], Some(&next[0])), ("TLS_CERTIFICATE", &former[1], Some(&next[1]))];
        let behind_tls = &behind_tls;
        async move { behind_tls.judged(kind, &given).await }
    });
    let ends = join_all(ends).await.into_iter().collect::<Result<Vec<_>, _>>()?;
    let [renewed, refused @ ..] = ends.as_slice() else { return Err(Failure::new("no service")) };
    ensure(renewed.outcome() == Some(Outcome::Passed), || renewed.told())?;
    let seen = (renewed.pods("before", &json!([[0, 2]])), renewed.pods("during", &json!([[1, 2]])));
    ensure(seen == (2, 2), || renewed.faults.first().map(ToString::to_string).unwrap_or_default())?;
    for judged in refused {
        // Kubernetes' probes take any certificate, so the rotation comes through: those who connect refuse it.
        ensure(judged.outcome() == Some(Outcome::Failed), || judged.told())?;
        let said = ["queue: when its secrets were rotated, ", "no connection"];
        ensure(said.iter().all(|said| judged.told().contains(said)), || judged.told())?;
        ensure(judged.pods("during", &json!([[1, 2]])) == 2, || judged.told())?;
    }
    Ok(())
}
