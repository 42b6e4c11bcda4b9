//! What a standard says of one fault: its kind, how strong and how long it is, whom it strikes, and
//! what it may cost. The kinds are the catalogue of faults.
//!
//! A fault with a lease acts on pods where they run, and ends by itself with the lease; one without
//! changes objects of the API once, and Kubernetes repairs what it did.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A fault that every component must survive, and what it may cost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("self.kind in ['Delay', 'DnsDelay', 'HttpDelay'] ? has(self.delayMs) : !has(self.delayMs)").message("delayMs: the delay in milliseconds belongs to a fault of kind Delay, DnsDelay or HttpDelay, and to those alone"))]
#[x_kube(validation = Rule::new("!has(self.delayMs) || !has(self.leaseSeconds) || self.delayMs < self.leaseSeconds * 1000").message("delayMs: must be less than leaseSeconds, or nothing that waited arrives while it lasts"))]
#[x_kube(validation = Rule::new("!(self.kind in ['DnsDelay', 'HttpDelay']) || !has(self.delayMs) || !has(self.leaseSeconds) || self.delayMs <= self.leaseSeconds * 100").message("delayMs: of a DnsDelay or HttpDelay at most a tenth of leaseSeconds, or too few answers come while it lasts"))]
#[x_kube(validation = Rule::new("self.kind in ['HttpReset', 'HttpDelay', 'HttpStatus', 'HttpCut'] ? has(self.requestPpm) : !has(self.requestPpm)").message("requestPpm: the share of requests in parts per million belongs to HttpReset, HttpDelay, HttpStatus and HttpCut, and to those alone"))]
#[x_kube(validation = Rule::new("!has(self.path) || self.kind in ['HttpReset', 'HttpDelay', 'HttpStatus', 'HttpCut']").message("path: requests under a path belong to HttpReset, HttpDelay, HttpStatus and HttpCut alone"))]
#[x_kube(validation = Rule::new("self.kind == 'HttpStatus' ? has(self.status) : !has(self.status)").message("status: the status in place of the right one belongs to a fault of kind HttpStatus, and to that alone"))]
#[x_kube(validation = Rule::new("!has(self.names) || self.kind in ['DnsFailure', 'DnsWrongAddress', 'DnsDelay']").message("names: answers for listed names belong to DnsFailure, DnsWrongAddress and DnsDelay alone"))]
#[x_kube(validation = Rule::new("self.kind == 'Jitter' ? has(self.jitterMs) : !has(self.jitterMs)").message("jitterMs: the longest wait of a packet in milliseconds belongs to a fault of kind Jitter, and to that alone"))]
#[x_kube(validation = Rule::new("!has(self.jitterMs) || !has(self.leaseSeconds) || self.jitterMs <= self.leaseSeconds * 100").message("jitterMs: at most a tenth of leaseSeconds, or chance decides what is felt of it"))]
#[x_kube(validation = Rule::new("self.kind == 'Loss' ? has(self.lossPpm) : !has(self.lossPpm)").message("lossPpm: the share of lost packets in parts per million belongs to a fault of kind Loss, and to that alone"))]
#[x_kube(validation = Rule::new("self.kind == 'Bandwidth' ? has(self.kilobytesPerSecond) : !has(self.kilobytesPerSecond)").message("kilobytesPerSecond: the rate belongs to a fault of kind Bandwidth, and to that alone"))]
#[x_kube(validation = Rule::new("self.kind == 'Reset' ? has(self.resetPpm) : !has(self.resetPpm)").message("resetPpm: the share of packets answered with a reset in parts per million belongs to a fault of kind Reset, and to that alone"))]
#[x_kube(validation = Rule::new("self.kind in ['Duplicate', 'Corrupt', 'Reorder'] ? has(self.packetPpm) : !has(self.packetPpm)").message("packetPpm: the share of packets in parts per million belongs to Duplicate, Corrupt and Reorder, and to those alone"))]
#[x_kube(validation = Rule::new("self.kind != 'Reorder' || !has(self.packetPpm) || self.packetPpm <= 500000").message("packetPpm: of a Reorder at most 500000: a packet is overtaken by one that is not"))]
#[x_kube(validation = Rule::new("self.kind == 'MemoryPressure' ? has(self.memoryPercent) : !has(self.memoryPercent)").message("memoryPercent: how much of its limit of memory is taken belongs to a fault of kind MemoryPressure, and to that alone"))]
#[x_kube(validation = Rule::new("self.kind == 'CpuStarvation' ? has(self.cpuPercent) : !has(self.cpuPercent)").message("cpuPercent: how much of their time threads wait for a CPU belongs to a fault of kind CpuStarvation, and to that alone"))]
#[x_kube(validation = Rule::new("self.kind == 'DiskFull' ? has(self.diskPercent) : !has(self.diskPercent)").message("diskPercent: how full its volumes are belongs to a fault of kind DiskFull, and to that alone"))]
#[x_kube(validation = Rule::new("self.kind == 'DescriptorExhaustion' ? has(self.descriptorPercent) : !has(self.descriptorPercent)").message("descriptorPercent: how much of its limit of descriptors is in use belongs to a fault of kind DescriptorExhaustion, and to that alone"))]
#[x_kube(validation = Rule::new("self.kind in ['PodKill', 'RollingRestart', 'SecretRotation', 'ContainerKill', 'Eviction'] ? !has(self.leaseSeconds) : has(self.leaseSeconds)").message("leaseSeconds: how long it lasts belongs to a fault that lasts; PodKill, RollingRestart, SecretRotation, ContainerKill and Eviction happen once"))]
#[x_kube(validation = Rule::new("!has(self.leaseSeconds) || self.leaseSeconds < self.windowSeconds").message("leaseSeconds: must be less than windowSeconds, or the return to service is not watched"))]
#[x_kube(validation = Rule::new("!has(self.share) || !(self.kind in ['PodKill', 'RollingRestart', 'SecretRotation', 'Eviction'])").message("share: PodKill strikes one pod, RollingRestart and SecretRotation all and Eviction those on one node"))]
#[x_kube(validation = Rule::new("!has(self.share) || self.share != 'Node' || self.kind in ['Partition', 'Freeze']").message("share: all pods on one node at once are struck by a Partition or a Freeze alone"))]
#[x_kube(validation = Rule::new("!has(self.peer) || self.kind in ['Partition', 'Delay', 'Jitter', 'Loss', 'Bandwidth', 'Reset', 'Duplicate', 'Corrupt', 'Reorder']").message("peer: traffic with one peer is struck by Partition, Delay, Jitter, Loss, Bandwidth, Reset, Duplicate, Corrupt and Reorder alone"))]
#[x_kube(validation = Rule::new("!has(self.direction) || self.kind in ['Partition', 'Delay', 'Jitter', 'Loss', 'Reset', 'Duplicate', 'Corrupt', 'Reorder']").message("direction: belongs to Partition, Delay, Jitter, Loss, Reset, Duplicate, Corrupt and Reorder; Bandwidth limits what a pod sends"))]
#[x_kube(validation = Rule::new("!has(self.p95Ms) || !has(self.p99Ms) || self.p95Ms <= self.p99Ms").message("p95Ms: must be at most p99Ms"))]
pub struct FaultLimits {
    /// Which fault.
    pub kind: FaultKind,
    /// Largest share of failed requests in the window of the fault, in parts per million.
    #[schemars(range(min = 0, max = 1_000_000))]
    pub max_failed_ppm: u32,
    /// How long the service is watched from the injection on, in seconds.
    #[schemars(range(min = 2, max = 3600))]
    pub window_seconds: u32,
    /// How often such a fault befalls one component in a year. Where every fault says it, the downtime
    /// of a year is modelled and held against `availability.maxDowntimePerYear`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100_000))]
    pub times_a_year: Option<u32>,
    /// How long the fault lasts, in seconds; for faults that last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 3600))]
    pub lease_seconds: Option<u32>,
    /// Whom it strikes; one pod where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share: Option<Share>,
    /// Of a fault of the network: only traffic of the pod with this component or database (`bindings`) of the same
    /// service feels it, as when what the pod depends on is away. `*` stands for each component that it calls and
    /// each database that it uses. The pod that calls is struck, never the peer. All traffic where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 30), regex(pattern = r"^([*]|[a-z]([-a-z0-9]*[a-z0-9])?)$"))]
    pub peer: Option<String>,
    /// Of a fault of the network: which way packets go that feel it, seen from the pod. Where nothing is said, a
    /// Partition is `Both` and a Delay, a Jitter, a Loss, a Reset, a Duplicate, a Corrupt and a Reorder are `In`; a
    /// Bandwidth limits what leaves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub direction: Option<Direction>,
    /// Of a fault of DNS's answers: the names whose answers it strikes, as the service asks for them (`registry`) or in
    /// full; with a search domain behind it a name is the same name. All names where none is listed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = 8),
        inner(
            length(max = 253),
            regex(pattern = r"^[a-z0-9_]([-a-z0-9_]*[a-z0-9_])?(\.[a-z0-9_]([-a-z0-9_]*[a-z0-9_])?)*$")
        )
    )]
    pub names: Vec<String>,
    /// Of a fault of answers over HTTP: the share of requests whose answers it strikes, in parts per million, each by
    /// chance of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1_000_000))]
    pub request_ppm: Option<u32>,
    /// Of a fault of answers over HTTP: what the path of a request begins with whose answer it may strike; all requests to
    /// the pod where nothing is said, the kubelet's probes too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 100), regex(pattern = r"^/[!-~]*$"))]
    pub path: Option<String>,
    /// Of a HttpStatus: the status that stands in place of the right one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 400, max = 599))]
    pub status: Option<u32>,
    /// Of a Delay: how much later an answer comes, in milliseconds: packets one way wait for so long, or for half of it
    /// each way where `direction` is `Both`. Of a DnsDelay: how much later an answer of DNS comes;
    /// of a HttpDelay, one of the pod over HTTP.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 60_000))]
    pub delay_ms: Option<u32>,
    /// Of a Jitter: packets to the pod wait, in their order, now not at all and now for so many milliseconds; half of
    /// it each way where `direction` is `Both`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 60_000))]
    pub jitter_ms: Option<u32>,
    /// Of a Loss: the share of packets to the pod that is lost, in parts per million.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1_000_000))]
    pub loss_ppm: Option<u32>,
    /// Of a Bandwidth: what the pod can still send, in kilobytes (1000 bytes) a second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 10_000_000))]
    pub kilobytes_per_second: Option<u32>,
    /// Of a Reset: the share of packets of TCP to the pod that are answered with a reset of their
    /// connection in place of reaching it, in parts per million.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1_000_000))]
    pub reset_ppm: Option<u32>,
    /// Of a Duplicate, a Corrupt or a Reorder: the share of packets that it strikes, in parts per million, each by chance
    /// of its own. Of a Reorder, of those that another of their flow follows at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1_000_000))]
    pub packet_ppm: Option<u32>,
    /// Of a MemoryPressure: how much of the container's limit of memory is in use while it lasts, in percent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 30, max = 100))]
    pub memory_percent: Option<u32>,
    /// Of a CpuStarvation: how much of the time that they want to run the container's threads wait for a CPU while it
    /// lasts, in percent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 30, max = 95))]
    pub cpu_percent: Option<u32>,
    /// Of a DiskFull: how full the container's volumes are while it lasts, in percent. Only volumes are filled that have
    /// a bound and a file system of their own, as those of medium `Memory` have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 30, max = 100))]
    pub disk_percent: Option<u32>,
    /// Of a DescriptorExhaustion: how much of the limit of file descriptors of each process of the container is in use
    /// while it lasts, in percent; at 100 none can be opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 30, max = 100))]
    pub descriptor_percent: Option<u32>,
    /// Largest 95th percentile of latency in the window, in milliseconds; no limit where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub p95_ms: Option<u32>,
    /// Largest 99th percentile of latency in the window, in milliseconds; no limit where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub p99_ms: Option<u32>,
}

