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
        place::Place,
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
/// Faults of answers over HTTP.
const OVER_HTTP: [FaultKind; 4] =
    [FaultKind::HttpReset, FaultKind::HttpDelay, FaultKind::HttpStatus, FaultKind::HttpCut];
/// Requests that may be struck, where not all are.
const PATH: &str = "/struck";
/// A share of them, in parts per million, and how far from it a dose may be: chance has its part.
const SHARE: u64 = 300_000;
const GOAL: f64 = 0.2;
/// All of them.
const ALL: u64 = 1_000_000;
/// Who asks at once.
const CALLERS: usize = 6;
/// Ways to ask.
const WAYS: usize = 3;

/// All of that; if it must be `brief`, of one fault of each sort.
pub fn measure(brief: bool) -> Result<Vec<Figure>, Failure> {
    let mut figures = Vec::new();
    for (kind, strength) in OF_DNS {
        figures.extend(of_names(kind, strength)?);
        figures.push(killed(kind, strength)?);
        figures.push(without_a_rule(kind, strength)?);
        if brief {
            break;
        }
    }
    for kind in OVER_HTTP {
        figures.extend(of_path(kind)?);
        figures.push(of_share(kind)?);
        figures.push(killed(kind, ALL)?);
        figures.push(without_a_rule(kind, ALL)?);
        if brief {
            break;
        }
    }
    Ok(figures)
}

/// What answers over HTTP become, and what stands for the API server.
pub fn aim() -> Aim {
    Aim { status: 503, late: LATE, doors: [Rig::names()].into(), ..Aim::default() }
}

/// A path and another one, on fresh connections and open ones, and what the dose says.
fn of_path(kind: FaultKind) -> Result<Vec<Figure>, Failure> {
    let rig = Rig::new(20_000)?;
    let _traffic = [rig.users().traffic_for(PATH), rig.users().traffic()];
    let (mut meant, mut other) = (rig.users().kept()?, rig.users().kept()?);
    let mut told = None;
    let struck = strike(&rig, kind, ALL, &Aim { path: Some(PATH.to_owned()), ..aim() }, || {
        let patience = LATE + AT_ONCE;
        let of_path = [rig.users().ask_for(PATH, patience), meant.answer_for(PATH, patience)];
        let of_other = [rig.users().ask(AT_ONCE), other.answer_for("/", AT_ONCE)];
        told = Some((of_path, of_other));
    })?;
    let after = usize::from(rig.users().ask_for(PATH, AT_ONCE).is_none());
    let (of_path, of_other) = told.ok_or("it was not injected")?;
    let is_struck = |took: &Option<Duration>| match kind {
        FaultKind::HttpDelay => took.is_some_and(|took| took >= LATE),
        _ => took.is_none(),
    };
    let passed = of_path.iter().filter(|took| !is_struck(took)).count();
    let [right, wrong] = sides(&struck)?;
    let name = |what: &str| format!("{} of a path: {what}", kind.slug());
    Ok(vec![
        Figure::none(&name("answers not struck, new and open"), passed, 2),
        Figure::none(&name("answers of another path struck"), of_other.iter().filter(|took| took.is_none()).count(), 2),
        Figure::none(&name("answers not felt by the lab"), right, right + wrong),
        Figure::none(&name("answers struck after the lease"), after, 1),
    ])
}

/// A share of all answers, as the lab measures it.
#[allow(clippy::cast_precision_loss)] // figures for people
fn of_share(kind: FaultKind) -> Result<Figure, Failure> {
    let rig = Rig::new(2_000)?;
    let _traffic: Vec<_> = (0..CALLERS).map(|_| rig.users().traffic()).collect();
    let [right, wrong] = sides(&strike(&rig, kind, SHARE, &aim(), || ())?)?;
    let measured = wrong as f64 * 1e6 / (right + wrong).max(1) as f64;
    Ok(Figure::near(&format!("dose of {}", kind.slug()), Some(measured), "ppm", SHARE, GOAL))
}

/// Answers of the first dose that were right, and that were struck.
fn sides(struck: &Struck) -> Result<[usize; 2], Failure> {
    let during = &struck.doses.first().ok_or("no dose")?.during;
    let of = |side| during.iter().find(|cell| cell[0] == side).map_or(0, |cell| cell[1]);
    Ok([of(0).try_into()?, of(1).try_into()?])
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
    let _traffic = kind.on_http().then(|| rig.users().traffic());
    let mut striker = leases::strike(&rig.place, kind, strength, Duration::from_secs(20))?;
    leases::injected(&mut striker)?;
    // Of answers over HTTP, on as many fresh connections.
    let misled = || match kind {
        _ if kind.on_http() => Ok((0..WAYS).filter(|_| rig.users().ask(AT_ONCE).is_none()).count()),
        _ => resolver.misled("registry", AT_ONCE),
    };
    let before = misled()?;
    striker.kill()?;
    striker.wait()?;
    let after = misled()?;
    let what = format!("{}: ways struck at once after a kill", kind.slug());
    Ok(Figure::none(&what, if before == WAYS { after } else { WAYS }, WAYS))
}

/// An injector whose rules lead nowhere: the lab's measure must show it.
fn without_a_rule(kind: FaultKind, strength: u64) -> Result<Figure, Failure> {
    let rig = Rig::new(500)?;
    let place = rig.place.clone();
    let _traffic = kind.on_http().then(|| rig.users().traffic());
    let struck = strike(&rig, kind, strength, &aim(), || {
        flush(&place);
    })?;
    let during = &struck.doses.first().ok_or("no dose")?.during;
    let right: u64 = during.iter().filter(|cell| cell[0] < least(kind)).map(|cell| cell[1]).sum();
    let what = format!("{}: doses of a lying injector that hide it", kind.slug());
    Ok(Figure::none(&what, usize::from(right < 5), 1))
}

/// Takes the rules of the gate away, as an injector would that lies.
pub fn flush(place: &Place) {
    let flush = || {
        place.enter_network()?;
        let flush = |chain| gate::run("nft", &["flush", "chain", "inet", gate::TABLE, chain], "").map(drop);
        ["coming", "leaving", "sending"].into_iter().try_for_each(flush)
    };
    drop(thread::scope(|scope| scope.spawn(flush).join()));
}

/// One fault; `meanwhile` runs once it is injected.
fn strike(rig: &Rig, kind: FaultKind, strength: u64, aim: &Aim, meanwhile: impl FnOnce()) -> Result<Struck, Failure> {
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
