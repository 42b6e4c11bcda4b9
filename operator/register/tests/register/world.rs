//! A register on loopback, its callers, and dossiers to bring to it.

use std::{
    cell::Cell,
    net::SocketAddr,
    num::NonZeroU32,
    path::{Path, PathBuf},
    sync::{
        Arc, Once,
        atomic::{AtomicBool, AtomicI64, AtomicU32, Ordering},
    },
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use factory_assurance::{
    confirmation::{self, Confirmed},
    delegation::{self, Terms},
    dossier::TestResult,
    dsse::{Envelope, PrivateKey, sign},
    issuance,
    log::note::Signer,
    object::{self, Object},
    sample,
    standard::Standard,
    wire::{
        Announced, ConfirmationRequest, DelegationRequest, IssuanceRequest, Procedure, StandingDelegation, Submission,
        SubmissionState,
    },
};
use factory_register::{
    access::{AccessError, Authenticator, Identity, Right, Users},
    api::{Register, Settings, objects::ObjectState},
    keys::Keys,
    metrics::Metrics,
    serve,
    signer::Keyring,
    store::{Location, Store},
    tls::{Certificate, door::Door},
};
use futures::future::{BoxFuture, FutureExt as _};
use jiff::{SignedDuration, Timestamp};
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

use crate::server::Database;

pub const FACTORY: &str = "system:serviceaccount:factory-system:factory-operator";
pub const KEEPER: &str = "system:serviceaccount:factory-system:factory-permit-keeper";
pub const PARTICIPANT: &str = "social-registry";

/// Tokens are the names of the parts. The factory's user is given the regulator's and the owner's
/// rights on purpose: the register must refuse it all the same.
pub struct Table;

impl Authenticator for Table {
    fn identify<'a>(&'a self, token: &'a str) -> BoxFuture<'a, Result<Identity, AccessError>> {
        let user = match &*bearer(token) {
            "fading" if !FADED.load(Ordering::Relaxed) => Ok("regulator"),
            "factory" => Ok(FACTORY),
            "keeper" => Ok(KEEPER),
            "regulator" => Ok("regulator"),
            "deputy" => Ok("deputy"),
            "owner" => Ok("owner"),
            "reader" => Ok("reader"),
            "stranger" => Ok("stranger"),
            "away" => Err(AccessError::Unavailable { reason: "connection refused".to_owned(), source: None }),
            _ => Err(AccessError::Unauthenticated("unknown".to_owned())),
        };
        let identity = user.map(|user| Identity {
            user: user.to_owned(),
            uid: None,
            groups: Vec::new(),
            extra: std::collections::BTreeMap::new(),
        });
        async { identity }.boxed()
    }

    fn may<'a>(&'a self, who: &'a Identity, right: Right<'a>) -> BoxFuture<'a, Result<bool, AccessError>> {
        let may = match right {
            Right::Confirm => ["regulator", "deputy", FACTORY, KEEPER].contains(&who.user.as_str()),
            Right::Read(participant) => ["owner", "reader"].contains(&who.user.as_str()) && participant == PARTICIPANT,
            Right::Withdraw(participant) | Right::Write(participant) => {
                ["owner", FACTORY, KEEPER].contains(&who.user.as_str()) && participant == PARTICIPANT
            }
        };
        async move { Ok(may) }.boxed()
    }
}

/// Seconds by which the register's clock is ahead of this machine's.
pub static AHEAD: AtomicI64 = AtomicI64::new(0);

thread_local! {
    /// The same for the register of one test alone, where it runs on the thread of its test.
    pub static AHEAD_HERE: Cell<i64> = const { Cell::new(0) };
}

fn clock() -> Timestamp {
    Timestamp::now() + SignedDuration::from_secs(AHEAD.load(Ordering::Relaxed) + AHEAD_HERE.get())
}

/// Whether the token `fading` has ended.
pub static FADED: AtomicBool = AtomicBool::new(false);

/// Whose token it is; of one in the form of a JWT, its subject.
fn bearer(token: &str) -> String {
    let claims = token.split('.').nth(1).and_then(|claims| URL_SAFE_NO_PAD.decode(claims).ok());
    let claims = claims.and_then(|claims| serde_json::from_slice::<Value>(&claims).ok());
    claims.and_then(|claims| Some(claims["sub"].as_str()?.to_owned())).unwrap_or_else(|| token.to_owned())
}

/// The keys of the log: the first, and those in `folder`.
pub fn log_keyring(folder: &Path) -> Keyring {
    Keyring::new(log_signer(), folder)
}

/// The first key of the log.
pub fn log_signer() -> Signer {
    Signer::new("register.test/log", [9; 32]).unwrap()
}