impl FaultLimits {
    /// A fault that happens once, without a strength.
    #[must_use]
    pub const fn once(kind: FaultKind, max_failed_ppm: u32, window_seconds: u32) -> Self {
        Self {
            kind,
            max_failed_ppm,
            window_seconds,
            times_a_year: None,
            lease_seconds: None,
            share: None,
            peer: None,
            direction: None,
            names: Vec::new(),
            request_ppm: None,
            path: None,
            status: None,
            delay_ms: None,
            jitter_ms: None,
            loss_ppm: None,
            kilobytes_per_second: None,
            reset_ppm: None,
            packet_ppm: None,
            memory_percent: None,
            cpu_percent: None,
            disk_percent: None,
            descriptor_percent: None,
            p95_ms: None,
            p99_ms: None,
        }
    }

    /// Milliseconds, parts per million, kilobytes a second or percent, as the kind has it; 0 for a kind without
    /// a strength.
    #[must_use]
    pub fn strength(&self) -> u64 {
        // Of a HttpDelay, how late it is stands beside its strength.
        let network = self.request_ppm.or(self.delay_ms).or(self.jitter_ms).or(self.loss_ppm);
        let network = network.or(self.kilobytes_per_second).or(self.reset_ppm).or(self.packet_ppm);
        let pressure = self.memory_percent.or(self.cpu_percent).or(self.disk_percent).or(self.descriptor_percent);
        network.or(pressure).unwrap_or(0).into()
    }
}

