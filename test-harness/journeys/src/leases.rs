//! Whether faults end when whoever injected them is killed. On the real cluster a release is taken through every
//! fault that lasts, and a rolling restart; in each, the lab on the nodes, the operator's leader, or both, get
//! SIGKILL at random moments, and in the last one the lab that leads the run does too. Then eyes on the nodes say
//! whether an effect is left one second after the lease, or anything at all fifteen seconds after it.
//!
//! `dice` draws who is killed when, `orders` tells when a fault began, `eye` looks and kills on a node, `round` is
//! one release, `account` what came of it. The same serves a journey and `make bench ONLY=leases`.

pub mod account;
pub mod dice;
pub mod eye;
pub mod orders;
pub mod round;

use std::collections::BTreeSet;

use crate::{
    Failure,
    killing::Leader,
    programs::{OPERATOR, scale_down, scale_up},
    scene::Scene,
};
use account::Account;
use dice::Dice;
use eye::Eye;

/// At least `count` kills, drawn from `seed`.
pub async fn measure(scene: &Scene, count: usize, seed: u64) -> Result<Account, Failure> {
    let engineer = &scene.people.engineer;
    // The leader that is killed runs beside the journey, and nobody else may lead meanwhile.
    let away = scale_down(engineer, &[OPERATOR]).await?;
    let measured = rounds(scene, count, seed).await;
    scale_up(engineer, away).await?;
    measured
}

async fn rounds(scene: &Scene, count: usize, seed: u64) -> Result<Account, Failure> {
    let eyes = eye::open(scene).await?;
    let measured = Box::pin(under(scene, &eyes, count, seed)).await;
    eye::shut(scene).await?;
    measured
}

async fn under(scene: &Scene, eyes: &[Eye], count: usize, seed: u64) -> Result<Account, Failure> {
    let mut account = Account::default();
    let mut dice = Dice::of(seed);
    for number in 1.. {
        let service = Scene::fresh(&format!("leases-{number}"));
        let fates = dice.fates(eyes.len(), count.saturating_sub(account.kills()));
        let mut leader = Leader::begin(scene, &service, BTreeSet::new(), false).await?;
        let killer = leader.killer();
        let round = Box::pin(round::carry_out(scene, &service, eyes, &killer, &fates));
        let found = tokio::select! {
            found = round => found,
            failure = leader.ended() => Err(failure),
        };
        // What the round made goes while somebody is there who takes it away.
        let gone = scene.delete(&service).await;
        leader.end().await;
        account.add(found?);
        gone?;
        if account.kills() >= count {
            break;
        }
    }
    Ok(account)
}
