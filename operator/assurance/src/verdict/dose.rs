//! What one pair of histograms says about a fault: whether the pod felt it. A dose is a difference,
//! so that one without anything before it is not known; and what a broken injector or a broken
//! instrument would show as well is not felt.

use factory_crds::resilience_standard::FaultKind;

use super::{histogram::Histogram, load::ppm, say};

/// Samples on each side without which times and states say nothing.
const SAMPLES: u128 = 5;
/// Samples on each side without which how times differ says nothing.
const MANY: u128 = 20;
/// Seconds on each side without which rates say nothing.
const SECONDS: u128 = 2;
/// Packets without which their loss says nothing.
const PACKETS: u128 = 50;
/// Packets that should be lost, and should pass, without which their loss says nothing.
const EXPECTED: u128 = 5;
/// Points of a percentage by which it may miss what was asked, and of which it must rise by as many again.
const POINTS: u64 = 10;
/// All of a share.
const WHOLE: u128 = 1_000_000;

/// What a fault that takes a percentage takes, in words.
struct Taken {
    /// After a percentage.
    of: &'static str,
    /// What became of that part.
    became: &'static str,
    /// Who feels it.
    who: &'static str,
}

const MEMORY: Taken = Taken { of: "of the limit", became: "in use", who: "a container that uses" };
const CPU: Taken =
    Taken { of: "of the time that threads wanted to run", became: "waited", who: "a container whose threads wait" };
const DISK: Taken = Taken { of: "of a volume", became: "in use", who: "a volume that holds" };
const DESCRIPTORS: Taken = Taken { of: "of the limit of descriptors", became: "in use", who: "a process that uses" };

/// Whether a fault was felt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dose {
    /// It was, with the strength that was measured where the kind has one.
    Felt(Option<u64>),
    /// It was not, and what was measured instead.
    NotFelt(String),
    /// It cannot be said, and why.
    Unknown(String),
}

/// What `before` and `during` say of a fault of `kind`, asked for with `strength`.
pub fn of(kind: FaultKind, strength: u32, before: &[[u64; 2]], during: &[[u64; 2]]) -> Dose {
    match kind {
        FaultKind::ContainerKill => killed(sides(before), sides(during)),
        FaultKind::Freeze => frozen(sides(before), sides(during)),
        FaultKind::Partition | FaultKind::DnsOutage => cut_off(sides(before), sides(during)),
        FaultKind::Loss => lost(strength, "lost", sides(before), sides(during)),
        FaultKind::Reset => lost(strength, "reset", sides(before), sides(during)),
        FaultKind::DnsFailure | FaultKind::DnsWrongAddress => misled(sides(before), sides(during)),
        FaultKind::Delay => delayed(strength, "packets", &histogram(before), &histogram(during)),
        FaultKind::DnsDelay => delayed(strength, "answers", &histogram(before), &histogram(during)),
        FaultKind::Jitter => uneven(strength, &histogram(before), &histogram(during)),
        FaultKind::Bandwidth => limited(strength, &histogram(before), &histogram(during)),
        FaultKind::MemoryPressure => filled(&MEMORY, strength, &histogram(before), &histogram(during)),
        FaultKind::CpuStarvation => filled(&CPU, strength, &histogram(before), &histogram(during)),
        FaultKind::DiskFull => filled(&DISK, strength, &histogram(before), &histogram(during)),
        FaultKind::DescriptorExhaustion => filled(&DESCRIPTORS, strength, &histogram(before), &histogram(during)),
        FaultKind::HttpReset | FaultKind::HttpDelay | FaultKind::HttpStatus | FaultKind::HttpCut => {
            in_part(strength, "answers", sides(before), sides(during))
        }
        FaultKind::Duplicate | FaultKind::Corrupt | FaultKind::Reorder => {
            in_part(strength, "packets", sides(before), sides(during))
        }
        FaultKind::ControlPlaneOutage => out_of_reach(sides(before), sides(during)),
        FaultKind::PodKill | FaultKind::RollingRestart | FaultKind::Eviction | FaultKind::SecretRotation => {
            Dose::Unknown("it is not measured in the pod".to_owned())
        }
    }
}