/// The catalogue of faults. Most kinds are a file each in `operator/lab/src/faults/`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub enum FaultKind {
    /// One pod of the component is deleted without grace.
    PodKill,
    /// All pods of the component are replaced, as an update would.
    RollingRestart,
    /// The container's first process gets SIGKILL, as when memory ran out; the pod stays.
    ContainerKill,
    /// No thread of the pod's processes runs, while its connections stay open.
    Freeze,
    /// No packet reaches or leaves the pod.
    Partition,
    /// Packets to the pod arrive later.
    Delay,
    /// Packets to the pod are lost by chance.
    Loss,
    /// The pod can send only so much a second.
    Bandwidth,
    /// The pod gets no answer from DNS.
    DnsOutage,
    /// Connections to the pod are reset by chance.
    Reset,
    /// Most of the memory that the container may use is taken.
    MemoryPressure,
    /// Packets to the pod arrive later, now more and now less.
    Jitter,
    /// Threads of the container wait for a CPU most of the time that they want to run.
    CpuStarvation,
    /// The container's volumes are full.
    DiskFull,
    /// The container's processes can open hardly any file descriptor.
    DescriptorExhaustion,
    /// DNS answers the pod that it failed.
    DnsFailure,
    /// DNS answers the pod with an address where nobody is.
    DnsWrongAddress,
    /// DNS answers the pod late.
    DnsDelay,
    /// Connections to the pod are reset in place of some answers over HTTP.
    HttpReset,
    /// Some answers of the pod over HTTP come late.
    HttpDelay,
    /// Some answers of the pod over HTTP have a wrong status.
    HttpStatus,
    /// Some answers of the pod over HTTP end in the middle.
    HttpCut,
    /// Packets to the pod come twice by chance.
    Duplicate,
    /// Packets to the pod are changed on their way by chance, so that their sums are wrong.
    Corrupt,
    /// Packets to the pod are overtaken by chance by those behind them.
    Reorder,
    /// The pod cannot reach the API server.
    ControlPlaneOutage,
    /// The component's pods on one node are evicted, as when that node is drained.
    Eviction,
    /// The component's pods are replaced one by one by ones that are given the values which follow in its secrets
    /// (`secrets[].next`). Strikes the components that have such values.
    SecretRotation,
}

