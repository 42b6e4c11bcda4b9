//! Journey: the lab on the nodes, the lab that leads, and the operator get SIGKILL at random moments of every fault
//! that lasts. One second after a lease its effect is gone, fifteen seconds after it everything is.

use factory_journeys::{Failure, ensure, leases, scene::Scene};

/// Kills; `make bench ONLY=leases` does two hundred.
const KILLS: usize = 20;
/// Faults that an eye must have seen while they lasted: kills come before some, in most they do not.
const SEEN: usize = 6;

#[tokio::test(flavor = "multi_thread")]
async fn leases_end_whoever_is_killed() -> Result<(), Failure> {
    let _turn = crate::TURN.lock().await;
    let seed = match std::env::var("SEED") {
        Ok(seed) => seed.parse()?,
        Err(_) => fastrand::u64(..),
    };
    println!("kills are drawn from SEED={seed}");
    let scene = Scene::of("journey-leases").await?;
    let account = Box::pin(leases::measure(&scene, KILLS, seed)).await?;
    println!("{account}");
    ensure(account.seen.len() >= SEEN, || format!("the eyes saw too few faults: {account}"))?;
    ensure(account.effects.is_empty() && account.objects.is_empty(), || format!("SEED={seed}: {account}"))
}
