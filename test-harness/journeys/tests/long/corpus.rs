//! Journey: services of the corpus with one seeded defect each are refused for their own reason, by the standard as
//! it is shipped; their sound twin passes. (All pairs are `make bench ONLY=corpus`.)

use factory_journeys::{
    Failure,
    corpus::{Judged, pairs, runs},
    ensure,
    scene::Scene,
};
use futures::future::join_all;

/// Pairs that are taken along here: of one shape, so that they have one twin, and each is in the lab for half a
/// minute at most. A shorter list is a shorter test.
const PAIRS: [&str; 6] =
    ["session-in-memory", "wrong-answer-under-load", "pool-too-small", "cache-stampede", "slow-start", "leak"];

#[tokio::test(flavor = "multi_thread")]
async fn seeded_defects_are_refused_for_their_own_reason_and_the_sound_twin_passes() -> Result<(), Failure> {
    let _turn = crate::beside().await?;
    let scene = Scene::of("journey-corpus").await?;
    let all = pairs(&scene.people.cluster.root)?;
    let chosen: Vec<_> = all.iter().filter(|pair| PAIRS.contains(&pair.name.as_str())).collect();
    ensure(chosen.len() == PAIRS.len(), || format!("{} pairs of {}", chosen.len(), PAIRS.len()))?;
    let of = Scene::fresh("offices");
    let ends = join_all(runs(&chosen).into_iter().enumerate().map(|(index, run)| {
        let (scene, name) = (&scene, format!("{of}-{index}"));
        async move {
            match run.verdict(scene, &name).await.map(|release| run.judge(&release)) {
                Ok(Judged::Right) => None,
                Ok(other) => Some(format!("{}: {other:?}", run.title())),
                Err(failure) => Some(format!("{}: {failure}", run.title())),
            }
        }
    }));
    let wrong: Vec<String> = ends.await.into_iter().flatten().collect();
    ensure(wrong.is_empty(), || wrong.join("\n"))
}