impl std::fmt::Display for FaultKind {
    /// As it stands in documents.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Debug::fmt(self, f)
    }
}

impl FaultKind {
    /// All kinds.
    pub const ALL: [Self; 28] = [
        Self::PodKill,
        Self::RollingRestart,
        Self::ContainerKill,
        Self::Freeze,
        Self::Partition,
        Self::Delay,
        Self::Loss,
        Self::Bandwidth,
        Self::DnsOutage,
        Self::Reset,
        Self::MemoryPressure,
        Self::Jitter,
        Self::CpuStarvation,
        Self::DiskFull,
        Self::DescriptorExhaustion,
        Self::DnsFailure,
        Self::DnsWrongAddress,
        Self::DnsDelay,
        Self::HttpReset,
        Self::HttpDelay,
        Self::HttpStatus,
        Self::HttpCut,
        Self::Duplicate,
        Self::Corrupt,
        Self::Reorder,
        Self::ControlPlaneOutage,
        Self::Eviction,
        Self::SecretRotation,
    ];

    /// As it stands in names of phases.
    #[must_use]
    pub const fn slug(self) -> &'static str {
        match self {
            Self::PodKill => "pod-kill",
            Self::RollingRestart => "rolling-restart",
            Self::ContainerKill => "container-kill",
            Self::Freeze => "freeze",
            Self::Partition => "partition",
            Self::Delay => "delay",
            Self::Loss => "loss",
            Self::Bandwidth => "bandwidth",
            Self::DnsOutage => "dns-outage",
            Self::Reset => "reset",
            Self::MemoryPressure => "memory-pressure",
            Self::Jitter => "jitter",
            Self::CpuStarvation => "cpu-starvation",
            Self::DiskFull => "disk-full",
            Self::DescriptorExhaustion => "descriptor-exhaustion",
            Self::DnsFailure => "dns-failure",
            Self::DnsWrongAddress => "dns-wrong-address",
            Self::DnsDelay => "dns-delay",
            Self::HttpReset => "http-reset",
            Self::HttpDelay => "http-delay",
            Self::HttpStatus => "http-status",
            Self::HttpCut => "http-cut",
            Self::Duplicate => "duplicate",
            Self::Corrupt => "corrupt",
            Self::Reorder => "reorder",
            Self::ControlPlaneOutage => "control-plane-outage",
            Self::Eviction => "eviction",
            Self::SecretRotation => "secret-rotation",
        }
    }

    /// The words a person would use, after "when" and "after".
    #[must_use]
    pub const fn phrase(self) -> &'static str {
        match self {
            Self::PodKill => "one of its pods was killed",
            Self::RollingRestart => "its pods were replaced one by one",
            Self::ContainerKill => "its process was killed",
            Self::Freeze => "its processes stood still",
            Self::Partition => "it was cut off from the network",
            Self::Delay => "packets to it were delayed",
            Self::Loss => "packets to it were lost",
            Self::Bandwidth => "its bandwidth was limited",
            Self::DnsOutage => "it got no answer from DNS",
            Self::Reset => "connections to it were reset",
            Self::MemoryPressure => "its memory was nearly full",
            Self::Jitter => "packets to it came unevenly",
            Self::CpuStarvation => "its threads waited for a CPU",
            Self::DiskFull => "its volumes were full",
            Self::DescriptorExhaustion => "it could open hardly any descriptor",
            Self::DnsFailure => "DNS told it that it failed",
            Self::DnsWrongAddress => "DNS gave it a wrong address",
            Self::DnsDelay => "DNS answered it late",
            Self::HttpReset => "its connections were reset in place of answers",
            Self::HttpDelay => "its answers came late",
            Self::HttpStatus => "its answers had a wrong status",
            Self::HttpCut => "its answers were cut off",
            Self::Duplicate => "packets to it came twice",
            Self::Corrupt => "packets to it were corrupted",
            Self::Reorder => "packets to it overtook each other",
            Self::ControlPlaneOutage => "it could not reach the control plane",
            Self::Eviction => "its pods on one node were evicted",
            Self::SecretRotation => "its secrets were rotated",
        }
    }

    /// Whether it acts on packets, so that it can act on those of one peer or one direction alone.
    #[must_use]
    pub const fn on_network(self) -> bool {
        matches!(self, Self::Partition | Self::Delay | Self::Jitter | Self::Loss | Self::Bandwidth | Self::Reset)
            || self.on_share_of_packets()
    }

    /// Whether it does to a share of packets what neither loses nor delays all of them.
    #[must_use]
    pub const fn on_share_of_packets(self) -> bool {
        matches!(self, Self::Duplicate | Self::Corrupt | Self::Reorder)
    }

    /// Whether its strength is a percentage: of a bound that the container has, how much is taken.
    #[must_use]
    pub const fn takes_percent(self) -> bool {
        matches!(self, Self::MemoryPressure | Self::CpuStarvation | Self::DiskFull | Self::DescriptorExhaustion)
    }

    /// Whether what is measured of it are questions to DNS.
    #[must_use]
    pub const fn on_dns(self) -> bool {
        matches!(self, Self::DnsOutage) || self.on_answers_of_dns()
    }

    /// Whether it acts on answers of DNS, so that it can act on those for some names alone.
    #[must_use]
    pub const fn on_answers_of_dns(self) -> bool {
        matches!(self, Self::DnsFailure | Self::DnsWrongAddress | Self::DnsDelay)
    }

    /// Whether it acts on a share of the pod's answers over HTTP.
    #[must_use]
    pub const fn on_http(self) -> bool {
        matches!(self, Self::HttpReset | Self::HttpDelay | Self::HttpStatus | Self::HttpCut)
    }

    /// Whether it is injected where the pod runs, by a lab pod on that node.
    #[must_use]
    pub const fn on_node(self) -> bool {
        !matches!(self, Self::PodKill | Self::RollingRestart | Self::Eviction | Self::SecretRotation)
    }

    /// Whether every pod of the component is replaced by it: all that are ready must go for it to be felt.
    #[must_use]
    pub const fn replaces_all(self) -> bool {
        matches!(self, Self::RollingRestart | Self::SecretRotation)
    }

    /// Whether it may strike all pods on one node, as what befalls a node.
    #[must_use]
    pub const fn of_node(self) -> bool {
        matches!(self, Self::Partition | Self::Freeze)
    }

    /// Whether what is felt of it also stands in the pods that come: they are given other values.
    #[must_use]
    pub const fn rotates(self) -> bool {
        matches!(self, Self::SecretRotation)
    }
}

