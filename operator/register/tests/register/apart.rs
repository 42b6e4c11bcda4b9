//! A register in another cluster than the factory's: the real program between two clusters that issue tokens with
//! keys of their own. Whoever rules the factory's cluster makes no entry, decides nothing and is nobody else.

use std::{path::Path, sync::Arc};

use axum::{Json, routing::post};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use factory_assurance::{
    dsse::{PrivateKey, sign},
    sample,
    signing::{Keypair as _, Signer as _},
    wire::{Announced, Procedure, Submission, SubmissionState},
};
use factory_register::access::AUDIENCE;
use jiff::Timestamp;
use p256::ecdsa::{Signature, signature::Verifier as _};
use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::{
    program::{Cluster, Program},
    server::Database,
    world::{Answer, FACTORY, Folder, KEEPER, STANDARDS, confirmation_by, issuance_by, pinned, provider, send},
};

/// Who rules the factory's cluster, and who confirms by the register's.
const ADMIN: &str = "kubernetes-admin";
const REGULATOR: &str = "gulnara@regulator.gov.kg";

/// What a cluster signs tokens with: a key and a name of its own.
struct Issuer {
    name: &'static str,
    key: PrivateKey,
}

impl Issuer {
    fn new(name: &'static str) -> Arc<Self> {
        Arc::new(Self { name, key: PrivateKey::generate() })
    }

    /// A token (RFC 7519, ES256) of `user`.
    fn token(&self, user: &str) -> String {
        self.signed(self.name, user, AUDIENCE, 600)
    }

    /// The same as one of `issuer`, for an audience, for so many seconds from now.
    fn signed(&self, issuer: &str, user: &str, audience: &str, seconds: i64) -> String {
        let end = Timestamp::now().as_second() + seconds;
        let claims = json!({"iss": issuer, "sub": user, "aud": [audience], "exp": end});
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let text = format!("{}.{}", part(&json!({"alg": "ES256", "typ": "JWT"})), part(&claims));
        let signature: Signature = self.key.sign(text.as_bytes());
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
    }

    /// Claims of a token that this cluster has issued and that has not ended, for one of `audiences`.
    fn open(&self, token: &str, audiences: &Value) -> Option<Value> {
        let (text, signature) = token.rsplit_once('.')?;
        let signature = Signature::from_slice(&URL_SAFE_NO_PAD.decode(signature).ok()?).ok()?;
        self.key.verifying_key().verify(text.as_bytes(), &signature).ok()?;
        let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text.split_once('.')?.1).ok()?).ok()?;
        let valid = claims["iss"] == self.name
            && claims["exp"].as_i64()? > Timestamp::now().as_second()
            && audiences.as_array()?.contains(&claims["aud"][0]);
        valid.then_some(claims)
    }

    /// The API server of its cluster, in which `all` may everything.
    async fn cluster(self: &Arc<Self>, folder: &Path, all: &'static str) -> Cluster {
        std::fs::create_dir(folder).unwrap();
        let issuer = Arc::clone(self);
        let tokens = post(async move |Json(mut review): Json<Value>| {
            let claims = issuer.open(review["spec"]["token"].as_str().unwrap(), &review["spec"]["audiences"]);
            review["status"] = match claims {
                Some(claims) => {
                    json!({"authenticated": true, "audiences": claims["aud"], "user": {"username": claims["sub"]}})
                }
                None => json!({"authenticated": false, "error": "no token of this cluster"}),
            };
            Json(review)
        });
        let rights = post(async move |Json(mut review): Json<Value>| {
            review["status"] = json!({"allowed": review["spec"]["user"] == all});
            Json(review)
        });
        Cluster::reviewing(folder, tokens, rights).await
    }
}

/// The register between both clusters.
struct Between {
    home: Arc<Issuer>,
    factory: Arc<Issuer>,
    factory_cluster: Cluster,
    /// The factory's and the regulator's.
    keys: [PrivateKey; 2],
    client: Client,
    program: Program,
    _kept: (Folder, Database, Cluster),
}

impl Between {
    async fn new() -> Self {
        provider();
        let folder = Folder::new();
        let keys = [PrivateKey::generate(), PrivateKey::generate()];
        pinned(&folder.0, &keys[0], &keys[1]);
        let place = Database::new(&folder.0).await;
        let (home, factory) = (Issuer::new("https://register.test"), Issuer::new("https://factory.test"));
        let home_cluster = home.cluster(&folder.0.join("home"), REGULATOR).await;
        let factory_cluster = factory.cluster(&folder.0.join("elsewhere"), ADMIN).await;
        let mut program = Program::new(&home_cluster, &folder.0, &place.address);
        program.environment(("FACTORY_REGISTER_FACTORY_CLUSTER", factory_cluster.config.clone()));
        let client = Client::builder().no_proxy().build().unwrap();
        Self { home, factory, factory_cluster, keys, client, program, _kept: (folder, place, home_cluster) }
    }

