//! The program itself, in a process of its own that can be killed, and the cluster's API server as far as the
//! program asks it: who has a token, and what they may.

use std::{
    io::{BufRead as _, BufReader},
    net::TcpListener as Listener,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

use axum::{
    Json, Router,
    routing::{MethodRouter, post},
};
use factory_register::access::{AUDIENCE, AccessError, Authenticator as _, Identity, Right};
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

use crate::world::{FACTORY, KEEPER, Table};

/// What the program says when it listens.
const SERVING: &str = "\"message\":\"serving\"";

/// An API server that reviews tokens and rights by the [`Table`], and a configuration that leads to it.
pub struct Cluster {
    /// The configuration, as `KUBECONFIG` names it.
    pub config: PathBuf,
    /// Its server; aborted, it is away.
    pub served: JoinHandle<()>,
}

impl Cluster {
    /// Starts one, whose configuration is in `folder`; it ends with the test.
    pub async fn start(folder: &Path) -> Self {
        Self::reviewing(folder, post(token), post(right)).await
    }

    /// One that answers what is asked of tokens and of rights in its own way.
    pub async fn reviewing(folder: &Path, tokens: MethodRouter, rights: MethodRouter) -> Self {
        let routes = Router::new()
            .route("/apis/authentication.k8s.io/v1/tokenreviews", tokens)
            .route("/apis/authorization.k8s.io/v1/subjectaccessreviews", rights);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = format!("http://{}", listener.local_addr().unwrap());
        let served = tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        let config = json!({"apiVersion": "v1", "kind": "Config", "current-context": "test",
            "clusters": [{"name": "test", "cluster": {"server": server}}],
            "users": [{"name": "test", "user": {}}],
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}]});
        let file = folder.join("kubeconfig");
        std::fs::write(&file, config.to_string()).unwrap();
        Self { config: file, served }
    }
}

/// Answers a `TokenReview`.
async fn token(Json(mut review): Json<Value>) -> Json<Value> {
    let token = review["spec"]["token"].as_str().unwrap().to_owned();
    review["status"] = match Table.identify(&token).await {
        Ok(identity) => json!({"authenticated": true, "audiences": [AUDIENCE], "user": {"username": identity.user}}),
        Err(AccessError::Unauthenticated(error)) => json!({"authenticated": false, "error": error}),
        Err(error) => panic!("{error}"),
    };
    Json(review)
}

/// Answers a `SubjectAccessReview`.
async fn right(Json(mut review): Json<Value>) -> Json<Value> {
    let asked = &review["spec"]["resourceAttributes"];
    let namespace = asked["namespace"].as_str().unwrap_or_default();
    let right = match (asked["verb"].as_str().unwrap(), asked["resource"].as_str().unwrap()) {
        ("confirm", "releases") => Right::Confirm,
        ("get", "releases") => Right::Read(namespace),
        ("delete", "stateservices") => Right::Withdraw(namespace),
        other => panic!("{other:?}"),
    };
    let user = review["spec"]["user"].as_str().unwrap().to_owned();
    let who = Identity { user, uid: None, groups: Vec::new(), extra: std::collections::BTreeMap::new() };
    let allowed = Table.may(&who, right).await.unwrap();
    review["status"] = json!({"allowed": allowed});
    Json(review)
}

/// How the program is started, again and again at the same address.
pub struct Program {
    command: Command,
    /// Where it answers.
    pub address: String,
}

impl Program {
    /// `factory-register serve` over the database at `place`, with the keys in `folder` and people of `cluster`.
    pub fn new(cluster: &Cluster, folder: &Path, place: &str) -> Self {
        Self::with_key(cluster, folder, place, "checkpoint.pem")
    }

    /// The same with its first key in this `file` of the folder.
    pub fn with_key(cluster: &Cluster, folder: &Path, place: &str, file: &str) -> Self {
        let free = Listener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_factory-register"));
        command.arg("serve").args(["--listen", &free.to_string(), "--database", place]);
        command.args(["--factory-user", FACTORY, "--permit-keeper-user", KEEPER]);
        command.args(["--requests-per-address", "1000000", "--requests-per-user", "1000000"]);
        command.arg("--checkpoint-key").arg(folder.join(file));
        command.arg("--factory-keys").arg(folder.join("factory"));
        command.arg("--lab-keys").arg(folder.join("lab"));
        command.arg("--regulator-keys").arg(folder.join("regulator"));
        command.env("KUBECONFIG", &cluster.config).env("RUST_LOG", "info").stdin(Stdio::null()).stderr(Stdio::piped());
        Self { command, address: format!("http://{free}") }
    }

    /// With a variable of its environment.
    pub fn environment(&mut self, (name, value): (&str, PathBuf)) {
        self.command.env(name, value);
    }

    /// What it says last where it does not start.
    pub fn refused(&mut self) -> String {
        let output = self.command.output().unwrap();
        assert!(!output.status.success());
        let said = String::from_utf8(output.stderr).unwrap();
        let last: Value = serde_json::from_str(said.lines().last().unwrap()).unwrap();
        last["error"].as_str().unwrap().to_owned()
    }

    /// Starts it and waits until it serves.
    pub async fn start(&mut self) -> Running {
        let mut child = self.command.spawn().unwrap();
        let said = BufReader::new(child.stderr.take().unwrap());
        let (serves, serving) = oneshot::channel();
        // Whatever it says is read, or it would wait for its reader.
        std::thread::spawn(move || {
            let (mut serves, mut before) = (Some(serves), Vec::new());
            for line in said.lines().map_while(Result::ok) {
                if line.contains(SERVING)
                    && let Some(serves) = serves.take()
                {
                    let _ = serves.send(());
                } else if serves.is_some() {
                    before.push(line);
                }
            }
            if serves.is_some() {
                eprintln!("the program ended before it served: {}", before.join("\n"));
            }
        });
        let running = Running(child);
        // Else it has said above why not.
        serving.await.unwrap();
        running
    }
}

/// Runs `factory-register hand-over` to its end over the database at `place`, from the first key in a file of
/// `folder` to the key in another one.
pub fn hand_over(folder: &Path, place: &str, (first, to): (&str, &Path), token: Option<(&str, PathBuf)>) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_factory-register"));
    command.args(["hand-over", "--database", place]).arg("--checkpoint-key").arg(folder.join(first));
    command.arg("--to").arg(to).envs(token).stdin(Stdio::null()).output().unwrap()
}

/// The program while it runs; killed when dropped.
pub struct Running(Child);

impl Running {
    /// SIGKILL, in the middle of whatever it does.
    pub fn kill(mut self) {
        self.0.kill().unwrap();
        assert!(!self.0.wait().unwrap().success());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