/// Which pods of a component a fault strikes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub enum Share {
    /// One, drawn by chance: the others must carry on.
    #[default]
    One,
    /// All, also those that come while it lasts: the component is away, and must come back.
    All,
    /// All on one node, drawn by chance among those with ready pods of the component, also those that come there while it
    /// lasts: as when that node is cut off, or stands still. Other pods on it feel nothing.
    Node,
}

/// Which way packets go, seen from the pod that a fault strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub enum Direction {
    /// To the pod.
    In,
    /// From the pod.
    Out,
    /// Either.
    Both,
}

/// In place of a peer's name: each component that the one that is struck calls.
pub const EACH_PEER: &str = "*";

#[cfg(test)]
mod tests {
    use kube::{CustomResourceExt as _, core::cel::Validator};
    use serde_json::{Value, json};

    use super::*;
    use crate::resilience_standard::ResilienceStandard;

    /// What the rules say of a standard with this one fault.
    fn said(kind: &str, more: &Value) -> String {
        let crd = serde_json::to_value(ResilienceStandard::crd()).unwrap();
        let schema = &crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"];
        let mut fault = json!({"kind": kind, "maxFailedPpm": 0, "windowSeconds": 60, "leaseSeconds": 10});
        fault.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let broken = Validator::new().validate(schema, &json!({"spec": {"faults": [fault]}}), None);
        let Err(broken) = broken else { return String::new() };
        broken.into_vec().into_iter().map(|error| error.message).collect::<Vec<_>>().join(" | ")
    }