fn histogram(cells: &[[u64; 2]]) -> Histogram {
    let mut histogram = Histogram::default();
    histogram.add(cells);
    histogram
}

/// How often 0 was seen, and how often 1.
fn sides(cells: &[[u64; 2]]) -> [u128; 2] {
    let of = |side| cells.iter().filter(|cell| cell[0] == side).map(|cell| u128::from(cell[1])).sum();
    [of(0), of(1)]
}

/// A process that was alive, and then was seen gone.
fn killed([alive_before, gone_before]: [u128; 2], [alive, gone]: [u128; 2]) -> Dose {
    if gone_before > 0 {
        Dose::NotFelt("its process was seen gone before it".to_owned())
    } else if alive_before == 0 {
        Dose::Unknown("its process was not seen alive before it".to_owned())
    } else if gone > 0 {
        Dose::Felt(None)
    } else if alive == 0 {
        Dose::Unknown("nobody looked at its process after it".to_owned())
    } else {
        Dose::NotFelt(format!("its process was seen alive {alive} times after it, and never gone"))
    }
}

/// Threads that ran, and then could not.
fn frozen([ran_before, still_before]: [u128; 2], [ran, still]: [u128; 2]) -> Dose {
    let (seen_before, seen) = (ran_before + still_before, ran + still);
    if seen_before < SAMPLES || seen < SAMPLES {
        return few("moments", seen_before, seen, SAMPLES);
    }
    if still_before * 10 > seen_before {
        return Dose::NotFelt(format!("it stood still in {still_before} of {seen_before} moments before it already"));
    }
    if still * 10 < seen * 9 {
        return Dose::NotFelt(format!("it stood still in {still} of {seen} moments while it lasted; 9 of 10 must"));
    }
    Dose::Felt(None)
}

/// Packets that passed, and then none did.
fn cut_off(before: [u128; 2], [passed, dropped]: [u128; 2]) -> Dose {
    if let Some(dose) = not_whole_before(before) {
        return dose;
    }
    let seen = passed + dropped;
    if seen == 0 {
        return Dose::Unknown("no packet was seen while it lasted".to_owned());
    }
    if passed > 0 {
        return Dose::NotFelt(format!("{passed} of {seen} packets passed while it lasted; none may"));
    }
    Dose::Felt(None)
}

/// Questions that were answered rightly, and then none was.
fn misled([right_before, wrong_before]: [u128; 2], [right, wrong]: [u128; 2]) -> Dose {
    let (seen_before, seen) = (right_before + wrong_before, right + wrong);
    if wrong_before > 0 {
        Dose::NotFelt(format!("{wrong_before} of {seen_before} questions were answered wrongly before it already"))
    } else if seen_before < SAMPLES || seen < SAMPLES {
        few("answers", seen_before, seen, SAMPLES)
    } else if right > 0 {
        Dose::NotFelt(format!("{right} of {seen} questions were answered rightly while it lasted; none may be"))
    } else {
        Dose::Felt(None)
    }
}

/// Attempts to connect that succeeded, and then none did.
fn out_of_reach([reached_before, failed_before]: [u128; 2], [reached, failed]: [u128; 2]) -> Dose {
    let (seen_before, seen) = (reached_before + failed_before, reached + failed);
    if failed_before > 0 {
        Dose::NotFelt(format!("{failed_before} of {seen_before} attempts to connect failed before it already"))
    } else if seen_before < SAMPLES || seen < SAMPLES {
        few("attempts to connect", seen_before, seen, SAMPLES)
    } else if reached > 0 {
        Dose::NotFelt(format!("{reached} of {seen} attempts to connect succeeded while it lasted; none may"))
    } else {
        Dose::Felt(None)
    }
}

