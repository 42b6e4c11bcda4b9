//! Whether a fault ends when everything of the lab's on the node is killed: at a random moment, with
//! SIGKILL. One second after the end of its lease the pod must answer as before; then what a lab pod
//! does that comes back must leave no object.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use factory_crds::resilience_standard::FaultKind;
use factory_lab::{
    faults,
    random::Random,
    strike::{
        order::Struck,
        place::Place,
        pod::{self, Span},
        residue::{self, Rules},
        tap::Tapping,
    },
};

use crate::{Failure, answers, figures::Figure, rig::Rig};

/// Faults that last, with a strength that cannot be missed.
const FAULTS: [(FaultKind, u64); 23] = [
    (FaultKind::Freeze, 0),
    (FaultKind::Partition, 0),
    (FaultKind::Delay, 300),
    (FaultKind::Loss, 600_000),
    (FaultKind::Bandwidth, 2),
    (FaultKind::DnsOutage, 0),
    (FaultKind::Reset, 600_000),
    (FaultKind::MemoryPressure, 90),
    (FaultKind::Jitter, 300),
    (FaultKind::CpuStarvation, 90),
    (FaultKind::DiskFull, 100),
    (FaultKind::DescriptorExhaustion, 100),
    (FaultKind::DnsFailure, 0),
    (FaultKind::DnsWrongAddress, 0),
    (FaultKind::DnsDelay, 400),
    (FaultKind::HttpReset, 1_000_000),
    (FaultKind::HttpDelay, 1_000_000),
    (FaultKind::HttpStatus, 1_000_000),
    (FaultKind::HttpCut, 1_000_000),
    (FaultKind::Duplicate, 1_000_000),
    (FaultKind::Corrupt, 600_000),
    (FaultKind::Reorder, 500_000),
    (FaultKind::ControlPlaneOutage, 0),
];
/// Length of each.
const LEASE: Duration = Duration::from_secs(1);
/// After the end of the lease, so long until the effect must be gone.
const GONE: Duration = Duration::from_secs(1);
/// An answer that takes longer than this, and every one of several, is the fault's.
const AT_ONCE: Duration = Duration::from_millis(150);

/// `count` kills over all faults; how many left an effect, and how many an object.
pub fn measure(count: usize, seed: &str) -> Result<Vec<Figure>, Failure> {
    let rig = Rig::new(20_000)?;
    let mut random = Random::seeded("leases", seed);
    let (mut effects, mut objects, mut midway) = (0, 0, 0);
    let clean = rules(&rig.place)?;
    // A socket that was open all the time feels the end like a new one.
    let resolver = rig.resolver()?;
    for index in 0..count {
        let (kind, strength) = FAULTS[index % FAULTS.len()];
        // Answers are struck where some are seen.
        let _traffic = kind.on_http().then(|| rig.users().traffic());
        let mut striker = strike(&rig.place, kind, strength, LEASE)?;
        let injected = injected(&mut striker)?;
        // From the injection to a little after its end.
        let moment = Duration::from_millis(random.below(1_200));
        thread::sleep((injected + moment).saturating_duration_since(Instant::now()));
        striker.kill()?;
        striker.wait()?;
        midway += usize::from(moment < LEASE);
        thread::sleep((injected + LEASE + GONE).saturating_duration_since(Instant::now()));
        let held = residue::held(&rig.place);
        let slow = (0..6).filter(|_| rig.users().ask(AT_ONCE).is_none()).count();
        let taken = rig.taken()?;
        let misled = resolver.misled("registry", AT_ONCE)?;
        if slow > 1 || misled > 0 || !held.is_empty() || !taken.is_empty() {
            effects += 1;
            eprintln!(
                "{} killed after {} ms: {slow} of 6 answers late, {misled} of 3 of DNS wrong, threads held: {held:?}, taken: {taken:?}",
                kind.slug(),
                moment.as_millis()
            );
        }
        // What the lab pod does that Kubernetes starts again.
        let failed = residue::clear(&rig.place);
        let left = clean.differences(&rules(&rig.place)?);
        if !failed.is_empty() || !left.is_empty() {
            objects += 1;
            eprintln!("{} killed after {} ms: left {left:?}, {failed:?}", kind.slug(), moment.as_millis());
        }
    }
    Ok(vec![
        Figure::none("effects left 1 s after the lease", effects, count),
        Figure::none("objects left by a lab pod that came back", objects, count),
        Figure::plain("kills while the fault lasted", midway, count),
    ])
}

/// A process that strikes, as the lab's pod on a node would.
pub fn strike(place: &Place, kind: FaultKind, strength: u64, lease: Duration) -> Result<Child, Failure> {
    let (lease, strength) = (lease.as_millis().to_string(), strength.to_string());
    Ok(Command::new(std::env::current_exe()?)
        .args(["strike", &place.uid, kind.slug(), &strength, &lease])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()?)
}

/// When the striker says that it has injected its fault.
pub fn injected(striker: &mut Child) -> Result<Instant, Failure> {
    let said = striker.stdout.take().ok_or("the striker has no voice")?;
    let mut line = String::new();
    BufReader::new(said).read_line(&mut line)?;
    if line.trim() == "injected" { Ok(Instant::now()) } else { Err(format!("the striker says {line:?}").into()) }
}

fn rules(place: &Place) -> Result<Rules, Failure> {
    let look = || {
        place.enter_network()?;
        Rules::look()
    };
    Ok(thread::scope(|scope| scope.spawn(look).join()).map_err(|_| "a look died")??)
}

/// The striking process itself.
pub fn struck(uid: &str, slug: &str, strength: u64, lease: Duration) -> Result<(), Failure> {
    let place = Place { uid: uid.to_owned(), containers: vec![uid.to_owned()] };
    let kind = FaultKind::ALL.into_iter().find(|kind| kind.slug() == slug).ok_or("no such fault")?;
    let fault = faults::on_node(kind, strength, &answers::aim()).ok_or("no fault on the node")?;
    let tapping = Tapping::start(&place)?;
    let mut told = false;
    let mut tell = |struck: &Struck| {
        if struck.injected && !told {
            println!("injected");
            told = true;
        } else if struck.ended && !told {
            println!("{}", struck.errors.join("; "));
        }
    };
    pod::strike(fault, &place, &tapping, Span::now(lease), &std::sync::atomic::AtomicBool::new(false), &mut tell);
    Ok(())
}
