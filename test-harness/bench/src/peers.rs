//! Whether a fault of traffic with one peer reaches that traffic and no other: open connections and new
//! ones, one way and both, and after the peer has moved. The pod of the rig calls two servers and serves
//! users; one of the servers is the peer.

use std::{
    sync::{atomic::AtomicBool, mpsc},
    thread,
    time::{Duration, Instant},
};

use factory_crds::resilience_standard::{Direction, FaultKind};
use factory_lab::{
    faults,
    strike::{
        aim::{Aim, Peer},
        order::Struck,
        pod::{self, Span},
    },
};

use crate::{
    Failure, dose,
    figures::Figure,
    rig::{GONE, OTHER, PEER, Rig, USERS},
};

/// Length of each fault.
const LEASE: Duration = Duration::from_secs(4);
/// An answer that takes longer than this is the fault's.
const AT_ONCE: Duration = Duration::from_millis(250);
/// A peer that moved is followed within this.
const FOLLOWED: Duration = Duration::from_secs(1);
/// Who asks at once.
const CALLERS: usize = 6;
/// How far from what was asked a dose may be: one measurement, no median of several.
const GOAL: f64 = 0.1;

/// The cut, and unless it must be `brief`, each other fault of traffic with a peer.
pub fn measure(brief: bool) -> Result<Vec<Figure>, Failure> {
    let mut figures = cut_off()?;
    for (kind, strength, unit, direction) in [
        (FaultKind::Delay, 100, "ms", Direction::Both),
        (FaultKind::Delay, 100, "ms", Direction::In),
        (FaultKind::Delay, 100, "ms", Direction::Out),
        (FaultKind::Jitter, 200, "ms", Direction::In),
        (FaultKind::Loss, 200_000, "ppm", Direction::In),
        (FaultKind::Loss, 200_000, "ppm", Direction::Out),
        (FaultKind::Reset, 200_000, "ppm", Direction::In),
        (FaultKind::Reset, 200_000, "ppm", Direction::Out),
        (FaultKind::Bandwidth, 500, "kB/s", Direction::Out),
    ] {
        figures.extend(strong(kind, strength, unit, direction)?);
        if brief {
            break;
        }
    }
    Ok(figures)
}

/// A partition from the peer, which moves while it lasts.
fn cut_off() -> Result<Vec<Figure>, Failure> {
    let rig = Rig::new(500)?;
    let servers = [PEER, GONE, OTHER].map(|host| rig.server(host, 500));
    let _servers = servers.into_iter().collect::<Result<Vec<_>, _>>()?;
    let traffic = [rig.callers(PEER).traffic(), rig.callers(GONE).traffic(), rig.callers(OTHER).traffic()];
    let mut open = [rig.callers(PEER).kept()?, rig.callers(OTHER).kept()?, rig.users().kept()?];
    thread::sleep(Duration::from_secs(1));
    let peer = Peer::at([PEER, GONE].map(Rig::host));
    let aim = Aim { direction: None, peer: Some(peer.clone()), ..Aim::default() };
    let mut seen = None;
    let struck = strike(&rig, FaultKind::Partition, 0, &aim, || {
        let answers = |host| rig.callers(host).ask(AT_ONCE).is_some();
        let of_peer = [open[0].answers(AT_ONCE), answers(PEER), answers(GONE)];
        let of_others = [open[1].answers(AT_ONCE), open[2].answers(AT_ONCE), answers(OTHER)];
        let of_users = rig.users().ask(AT_ONCE).is_some();
        // A pod of the peer goes, and the other server is one now.
        peer.moves([PEER, OTHER].map(Rig::host));
        let moved = Instant::now();
        while moved.elapsed() < FOLLOWED && (answers(OTHER) || !answers(GONE)) {}
        let followed = answers(GONE) && !answers(OTHER) && !answers(PEER);
        seen = Some((of_peer, of_others, of_users, followed));
    })?;
    drop(traffic);
    let (of_peer, of_others, of_users, followed) = seen.ok_or("the partition was not injected")?;
    let count = |answers: &[bool], is: bool| answers.iter().filter(|answer| **answer == is).count();
    let dose = |value| {
        struck
            .doses
            .iter()
            .flat_map(|dose| &dose.during)
            .filter(|cell| cell[0] == value)
            .map(|cell| cell[1])
            .sum::<u64>()
    };
    let passed = usize::try_from(dose(0))?;
    Ok(vec![
        Figure::none("answers of a peer that is cut off, open and new", count(&of_peer, true), of_peer.len()),
        Figure::none("answers that others owe meanwhile, open and new", count(&of_others, false), of_others.len()),
        Figure::none("answers that users miss meanwhile", usize::from(!of_users), 1),
        Figure::none("peers that moved and were not followed within 1 s", usize::from(!followed), 1),
        Figure::none("packets that passed to a peer that is cut off", passed, passed + usize::try_from(dose(1))?),
        Figure::none("classes of connections that were not seen to be cut", 2 - felt(&struck), 2),
    ])
}

