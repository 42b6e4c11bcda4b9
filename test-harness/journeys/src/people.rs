//! The people of a journey, each with a kubeconfig of their own: the platform engineer (the
//! cluster's administrator, who only sets up), the regulator, and one team for each participant.
//!
//! Regulator and teams are service accounts with tokens from `TokenRequest`, so that every step of a
//! journey is taken with the rights that such a person has, and none with the administrator's.

use std::{
    fs, io,
    path::PathBuf,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use factory_crds::{Participant, condition::is_true};
use k8s_openapi::{
    api::{
        authentication::v1::{TokenRequest, TokenRequestSpec},
        core::v1::{Namespace, ServiceAccount},
        rbac::v1::{ClusterRoleBinding, RoleBinding},
    },
    serde::{Serialize, de::DeserializeOwned},
};
use kube::{
    Api, Client, Resource,
    api::{Patch, PatchParams, PostParams},
    config::Kubeconfig,
};
use serde_json::{Value, json};

use crate::{
    Cluster,
    cluster::{ClusterError, client},
    waiting::{WaitError, until},
};

const FIELD_MANAGER: &str = "journeys";
/// Longer than any journey, shorter than a working day.
const TOKEN_SECONDS: i64 = 4 * 3600;

/// Somebody who acts.
#[derive(Clone)]
pub struct Person {
    /// Acts with this person's rights.
    pub client: Client,
    /// The same as a file, for programs.
    pub kubeconfig: PathBuf,
}

/// Everybody of a journey but the teams, which come with their participants.
#[derive(Clone)]
pub struct People {
    /// Where they act.
    pub cluster: Cluster,
    /// Sets up, and reads what nobody else may.
    pub engineer: Person,
    /// Registers participants and confirms.
    pub regulator: Person,
}

/// Why a person could not be made.
#[derive(Debug, thiserror::Error)]
pub enum PeopleError {
    /// The cluster cannot be used.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// The API server refused.
    #[error("{what}: {source}")]
    Refused {
        /// What was to be done.
        what: String,
        /// The API server's words.
        source: Box<kube::Error>,
    },
    /// No token came back.
    #[error("service account {0}: TokenRequest answered without a token")]
    NoToken(String),
    /// The kubeconfig could not be written.
    #[error("{path}: {source}", path = path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The participant's namespace did not come.
    #[error(transparent)]
    Wait(#[from] WaitError),
}

impl People {
    /// The people of `cluster`. Repeating it renews tokens and changes nothing else.
    pub async fn gather(cluster: Cluster) -> Result<Self, PeopleError> {
        let engineer =
            Person { client: client(cluster.read_kubeconfig()?).await?, kubeconfig: cluster.kubeconfig.clone() };
        let namespaces: Api<Namespace> = Api::all(engineer.client.clone());
        put(&namespaces, "regulator", json!({})).await?;
        let regulator = account(&cluster, &engineer, "regulator", "regulator").await?;
        let bindings: Api<ClusterRoleBinding> = Api::all(engineer.client.clone());
        let rights = json!({
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "factory-regulator"},
            "subjects": [{"kind": "ServiceAccount", "name": "regulator", "namespace": "regulator"}],
        });
        put(&bindings, "journeys:regulator", rights).await?;
        // To ask for a token that the register accepts; a team's role contains this right.
        let bindings: Api<RoleBinding> = Api::namespaced(engineer.client.clone(), "regulator");
        let own_tokens = json!({
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "factory-self-token"},
            "subjects": [{"kind": "ServiceAccount", "name": "regulator", "namespace": "regulator"}],
        });
        put(&bindings, "journeys:own-tokens", own_tokens).await?;
        Ok(Self { cluster, engineer, regulator })
    }

    /// A team of `participant`, which the regulator registers where it is not registered yet.
    pub async fn team(&self, participant: &str, title: &str) -> Result<Person, PeopleError> {
        let participants: Api<Participant> = Api::all(self.regulator.client.clone());
        let registration = json!({"spec": {
            "title": {"ky": title, "ru": title, "en": title},
            "kind": "StateBody",
            "groups": [format!("system:serviceaccounts:{participant}")],
            "contact": format!("office@{participant}.gov.kg"),
        }});
        put(&participants, participant, registration).await?;
        until(&participants, participant, "condition Ready", Duration::from_mins(2), |participant| {
            participant.status.as_ref().is_some_and(|status| is_true(&status.conditions, "Ready"))
        })
        .await?;
        account(&self.cluster, &self.engineer, participant, "team").await
    }

    /// Whoever has the tokens of the service account `namespace`/`name`, which is there already.
    pub async fn account(&self, namespace: &str, name: &str) -> Result<Person, PeopleError> {
        known(&self.cluster, &self.engineer, namespace, name).await
    }

    /// The regulator's private key, made when the factory was installed. It never leaves this side.
    #[must_use]
    pub fn regulator_key(&self) -> PathBuf {
        self.cluster.demo().join("regulator/regulator.pem")
    }
}

