//! One fault on one pod, from the look before it to the proof that nothing is left. Runs on a thread of
//! its own, which stays in the pod's network namespace and ends with the fault.

use std::{
    collections::BTreeSet,
    net::IpAddr,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use factory_assurance::evidence::Tries;

use super::{
    NodeFault, StrikeError,
    aim::Peer,
    gate,
    order::Struck,
    place::Place,
    preflight,
    residue::{self, Rules},
    tap::{Tap, Tapping, tries::ms},
};
use crate::schema::line;

/// From one look at the pod to the next.
const TICK: Duration = Duration::from_millis(25);
/// Looks before the injection.
const LOOKS_BEFORE: u32 = 8;
/// Before the end of the lease looking ends: what is felt then is the fault and nothing else.
const MARGIN: Duration = Duration::from_millis(100);
/// What is usual is what was asked so long before the injection: after whatever an earlier fault did has passed, where
/// the service recovers.
const BASELINE: Duration = Duration::from_secs(5);
/// A fault that happens once is looked at for so long.
const ONCE: Duration = Duration::from_secs(1);
/// So long after the end of the lease its effect must be over.
const OVERTIME: Duration = Duration::from_secs(2);

/// When a fault strikes.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    /// For when it was ordered: earlier than what follows for a pod that comes later.
    pub ordered: Instant,
    /// Not before; what can be made ready is ready by then.
    pub from: Instant,
    /// For so long, zero for one that happens once.
    pub lease: Duration,
}

impl Span {
    /// From now on.
    #[must_use]
    pub fn now(lease: Duration) -> Self {
        let now = Instant::now();
        Self { ordered: now, from: now, lease }
    }
}

/// Strikes the pod at `place` with `fault` over `span`. Ends at once, and undoes it, when `stop` is set.
/// `tell` hears what is known after the injection and at the end.
pub fn strike(
    mut fault: Box<dyn NodeFault>,
    place: &Place,
    tapping: &Tapping,
    span: Span,
    stop: &AtomicBool,
    tell: &mut dyn FnMut(&Struck),
) {
    let mut struck = Struck::default();
    if let Err(error) = carry_out(fault.as_mut(), place, tapping, span, stop, &mut struck, tell) {
        struck.errors.push(line(&error.to_string()));
    }
    struck.ended = true;
    tell(&struck);
}

fn carry_out(
    fault: &mut dyn NodeFault,
    place: &Place,
    tapping: &Tapping,
    span: Span,
    stop: &AtomicBool,
    struck: &mut Struck,
    tell: &mut dyn FnMut(&Struck),
) -> Result<(), StrikeError> {
    preflight::of(fault)?;
    place.enter_network()?;
    let rules = Rules::look()?;
    for _ in 0..LOOKS_BEFORE {
        fault.sample(place);
        thread::sleep(TICK);
    }
    while Instant::now() < span.from && !stop.load(Ordering::Relaxed) {
        thread::sleep(TICK.min(span.from.saturating_duration_since(Instant::now())));
    }
    if stop.load(Ordering::Relaxed) {
        return Err(StrikeError::Incapable("the lab pod of its node was told to stop before it struck".to_owned()));
    }
    let lease = span.lease;
    let peer = fault.peer().cloned();
    let seen = |tap: Tap| match &peer {
        Some(peer) => tap.with(&peer.always()),
        None => tap,
    };
    let before = tapping.take();
    let injected = fault.lease(place, lease, &before);
    let began = Instant::now();
    // What happened during the injection itself belongs to neither side.
    drop(tapping.take());
    if injected.is_ok() {
        struck.injected = true;
        tell(struck);
        let mut aimed = None;
        let watched = if lease.is_zero() { ONCE } else { lease.saturating_sub(MARGIN) };
        while began.elapsed() < watched && !stop.load(Ordering::Relaxed) {
            fault.sample(place);
            if let Some(peer) = &peer
                && let Err(error) = follow(peer, &mut aimed)
            {
                struck.errors.push(line(&error.to_string()));
                break;
            }
            thread::sleep(TICK);
        }
        let during = tapping.take();
        struck.tries = if lease.is_zero() { None } else { tries(&before, &during, span.ordered) };
        match fault.dose(&seen(before), &seen(during)) {
            Ok(doses) => struck.doses = doses,
            Err(error) => struck.errors.push(line(&error.to_string())),
        }
        if stop.load(Ordering::Relaxed) {
            struck.errors.push("the lab pod of its node was told to stop while this fault lasted".to_owned());
        } else {
            thread::sleep((began + lease).saturating_duration_since(Instant::now()));
            struck.errors.extend(overrun(fault, place, began + lease + OVERTIME).map(|error| line(&error.to_string())));
        }
    }
    // What was refused may have been done in part: undo and the look at what is left always happen.
    struck.errors.extend(fault.undo().iter().map(|error| line(&error.to_string())));
    struck.residue = rules.differences(&Rules::look()?);
    struck.residue.extend(fault.left());
    struck.residue.extend(residue::held(place).iter().map(|thread| format!("left: thread {thread} is still held")));
    injected
}