/// Answers or packets of which hardly one was struck, and then half to twice as many as asked, of those that were not
/// too.
fn in_part(asked: u32, what: &str, [right_before, wrong_before]: [u128; 2], [right, wrong]: [u128; 2]) -> Dose {
    let (seen_before, seen) = (right_before + wrong_before, right + wrong);
    let (asked, to_pass) = (u128::from(asked), u128::from(1_000_000_u32.saturating_sub(asked)));
    let (strike, pass) = (seen * asked, seen * to_pass);
    if seen_before < SAMPLES || seen < PACKETS {
        Dose::Unknown(format!(
            "{seen_before} {what} before it and {seen} while it lasted; fewer than {SAMPLES} and {PACKETS} say nothing"
        ))
    } else if wrong_before * 10 * WHOLE > seen_before * asked {
        Dose::NotFelt(format!("{wrong_before} of {seen_before} {what} looked struck before it already"))
    } else if strike < EXPECTED * WHOLE {
        Dose::Unknown(format!("of {seen} {what} fewer than {EXPECTED} should be struck; that says nothing"))
    } else if to_pass > 0 && pass < EXPECTED * WHOLE {
        Dose::Unknown(format!("of {seen} {what} fewer than {EXPECTED} should be right; that says nothing"))
    } else if 2 * wrong * WHOLE < strike || wrong * WHOLE > 2 * strike || 2 * right * WHOLE < pass {
        let asked = say::percent(u64::try_from(asked).unwrap_or(u64::MAX));
        Dose::NotFelt(format!(
            "{wrong} of {seen} {what} were struck; asked was {asked}, and half to twice of that is felt"
        ))
    } else {
        Dose::Felt(ppm(wrong, seen))
    }
}

/// Packets that passed, and then some were `gone`, lost or reset: half to twice as many as asked, of those
/// that pass too.
fn lost(asked: u32, gone: &str, before: [u128; 2], [passed, dropped]: [u128; 2]) -> Dose {
    if let Some(dose) = not_whole_before(before) {
        return dose;
    }
    let seen = passed + dropped;
    let asked_to_pass = u128::from(1_000_000_u32.saturating_sub(asked));
    let (lose, pass) = (seen * u128::from(asked), seen * asked_to_pass);
    if seen < PACKETS {
        return Dose::Unknown(format!("{seen} packets while it lasted; fewer than {PACKETS} say nothing"));
    }
    let few =
        |what: &str| Dose::Unknown(format!("of {seen} packets fewer than {EXPECTED} should {what}; that says nothing"));
    if lose < EXPECTED * WHOLE {
        return few(&format!("be {gone}"));
    }
    // A loss of 100 % lets none pass.
    if asked_to_pass > 0 && pass < EXPECTED * WHOLE {
        return few("pass");
    }
    if 2 * dropped * WHOLE < lose || dropped * WHOLE > 2 * lose || 2 * passed * WHOLE < pass {
        let asked = say::percent(asked.into());
        return Dose::NotFelt(format!(
            "{dropped} of {seen} packets were {gone}; asked was {asked}, and half to twice of that is felt"
        ));
    }
    Dose::Felt(ppm(dropped, seen))
}

/// Why packets say nothing about what came after: some were dropped already, or none was seen.
fn not_whole_before([passed, dropped]: [u128; 2]) -> Option<Dose> {
    if dropped > 0 {
        Some(Dose::NotFelt(format!("{dropped} of {} packets were dropped before it already", passed + dropped)))
    } else if passed == 0 {
        Some(Dose::Unknown("no packet was seen to pass before it".to_owned()))
    } else {
        None
    }
}