/// A folder that is gone with the test.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("register-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A running register.
pub struct World {
    pub place: Database,
    /// Those that it ran over before: gone with it, not sooner.
    pub former: Vec<Database>,
    pub folder: Folder,
    pub factory_key: PrivateKey,
    pub regulator_key: PrivateKey,
    pub register: Arc<Register>,
    pub client: Client,
    pub address: String,
    /// Where programs come in, once there is a certificate in the folder `tls`.
    pub door: SocketAddr,
    pub stop: watch::Sender<bool>,
    pub served: JoinHandle<Result<(), std::io::Error>>,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
}

impl Answer {
    /// A header that must be there.
    pub fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }

    pub fn json<T: DeserializeOwned>(&self) -> T {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// What a refusal says, after it was found to be problem details with this status.
    pub fn refused(&self, status: u16) -> String {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        assert_eq!(self.header("content-type"), "application/problem+json");
        let problem: Value = self.json();
        assert_eq!(problem["status"], status);
        problem["detail"].as_str().unwrap().to_owned()
    }
}

/// Limits so wide that no test and no measurement comes to them.
pub fn plenty() -> Settings {
    let many = NonZeroU32::new(1_000_000).unwrap();
    let form_takes = std::time::Duration::ZERO;
    Settings { per_address: many, per_user: many, claims_per_address: many, form_takes, ..Settings::default() }
}

/// Pins the public halves of both keys, and of the samples' lab, each in a folder of its own.
pub fn pinned(folder: &Path, factory: &PrivateKey, regulator: &PrivateKey) {
    for (name, key) in [("factory", factory), ("lab", sample::lab()), ("regulator", regulator)] {
        std::fs::create_dir(folder.join(name)).unwrap();
        std::fs::write(folder.join(name).join("key.pub"), key.public().to_pem().unwrap()).unwrap();
    }
}

/// Installs the provider of TLS, once for the process.
pub fn provider() {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| rustls::crypto::ring::default_provider().install_default().unwrap());
}

impl World {
    pub async fn start() -> Self {
        Self::start_with(plenty()).await
    }

    pub async fn start_with(settings: Settings) -> Self {
        let folder = Folder::new();
        let place = Database::new(&folder.0).await;
        Self::start_over(folder, place, settings).await
    }

    /// Over an empty database of one's own.
    pub async fn start_in(folder: Folder, place: Database) -> Self {
        Self::start_over(folder, place, plenty()).await
    }

    /// With something of its own, for which its address is known already.
    #[allow(dead_code, reason = "the console's tests alone need it")]
    pub async fn start_prepared(prepare: impl FnOnce(&mut Register, &str)) -> Self {
        let folder = Folder::new();
        let place = Database::new(&folder.0).await;
        let keys = Self::new_keys(&folder);
        Box::pin(Self::over(place, folder, keys, plenty(), prepare)).await
    }

    async fn start_over(folder: Folder, place: Database, settings: Settings) -> Self {
        let keys = Self::new_keys(&folder);
        Box::pin(Self::over(place, folder, keys, settings, |_, _| {})).await
    }

    /// Those of the factory and of the regulator, pinned.
    fn new_keys(folder: &Folder) -> (PrivateKey, PrivateKey) {
        let keys = (PrivateKey::generate(), PrivateKey::generate());
        pinned(&folder.0, &keys.0, &keys.1);
        keys
    }

    async fn over(
        place: Database,
        folder: Folder,
        (factory_key, regulator_key): (PrivateKey, PrivateKey),
        settings: Settings,
        prepare: impl FnOnce(&mut Register, &str),
    ) -> Self {
        provider();
        let metrics = Metrics::default();
        let store = Store::open(&place.location(), clock, metrics.commits()).await.unwrap();
        let users = Users { factory: FACTORY.to_owned(), permit_keeper: KEEPER.to_owned() };
        let [factory, lab, regulator] = ["factory", "lab", "regulator"].map(|whose| Keys::new(folder.0.join(whose)));
        let (stop, stopping) = watch::channel(false);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let log = log_keyring(&folder.0);
        let mut register =
            Register::new((store, log), Box::new(Table), users, (factory, lab, regulator), metrics, stopping);
        register = register.with(settings);
        prepare(&mut register, &address);
        let register = Arc::new(register);
        let programs = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let door = programs.local_addr().unwrap();
        let programs = Door::new(programs, Certificate::new(folder.0.join("tls")));
        let served = tokio::spawn(serve::run(listener, Some(programs), Arc::clone(&register)));
        let client = Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self {
            place,
            former: Vec::new(),
            folder,
            factory_key,
            regulator_key,
            register,
            client,
            address,
            door,
            stop,
            served,
        }
    }

