//! `init`, without a terminal: what it writes passes `lint`, and what it must not do it does not.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// Runs it in `folder`, where the kubeconfig is, if there is one.
fn factory(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kubectl-factory"));
    command.current_dir(folder).env("KUBECONFIG", folder.join("kubeconfig")).args(arguments).output().unwrap()
}

/// A folder of this test's own, empty.
fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

#[test]
fn what_it_writes_passes_lint_and_says_what_is_left_to_write() {
    let folder = folder("init-passes");
    let output = factory(
        &folder,
        &[
            "init",
            "permits",
            "--git",
            "https://git.gov.kg/a/permits.git",
            "--title-en",
            "Permits: \"all\" of them #1",
            "-n",
            "permits-office",
        ],
    );
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let linted = factory(&folder, &["lint", "service.yaml"]);
    let text = String::from_utf8_lossy(&linted.stdout).into_owned();
    assert_eq!(linted.status.code(), Some(0), "{text}");
    assert!(text.contains("is still to be written"), "{text}");
    assert_eq!(factory(&folder, &["lint", "--strict", "service.yaml"]).status.code(), Some(1));
}

#[test]
fn every_field_is_explained_by_the_schema() {
    let folder = folder("init-explains");
    let output =
        factory(&folder, &["init", "permits", "-n", "office", "--git", "https://git.gov.kg/a/permits.git", "-o", "-"]);
    let text = String::from_utf8(output.stdout).unwrap();
    for words in [
        "# 62.1: the supplier of the service.",
        "# 17.4: other objects with which it interacts",
        "# Functional checks (item 63.2).",
    ] {
        assert!(text.contains(words), "{words}\n{text}");
    }
    assert!(text.lines().all(|line| line.chars().count() <= 120));
}

#[test]
fn without_a_terminal_it_asks_for_all_missing_flags_at_once() {
    let output = factory(&folder("init-missing"), &["init"]);
    assert_eq!(
        String::from_utf8_lossy(&output.stderr),
        "error: without a terminal, say also NAME and --namespace and --git\n"
    );
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn it_overwrites_nothing_unless_told_to() {
    let folder = folder("init-overwrites");
    fs::write(folder.join("service.yaml"), "mine").unwrap();
    let arguments = ["init", "permits", "-n", "office", "--git", "https://git.gov.kg/a/permits.git"];
    let output = factory(&folder, &arguments);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(fs::read_to_string(folder.join("service.yaml")).unwrap(), "mine");
    let output = factory(&folder, &[arguments.as_slice(), &["--force"]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn an_answer_that_does_not_fit_is_refused_with_its_field_and_nothing_is_written() {
    let folder = folder("init-refuses");
    let output = factory(&folder, &["init", "Permits!", "-n", "office", "--git", "ext::sh", "--class", "urgent"]);
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    for field in ["metadata.name", "spec.source.git", "spec.class"] {
        assert!(text.contains(field), "{text}");
    }
    assert_eq!(output.status.code(), Some(1));
    assert!(!folder.join("service.yaml").exists());
}

#[test]
fn the_namespace_is_the_contexts_and_never_the_one_that_is_nobodys() {
    let folder = folder("init-namespace");
    let arguments = ["init", "permits", "--git", "https://git.gov.kg/a/permits.git", "-o", "-"];
    for (namespace, written) in [("office", true), ("default", false)] {
        let context = format!("{{name: here, context: {{cluster: c, user: u, namespace: {namespace}}}}}");
        let config = format!("{{apiVersion: v1, kind: Config, current-context: here, contexts: [{context}]}}");
        fs::write(folder.join("kubeconfig"), config).unwrap();
        let output = factory(&folder, &arguments);
        assert_eq!(output.status.success(), written, "{}", String::from_utf8_lossy(&output.stderr));
        let (out, told) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert_eq!(out.contains("  namespace: office\n"), written, "{out}");
        assert_eq!(told.contains("say also --namespace"), !written, "{told}");
    }
}
