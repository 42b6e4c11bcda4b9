//! Faults of answers, one of DNS and one over HTTP, reach the answers that they mean and no others, end at once
//! with the one who strikes, and are seen not to be there when they are not. On a rig of real network namespaces:
//! needs root, nftables and iproute2, as the lab's nodes do. (All of them: `make bench ONLY=answers`.)

#![allow(clippy::unwrap_used)] // a test that cannot go on may stop

mod held;

#[test]
fn answers_that_are_meant_are_struck_and_no_others_and_not_after_a_kill() {
    held::all_of("answers", &["--brief"], 13);
}