/// Packets or answers that took longer, by four fifths to one and a half of what was asked; and no more than a
/// quarter of them as if there were no delay.
fn delayed(asked_ms: u32, what: &str, before: &Histogram, during: &Histogram) -> Dose {
    let (seen_before, seen) = (before.count(), during.count());
    let asked = u64::from(asked_ms) * 1_000;
    let (least, most) = (asked / 5 * 4, asked / 2 * 3);
    let values = [before.percentile(50), during.percentile(50), during.percentile(25)];
    let ([Some(was), Some(is), Some(quarter)], true) = (values, seen_before >= SAMPLES && seen >= SAMPLES) else {
        return few(what, seen_before, seen, SAMPLES);
    };
    let wanted = || {
        let [asked, least, most] = [asked, least, most].map(say::latency);
        format!("asked was {asked} more, and from {least} to {most} more is felt")
    };
    match is.checked_sub(was).filter(|added| (least..=most).contains(added)) {
        None => {
            let (was, is) = (say::latency(was), say::latency(is));
            Dose::NotFelt(format!("{what} took {was} before it and {is} while it lasted; {}", wanted()))
        }
        Some(_) if quarter < least => Dose::NotFelt(format!(
            "a quarter of {what} took no more than {} while it lasted; {}",
            say::latency(quarter),
            wanted()
        )),
        Some(added) => Dose::Felt(Some(added)),
    }
}

/// Packets that took about as long as each other, and of which then a tenth took longer, by four fifths to one and a
/// half of what was asked, and a tenth hardly longer than before.
fn uneven(asked_ms: u32, before: &Histogram, during: &Histogram) -> Dose {
    let (seen_before, seen) = (before.count(), during.count());
    let asked = u64::from(asked_ms) * 1_000;
    let (least, most, hardly) = (asked / 5 * 4, asked / 2 * 3, asked / 5);
    let values = [
        before.percentile(10),
        before.percentile(50),
        before.percentile(90),
        during.percentile(10),
        during.percentile(90),
    ];
    let ([Some(first), Some(was), Some(last), Some(low), Some(high)], true) =
        (values, seen_before >= MANY && seen >= MANY)
    else {
        return few("packets", seen_before, seen, MANY);
    };
    let wanted = || {
        let [least, most, hardly] = [least, most, hardly].map(say::latency);
        format!(
            "felt is a tenth that takes from {least} to {most} more, and a tenth that takes no more than {hardly} more"
        )
    };
    let (was_said, low_said, high_said) = (say::latency(was), say::latency(low), say::latency(high));
    match high.checked_sub(was).filter(|added| (least..=most).contains(added)) {
        _ if last - first > asked / 2 => Dose::Unknown(format!(
            "packets took from {} to {} before it already, leaving out a tenth at each end; that hides {}",
            say::latency(first),
            say::latency(last),
            say::latency(asked)
        )),
        None => Dose::NotFelt(format!(
            "half of packets took {was_said} before it, and a tenth {high_said} or more while it lasted; {}",
            wanted()
        )),
        Some(_) if low > was.saturating_add(hardly) => Dose::NotFelt(format!(
            "half of packets took {was_said} before it, and only a tenth {low_said} or less while it lasted; {}",
            wanted()
        )),
        Some(added) => Dose::Felt(Some(added)),
    }
}

/// A pod that sent more than it then could.
fn limited(asked: u32, before: &Histogram, during: &Histogram) -> Dose {
    let (seen_before, seen) = (before.count(), during.count());
    let (Some(was), Some(most), true) =
        (before.percentile(50), during.percentile(100), seen_before >= SECONDS && seen >= SECONDS)
    else {
        return few("seconds", seen_before, seen, SECONDS);
    };
    let more_than_a_quarter_above = |kilobytes: u64| u128::from(kilobytes) * 4 > u128::from(asked) * 5;
    if !more_than_a_quarter_above(was) {
        Dose::Unknown(format!(
            "in half of the seconds before it no more than {was} kB left; {asked} kB/s is felt only by a pod that sends over a quarter more"
        ))
    } else if more_than_a_quarter_above(most) {
        Dose::NotFelt(format!(
            "up to {most} kB left in a second while it lasted; asked was {asked} kB/s, and up to a quarter more is felt"
        ))
    } else if u128::from(most) * 2 < asked.into() {
        Dose::NotFelt(format!(
            "no more than {most} kB left in any second while it lasted; asked was {asked} kB/s, and half of that must be reached"
        ))
    } else {
        Dose::Felt(Some(most))
    }
}