    /// Ends the server in order and starts another over the same database.
    pub async fn restart(self) -> Self {
        self.restart_after(async {}).await
    }

    /// The same, with something done in between.
    pub async fn restart_after(self, between: impl Future<Output = ()>) -> Self {
        self.stop.send_replace(true);
        self.served.await.unwrap().unwrap();
        between.await;
        let keys = (self.factory_key, self.regulator_key);
        Box::pin(Self::over(self.place, self.folder, keys, plenty(), |_, _| {})).await
    }

    /// The same over another database.
    pub async fn restart_over(mut self, place: Database) -> Self {
        self.stop.send_replace(true);
        self.served.await.unwrap().unwrap();
        let former = std::mem::replace(&mut self.place, place);
        let keys = (self.factory_key, self.regulator_key);
        let mut world = Box::pin(Self::over(self.place, self.folder, keys, plenty(), |_, _| {})).await;
        world.former.push(former);
        world
    }

    pub fn database(&self) -> Location {
        self.place.location()
    }

    pub fn request(&self, method: Method, path: &str, token: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.address));
        if token.is_empty() { request } else { request.bearer_auth(token) }
    }

    pub async fn get(&self, path: &str, token: &str) -> Answer {
        send(self.request(Method::GET, path, token)).await
    }

    /// Asks until the register says that so many callers wait for a change.
    pub async fn until_waiting(&self, count: u32) {
        while !self.get("/metrics", "").await.text.contains(&format!("factory_register_waiting {count}\n")) {
            tokio::task::yield_now().await;
        }
    }

    pub async fn post(&self, path: &str, token: &str, key: &str, body: &impl Serialize) -> Answer {
        send(self.posting(path, token, key, body)).await
    }

    /// The same, written and not yet sent.
    pub fn posting(&self, path: &str, token: &str, key: &str, body: &impl Serialize) -> RequestBuilder {
        let body = serde_json::to_vec(body).unwrap();
        self.request(Method::POST, path, token).header("idempotency-key", key).body(body)
    }

    /// Issues `standard` in the regulator's name, unless its version was issued before.
    pub async fn issued(&self, standard: &Standard) {
        let path = format!("/api/v1/standards/{}/{}", standard.name, standard.version);
        if self.get(&path, "").await.status == StatusCode::OK {
            return;
        }
        let answer = self.post(STANDARDS, "regulator", "", &issuance_by(&self.regulator_key, standard)).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    }

    /// Announces the run of `result` under `key`, by its standard, which is issued for it, and answers `result` as that
    /// run's.
    pub fn announce<'a>(&'a self, result: TestResult, key: &'a str) -> BoxFuture<'a, TestResult> {
        // Results are large, and would stand in every future that waits for this one.
        Box::pin(async move {
            self.issued(&result.standard).await;
            let announcement = sample::announcement(&result, 1);
            let answer = self.post("/api/v1/announcements", "factory", key, &announcement).await;
            assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
            sample::announced(result, &answer.json::<Announced>())
        })
    }

    pub fn dossier(&self, result: &TestResult) -> Envelope {
        sign(&result.clone().into_statement().unwrap(), &self.factory_key).unwrap()
    }

    pub async fn submit(&self, dossier: Envelope, key: &str) -> Answer {
        send(self.submission(dossier, key)).await
    }

    /// The same, written and not yet sent.
    pub fn submission(&self, dossier: Envelope, key: &str) -> RequestBuilder {
        self.posting("/api/v1/submissions", "factory", key, &Submission { dossier, epoch: 1 })
    }

    /// Announces and submits `result`, both under `key`.
    pub fn submitted<'a>(&'a self, result: TestResult, key: &'a str) -> BoxFuture<'a, SubmissionState> {
        Box::pin(async move {
            let result = self.announce(result, key).await;
            let answer = self.submit(self.dossier(&result), key).await;
            assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
            answer.json()
        })
    }

    pub fn confirmation(&self, state: &SubmissionState) -> ConfirmationRequest {
        confirmation_by(&self.regulator_key, state)
    }

    /// Confirms what `state` says, judged by the standard of its dossier.
    pub async fn confirm(&self, state: &SubmissionState) -> Answer {
        let path = format!("/api/v1/submissions/{}", state.id);
        let dossier: Envelope = self.get(&format!("{path}/dossier"), "regulator").await.json();
        let dossier: Value = serde_json::from_slice(&dossier.payload_bytes().unwrap()).unwrap();
        let standard = &dossier["predicate"]["standard"];
        let standard = [&standard["name"], &standard["version"]].map(|part| part.as_str().unwrap()).join("@");
        let confirmation = confirmation_under(&standard, &self.regulator_key, state);
        self.post(&format!("{path}/confirmation"), "regulator", "", &confirmation).await
    }

    /// A delegation that the register has taken.
    pub async fn delegated(&self, terms: &Terms) -> StandingDelegation {
        let body = delegation_by(&self.regulator_key, terms);
        let answer = self.post("/api/v1/delegations", "regulator", "", &body).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
        answer.json()
    }

    /// A service that passed and was confirmed.
    pub async fn registered(&self, result: TestResult, key: &str) -> SubmissionState {
        let state: SubmissionState = self.confirm(&self.submitted(result, key).await).await.json();
        assert_eq!(state.state, Procedure::Registered);
        state
    }
}

