//! What a permit says, as it follows from what was confirmed: which bundles stay, and the images of
//! exactly those. Pure; an unchanged permit is none, so that nothing is written (invariant 9).

use std::collections::{BTreeMap, BTreeSet};

use factory_crds::{LaunchPermitSpec, launch_permit::PermittedBundle};
use k8s_openapi::jiff::Timestamp;

/// Bundles that stay permitted, so that a rollback can go to them at once.
const KEPT: usize = 10;

/// Whether `known` holds what `submission` allows, with everything that it is kept by.
pub fn holds(known: &LaunchPermitSpec, submission: &str) -> bool {
    known.bundles.iter().any(|bundle| bundle.submission == submission && !bundle.confirmed_at.is_empty())
}

/// `known` with `permitted` among its bundles, if that changes anything. What is `running` stays
/// permitted, however old its bundle is: its pods could not be made again without it.
pub fn with(
    known: &LaunchPermitSpec,
    permitted: PermittedBundle,
    running: &BTreeSet<String>,
) -> Option<LaunchPermitSpec> {
    let mut bundles = known.bundles.clone();
    bundles.push(permitted);
    changed(known, bundles, running)
}

/// `known` without what `submissions` allow, if that changes anything.
pub fn without(known: &LaunchPermitSpec, submissions: &BTreeSet<String>) -> Option<LaunchPermitSpec> {
    let bundles: Vec<_> =
        known.bundles.iter().filter(|bundle| !submissions.contains(&bundle.submission)).cloned().collect();
    // There are fewer than before, so nothing is pushed out.
    changed(known, bundles, &BTreeSet::new())
}

fn changed(
    known: &LaunchPermitSpec,
    bundles: Vec<PermittedBundle>,
    running: &BTreeSet<String>,
) -> Option<LaunchPermitSpec> {
    let spec = newest(known, bundles, running);
    (spec != *known).then_some(spec)
}

/// The newest of `bundles` by the moment of their confirmation, whatever the order in which they
/// were looked at, and those that are running, with the images of exactly these.
fn newest(known: &LaunchPermitSpec, bundles: Vec<PermittedBundle>, running: &BTreeSet<String>) -> LaunchPermitSpec {
    // Confirmed twice, a bundle is permitted by its last confirmation.
    let mut last: BTreeMap<String, PermittedBundle> = BTreeMap::new();
    for bundle in bundles {
        if last.get(&bundle.digest).is_none_or(|other| place(other) <= place(&bundle)) {
            last.insert(bundle.digest.clone(), bundle);
        }
    }
    let mut bundles: Vec<_> = last.into_values().collect();
    bundles.sort_by(|one, other| place(one).cmp(&place(other)));
    push_out(&mut bundles, running);
    let mut images: BTreeSet<_> = bundles.iter().flat_map(|bundle| &bundle.images).cloned().collect();
    // What a bundle without a list of its own needs cannot be told: nothing is taken from it.
    if bundles.iter().any(|bundle| bundle.images.is_empty()) {
        images.extend(known.images.iter().cloned());
    }
    LaunchPermitSpec { bundles, images: images.into_iter().collect() }
}

/// Removes the oldest of `bundles` until [`KEPT`] are left, but for those that alone have an image that
/// is `running`.
fn push_out(bundles: &mut Vec<PermittedBundle>, running: &BTreeSet<String>) {
    let mut at = 0;
    while bundles.len() > KEPT && at < bundles.len() {
        let others =
            |image| bundles.iter().enumerate().any(|(other, known)| other != at && known.images.contains(image));
        if bundles[at].images.iter().any(|image| running.contains(image) && !others(image)) {
            at += 1;
        } else {
            bundles.remove(at);
        }
    }
}

