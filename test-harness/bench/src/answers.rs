//! Whether faults of answers reach the answers that they mean and no others: each on a fresh rig, told by what
//! the pod itself is told while it lasts; what becomes of it at once when the lab is killed; and whether the
//! lab's own measure shows an injector that does nothing.

use std::{
    sync::{atomic::AtomicBool, mpsc},
    thread,
    time::Duration,
};

use factory_crds::resilience_standard::FaultKind;
use factory_lab::{
    faults,
    strike::{
        aim::Aim,
        gate,
        order::Struck,
        pod::{self, Span},
    },
};

use crate::{Failure, dns::Told, figures::Figure, leases, rig::Rig};

/// Length of each fault.
const LEASE: Duration = Duration::from_secs(3);
/// An answer that takes longer than this is the fault's.
const AT_ONCE: Duration = Duration::from_millis(150);
/// How late answers are.
const LATE_MS: u64 = 300;
const LATE: Duration = Duration::from_millis(LATE_MS);
/// Faults of DNS's answers, with their strengths.
const OF_DNS: [(FaultKind, u64); 3] =
    [(FaultKind::DnsFailure, 0), (FaultKind::DnsWrongAddress, 0), (FaultKind::DnsDelay, LATE_MS)];
/// Ways to ask.
const WAYS: usize = 3;

/// All of that.
pub fn measure() -> Result<Vec<Figure>, Failure> {
    let mut figures = Vec::new();
    for (kind, strength) in OF_DNS {
        figures.extend(of_names(kind, strength)?);
        figures.push(killed(kind, strength)?);
        figures.push(without_a_rule(kind, strength)?);
    }
    Ok(figures)
}

/// A listed name and another one, over each way, and what the dose says.
fn of_names(kind: FaultKind, strength: u64) -> Result<Vec<Figure>, Failure> {
    let rig = Rig::new(500)?;
    let resolver = rig.resolver()?;
    let aim = Aim { names: vec!["registry".to_owned()], ..Aim::default() };
    let mut told = None;
    let struck = strike(&rig, kind, strength, &aim, || {
        told = Some((resolver.ask("registry"), resolver.misled("other", AT_ONCE)));
    })?;
    let after = resolver.misled("registry", AT_ONCE)?;
    let (listed, other) = told.ok_or("it was not injected")?;
    let struck_ways = listed?.iter().flatten().filter(|told| is_struck(kind, told)).count();
    let dose = struck.doses.first().ok_or("no dose")?;
    let right = dose.during.iter().filter(|cell| cell[0] < least(kind)).map(|cell| cell[1]).sum::<u64>();
    let all = dose.during.iter().map(|cell| cell[1]).sum::<u64>();
    let name = |what: &str| format!("{} of a listed name: {what}", kind.slug());
    Ok(vec![
        Figure::none(&name("ways not struck"), WAYS - struck_ways, WAYS),
        Figure::none(&name("ways of another name struck"), other?, WAYS),
        Figure::none(&name("answers not felt by the lab"), usize::try_from(right)?, usize::try_from(all)?),
        Figure::none(&name("ways struck after the lease"), after, WAYS),
    ])
}

/// Whether `told` is what the fault makes of an answer.
fn is_struck(kind: FaultKind, told: &Told) -> bool {
    match kind {
        FaultKind::DnsFailure => told.failed,
        FaultKind::DnsWrongAddress => !told.failed && told.addresses == [std::net::IpAddr::from([192, 0, 2, 1])],
        _ => told.took >= LATE && told.is_right(LATE + AT_ONCE),
    }
}

/// The least value of a dose that is the fault's.
fn least(kind: FaultKind) -> u64 {
    if kind == FaultKind::DnsDelay { 1_000 * LATE_MS } else { 1 }
}

/// Right after the one who strikes is killed the kernel lets answers pass as they are.
fn killed(kind: FaultKind, strength: u64) -> Result<Figure, Failure> {
    let rig = Rig::new(500)?;
    let resolver = rig.resolver()?;
    let mut striker = leases::strike(&rig.place, kind, strength, Duration::from_secs(20))?;
    leases::injected(&mut striker)?;
    let before = resolver.misled("registry", AT_ONCE)?;
    striker.kill()?;
    striker.wait()?;
    let after = resolver.misled("registry", AT_ONCE)?;
    let what = format!("{}: ways struck at once after a kill", kind.slug());
    Ok(Figure::none(&what, if before == WAYS { after } else { WAYS }, WAYS))
}

/// An injector whose rules lead nowhere: the lab's measure must show it.
fn without_a_rule(kind: FaultKind, strength: u64) -> Result<Figure, Failure> {
    let rig = Rig::new(500)?;
    let place = rig.place.clone();
    let struck = strike(&rig, kind, strength, &Aim::default(), || {
        let flush = || {
            place.enter_network()?;
            gate::run("nft", &["flush", "chain", "inet", gate::TABLE, "coming"], "")
        };
        drop(thread::scope(|scope| scope.spawn(flush).join()));
    })?;
    let during = &struck.doses.first().ok_or("no dose")?.during;
    let right: u64 = during.iter().filter(|cell| cell[0] < least(kind)).map(|cell| cell[1]).sum();
    let what = format!("{}: doses of a lying injector that hide it", kind.slug());
    Ok(Figure::none(&what, usize::from(right < 5), 1))
}

/// One fault; `meanwhile` runs once it is injected.
fn strike(
    rig: &Rig,
    kind: FaultKind,
    strength: u64,
    aim: &Aim,
    meanwhile: impl FnOnce(),
) -> Result<Struck, Failure> {
    let fault = faults::on_node(kind, strength, aim).ok_or("no fault on the node")?;
    let tapping = rig.tapping()?;
    let (sender, injected) = mpsc::channel();
    let mut last = Struck::default();
    thread::scope(|scope| {
        let mut tell = |struck: &Struck| {
            last = struck.clone();
            let _ = sender.send(struck.injected && !struck.ended);
        };
        let (place, tapping) = (&rig.place, &tapping);
        scope.spawn(move || {
            pod::strike(fault, place, tapping, Span::now(LEASE), &AtomicBool::new(false), &mut tell);
        });
        if injected.recv() == Ok(true) {
            meanwhile();
        }
    });
    if !last.errors.is_empty() || !last.residue.is_empty() {
        return Err(format!("{}: {:?} {:?}", kind.slug(), last.errors, last.residue).into());
    }
    Ok(last)
}
