//! Whether faults of a share of packets (copies, wrong sums, a wrong order) are as strong as asked, on the traffic that
//! they mean and on no other; and whether the API server, for which a server of the rig stands, can be out of the pod's
//! reach while nothing else is. Each is tried with an injector that lies, and the one who strikes is killed.

use std::{collections::BTreeSet, thread, time::Duration};

use factory_crds::resilience_standard::{Direction, FaultKind};
use factory_lab::strike::{
    aim::{Aim, Peer},
    order::Struck,
    tap::odd::Odd,
};

use crate::{
    Failure, answers,
    figures::Figure,
    leases, peers,
    rig::{GONE, OTHER, PEER, Rig, USERS},
};

/// Bytes of an answer: many packets, that can overtake each other.
const BODY: usize = 60_000;
/// Who asks at once.
const CALLERS: usize = 3;
/// A share of packets, in parts per million, and how far from it one measurement may be: chance has its part.
const SHARE: u64 = 100_000;
const GOAL: f64 = 0.25;
/// An answer that takes longer than this is the fault's.
const AT_ONCE: Duration = Duration::from_millis(250);
/// Faults of a share of packets.
const KINDS: [FaultKind; 3] = [FaultKind::Duplicate, FaultKind::Corrupt, FaultKind::Reorder];

/// All of that; if it must be `brief`, of packets that come to the pod alone.
pub fn measure(brief: bool) -> Result<Vec<Figure>, Failure> {
    let mut figures = control_plane()?;
    for kind in KINDS {
        for direction in if brief { &[Direction::In][..] } else { &[Direction::In, Direction::Out, Direction::Both] } {
            figures.extend(strong(kind, *direction)?);
        }
        figures.push(without_a_rule(kind)?);
        figures.push(killed(kind)?);
    }
    Ok(figures)
}

/// How strong it is, and what others feel: what comes is a server's answers, and what leaves the pod's own.
fn strong(kind: FaultKind, direction: Direction) -> Result<[Figure; 2], Failure> {
    let rig = Rig::new(BODY)?;
    let _servers = [rig.server(PEER, BODY)?, rig.server(OTHER, BODY)?];
    let traffic: Vec<_> = (0..CALLERS).flat_map(|_| [rig.callers(PEER).traffic(), rig.users().traffic()]).collect();
    let _others = rig.callers(OTHER).traffic();
    let peer = if direction == Direction::Out { USERS } else { PEER };
    let aim = Aim { direction: Some(direction), peer: Some(Peer::at([Rig::host(peer)])), ..Aim::default() };
    let looking = rig.tapping()?;
    let struck = peers::strike(&rig, kind, SHARE, &aim, || drop(looking.take()))?;
    let of_others = looking.take().with(&BTreeSet::from([Rig::host(OTHER)])).odd;
    drop(traffic);
    let way = match direction {
        Direction::In => "on the way in",
        Direction::Out => "on the way out",
        Direction::Both => "both ways",
    };
    let name = format!("{} of traffic with a peer {way}", kind.slug());
    Ok([
        Figure::near(&format!("dose of {name}"), share(&struck)?, "ppm", SHARE, GOAL),
        Figure::none(
            &format!("packets of others struck by {name}"),
            odd(kind, &of_others),
            usize::try_from(of_others.came)?,
        ),
    ])
}

/// Packets that are odd in the way of `kind`, as far as a tap sees it.
fn odd(kind: FaultKind, odd: &Odd) -> usize {
    let count = match kind {
        FaultKind::Duplicate => odd.came_again + odd.left_again,
        FaultKind::Corrupt => odd.left_wrong,
        _ => odd.left_overtaken,
    };
    usize::try_from(count).unwrap_or(usize::MAX)
}

/// The share that was measured, in parts per million.
#[allow(clippy::cast_precision_loss)] // figures for people
fn share(struck: &Struck) -> Result<Option<f64>, Failure> {
    let [passed, odd] = sides(struck)?;
    Ok((passed + odd > 0).then(|| odd as f64 * 1e6 / (passed + odd) as f64))
}