/// Place among the bundles: by the moment, and by submission where two have one moment.
fn place(bundle: &PermittedBundle) -> (Option<Timestamp>, &str) {
    (bundle.confirmed_at.parse().ok(), &bundle.submission)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: BTreeSet<String> = BTreeSet::new();

    /// The bundle of release `number`, confirmed in that minute, with an image of its own and one
    /// that all have.
    fn bundle(number: usize) -> PermittedBundle {
        PermittedBundle {
            digest: format!("sha256:{number:064}"),
            release: format!("queue-{number}"),
            submission: format!("submission-{number}"),
            confirmation: format!("sha256:{number:064}"),
            confirmed_at: format!("2026-01-01T00:{number:02}:00Z"),
            images: vec![image(number), "registry/base@sha256:aa".to_owned()],
        }
    }

    fn image(number: usize) -> String {
        format!("registry/queue@sha256:{number:064}")
    }

    fn after(looks: impl IntoIterator<Item = usize>) -> LaunchPermitSpec {
        looks
            .into_iter()
            .fold(LaunchPermitSpec::default(), |known, number| with(&known, bundle(number), &NONE).unwrap_or(known))
    }

    #[test]
    fn images_are_those_of_the_bundles_that_stay_sorted_and_no_others() {
        let permit = after(0..13);
        let wanted: Vec<_> = std::iter::once("registry/base@sha256:aa".to_owned()).chain((3..13).map(image)).collect();
        assert_eq!(permit.images, wanted);
        assert_eq!(permit.bundles, (3..13).map(bundle).collect::<Vec<_>>());
    }

    #[test]
    fn a_repeated_look_at_every_release_changes_nothing() {
        let permit = after(0..13);
        for number in (0..13).chain((0..13).rev()) {
            assert_eq!(with(&permit, bundle(number), &NONE), None, "{number}");
        }
    }

    #[test]
    fn an_old_releases_second_look_evicts_nobody() {
        let permit = after(0..13);
        assert_eq!(with(&permit, bundle(0), &NONE), None);
        assert!(permit.bundles.contains(&bundle(12)) && permit.images.contains(&image(12)));
    }

    #[test]
    fn a_bundle_that_runs_is_pushed_out_by_nothing() {
        let running = [image(2)].into();
        let permit = (3..30).fold(after(0..3), |known, number| with(&known, bundle(number), &running).unwrap_or(known));
        assert!(permit.bundles.contains(&bundle(2)) && permit.images.contains(&image(2)));
        assert_eq!(permit.bundles.len(), KEPT);
        // Once it does not run any more, the next confirmation takes its place.
        let permit = with(&permit, bundle(30), &NONE).unwrap();
        assert!(!permit.bundles.contains(&bundle(2)));
    }

    #[test]
    fn the_order_of_the_looks_does_not_matter() {
        assert_eq!(after((0..13).rev()), after(0..13));
        assert_eq!(after([5, 11, 0, 12, 3, 9, 1, 10, 2, 8, 4, 7, 6, 0, 12]), after(0..13));
    }

    #[test]
    fn moments_are_compared_as_moments_and_not_as_text() {
        let at = |number, moment: &str| PermittedBundle { confirmed_at: moment.to_owned(), ..bundle(number) };
        let known = with(&LaunchPermitSpec::default(), at(1, "2026-01-01T00:00:00.5Z"), &NONE).unwrap();
        // 05:59:59 in Bishkek is 23:59:59 of the day before in UTC.
        for earlier in ["2026-01-01T00:00:00Z", "2026-01-01T05:59:59+06:00"] {
            let permit = with(&known, at(2, earlier), &NONE).unwrap();
            assert_eq!(permit.bundles[1].release, "queue-1", "{earlier}");
        }
    }

    #[test]
    fn a_bundle_that_was_confirmed_twice_stands_once_by_its_last_confirmation() {
        let again = PermittedBundle { digest: bundle(1).digest, images: bundle(1).images, ..bundle(2) };
        let permit = with(&after([1]), again.clone(), &NONE).unwrap();
        assert_eq!(permit.bundles, [again]);
        assert_eq!(with(&permit, bundle(1), &NONE), None);
    }

    #[test]
    fn a_bundle_without_a_list_of_its_images_loses_none_until_it_has_one() {
        let bare = PermittedBundle { confirmed_at: String::new(), images: Vec::new(), ..bundle(1) };
        let known = LaunchPermitSpec { bundles: vec![bare], images: vec![image(1)] };
        assert!(!holds(&known, "submission-1"));
        let permit = with(&known, bundle(2), &NONE).unwrap();
        assert!(permit.images.contains(&image(1)));
        let permit = with(&permit, bundle(1), &NONE).unwrap();
        assert_eq!(permit, after([1, 2]));
        assert!(holds(&permit, "submission-1"));
    }

    #[test]
    fn what_is_taken_away_goes_with_its_images_and_nothing_else_does() {
        let permit = after(1..4);
        let gone = |numbers: &[usize]| numbers.iter().map(|number| format!("submission-{number}")).collect();
        assert_eq!(without(&permit, &gone(&[2])), Some(after([1, 3])));
        assert_eq!(without(&permit, &gone(&[1, 2, 3])), Some(LaunchPermitSpec::default()));
        assert_eq!(without(&permit, &gone(&[7])), None);
    }

    #[test]
    fn a_bundle_that_was_confirmed_again_after_a_withdrawal_stays() {
        let again = PermittedBundle { digest: bundle(1).digest, images: bundle(1).images, ..bundle(2) };
        let permit = with(&after([1]), again, &NONE).unwrap();
        assert_eq!(without(&permit, &["submission-1".to_owned()].into()), None);
    }
}
