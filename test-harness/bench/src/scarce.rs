//! Whether what a container may use is as scarce as it was asked to be, for it alone, and given back: its CPU, its
//! volumes, its descriptors. And what must never be: space filled that is the machine's, a limit that stays lowered
//! when whoever lowered it was killed.

use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, Command, Stdio},
    sync::{atomic::AtomicBool, mpsc},
    thread,
    time::{Duration, Instant},
};

use factory_assurance::evidence::Dose;
use factory_crds::resilience_standard::FaultKind;
use factory_lab::{
    faults,
    strike::{
        aim::Aim,
        descriptors::Descriptors,
        order::Struck,
        place::Process,
        pod::{self, Span},
    },
};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use crate::{
    Failure, dose,
    figures::Figure,
    rig::{Rig, VOLUME},
};

/// By so many points what was measured may miss what was asked, as the verdict has it. More is not counted: others on
/// the machine make threads wait as well.
const POINTS: u64 = 10;
/// Length of each fault.
const LEASE: Duration = Duration::from_secs(2);
/// An answer that takes longer than this is none.
const PATIENCE: Duration = Duration::from_millis(500);
/// More than what is left of a volume that is nearly full.
const MORE: usize = 2 << 20;

/// All of it.
pub fn measure() -> Result<Vec<Figure>, Failure> {
    let mut figures = Vec::new();
    for (kind, percent) in
        [(FaultKind::CpuStarvation, 80), (FaultKind::DiskFull, 95), (FaultKind::DescriptorExhaustion, 100)]
    {
        figures.extend(once(kind, percent)?);
    }
    figures.extend([refused()?, given_back()?, killed()?]);
    Ok(figures)
}

/// One fault on a fresh pod: how scarce it was, who felt it, and what was left.
fn once(kind: FaultKind, percent: u64) -> Result<Vec<Figure>, Failure> {
    let rig = Rig::new(2_000)?;
    let mut kept = rig.users().kept()?;
    let mut wrong = Vec::new();
    let struck = strike(&rig, kind, percent, || match kind {
        FaultKind::DiskFull if writes(&rig) => wrong.push("a volume that is full was written to"),
        FaultKind::DescriptorExhaustion => {
            if !kept.answers(PATIENCE) {
                wrong.push("an open connection was lost");
            }
            // Who waited for a connection already has its descriptor, and gives it to the first that comes.
            let first = rig.users().kept();
            if rig.users().ask(PATIENCE).is_some() {
                wrong.push("a connection was accepted without a descriptor for it");
            }
            drop(first);
        }
        _ => {}
    })?;
    if !struck.errors.is_empty() || !struck.residue.is_empty() {
        return Err(format!("{}: {:?} {:?}", kind.slug(), struck.errors, struck.residue).into());
    }
    for wrong in &wrong {
        eprintln!("{}: {wrong}", kind.slug());
    }
    let taken = rig.taken()?;
    let usable = taken.is_empty() && writes(&rig) && (0..4).all(|_| rig.users().ask(PATIENCE).is_some());
    let slug = kind.slug();
    let median = |side: fn(&Dose) -> &Vec<[u64; 2]>| struck.doses.first().and_then(|dose| dose::median(side(dose)));
    let (before, during) = (median(|dose| &dose.before), median(|dose| &dose.during));
    let during = during.unwrap_or(0);
    let missing = percent.saturating_sub(during);
    let missing = if missing > POINTS { usize::try_from(missing)? } else { 0 };
    let is_like_before = before.is_none_or(|before| before + 2 * POINTS > percent);
    Ok(vec![
        Figure::none(
            &format!("points that {slug} misses, of which {during} % were felt"),
            missing,
            usize::try_from(percent)?,
        ),
        Figure::none(&format!("medians before {slug} as during it"), usize::from(is_like_before), 1),
        Figure::none(&format!("what the pod could do during {slug}"), wrong.len(), 1),
        Figure::none(&format!("what it could not do after {slug}"), usize::from(!usable), 1),
    ])
}

