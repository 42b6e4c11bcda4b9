//! Whether the plan compares as the standard asks: with a release or with a reason, in as many blocks, for as long.

use crate::{
    dossier::TestResult,
    plan::{
        LoadPlan, Reference,
        comparison::{BLOCKS, LONGEST_PART},
    },
};

/// What the plan lacks, if anything.
pub fn check(result: &TestResult) -> Option<String> {
    match (&result.plan.prove.comparison, &result.standard.comparison) {
        (None, None) => None,
        (None, Some(_)) => Some(
            "the plan lacks the comparison with the last confirmed release, which the standard requires".to_owned(),
        ),
        (Some(_), None) => Some("the plan has a comparison, and the standard asks for none".to_owned()),
        (Some(plan), Some(asked)) => {
            let reference = plan.reference()?;
            odd(reference, &result.plan.prove.load).or_else(|| {
                if reference.blocks < asked.blocks {
                    Some(format!(
                        "the comparison has {} blocks; the standard requires {}",
                        reference.blocks, asked.blocks
                    ))
                } else if reference.seconds < asked.seconds {
                    Some(format!(
                        "a part of a block of the comparison lasts {} s; the standard requires {} s",
                        reference.seconds, asked.seconds
                    ))
                } else {
                    None
                }
            })
        }
    }
}

/// A comparison from which nothing could be read.
fn odd(reference: &Reference, load: &LoadPlan) -> Option<String> {
    let Reference { blocks, seconds, warm_up_seconds, requests_per_minute, operations, .. } = reference;
    let [fewest, most] = BLOCKS;
    let begins = |index: &u32| {
        let operation = usize::try_from(*index).ok().and_then(|index| load.operations.get(index));
        operation.is_some_and(|operation| operation.after.is_none())
    };
    if !(fewest..=most).contains(blocks) {
        Some(format!("the comparison has {blocks} blocks; from {fewest} to {most} can be read"))
    } else if !(2..=LONGEST_PART).contains(seconds) {
        Some(format!("a part of a block of the comparison lasts {seconds} s; from 2 s to {LONGEST_PART} s can be read"))
    } else if *warm_up_seconds > LONGEST_PART {
        Some(format!("the comparison warms up for {warm_up_seconds} s; {LONGEST_PART} s are the most"))
    } else if *requests_per_minute != load.requests_per_minute {
        Some(format!("the comparison asks {requests_per_minute} times a minute; the load {}", load.requests_per_minute))
    } else if operations.is_empty() || !operations.iter().all(begins) {
        Some("the comparison has no operation, or one that begins no visit of the load".to_owned())
    } else if operations.windows(2).any(|pair| pair[0] >= pair[1]) {
        Some("the operations of the comparison do not rise".to_owned())
    } else {
        None
    }
}
