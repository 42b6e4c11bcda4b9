//! The comparison with the last confirmed release as data.

use serde::Serialize;

use crate::{
    plan::{
        Absence, ComparisonPlan,
        comparison::{Side, Turn},
    },
    report::Report,
    verdict::comparison::{Block, EQUAL, Said},
};

/// What became of it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ConfirmedReport {
    /// Name of the release that the candidate was measured beside; `null` where there was none.
    pub release: Option<String>,
    /// Digest of its bundle.
    pub bundle: Option<String>,
    /// Why there was none.
    pub absence: Option<Absence>,
    /// `Faster`, `Slower` or `Alike`, beyond noise; `null` where nobody knows.
    pub found: Option<&'static str>,
    /// The candidate's 95th percentile of latency in parts per million of the other's, in the middle of the blocks.
    pub ppm: Option<u64>,
    /// At least, with 99.5 % confidence.
    pub least_ppm: Option<u64>,
    /// At most, with 99.5 % confidence.
    pub most_ppm: Option<u64>,
    /// The most that the standard allows.
    pub limit_ppm: Option<u64>,
    /// Each block, in order.
    pub blocks: Vec<BlockReport>,
}

/// A block.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BlockReport {
    /// Whether the candidate came first.
    pub candidate_first: bool,
    /// Within how many microseconds 95 % of its answers came; `null` where the block says nothing.
    pub candidate_us: Option<u64>,
    /// The same of the last confirmed release.
    pub reference_us: Option<u64>,
    /// Why it says nothing.
    pub void: Option<String>,
}

/// Of `report`; nothing where its plan says nothing of a comparison.
pub fn data(report: &Report<'_>) -> Option<ConfirmedReport> {
    let (result, compared) = (report.result, report.compared.as_ref());
    let plan = result.plan.prove.comparison.as_ref()?;
    let change = compared.and_then(|compared| compared.change);
    let reference = plan.reference();
    let turns = reference.map(|reference| reference.blocks(&result.announcement.nonce)).unwrap_or_default();
    let blocks = compared.map(|compared| compared.blocks.as_slice()).unwrap_or_default();
    let block = |(turns, block): (&[Turn; 4], &Block)| BlockReport {
        candidate_first: turns[0].side == Side::Candidate,
        candidate_us: block.as_ref().ok().map(|one| one.candidate_us),
        reference_us: block.as_ref().ok().map(|one| one.reference_us),
        void: block.as_ref().err().cloned(),
    };
    let limit = result.standard.comparison.as_ref().and_then(|asked| asked.max_p95_slower_ppm);
    Some(ConfirmedReport {
        release: reference.map(|reference| reference.release.clone()),
        bundle: reference.map(|reference| reference.bundle.clone()),
        absence: match plan {
            ComparisonPlan::Nothing { why } => Some(*why),
            ComparisonPlan::Reference(_) => None,
        },
        found: change.map(|change| match change.said() {
            Said::Faster => "Faster",
            Said::Slower => "Slower",
            Said::Alike => "Alike",
        }),
        ppm: change.map(|change| change.middle),
        least_ppm: change.map(|change| change.least),
        most_ppm: change.map(|change| change.most),
        limit_ppm: limit.map(|ppm| EQUAL + u64::from(ppm)),
        blocks: turns.iter().zip(blocks).map(block).collect(),
    })
}
