//! The doses of the sample: what each pod would have felt of a fault that was done as it was asked.

use factory_crds::resilience_standard::{FaultKind, Share};

use crate::{
    evidence::{Class, Dose},
    plan::Strike,
};

type Cells = Vec<[u64; 2]>;

/// Of the first of two pods, or of both, as `strike` says.
pub fn of(kind: FaultKind, strike: &Strike, uid: impl Fn(u32) -> String) -> Vec<Dose> {
    let pods = if strike.share == Share::All { 2 } else { 1 };
    let of_pod = |index| {
        let dose = |(class, before, during)| Dose { pod: uid(index), way: way(kind).to_owned(), class, before, during };
        measured(kind, strike.strength).into_iter().map(dose).collect::<Vec<_>>()
    };
    (0..pods).flat_map(of_pod).collect()
}

/// Of two pods that went and two that came in their place, with so many `variables`.
pub fn rotated(variables: usize, uid: impl Fn(u32) -> String) -> Vec<Dose> {
    let given = |side| vec![[side, variables as u64]];
    let dose = |index, before, during| {
        let (way, class) = ("Deployment".to_owned(), Class::All);
        Dose { pod: uid(index), way, class, before, during }
    };
    vec![
        dose(0, given(0), Vec::new()),
        dose(1, given(0), Vec::new()),
        dose(2, Vec::new(), given(1)),
        dose(3, Vec::new(), given(1)),
    ]
}

fn measured(kind: FaultKind, strength: u64) -> Vec<(Class, Cells, Cells)> {
    let late = strength * 1_000;
    match kind {
        FaultKind::PodKill | FaultKind::RollingRestart | FaultKind::Eviction | FaultKind::SecretRotation => Vec::new(),
        FaultKind::ContainerKill => vec![(Class::All, vec![[0, 20]], vec![[0, 28], [1, 2]])],
        FaultKind::Freeze => vec![(Class::All, vec![[0, 20]], vec![[0, 1], [1, 29]])],
        FaultKind::Partition => {
            vec![(Class::New, vec![[0, 8]], vec![[1, 12]]), (Class::Pooled, vec![[0, 200]], vec![[1, 30]])]
        }
        FaultKind::Delay => vec![
            (Class::New, vec![[410, 5], [655, 3]], vec![[late + 420, 4], [late + 702, 3]]),
            (Class::Pooled, vec![[88, 120], [2_047, 1]], vec![[late + 90, 60], [late + 3_000, 2]]),
        ],
        FaultKind::Jitter => vec![
            (Class::New, vec![[410, 15], [655, 9]], vec![[420, 9], [late / 2, 6], [late + 402, 9]]),
            (Class::Pooled, vec![[88, 120], [2_047, 1]], vec![[90, 20], [late / 2, 20], [late + 90, 20]]),
        ],
        FaultKind::Loss | FaultKind::Reset => {
            let lost = 400 * strength / 1_000_000;
            vec![(Class::All, vec![[0, 300]], vec![[0, 400 - lost], [1, lost]])]
        }
        FaultKind::Bandwidth => {
            vec![(Class::All, vec![[3 * strength, 2], [4 * strength, 1]], vec![[strength / 2, 1], [strength, 3]])]
        }
        FaultKind::DnsFailure | FaultKind::DnsWrongAddress => vec![(Class::Dns, vec![[0, 9]], vec![[1, 90]])],
        FaultKind::DnsDelay => vec![(Class::Dns, vec![[800, 9]], vec![[late + 820, 30], [late + 2_000, 4]])],
        FaultKind::HttpReset | FaultKind::HttpDelay | FaultKind::HttpStatus | FaultKind::HttpCut => {
            let struck = 200 * strength / 1_000_000;
            let of = |class| (class, vec![[0, 90]], vec![[0, 200 - struck], [1, struck]]);
            vec![of(Class::All), of(Class::Pooled)]
        }
        FaultKind::Duplicate | FaultKind::Corrupt | FaultKind::Reorder => {
            let struck = 400 * strength / 1_000_000;
            vec![(Class::All, vec![[0, 300]], vec![[0, 400 - struck], [1, struck]])]
        }
        FaultKind::ControlPlaneOutage => vec![(Class::All, vec![[0, 16]], vec![[1, 24]])],
        FaultKind::DnsOutage => vec![(Class::Dns, vec![[0, 10]], vec![[1, 9]])],
        FaultKind::MemoryPressure
        | FaultKind::CpuStarvation
        | FaultKind::DiskFull
        | FaultKind::DescriptorExhaustion => {
            vec![(Class::All, vec![[14, 7], [15, 1]], vec![[strength, 60], [strength + 1, 20]])]
        }
    }
}

const fn way(kind: FaultKind) -> &'static str {
    match kind {
        FaultKind::Delay | FaultKind::Jitter | FaultKind::Loss | FaultKind::Bandwidth => "netem",
        kind if kind.on_answers_of_dns() || kind.on_http() || kind.on_share_of_packets() => "nft queue",
        FaultKind::Partition | FaultKind::DnsOutage | FaultKind::Reset | FaultKind::ControlPlaneOutage => "nft",
        _ => "cgroup",
    }
}
