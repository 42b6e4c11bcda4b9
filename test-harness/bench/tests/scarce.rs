//! What a container may use is as scarce as asked, for it alone, and given back, also where whoever took it is killed.
//! On a rig of real namespaces and control groups: needs root, as the lab's nodes do.

#![allow(clippy::unwrap_used)] // a test that cannot go on may stop

use std::process::Command;

#[test]
fn cpu_volumes_and_descriptors_are_scarce_for_the_pod_alone_and_given_back() {
    let output = std::env::temp_dir().join(format!("factory-scarce-{}.json", std::process::id()));
    let status =
        Command::new(env!("CARGO_BIN_EXE_factory-bench")).args(["scarce", "--output"]).arg(&output).status().unwrap();
    assert!(status.success(), "the rig could not be measured");
    let figures: Vec<serde_json::Value> = serde_json::from_slice(&std::fs::read(&output).unwrap()).unwrap();
    std::fs::remove_file(&output).unwrap();
    assert_eq!(figures.len(), 15);
    for figure in figures {
        assert_eq!(figure["holds"], true, "{figure}");
    }
}
