//! A group of the bench as a test: on a rig of this machine, every figure must hold.

use std::process::Command;

/// Measures the `group` with `arguments`; it must give `count` figures, and each must hold.
pub fn all_of(group: &str, arguments: &[&str], count: usize) {
    let output = std::env::temp_dir().join(format!("factory-{group}-{}.json", std::process::id()));
    let status = Command::new(env!("CARGO_BIN_EXE_factory-bench"))
        .arg(group)
        .args(arguments)
        .arg("--output")
        .arg(&output)
        .status()
        .unwrap();
    assert!(status.success(), "the rig could not be measured");
    let figures: Vec<serde_json::Value> = serde_json::from_slice(&std::fs::read(&output).unwrap()).unwrap();
    std::fs::remove_file(&output).unwrap();
    assert_eq!(figures.len(), count);
    for figure in figures {
        assert_eq!(figure["holds"], true, "{figure}");
    }
}