/// Terms for the sample's service that stand now, by the clock of the register, and for thirty days.
pub fn standing() -> Terms {
    let now = clock();
    let moment = |hours| format!("{:.0}", now + SignedDuration::from_hours(hours));
    Terms { from: moment(-1), until: moment(30 * 24), ..sample::terms() }
}

/// A delegation under `terms`, signed with `key`.
pub fn delegation_by(key: &PrivateKey, terms: &Terms) -> DelegationRequest {
    let statement = delegation::statement(terms, "Regulator of the ecosystem", "2026-03-04T05:06:07Z").unwrap();
    DelegationRequest { delegation: sign(&statement, key).unwrap() }
}

/// Day from which standards of the tests hold, by whichever clock.
pub const EFFECTIVE: &str = "2020-01-01";
/// Where standards are issued.
pub const STANDARDS: &str = "/api/v1/standards";

/// An issuance of `standard`, signed with `key`.
pub fn issuance_by(key: &PrivateKey, standard: &Standard) -> IssuanceRequest {
    let statement =
        issuance::statement(standard, EFFECTIVE, "Regulator of the ecosystem", "2026-03-04T05:06:07Z").unwrap();
    IssuanceRequest { issuance: sign(&statement, key).unwrap() }
}

/// A confirmation of everything that `state` says, by the standard of the sample, signed with `key`.
pub fn confirmation_by(key: &PrivateKey, state: &SubmissionState) -> ConfirmationRequest {
    let standard = sample::passing().standard;
    confirmation_under(&format!("{}@{}", standard.name, standard.version), key, state)
}

fn confirmation_under(standard: &str, key: &PrivateKey, state: &SubmissionState) -> ConfirmationRequest {
    let subject = &state.subject;
    let statement = confirmation::statement(
        &Confirmed {
            resource: &format!("{}/{}/{}", subject.participant, subject.service, subject.release),
            bundle: &state.bundle,
            dossier: &state.dossier,
            standard,
        },
        "Regulator of the ecosystem",
        "2026-03-04T05:06:07Z",
    );
    ConfirmationRequest { confirmation: sign(&statement, key).unwrap() }
}

/// `result` of a service with another name.
pub fn named(mut result: TestResult, service: &str) -> TestResult {
    service.clone_into(&mut result.subject.service);
    result.subject.release = format!("{service}-1");
    result.bundle.configuration = factory_assurance::canonical::sha256(service.as_bytes());
    result
}

pub async fn send(request: RequestBuilder) -> Answer {
    let response = Box::pin(request.send()).await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    Answer { status, headers, text: response.text().await.unwrap() }
}

/// Where a person of the sample is reached.
pub const EMAIL: &str = "anna@social-registry.gov.kg";

/// The sample with contacts in the open, as an owner sends it.
pub fn object_request() -> Value {
    let mut request = serde_json::to_value(sample::object()).unwrap();
    let person = &mut request["register"]["protection"][0];
    (person["name"], person["email"], person["phone"]) =
        ("Anna Asanova".into(), EMAIL.into(), "+996 555 010203".into());
    request
}

/// What a regulator signs, from what the API says of the object.
fn object_of(state: &ObjectState) -> Object {
    let state = state.clone();
    Object {
        participant: state.participant,
        name: state.name,
        kind: state.kind,
        basis: state.basis,
        explanation: state.explanation,
        titles: state.titles,
        host: state.host,
        register: state.register,
        evidence: state.evidence,
    }
}

pub fn inclusion_by(key: &PrivateKey, state: &ObjectState) -> ConfirmationRequest {
    let object = object_of(state);
    assert_eq!(object.digest().unwrap(), state.digest);
    let statement = object::statement(&object, "Regulator of the ecosystem", "2026-03-04T05:06:07Z").unwrap();
    ConfirmationRequest { confirmation: sign(&statement, key).unwrap() }
}