/// How often the pod was asked before the fault that was `ordered` for this moment, and `during` it; nothing where not all
/// that came could be counted.
fn tries(before: &Tap, during: &Tap, ordered: Instant) -> Option<Tries> {
    let all = |tap: &Tap| !tap.tries.is_in_part();
    if !all(before) || !all(during) || !before.tries.has_requests() {
        return None;
    }
    let counted = |tap: &Tap, last| {
        let (since, until) = tap.looked();
        tap.tries.tries(until.saturating_duration_since(since), last)
    };
    let (tries_before, before_ms) = counted(before, BASELINE);
    let (tries, during_ms) = counted(during, Duration::MAX);
    let late = |moment: Instant| ms(moment.saturating_duration_since(ordered));
    Some(Tries {
        pod: String::new(),
        before: tries_before,
        before_ms,
        until_ms: late(before.looked().1),
        during: tries,
        from_ms: late(during.looked().0),
        during_ms,
    })
}

/// Points the gate at where `peer` is now, unless it is `aimed` there.
fn follow(peer: &Peer, aimed: &mut Option<BTreeSet<IpAddr>>) -> Result<(), StrikeError> {
    let now = peer.now();
    if aimed.as_ref() != Some(&now) {
        gate::aim(&now)?;
        *aimed = Some(now);
    }
    Ok(())
}

/// Waits until the effect is over, at most until `latest`.
fn overrun(fault: &mut dyn NodeFault, place: &Place, latest: Instant) -> Option<StrikeError> {
    loop {
        match fault.over(place) {
            Ok(true) => return None,
            Err(error) => return Some(error),
            Ok(false) if Instant::now() >= latest => {
                return Some(StrikeError::Incapable("its effect went on after the end of the lease".to_owned()));
            }
            Ok(false) => thread::sleep(TICK),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tap::tries::{Asked, Came};
    use super::*;

    #[test]
    fn tries_that_were_counted_in_part_are_not_told() {
        let told = |change: fn(&mut Tap, &mut Tap)| {
            let (mut before, mut during) = (Tap::empty(), Tap::empty());
            before.tries.count(Came::Further, Duration::ZERO);
            change(&mut before, &mut during);
            tries(&before, &during, Instant::now()).map(|tries| (tries.before, tries.during))
        };
        assert_eq!(told(|_, during| during.tries.count(Came::Opened, Duration::ZERO)), Some((1, 1)));
        assert_eq!(told(|before, _| before.tries.missed()), None);
        assert_eq!(told(|_, during| during.tries.missed()), None, "the kernel dropped packets");
        assert_eq!(told(|_, during| during.tries.count(Came::Unreadable, Duration::ZERO)), None, "TLS");
        assert_eq!(told(|before, _| before.tries = Asked::default()), None, "nobody asked over HTTP/1");
    }
}