/// Strikes the pod of `rig`, and does `meanwhile` once that is injected.
fn strike(rig: &Rig, kind: FaultKind, percent: u64, meanwhile: impl FnOnce()) -> Result<Struck, Failure> {
    let fault = faults::on_node(kind, percent, &Aim::default()).ok_or("no fault on the node")?;
    let tapping = rig.tapping()?;
    let (sender, told) = mpsc::channel();
    let stop = AtomicBool::new(false);
    let last = thread::scope(|scope| {
        let (place, tapping, stop) = (&rig.place, &tapping, &stop);
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
    last.ok_or_else(|| "the strike said nothing".into())
}

/// Whether the pod's volume takes some more.
fn writes(rig: &Rig) -> bool {
    let Ok(first) = rig.place.first() else { return false };
    let path = format!("/proc/{first}/root{}/more", VOLUME[0]);
    let written = fs::File::create(&path).and_then(|mut file| file.write_all(&vec![1; MORE]));
    drop(fs::remove_file(path));
    written.is_ok()
}

/// A pod that has no volume of its own: what it could write to is the machine's, and is not touched.
fn refused() -> Result<Figure, Failure> {
    let rig = Rig::bare(2_000)?;
    let struck = strike(&rig, FaultKind::DiskFull, 95, || {})?;
    let said = struck.errors.iter().any(|error| error.contains("no volume with a bound"));
    let refused = said && !struck.injected && struck.doses.is_empty() && struck.residue.is_empty();
    if !refused {
        eprintln!("disk-full without a volume: {struck:?}");
    }
    Ok(Figure::none("disks filled that are the machine's", usize::from(!refused), 1))
}

/// Whoever lowered a limit is told to end.
fn given_back() -> Result<Figure, Failure> {
    let rig = Rig::new(2_000)?;
    let (process, had) = first(&rig)?;
    let mut exhausts = exhaust(process)?;
    let lowered = limit(process);
    kill(Pid::from_raw(i32::try_from(exhausts.id())?), Signal::SIGTERM)?;
    exhausts.wait()?;
    let well = lowered.is_some_and(|lowered| lowered < had)
        && limit(process) == Some(had)
        && rig.users().ask(PATIENCE).is_some();
    Ok(Figure::none("limits that were not given back", usize::from(!well), 1))
}

/// Whoever lowered a limit is killed: the kernel ends whom it holds, and nobody goes on with a limit like that.
fn killed() -> Result<Figure, Failure> {
    let rig = Rig::new(2_000)?;
    let (process, _) = first(&rig)?;
    let mut exhausts = exhaust(process)?;
    exhausts.kill()?;
    exhausts.wait()?;
    let latest = Instant::now() + Duration::from_secs(10);
    while process.lives() && Instant::now() < latest {
        thread::yield_now();
    }
    Ok(Figure::none("processes that kept a lowered limit after a kill", usize::from(process.lives()), 1))
}

/// The pod's first process, and the limit that it has.
fn first(rig: &Rig) -> Result<(Process, u64), Failure> {
    let process = Process::of(rig.place.first()?).ok_or("the pod's first process is gone")?;
    Ok((process, limit(process).ok_or("the pod's descriptors are not counted")?))
}

fn limit(process: Process) -> Option<u64> {
    Descriptors::of(process, 100).map(|now| now.limit)
}

/// The lab's process that lowers limits, once it has.
fn exhaust(process: Process) -> Result<Child, Failure> {
    let mut exhausts = Command::new(std::env::current_exe()?)
        .args(["exhaust", "--seconds", "20", "--percent", "100", &process.pid.to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut line = String::new();
    BufReader::new(exhausts.stdout.take().ok_or("it has no voice")?).read_line(&mut line)?;
    if line.trim() == "held" { Ok(exhausts) } else { Err(format!("it says {line:?}").into()) }
}
