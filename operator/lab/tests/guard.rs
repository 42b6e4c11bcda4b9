//! The guard of the lab's pod on a node, as a program: who serves the run is killed, told to stop, and left alone.

use std::{
    fs,
    io::{BufRead as _, BufReader, Lines},
    process::{Child, ChildStdout, Command, Stdio},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

/// A guard whose API server never answers.
struct Guarded {
    guard: Child,
    said: Lines<BufReader<ChildStdout>>,
    kubeconfig: std::path::PathBuf,
}

impl Guarded {
    fn start(test: &str) -> Self {
        let kubeconfig = std::env::temp_dir().join(format!("factory-guard-{}-{test}", std::process::id()));
        let nowhere = serde_json::json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "n",
            "clusters": [{"name": "n", "cluster": {"server": "http://127.0.0.1:1"}}],
            "users": [{"name": "n", "user": {}}],
            "contexts": [{"name": "n", "context": {"cluster": "n", "user": "n"}}],
        });
        fs::write(&kubeconfig, nowhere.to_string()).unwrap();
        let mut guard = Command::new(env!("CARGO_BIN_EXE_factory-lab"))
            .args(["strike", "--node", "n1", "--namespace", "svc-00000000", "--nonce", "ab"])
            .args(["--termination-log", "/dev/null"])
            .env("KUBECONFIG", &kubeconfig)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let said = BufReader::new(guard.stdout.take().unwrap()).lines();
        let mut guarded = Self { guard, said, kubeconfig };
        guarded.until("\"serves\"");
        guarded
    }

    /// Reads on until a line contains `word`.
    fn until(&mut self, word: &str) {
        assert!(self.said.by_ref().any(|line| line.unwrap().contains(word)), "it never says {word}");
    }

    fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.guard.id()).unwrap())
    }

    /// The process that it keeps.
    fn kept(&self) -> Pid {
        let tasks = fs::read_dir(format!("/proc/{}/task", self.guard.id())).unwrap();
        let children = tasks.map(|task| fs::read_to_string(task.unwrap().path().join("children")).unwrap_or_default());
        let children: String = children.collect();
        Pid::from_raw(children.split_whitespace().next().unwrap().parse().unwrap())
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        drop(self.guard.kill());
        drop(self.guard.wait());
        drop(fs::remove_file(&self.kubeconfig));
    }
}

#[test]
fn who_serves_a_run_is_started_again_when_it_is_killed_and_stops_when_the_guard_is_told_to() {
    let mut guarded = Guarded::start("killed");
    for _ in 0..3 {
        let before = guarded.kept();
        std::thread::sleep(std::time::Duration::from_millis(100)); // no kill as soon as it began
        kill(before, Signal::SIGKILL).unwrap();
        guarded.until("started again");
        guarded.until("\"serves\"");
        assert_ne!(guarded.kept(), before);
    }
    kill(guarded.pid(), Signal::SIGTERM).unwrap();
    assert!(guarded.guard.wait().unwrap().success());
}

#[test]
fn who_serves_a_run_dies_with_its_guard() {
    let mut guarded = Guarded::start("guard-killed");
    guarded.guard.kill().unwrap();
    guarded.guard.wait().unwrap();
    // The pipe ends when the last who could write into it has died.
    assert!(!guarded.said.by_ref().any(|line| line.unwrap().contains("\"serves\"")));
}