/// A service account as a person, with the rights that others give it and no more.
async fn account(cluster: &Cluster, engineer: &Person, namespace: &str, name: &str) -> Result<Person, PeopleError> {
    let accounts: Api<ServiceAccount> = Api::namespaced(engineer.client.clone(), namespace);
    put(&accounts, name, json!({})).await?;
    known(cluster, engineer, namespace, name).await
}

/// The person behind a service account.
async fn known(cluster: &Cluster, engineer: &Person, namespace: &str, name: &str) -> Result<Person, PeopleError> {
    let accounts: Api<ServiceAccount> = Api::namespaced(engineer.client.clone(), namespace);
    let request = TokenRequest {
        spec: TokenRequestSpec { expiration_seconds: Some(TOKEN_SECONDS), ..TokenRequestSpec::default() },
        ..TokenRequest::default()
    };
    let whose = format!("{namespace}/{name}");
    let token = accounts
        .create_token_request(name, &PostParams::default(), &request)
        .await
        .map_err(refused(format!("token of {whose}")))?
        .status
        .ok_or_else(|| PeopleError::NoToken(whose))?
        .token;
    person(cluster, namespace, name, &token).await
}

/// The person who has `token`, with `namespace` as the default one.
async fn person(cluster: &Cluster, namespace: &str, name: &str, token: &str) -> Result<Person, PeopleError> {
    let administrator = cluster.read_kubeconfig()?;
    let text = serde_json::to_value(&administrator.clusters).unwrap_or_default();
    let used = administrator
        .current_context
        .as_ref()
        .and_then(|current| administrator.contexts.iter().find(|context| &context.name == current))
        .and_then(|context| context.context.as_ref())
        .map_or("", |context| context.cluster.as_str());
    let document = json!({
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": text,
        "users": [{"name": name, "user": {"token": token}}],
        "contexts": [{"name": name, "context": {"cluster": used, "user": name, "namespace": namespace}}],
        "current-context": name,
    })
    .to_string();
    let path = cluster.demo().join("people").join(format!("{namespace}-{name}.kubeconfig"));
    write_private(&path, &document).map_err(|source| PeopleError::Write { path: path.clone(), source })?;
    let kubeconfig = Kubeconfig::from_yaml(&document).map_err(ClusterError::from)?;
    Ok(Person { client: client(kubeconfig).await?, kubeconfig: path })
}

/// Writes a file that only its owner reads; readers never see half of it.
fn write_private(path: &std::path::Path, text: &str) -> io::Result<()> {
    use std::{io::Write as _, os::unix::fs::OpenOptionsExt as _};
    // Tests make the same person in several threads at once.
    static WRITES: AtomicU64 = AtomicU64::new(0);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let half = path.with_extension(format!("{}-{}.half", std::process::id(), WRITES.fetch_add(1, Ordering::Relaxed)));
    let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&half)?;
    file.write_all(text.as_bytes())?;
    fs::rename(half, path)
}

/// Applies `body` as the object `name`.
pub async fn put<K>(api: &Api<K>, name: &str, body: Value) -> Result<K, PeopleError>
where
    K: Resource<DynamicType = ()> + Clone + Serialize + DeserializeOwned + std::fmt::Debug,
{
    let mut object = body;
    object["apiVersion"] = json!(K::api_version(&()));
    object["kind"] = json!(K::kind(&()));
    object["metadata"]["name"] = json!(name);
    api.patch(name, &PatchParams::apply(FIELD_MANAGER).force(), &Patch::Apply(&object))
        .await
        .map_err(refused(format!("{} {name}", K::kind(&()))))
}

fn refused(what: String) -> impl FnOnce(kube::Error) -> PeopleError {
    move |source| PeopleError::Refused { what, source: Box::new(source) }
}