/// What the dose counted of either side.
fn sides(struck: &Struck) -> Result<[u64; 2], Failure> {
    let during = &struck.doses.first().ok_or("no dose")?.during;
    Ok([0, 1].map(|side| during.iter().filter(|cell| cell[0] == side).map(|cell| cell[1]).sum()))
}

/// An injector whose rules lead nowhere: the lab's measure must show it.
#[allow(clippy::cast_precision_loss)] // a share of a million
fn without_a_rule(kind: FaultKind) -> Result<Figure, Failure> {
    let rig = Rig::new(BODY)?;
    let _server = rig.server(PEER, BODY)?;
    let _traffic = [rig.callers(PEER).traffic(), rig.users().traffic()];
    let struck = peers::strike(&rig, kind, SHARE, &Aim::default(), || answers::flush(&rig.place))?;
    let felt = share(&struck)?.is_some_and(|share| share >= 0.5 * SHARE as f64);
    Ok(Figure::none(&format!("{}: doses of a lying injector that hide it", kind.slug()), usize::from(felt), 1))
}

/// Right after the one who strikes is killed the kernel lets packets pass as they are.
fn killed(kind: FaultKind) -> Result<Figure, Failure> {
    let rig = Rig::new(BODY)?;
    let traffic = rig.users().traffic();
    let mut striker = leases::strike(&rig.place, kind, 500_000, Duration::from_secs(20))?;
    leases::injected(&mut striker)?;
    striker.kill()?;
    striker.wait()?;
    drop(traffic);
    // What was lost in the queue is sent again before anything is counted.
    thread::sleep(AT_ONCE);
    let late = (0..6).filter(|_| rig.users().ask(AT_ONCE).is_none()).count();
    Ok(Figure::none(&format!("{}: late answers at once after a kill", kind.slug()), late, 6))
}

/// The API server out of reach, on open connections and new ones, and nothing else; what is out of reach already; and
/// an injector that does nothing.
fn control_plane() -> Result<Vec<Figure>, Failure> {
    let kind = FaultKind::ControlPlaneOutage;
    let rig = Rig::new(500)?;
    let servers = [PEER, OTHER].map(|host| rig.server(host, 500));
    let _servers = servers.into_iter().collect::<Result<Vec<_>, _>>()?;
    let aim = |host| Aim { doors: [Rig::door(host)].into(), ..Aim::default() };
    let mut open = [rig.callers(PEER).kept()?, rig.callers(OTHER).kept()?];
    let mut seen = None;
    let struck = peers::strike(&rig, kind, 0, &aim(PEER), || {
        let of_it = [open[0].answers(AT_ONCE), rig.callers(PEER).ask(AT_ONCE).is_some()];
        let of_others =
            [open[1].answers(AT_ONCE), rig.callers(OTHER).ask(AT_ONCE).is_some(), rig.users().ask(AT_ONCE).is_some()];
        seen = Some((of_it, of_others));
    })?;
    let after = usize::from(rig.callers(PEER).ask(AT_ONCE).is_none());
    let (of_it, of_others) = seen.ok_or("it was not injected")?;
    let [reached, failed] = sides(&struck)?;
    let lying = peers::strike(&rig, kind, 0, &aim(PEER), || answers::flush(&rig.place))?;
    let refused = peers::strike(&rig, kind, 0, &aim(GONE), || ()).err().map_or_else(String::new, |why| why.to_string());
    let count = |answers: &[bool], is: bool| answers.iter().filter(|answer| **answer == is).count();
    let hidden = usize::from(sides(&lying)?[0] < 5);
    Ok(vec![
        Figure::none("answers of an API server that is away, open and new", count(&of_it, true), of_it.len()),
        Figure::none("answers that others owe meanwhile", count(&of_others, false), of_others.len()),
        Figure::none(
            "attempts to connect that were not seen to fail",
            usize::try_from(reached)?,
            usize::try_from(reached + failed)?,
        ),
        Figure::none("answers that it owes after the lease", after, 1),
        Figure::none("control-plane-outage: doses of a lying injector that hide it", hidden, 1),
        Figure::none(
            "outages of what was out of reach already that were not refused",
            usize::from(!refused.contains("out of the pod's reach already")),
            1,
        ),
    ])
}
