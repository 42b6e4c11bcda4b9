//! What the leader beside the journey is started with: the settings of the installed one, and the
//! journey's doors in place of those to whom it writes.
//!
//! The cluster's names for git server and registry lead to the journey's own loopback addresses, by
//! a file of hosts that only this process sees.

use std::{
    collections::BTreeMap,
    fs,
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    process::Stdio,
    sync::Arc,
    time::Duration,
};

use k8s_openapi::api::apps::v1::Deployment;
use kube::Api;
use serde_json::json;
use tokio::{
    net::{TcpListener, TcpStream},
    process::{Child, Command},
    task::JoinSet,
};

use super::door::{self, Beyond, Hall};
use crate::{
    Failure, ensure,
    programs::{NAMESPACE, OPERATOR},
    register::{self, Public},
    scene::Scene,
    web,
};

const GIT: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);
const REGISTRY: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 3);

/// How the leader is started.
pub struct Settings {
    program: PathBuf,
    environment: BTreeMap<String, String>,
    hosts: PathBuf,
    /// Where its output goes.
    pub log: PathBuf,
}

impl Settings {
    /// Opens the doors as tasks of `doors`, and lays out what the program reads.
    pub async fn lay_out(scene: &Scene, hall: &Arc<Hall>, doors: &mut JoinSet<()>) -> Result<Self, Failure> {
        let cluster = &scene.people.cluster;
        let engineer = &scene.people.engineer;
        let folder = cluster.scratch().join(&hall.service);
        fs::create_dir_all(&folder)?;
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));

        let account = scene.people.account(NAMESPACE, OPERATOR).await?;
        let api = door::open("api", any, Beyond::Kubernetes(account.client), Arc::clone(hall), doors).await?;
        let kubeconfig = folder.join("kubeconfig");
        fs::write(&kubeconfig, kubeconfig_of(api))?;

        let client = reqwest::Client::builder().no_proxy().build()?;
        let public = Public::read(engineer).await?;
        let (host, _) = web::parts(&public.register);
        let there = |base: &str, host: &str| Beyond::Http {
            client: client.clone(),
            base: base.to_owned(),
            host: host.to_owned(),
        };
        let register = door::open("register", any, there(&cluster.ingress, host), Arc::clone(hall), doors).await?;
        let token = folder.join("register-token");
        fs::write(&token, register::token(engineer, NAMESPACE, OPERATOR).await?)?;

        let (registry, port) = authority(&cluster.registry, 443)?;
        ensure(cluster.registry_api.starts_with("http://"), || "this journey needs a registry without TLS".to_owned())?;
        let beyond = there(&cluster.registry_api, &format!("{registry}:{port}"));
        door::open("registry", SocketAddr::from((REGISTRY, port)), beyond, Arc::clone(hall), doors).await?;
        let (git, port) = authority(web_authority(&cluster.git_url), 80)?;
        forward(SocketAddr::from((GIT, port)), web_authority(&cluster.git_push).to_owned(), doors).await?;
        let hosts = folder.join("hosts");
        fs::write(&hosts, format!("127.0.0.1 localhost\n{GIT} {git}\n{REGISTRY} {registry}\n"))?;

        let mut environment = settings_of(&Api::namespaced(engineer.client.clone(), NAMESPACE)).await?;
        environment.extend([
            ("KUBECONFIG".to_owned(), kubeconfig.display().to_string()),
            ("REGISTER_URL".to_owned(), format!("http://{register}")),
            ("REGISTER_TOKEN_FILE".to_owned(), token.display().to_string()),
            // The same name after each death, as the kubelet starts a container of the same pod.
            ("POD_NAME".to_owned(), "killed-operator".to_owned()),
            ("POD_NAMESPACE".to_owned(), NAMESPACE.to_owned()),
            ("LISTEN".to_owned(), "127.0.0.1:0".to_owned()),
        ]);
        let log = folder.join("operator.log");
        Ok(Self { program: cluster.programs().join(OPERATOR), environment, hosts, log })
    }

    /// Starts the program.
    pub fn start(&self) -> Result<Child, Failure> {
        let log = fs::File::options().create(true).append(true).open(&self.log)?;
        let script = r#"mount --bind "$1" /etc/hosts && exec "$2" run"#;
        Command::new("unshare")
            .args(["--mount", "--propagation", "private", "sh", "-c", script, "sh"])
            .args([&self.hosts, &self.program])
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .envs(&self.environment)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| Failure::new(format!("unshare {}: {error}", self.program.display())))
    }
}

/// What the chart tells the installed operator in plain values.
async fn settings_of(deployments: &Api<Deployment>) -> Result<BTreeMap<String, String>, Failure> {
    let pod = deployments.get(OPERATOR).await?.spec.and_then(|spec| spec.template.spec).unwrap_or_default();
    let variables = pod.containers.into_iter().flat_map(|container| container.env.unwrap_or_default());
    Ok(variables.filter_map(|variable| Some((variable.name, variable.value?))).collect())
}

fn kubeconfig_of(api: SocketAddr) -> String {
    json!({
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "door", "cluster": {"server": format!("http://{api}")}}],
        "users": [{"name": "operator", "user": {}}],
        "contexts": [{"name": "door", "context": {"cluster": "door", "user": "operator"}}],
        "current-context": "door",
    })
    .to_string()
}

/// `host[:port]` of an address.
fn web_authority(address: &str) -> &str {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    rest.split('/').next().unwrap_or(rest)
}

/// Host and port of `host[:port][/folder]`.
fn authority(address: &str, usual: u16) -> Result<(String, u16), Failure> {
    let authority = address.split('/').next().unwrap_or(address);
    match authority.split_once(':') {
        None => Ok((authority.to_owned(), usual)),
        Some((host, port)) => Ok((host.to_owned(), port.parse()?)),
    }
}

/// Connections to `from` go to `to`.
async fn forward(from: SocketAddr, to: String, doors: &mut JoinSet<()>) -> Result<(), Failure> {
    let listener = TcpListener::bind(from)
        .await
        .map_err(|error| Failure::new(format!("{from}: {error}; this journey needs root, as the cluster does")))?;
    doors.spawn(async move {
        while let Ok((mut near, _)) = listener.accept().await {
            let to = to.clone();
            tokio::spawn(async move {
                let Ok(Ok(mut far)) = tokio::time::timeout(Duration::from_secs(5), TcpStream::connect(&to)).await
                else {
                    return;
                };
                // Either side may hang up.
                let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
            });
        }
    });
    Ok(())
}