    /// The fields of a fault, as the API server knows them.
    fn fields_of_a_fault() -> Value {
        let crd = serde_json::to_value(ResilienceStandard::crd()).unwrap();
        let schema = &crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"];
        schema.pointer("/properties/spec/properties/faults/items/properties").unwrap().clone()
    }

    #[test]
    fn only_faults_of_the_network_have_a_peer_or_a_direction() {
        for (kind, more) in [
            ("Partition", json!({"peer": "*", "direction": "Both"})),
            ("Delay", json!({"peer": "registry", "direction": "Out", "delayMs": 5})),
            ("Jitter", json!({"peer": "registry", "direction": "In", "jitterMs": 1_000})),
            ("Bandwidth", json!({"peer": "registry", "kilobytesPerSecond": 5})),
            ("Duplicate", json!({"peer": "registry", "direction": "Both", "packetPpm": 5})),
            ("Corrupt", json!({"direction": "Out", "packetPpm": 1_000_000})),
            ("Reorder", json!({"peer": "*", "packetPpm": 5})),
        ] {
            assert_eq!(said(kind, &more), "", "{kind} {more}");
        }
        for (begins, kind, more) in [
            ("peer: ", "Freeze", json!({"peer": "registry"})),
            ("peer: ", "DnsOutage", json!({"peer": "*"})),
            ("direction: ", "Freeze", json!({"direction": "In"})),
            ("direction: ", "Bandwidth", json!({"direction": "In", "kilobytesPerSecond": 5})),
            ("delayMs: must be less", "Delay", json!({"delayMs": 10_000})),
            ("jitterMs: the longest", "Jitter", json!({})),
            ("jitterMs: the longest", "Delay", json!({"delayMs": 5, "jitterMs": 5})),
            ("jitterMs: at most a tenth", "Jitter", json!({"jitterMs": 1_001})),
            ("packetPpm: ", "Duplicate", json!({})),
            ("packetPpm: ", "Reorder", json!({})),
            ("packetPpm: of a Reorder", "Reorder", json!({"packetPpm": 500_001})),
            ("packetPpm: ", "Loss", json!({"lossPpm": 5, "packetPpm": 5})),
            ("lossPpm: ", "Corrupt", json!({"lossPpm": 5, "packetPpm": 5})),
            ("packetPpm: ", "ControlPlaneOutage", json!({"packetPpm": 5})),
            ("peer: ", "ControlPlaneOutage", json!({"peer": "registry"})),
            ("direction: ", "ControlPlaneOutage", json!({"direction": "Out"})),
        ] {
            let said = said(kind, &more);
            assert!(said.starts_with(begins) && !said.contains(" | "), "{kind} {more}: {said}");
        }
    }

