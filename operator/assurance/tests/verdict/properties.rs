//! What holds for every document, however absurd: a verdict comes out, always the same, and a pass
//! only where nothing was found.

use factory_crds::release::Outcome;
use proptest::prelude::*;

use super::varied;
use factory_assurance::{canonical, dossier::TestResult, evidence::Failure, sample, verdict::MAX_EXACT};

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_document_has_one_verdict(seed: u64) {
        let result = varied::result(seed);
        let verdict = result.judge();
        prop_assert_eq!(verdict.outcome == Outcome::Passed, verdict.findings.is_empty());
        // Written down and read again it is the same document, and so has the same verdict.
        let text = serde_json::to_string(&result).unwrap();
        let again: TestResult = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(&again, &result);
        prop_assert_eq!(again.judge(), verdict);
    }

    #[test]
    fn what_can_be_signed_at_all_keeps_its_verdict_in_canonical_form(seed: u64) {
        let result = varied::result(seed);
        let verdict = result.judge();
        let bytes = canonical::bytes(&verdict).unwrap();
        prop_assert_eq!(serde_json::from_slice::<factory_assurance::verdict::Verdict>(&bytes).unwrap(), verdict.clone());
        prop_assert!(verdict.figures.iter().all(|figure| figure.value.unwrap_or(0) <= MAX_EXACT));
        prop_assert!(verdict.findings.iter().all(|finding| finding.message.chars().count() < 2_000));
    }
}

/// One more failed request never makes the verdict on a real run better.
#[test]
fn failures_only_ever_make_it_worse() {
    for seed in 0..300 {
        let before = varied::measured(&mut varied::Random::seeded(seed));
        let mut after = before.clone();
        let slot = u32::try_from(seed).unwrap();
        sample::fail(&mut after, 0, slot..slot + 30, Failure::Connect);
        assert!(after.judge().outcome >= before.judge().outcome, "seed {seed}");
    }
}