/// A container that had room, and then had as little as was asked, in three of four moments.
fn filled(taken: &Taken, asked: u32, before: &Histogram, during: &Histogram) -> Dose {
    let (seen_before, seen) = (before.count(), during.count());
    let values = [before.percentile(50), during.percentile(50), during.percentile(25)];
    let ([Some(was), Some(is), Some(quarter)], true) = (values, seen_before >= SAMPLES && seen >= SAMPLES) else {
        return few("moments", seen_before, seen, SAMPLES);
    };
    let asked = u64::from(asked);
    let Taken { of, became, who } = taken;
    if was.saturating_add(2 * POINTS) > asked {
        Dose::Unknown(format!(
            "in half of the moments before it {was} % {of} or more were {became}; {asked} % is felt only by {who} {} points less",
            2 * POINTS
        ))
    } else if quarter.saturating_add(POINTS) < asked {
        Dose::NotFelt(format!(
            "in a quarter of the moments while it lasted no more than {quarter} % {of} were {became}; asked was {asked} %, and {POINTS} points less is felt"
        ))
    } else {
        Dose::Felt(Some(is))
    }
}

fn few(what: &str, before: u128, during: u128, least: u128) -> Dose {
    Dose::Unknown(format!("{before} {what} before it and {during} while it lasted; fewer than {least} say nothing"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use FaultKind::{
        Bandwidth, ContainerKill, ControlPlaneOutage, Corrupt, CpuStarvation, Delay, DescriptorExhaustion, DiskFull,
        DnsDelay, DnsFailure, DnsOutage, DnsWrongAddress, Duplicate, Freeze, HttpCut, HttpDelay, HttpReset, HttpStatus,
        Jitter, Loss, MemoryPressure, Partition, Reorder, Reset,
    };

    type Cells = &'static [[u64; 2]];

    /// A kind, its strength, before, during, and what it is: `F` with the strength, `N` or `U`.
    const TABLE: &[(FaultKind, u32, Cells, Cells, &str)] = &[
        (ContainerKill, 0, &[[0, 1]], &[[1, 1]], "F"),
        (ContainerKill, 0, &[[0, 1]], &[[0, 9]], "N"),
        (ContainerKill, 0, &[[0, 9], [1, 1]], &[[1, 1]], "N"),
        (ContainerKill, 0, &[[0, 0]], &[[1, 1]], "U"),
        (ContainerKill, 0, &[[0, 1]], &[], "U"),
        (Freeze, 0, &[[0, 5]], &[[0, 1], [1, 9]], "F"),
        (Freeze, 0, &[[0, 5]], &[[0, 2], [1, 17]], "N"),
        (Freeze, 0, &[[0, 9], [1, 1]], &[[1, 5]], "F"),
        (Freeze, 0, &[[0, 8], [1, 1]], &[[1, 5]], "N"),
        (Freeze, 0, &[[0, 5]], &[[1, 4]], "U"),
        (Freeze, 0, &[[0, 4]], &[[1, 5]], "U"),
        (Partition, 0, &[[0, 1]], &[[1, 1]], "F"),
        (Partition, 0, &[[0, 1]], &[[0, 1], [1, 99]], "N"),
        (Partition, 0, &[[0, 1]], &[], "U"),
        (Partition, 0, &[], &[[1, 9]], "U"),
        (DnsOutage, 0, &[[0, 9], [1, 1]], &[[1, 9]], "N"),
        (Loss, 50_000, &[[0, 1]], &[[0, 390], [1, 10]], "F 25000"),
        (Loss, 50_000, &[[0, 1]], &[[0, 391], [1, 9]], "N"),
        (Loss, 50_000, &[[0, 1]], &[[0, 360], [1, 40]], "F 100000"),
        (Loss, 50_000, &[[0, 1]], &[[0, 359], [1, 41]], "N"),
        (Loss, 50_000, &[[0, 9], [1, 1]], &[[0, 380], [1, 20]], "N"),
        (Loss, 50_000, &[], &[[0, 380], [1, 20]], "U"),
        (Loss, 50_000, &[[0, 1]], &[[0, 94], [1, 5]], "U"),
        (Loss, 50_000, &[[0, 1]], &[[0, 95], [1, 5]], "F 50000"),
        (Loss, 500_000, &[[0, 1]], &[[0, 24], [1, 25]], "U"),
        (Loss, 500_000, &[[0, 1]], &[[0, 25], [1, 25]], "F 500000"),
        (Loss, 800_000, &[[0, 1]], &[[1, 100]], "N"),
        (Loss, 800_000, &[[0, 1]], &[[0, 10], [1, 90]], "F 900000"),
        (Loss, 950_000, &[[0, 1]], &[[0, 4], [1, 95]], "U"),
        (Loss, 1_000_000, &[[0, 1]], &[[1, 50]], "F 1000000"),
        (Reset, 50_000, &[[0, 1]], &[[0, 390], [1, 10]], "F 25000"),
        (Reset, 50_000, &[[0, 1]], &[[0, 391], [1, 9]], "N"),
        (Reset, 50_000, &[[0, 9], [1, 1]], &[[0, 380], [1, 20]], "N"),
        (Reset, 50_000, &[[0, 1]], &[[0, 94], [1, 5]], "U"),
        (Delay, 200, &[[1_000, 5]], &[[161_000, 5]], "F 160000"),
        (Delay, 200, &[[1_000, 5]], &[[160_999, 5]], "N"),
        (Delay, 200, &[[1_000, 5]], &[[301_000, 5]], "F 300000"),
        (Delay, 200, &[[1_000, 5]], &[[301_001, 5]], "N"),
        (Delay, 200, &[[1_000, 5]], &[[900, 5]], "N"),
        (Delay, 200, &[[1_000, 4]], &[[201_000, 5]], "U"),
        (Delay, 200, &[[1_000, 5]], &[[201_000, 4]], "U"),
        (Delay, 200, &[[1_000, 5]], &[[159_999, 2], [201_000, 6]], "N"),
        (Delay, 200, &[[1_000, 5]], &[[160_000, 2], [201_000, 6]], "F 200000"),
        (Delay, 200, &[[1_000, 5]], &[[1_000, 1], [201_000, 6]], "F 200000"),
        (DnsFailure, 0, &[[0, 5]], &[[1, 5]], "F"),
        (DnsFailure, 0, &[[0, 5]], &[[0, 1], [1, 99]], "N"),
        (DnsFailure, 0, &[[0, 5]], &[[0, 5]], "N"),
        (DnsFailure, 0, &[[0, 4]], &[[1, 5]], "U"),
        (DnsFailure, 0, &[[0, 5]], &[[1, 4]], "U"),
        (DnsWrongAddress, 0, &[[0, 9], [1, 1]], &[[1, 9]], "N"),
        (DnsWrongAddress, 0, &[[0, 9]], &[], "U"),
        (HttpStatus, 200_000, &[[0, 5]], &[[0, 90], [1, 10]], "F 100000"),
        (HttpStatus, 200_000, &[[0, 5]], &[[0, 91], [1, 9]], "N"),
        (HttpReset, 200_000, &[[0, 5]], &[[0, 60], [1, 40]], "F 400000"),
        (HttpReset, 200_000, &[[0, 5]], &[[0, 59], [1, 41]], "N"),
        (HttpCut, 200_000, &[[0, 49], [1, 1]], &[[0, 40], [1, 10]], "F 200000"),
        (HttpCut, 200_000, &[[0, 48], [1, 1]], &[[0, 40], [1, 10]], "N"),
        (HttpCut, 200_000, &[[0, 5]], &[[0, 39], [1, 10]], "U"),
        (HttpDelay, 200_000, &[[0, 4]], &[[0, 40], [1, 10]], "U"),
        (HttpDelay, 90_000, &[[0, 5]], &[[0, 45], [1, 5]], "U"),
        (HttpDelay, 950_000, &[[0, 5]], &[[0, 3], [1, 57]], "U"),
        (HttpDelay, 1_000_000, &[[0, 5]], &[[1, 50]], "F 1000000"),
        (Duplicate, 200_000, &[[0, 5]], &[[0, 90], [1, 10]], "F 100000"),
        (Duplicate, 200_000, &[[0, 5]], &[[0, 91], [1, 9]], "N"),
        (Corrupt, 200_000, &[[0, 5]], &[[0, 60], [1, 40]], "F 400000"),
        (Corrupt, 200_000, &[[0, 5]], &[[0, 59], [1, 41]], "N"),
        (Corrupt, 200_000, &[[0, 4]], &[[0, 60], [1, 40]], "U"),
        (Reorder, 200_000, &[[0, 49], [1, 1]], &[[0, 40], [1, 10]], "F 200000"),
        (Reorder, 200_000, &[[0, 48], [1, 1]], &[[0, 40], [1, 10]], "N"),
        (Reorder, 200_000, &[[0, 5]], &[[0, 39], [1, 10]], "U"),
        (Reorder, 1_000_000, &[[0, 5]], &[[1, 50]], "F 1000000"),
        (ControlPlaneOutage, 0, &[[0, 5]], &[[1, 5]], "F"),
        (ControlPlaneOutage, 0, &[[0, 5]], &[[0, 1], [1, 99]], "N"),
        (ControlPlaneOutage, 0, &[[0, 9], [1, 1]], &[[1, 9]], "N"),
        (ControlPlaneOutage, 0, &[[0, 4]], &[[1, 5]], "U"),
        (ControlPlaneOutage, 0, &[[0, 5]], &[[1, 4]], "U"),
        (DnsDelay, 200, &[[1_000, 5]], &[[161_000, 5]], "F 160000"),
        (DnsDelay, 200, &[[1_000, 5]], &[[160_999, 5]], "N"),
        (DnsDelay, 200, &[[1_000, 5]], &[[1_000, 3], [201_000, 6]], "N"),
        (DnsDelay, 200, &[[1_000, 4]], &[[201_000, 5]], "U"),
        (Jitter, 100, &[[1_000, 20]], &[[21_000, 3], [81_000, 17]], "F 80000"),
        (Jitter, 100, &[[1_000, 20]], &[[21_000, 3], [80_999, 17]], "N"),
        (Jitter, 100, &[[1_000, 20]], &[[1_000, 3], [151_000, 17]], "F 150000"),
        (Jitter, 100, &[[1_000, 20]], &[[1_000, 3], [151_001, 17]], "N"),
        (Jitter, 100, &[[1_000, 20]], &[[21_001, 3], [101_000, 17]], "N"),
        (Jitter, 100, &[[1_000, 20]], &[[900, 20]], "N"),
        (Jitter, 100, &[[1_000, 3], [51_000, 17]], &[[51_000, 3], [151_000, 17]], "F 100000"),
        (Jitter, 100, &[[1_000, 3], [51_001, 17]], &[[51_000, 3], [151_000, 17]], "U"),
        (Jitter, 100, &[[1_000, 19]], &[[1_000, 3], [101_000, 17]], "U"),
        (Jitter, 100, &[[1_000, 20]], &[[1_000, 3], [101_000, 16]], "U"),
        (MemoryPressure, 90, &[[70, 5]], &[[80, 5]], "F 80"),
        (MemoryPressure, 90, &[[70, 5]], &[[79, 5]], "N"),
        (MemoryPressure, 90, &[[71, 5]], &[[90, 5]], "U"),
        (MemoryPressure, 90, &[[10, 5]], &[[79, 2], [91, 6]], "N"),
        (MemoryPressure, 90, &[[10, 5]], &[[79, 1], [91, 6]], "F 91"),
        (MemoryPressure, 90, &[[10, 4]], &[[90, 5]], "U"),
        (MemoryPressure, 90, &[[10, 5]], &[[90, 4]], "U"),
        (CpuStarvation, 80, &[[60, 5]], &[[70, 5]], "F 70"),
        (CpuStarvation, 80, &[[60, 5]], &[[69, 5]], "N"),
        (CpuStarvation, 80, &[[61, 5]], &[[80, 5]], "U"),
        (DiskFull, 95, &[[0, 5]], &[[85, 5]], "F 85"),
        (DiskFull, 95, &[[0, 5]], &[[84, 5]], "N"),
        (DiskFull, 95, &[[76, 5]], &[[95, 5]], "U"),
        (DescriptorExhaustion, 100, &[[80, 5]], &[[89, 1], [100, 4]], "F 100"),
        (DescriptorExhaustion, 100, &[[80, 5]], &[[89, 2], [100, 4]], "N"),
        (DescriptorExhaustion, 100, &[[80, 4]], &[[100, 5]], "U"),
        (Bandwidth, 400, &[[501, 2]], &[[500, 2]], "F 500"),
        (Bandwidth, 400, &[[501, 2]], &[[501, 2]], "N"),
        (Bandwidth, 400, &[[501, 2]], &[[200, 2]], "F 200"),
        (Bandwidth, 400, &[[501, 2]], &[[199, 2]], "N"),
        (Bandwidth, 400, &[[500, 2]], &[[400, 2]], "U"),
        (Bandwidth, 400, &[[500, 2], [900, 2]], &[[400, 2]], "U"),
        (Bandwidth, 400, &[[501, 1]], &[[400, 2]], "U"),
        (Bandwidth, 400, &[[501, 2]], &[[400, 1], [900, 0]], "U"),
        (Bandwidth, 400, &[[501, 2]], &[[400, 2], [900, 0]], "F 400"),
    ];

    #[test]
    fn each_limit_of_a_dose_holds_at_itself_and_breaks_one_step_beyond() {
        for (kind, strength, before, during, want) in TABLE {
            let dose = of(*kind, *strength, before, during);
            let said = match &dose {
                Dose::Felt(None) => "F".to_owned(),
                Dose::Felt(Some(measured)) => format!("F {measured}"),
                Dose::NotFelt(_) => "N".to_owned(),
                Dose::Unknown(_) => "U".to_owned(),
            };
            assert_eq!(said, *want, "{kind:?} of {strength}, {before:?}, {during:?}: {dose:?}");
        }
    }

    #[test]
    fn a_copy_of_what_was_before_is_never_felt() {
        for (kind, strength, before, during, _) in TABLE {
            for side in [before, during] {
                let dose = of(*kind, *strength, side, side);
                assert!(!matches!(dose, Dose::Felt(_)), "{kind:?} of {strength}, {side:?}");
            }
        }
    }

    #[test]
    fn counts_beyond_64_bits_do_no_harm() {
        let huge = [[0, u64::MAX], [1, u64::MAX]];
        for kind in FaultKind::ALL {
            for strength in [1, 500_000, u32::MAX] {
                assert!(!matches!(of(kind, strength, &huge, &huge), Dose::Felt(_)), "{kind:?}");
            }
        }
        assert_eq!(of(Loss, 500_000, &[[0, 1]], &huge), Dose::Felt(Some(500_000)));
    }
}