    #[test]
    fn a_percentage_belongs_to_its_kind_alone_and_is_one_that_can_be_felt() {
        let fields = [
            ("MemoryPressure", "memoryPercent"),
            ("CpuStarvation", "cpuPercent"),
            ("DiskFull", "diskPercent"),
            ("DescriptorExhaustion", "descriptorPercent"),
        ];
        for (kind, own) in fields {
            assert_eq!(said(kind, &json!({own: 90})), "", "{kind}");
            assert!(said(kind, &json!({})).starts_with(&format!("{own}: ")), "{kind} without {own}");
            assert!(said(kind, &json!({own: 90, "peer": "*"})).starts_with("peer: "), "{kind} has no peer");
            let (_, other) = fields.into_iter().find(|(other, _)| *other != kind).unwrap();
            assert!(said(kind, &json!({own: 90, other: 90})).starts_with(&format!("{other}: ")), "{kind} with {other}");
            // Less could be what a container uses by itself; more than all there is not, and no thread waits for ever.
            let field = &fields_of_a_fault()[own];
            let most = if kind == "CpuStarvation" { 95.0 } else { 100.0 };
            assert_eq!((field["minimum"].as_f64(), field["maximum"].as_f64()), (Some(30.0), Some(most)), "{own}");
        }
    }

    #[test]
    fn only_faults_of_dnss_answers_have_names_and_their_answers_come_while_they_last() {
        for (kind, more) in [
            ("DnsFailure", json!({})),
            ("DnsWrongAddress", json!({"names": ["registry", "api.example.kg"]})),
            ("DnsDelay", json!({"names": ["registry"], "delayMs": 1_000})),
        ] {
            assert_eq!(said(kind, &more), "", "{kind} {more}");
        }
        for (begins, kind, more) in [
            ("names: ", "DnsOutage", json!({"names": ["registry"]})),
            ("names: ", "Freeze", json!({"names": ["registry"]})),
            ("delayMs: the delay", "DnsDelay", json!({})),
            ("delayMs: the delay", "DnsFailure", json!({"delayMs": 5})),
            ("delayMs: of a DnsDelay", "DnsDelay", json!({"delayMs": 1_001})),
            ("peer: ", "DnsFailure", json!({"peer": "registry"})),
            ("direction: ", "DnsDelay", json!({"delayMs": 5, "direction": "In"})),
        ] {
            let said = said(kind, &more);
            assert!(said.starts_with(begins) && !said.contains(" | "), "{kind} {more}: {said}");
        }
    }

