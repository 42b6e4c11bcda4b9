//! A registry of its own for each test, images in it, and cosign to look at them.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    sync::OnceLock,
};

use factory_assurance::{
    dossier::{self, Dossier},
    dsse::{Envelope, PrivateKey, PublicKey, sign},
    sample,
};
use factory_crds::environment::Registry;
use factory_operator::{artifacts::Artifacts, serve};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
};

/// Name of a repository as the factory gives it.
pub const REPOSITORY: &str = "services/social-registry/registered-address/web";
/// Media type of an index.
pub const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// A registry on loopback, for as long as it is held.
pub struct Place {
    /// Its documents.
    pub artifacts: Artifacts,
    /// `127.0.0.1:port`.
    pub address: String,
    /// Ends with this.
    pub server: Child,
    folder: TempDir,
}

/// How a call of cosign ended.
#[derive(Debug)]
pub struct Said {
    /// Whether it accepted.
    pub accepted: bool,
    /// Envelopes that it accepted, a line each.
    pub out: String,
    /// Why not.
    pub err: String,
}

impl Place {
    /// Starts the registry and returns when it listens.
    pub async fn open() -> Self {
        serve::install_crypto();
        let folder = tempfile::tempdir().unwrap();
        let config = json!({
            "version": 0.1,
            "log": {"level": "info"},
            "storage": {"filesystem": {"rootdirectory": folder.path().join("data")}},
            "http": {"addr": "127.0.0.1:0"},
        });
        let file = folder.path().join("config.yml");
        std::fs::write(&file, config.to_string()).unwrap();
        let mut server = Command::new("docker-registry")
            .arg("serve")
            .arg(&file)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("docker-registry is needed; `test-harness/tools/install tests` brings it on Debian");
        let mut lines = BufReader::new(server.stderr.take().unwrap()).lines();
        let address = loop {
            let line = lines.next_line().await.unwrap().expect("the registry ended before it listened");
            if let Some((_, rest)) = line.split_once("listening on ") {
                break rest.split('"').next().unwrap_or(rest).to_owned();
            }
        };
        // What it says is read for as long as it lives, or it would wait for a reader.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let (_, port) = address.rsplit_once(':').unwrap();
        let artifacts = Artifacts::new(&Registry {
            prefix: address.clone(),
            plain_http: true,
            cidrs: vec!["127.0.0.1/32".to_owned()],
            port: port.parse().unwrap(),
        });
        Self { artifacts, address, server, folder }
    }

    /// An image that holds `content`.
    pub async fn image(&self, content: &str) -> String {
        let layer = "application/vnd.oci.image.layer.v1.tar";
        let stored = self.artifacts.push(REPOSITORY, content, layer, content.as_bytes().to_vec()).await;
        stored.unwrap().name
    }

    /// What the real cosign says of `image` and an attestation of `type_` by `key`.
    pub async fn cosign(&self, image: &str, type_: &str, key: &PublicKey) -> Said {
        let pinned = self.folder.path().join(format!("{}.pub", key.id().unwrap()));
        std::fs::write(&pinned, key.to_pem().unwrap()).unwrap();
        let output = Command::new(cosign())
            .arg("verify-attestation")
            .arg("--key")
            .arg(&pinned)
            .args(["--type", type_, "--insecure-ignore-tlog=true", "--allow-http-registry", image])
            // Neither credentials nor trust of whoever runs the tests.
            .env_clear()
            .env("HOME", self.folder.path())
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await
            .unwrap();
        Said {
            accepted: output.status.success(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// What stands under `tag` of [`REPOSITORY`], if anything.
    pub async fn read(&self, tag: &str) -> Option<Value> {
        let request = reqwest::Client::new().get(self.manifest(tag)).header("Accept", INDEX);
        let answer = request.send().await.unwrap();
        if answer.status().is_success() { Some(answer.json().await.unwrap()) } else { None }
    }

    /// Puts `document` under `tag` of [`REPOSITORY`], as somebody else.
    pub async fn write(&self, tag: &str, media_type: &str, document: &Value) {
        let request = reqwest::Client::new().put(self.manifest(tag)).header("Content-Type", media_type);
        let answer = request.body(document.to_string()).send().await.unwrap();
        assert_eq!(answer.status(), 201, "{}", answer.text().await.unwrap());
    }

    fn manifest(&self, tag: &str) -> String {
        format!("http://{}/v2/{REPOSITORY}/manifests/{tag}", self.address)
    }
}

/// The tag under which a registry without the question keeps what refers to `image`.
pub fn list_of(image: &str) -> String {
    image.rsplit_once('@').unwrap().1.replace(':', "-")
}

/// A dossier about `image` of the attempt `number`, signed with `key`.
pub fn dossier(image: &str, number: u32, key: &PrivateKey) -> Envelope {
    let mut result = sample::passing();
    result.bundle.images = [("web".to_owned(), image.to_owned())].into();
    result.announcement.attempt = number;
    let statement: Dossier = result.into_statement().unwrap();
    assert_eq!(statement.predicate_type, dossier::PREDICATE);
    sign(&statement, key).unwrap()
}

/// The pinned version, built once where it is not there yet.
pub fn cosign() -> &'static Path {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    PATH.get_or_init(|| {
        let tool = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../test-harness/tools/cosign");
        let output = std::process::Command::new(&tool).stderr(Stdio::inherit()).output().unwrap();
        assert!(output.status.success(), "{}: {}", tool.display(), output.status);
        PathBuf::from(String::from_utf8(output.stdout).unwrap().trim())
    })
}
