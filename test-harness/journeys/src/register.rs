//! The register's API as a person asks it, with a token of their own for its audience.

use k8s_openapi::api::{
    authentication::v1::{TokenRequest, TokenRequestSpec},
    core::v1::{ConfigMap, ServiceAccount},
};
use kube::{Api, api::PostParams};
use serde_json::Value;

use crate::{
    Failure, Person, ensure,
    web::{self, Web},
};

/// Audience of the register's tokens.
const AUDIENCE: &str = "factory-register";

/// What the factory tells everybody: the register's address and the keys that sign.
#[derive(Clone, Debug)]
pub struct Public {
    /// Address of the register, without a slash at its end.
    pub register: String,
    /// Public half of the dossier key, PEM.
    pub dossier_key: String,
    /// Public half of the key that signs where images come from, PEM.
    pub builder_key: String,
}

impl Public {
    /// As `person` reads it.
    pub async fn read(person: &Person) -> Result<Self, Failure> {
        let maps: Api<ConfigMap> = Api::namespaced(person.client.clone(), "factory-system");
        let data = maps.get("factory-public").await?.data.unwrap_or_default();
        let get = |key: &str| {
            data.get(key).cloned().ok_or_else(|| Failure::new(format!("ConfigMap factory-public has no `{key}`")))
        };
        Ok(Self {
            register: get("registerUrl")?.trim_end_matches('/').to_owned(),
            dossier_key: get("dossier.pub")?,
            builder_key: get("builder.pub")?,
        })
    }
}

/// A token that the register accepts, for the service account `namespace`/`name` that `person` is.
pub async fn token(person: &Person, namespace: &str, name: &str) -> Result<String, Failure> {
    let accounts: Api<ServiceAccount> = Api::namespaced(person.client.clone(), namespace);
    let spec = TokenRequestSpec { audiences: vec![AUDIENCE.to_owned()], ..TokenRequestSpec::default() };
    let request = TokenRequest { spec, ..TokenRequest::default() };
    let answer = accounts.create_token_request(name, &PostParams::default(), &request).await?;
    answer.status.map(|status| status.token).ok_or_else(|| Failure::new("TokenRequest answered without a token"))
}

/// Ids of all submissions of `release` of `participant` that `token`'s owner may see in `state`.
pub async fn submissions(
    web: &Web,
    public: &Public,
    token: &str,
    state: &str,
    participant: &str,
    release: &str,
) -> Result<Vec<String>, Failure> {
    let (host, _) = web::parts(&public.register);
    let page = web.get_as(Some(token), host, &format!("/api/v1/submissions?state={state}")).await?;
    ensure(page.status == 200, || format!("the register answered {}: {}", page.status, page.body))?;
    let all: Vec<Value> = serde_json::from_str(&page.body)?;
    let of_release = |submission: &&Value| {
        submission["subject"]["participant"] == participant && submission["subject"]["release"] == release
    };
    Ok(all.iter().filter(of_release).filter_map(|submission| submission["id"].as_str().map(str::to_owned)).collect())
}