/// Classes in which packets were dropped.
fn felt(struck: &Struck) -> usize {
    struck.doses.iter().filter(|dose| dose.during.iter().any(|cell| cell[0] == 1)).count()
}

/// A fault with a strength: what was measured, and whether others felt it.
fn strong(kind: FaultKind, strength: u64, unit: &str, direction: Direction) -> Result<[Figure; 2], Failure> {
    let body = if kind == FaultKind::Bandwidth { 100_000 } else { 2_000 };
    let rig = Rig::new(body)?;
    let _servers = [rig.server(PEER, body)?, rig.server(OTHER, body)?];
    // What the pod sends much of goes to its users: those of one address are the peer then.
    let host = if kind == FaultKind::Bandwidth { USERS } else { PEER };
    let traffic: Vec<_> = match kind {
        FaultKind::Bandwidth => (0..CALLERS).map(|_| rig.users().traffic()).collect(),
        _ => (0..CALLERS).map(|_| rig.callers(PEER).traffic()).collect(),
    };
    thread::sleep(Duration::from_secs(2));
    let direction = Some(direction).filter(|_| kind != FaultKind::Bandwidth);
    let aim = Aim { direction, peer: Some(Peer::at([Rig::host(host)])), ..Aim::default() };
    let mut late = 0;
    let struck = strike(&rig, kind, strength, &aim, || {
        late = (0..4).filter(|_| rig.callers(OTHER).ask(AT_ONCE / 5).is_none()).count();
    })?;
    drop(traffic);
    let way = direction.map_or("", |direction| match direction {
        Direction::In => " on the way in",
        Direction::Out => " on the way out",
        Direction::Both => " both ways",
    });
    let name = format!("{} of traffic with a peer{way}", kind.slug());
    Ok([
        Figure::near(&format!("dose of {name}"), dose::strength_of(kind, &struck.doses), unit, strength, GOAL),
        Figure::none(&format!("late answers of others during {name}"), late, 4),
    ])
}

/// Strikes the rig's pod, does `meanwhile` once that is injected, and returns what was seen of it.
pub fn strike(
    rig: &Rig,
    kind: FaultKind,
    strength: u64,
    aim: &Aim,
    meanwhile: impl FnOnce(),
) -> Result<Struck, Failure> {
    let fault = faults::on_node(kind, strength, aim).ok_or("no fault on the node")?;
    let tapping = rig.tapping()?;
    // What is before it is measured as well.
    thread::sleep(Duration::from_millis(2_200));
    let (sender, told) = mpsc::channel();
    let (place, stop) = (&rig.place, AtomicBool::new(false));
    let mut last = thread::scope(|scope| {
        let (tapping, stop) = (&tapping, &stop);
        scope.spawn(move || {
            let mut tell = |struck: &Struck| drop(sender.send(struck.clone()));
            pod::strike(fault, place, tapping, Span::now(LEASE), stop, &mut tell);
        });
        let first = told.recv().ok();
        if first.as_ref().is_some_and(|struck| struck.injected) {
            meanwhile();
        }
        told.iter().last().or(first)
    });
    let struck = last.take().ok_or("the strike said nothing")?;
    if !struck.errors.is_empty() || !struck.residue.is_empty() {
        return Err(format!("{}: {:?} {:?}", kind.slug(), struck.errors, struck.residue).into());
    }
    Ok(struck)
}
