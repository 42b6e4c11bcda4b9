//! A fault of traffic with one peer reaches that traffic, open connections too, and no other. On a rig of
//! real network namespaces: needs root, nftables and iproute2, as the lab's nodes do.

#![allow(clippy::unwrap_used)] // a test that cannot go on may stop

use std::process::Command;

#[test]
fn a_peer_that_is_cut_off_is_cut_off_alone_and_is_followed_when_it_moves() {
    let output = std::env::temp_dir().join(format!("factory-peers-{}.json", std::process::id()));
    let status = Command::new(env!("CARGO_BIN_EXE_factory-bench"))
        .args(["peers", "--brief", "--output"])
        .arg(&output)
        .status()
        .unwrap();
    assert!(status.success(), "the rig could not be measured");
    let figures: Vec<serde_json::Value> = serde_json::from_slice(&std::fs::read(&output).unwrap()).unwrap();
    std::fs::remove_file(&output).unwrap();
    assert_eq!(figures.len(), 8);
    for figure in figures {
        assert_eq!(figure["holds"], true, "{figure}");
    }
}