    async fn ask(&self, method: Method, path: &str, token: &str, body: &Value) -> Answer {
        let request = self.client.request(method, format!("{}{path}", self.program.address)).bearer_auth(token);
        send(request.header("idempotency-key", path).body(body.to_string())).await
    }

    async fn post(&self, path: &str, token: &str, body: &Value) -> Answer {
        self.ask(Method::POST, path, token, body).await
    }

    /// What passed, submitted with the operator's token; the dossier is signed with `key`.
    async fn submit(&self, key: &PrivateKey) -> Answer {
        let operator = self.factory.token(FACTORY);
        let result = sample::passing();
        let issuance = serde_json::to_value(issuance_by(&self.keys[1], &result.standard)).unwrap();
        let issued = self.post(STANDARDS, &self.home.token(REGULATOR), &issuance).await;
        assert!(issued.status.is_success(), "{}", issued.text);
        let run = serde_json::to_value(sample::announcement(&result, 1)).unwrap();
        let announced: Announced = self.post("/api/v1/announcements", &operator, &run).await.json();
        let statement = sample::announced(result, &announced).into_statement().unwrap();
        let submission = Submission { dossier: sign(&statement, key).unwrap(), epoch: 1 };
        self.post("/api/v1/submissions", &operator, &serde_json::to_value(submission).unwrap()).await
    }
}

#[tokio::test]
async fn whoever_rules_the_factorys_cluster_makes_no_entry_and_the_regulator_does() {
    let mut between = Between::new().await;
    let running = between.program.start().await;
    // With a key that the register has not pinned, the operator itself submits nothing.
    let forged = between.submit(&PrivateKey::generate()).await.refused(422);
    assert!(forged.contains("none of 1 fits a pinned key"), "{forged}");
    // The factory's own evidence is taken, and is evidence only.
    let state: SubmissionState = between.submit(&between.keys[0]).await.json();
    let confirmation = format!("/api/v1/submissions/{}/confirmation", state.id);
    let by = |key| serde_json::to_value(confirmation_by(key, &state)).unwrap();
    let (home, factory) = (&between.home, &between.factory);
    let subject = &state.subject;
    let entry = format!("/api/v1/entries/{}/{}", subject.participant, subject.service);

    // Nobody: the administrator, the regulator's name, the register's cluster's name, a token that has ended.
    let strangers = [
        factory.token(ADMIN),
        factory.token(REGULATOR),
        factory.signed(home.name, REGULATOR, AUDIENCE, 600),
        factory.signed(factory.name, FACTORY, "https://kubernetes.default.svc", 600),
        factory.signed(factory.name, FACTORY, AUDIENCE, -600),
        // And the register's cluster does not make a program of the factory.
        home.token(FACTORY),
        home.token(KEEPER),
    ];
    for token in &strangers {
        for (method, path) in [
            (Method::POST, "/api/v1/announcements"),
            (Method::POST, STANDARDS),
            (Method::POST, "/api/v1/submissions"),
            (Method::POST, &confirmation),
            (Method::POST, &format!("/api/v1/submissions/{}/return", state.id)),
            (Method::POST, &format!("{entry}/withdrawal")),
            (Method::POST, &format!("{entry}/exclusion")),
            (Method::GET, &format!("/api/v1/submissions/{}", state.id)),
        ] {
            between.ask(method, path, token, &by(&between.keys[1])).await.refused(401);
        }
    }
    // As the factory, whose tokens that administrator can make: not even with the regulator's own signature.
    for user in [FACTORY, KEEPER] {
        for key in [&between.keys[0], &between.keys[1]] {
            let refused = between.post(&confirmation, &factory.token(user), &by(key)).await.refused(403);
            assert!(refused.contains("is a program of the factory and never decides"), "{refused}");
        }
    }
    between.ask(Method::GET, &entry, "", &Value::Null).await.refused(404);

    // The regulator by the register's own cluster, also while the factory's is away; not with another's key.
    between.factory_cluster.served.abort();
    between.post(&confirmation, &home.token(REGULATOR), &by(&between.keys[0])).await.refused(422);
    let confirmed: SubmissionState =
        between.post(&confirmation, &home.token(REGULATOR), &by(&between.keys[1])).await.json();
    assert_eq!(confirmed.state, Procedure::Registered);
    assert_eq!(between.ask(Method::GET, &entry, "", &Value::Null).await.status.as_u16(), 200);
    // Of the factory's it is not said that its token is wrong.
    let new = factory.signed(factory.name, FACTORY, AUDIENCE, 300);
    between.post("/api/v1/announcements", &new, &Value::Null).await.refused(503);
    running.kill();
}

#[tokio::test]
async fn a_configuration_of_the_factorys_cluster_that_leads_nowhere_is_one_line() {
    let mut between = Between::new().await;
    let file = between.factory_cluster.config.clone();
    std::fs::remove_file(&file).unwrap();
    let refused = between.program.refused();
    assert!(refused.starts_with(&format!("--factory-cluster: {}: ", file.display())), "{refused}");
}
