//! Faults of answers, one of DNS and one over HTTP, reach the answers that they mean and no others, end at once
//! with the one who strikes, and are seen not to be there when they are not. On a rig of real network namespaces:
//! needs root, nftables and iproute2, as the lab's nodes do. (All of them: `make bench ONLY=answers`.)

#![allow(clippy::unwrap_used)] // a test that cannot go on may stop

use std::process::Command;

#[test]
fn answers_that_are_meant_are_struck_and_no_others_and_not_after_a_kill() {
    let output = std::env::temp_dir().join(format!("factory-answers-{}.json", std::process::id()));
    let status = Command::new(env!("CARGO_BIN_EXE_factory-bench"))
        .args(["answers", "--brief", "--output"])
        .arg(&output)
        .status()
        .unwrap();
    assert!(status.success(), "the rig could not be measured");
    let figures: Vec<serde_json::Value> = serde_json::from_slice(&std::fs::read(&output).unwrap()).unwrap();
    std::fs::remove_file(&output).unwrap();
    assert_eq!(figures.len(), 13);
    for figure in figures {
        assert_eq!(figure["holds"], true, "{figure}");
    }
}