    #[test]
    fn only_what_befalls_a_node_strikes_all_pods_there_and_what_happens_once_has_no_share_and_no_lease() {
        for kind in ["Partition", "Freeze"] {
            assert_eq!(said(kind, &json!({"share": "Node"})), "", "{kind}");
        }
        let refused = said("DnsOutage", &json!({"share": "Node"}));
        assert_eq!(refused, "share: all pods on one node at once are struck by a Partition or a Freeze alone");
        for kind in ["SecretRotation", "RollingRestart"] {
            let refused = said(kind, &json!({}));
            assert!(refused.starts_with("leaseSeconds: how long") && !refused.contains(" | "), "{kind}: {refused}");
            assert!(said(kind, &json!({"share": "All"})).contains("share: PodKill strikes one pod"), "{kind}");
        }
    }

    #[test]
    fn only_faults_of_answers_over_http_have_a_share_of_requests_a_path_and_a_status() {
        for (kind, more) in [
            ("HttpReset", json!({"requestPpm": 1_000_000})),
            ("HttpDelay", json!({"requestPpm": 200_000, "path": "/v1/", "delayMs": 1_000})),
            ("HttpStatus", json!({"requestPpm": 1, "status": 503})),
            ("HttpCut", json!({"requestPpm": 1, "path": "/"})),
        ] {
            assert_eq!(said(kind, &more), "", "{kind} {more}");
        }
        for (begins, kind, more) in [
            ("requestPpm: ", "HttpReset", json!({})),
            ("requestPpm: ", "Freeze", json!({"requestPpm": 5})),
            ("path: ", "Freeze", json!({"path": "/"})),
            ("status: ", "HttpStatus", json!({"requestPpm": 5})),
            ("status: ", "HttpCut", json!({"requestPpm": 5, "status": 503})),
            ("delayMs: the delay", "HttpDelay", json!({"requestPpm": 5})),
            ("delayMs: of a DnsDelay or HttpDelay", "HttpDelay", json!({"requestPpm": 5, "delayMs": 1_001})),
            ("peer: ", "HttpCut", json!({"requestPpm": 5, "peer": "registry"})),
        ] {
            let said = said(kind, &more);
            assert!(said.starts_with(begins) && !said.contains(" | "), "{kind} {more}: {said}");
        }
    }

    /// What the API server refuses by the schema: a status that is no failure, a path without `/`, a share of nothing.
    #[test]
    fn impossible_doses_are_outside_of_the_schema() {
        let crd = serde_json::to_value(ResilienceStandard::crd()).unwrap();
        let schema = &crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"];
        let fields = &schema["properties"]["faults"]["items"]["properties"];
        let range = |field: &str| [&fields[field]["minimum"], &fields[field]["maximum"]].map(Value::as_f64);
        assert_eq!(range("requestPpm"), [Some(1.0), Some(1e6)]);
        assert_eq!(range("status"), [Some(400.0), Some(599.0)]);
        assert_eq!(fields["path"]["pattern"], "^/[!-~]*$");
        assert_eq!((&fields["path"]["maxLength"], &fields["names"]["maxItems"]), (&json!(100), &json!(8)));
        let name = fields["names"]["items"]["pattern"].as_str().unwrap();
        assert!(name.starts_with("^[a-z0-9_]") && name.ends_with('$'), "{name}");
    }

    #[test]
    fn every_kind_has_a_name_of_its_own() {
        for (index, kind) in FaultKind::ALL.iter().enumerate() {
            for other in &FaultKind::ALL[index + 1..] {
                assert_ne!((kind.slug(), kind.phrase()), (other.slug(), other.phrase()));
            }
        }
    }
}
