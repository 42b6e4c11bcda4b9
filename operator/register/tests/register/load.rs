//! Callers of a register that is killed again and again. Each takes services the whole way, from announcement
//! to withdrawal, and checks what a reader can check; whatever was cut off it asks again, under the same key.

use std::sync::{
    Mutex,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use factory_assurance::{
    dsse::{PrivateKey, sign},
    log::{Checkpoint, note::Verifier, proof::Consistency, served::EventProof},
    sample,
    wire::{Announced, Procedure, Submission, SubmissionState, WithdrawalRequest},
};
use reqwest::{Client, Method, StatusCode};
use serde::Serialize;
use tokio::sync::{mpsc, watch};

use crate::world::{Answer, PARTICIPANT, STANDARDS, confirmation_by, issuance_by, named};

/// What all callers share.
pub struct Load {
    pub client: Client,
    pub address: String,
    pub factory_key: PrivateKey,
    pub regulator_key: PrivateKey,
    /// Key of the log, pinned before the first kill.
    pub log: Verifier,
    /// Counts the starts of the register.
    pub started: watch::Receiver<u64>,
    /// Told of each write that was acknowledged.
    pub acknowledged: mpsc::UnboundedSender<()>,
    /// When true, each caller ends after the service that it is at.
    pub enough: AtomicBool,
    /// Requests that got no answer.
    pub cut: AtomicU64,
    /// Writes that were on the disk although their answer was cut off.
    pub found: AtomicU64,
    /// Every submission, as it was answered last.
    pub submissions: Mutex<Vec<SubmissionState>>,
}

impl Load {
    /// Issues the standard of the sample, before anybody announces by it.
    pub async fn issue(&self) {
        let body = issuance_by(&self.regulator_key, &sample::passing().standard);
        let (answer, _) = self.ask(Method::POST, STANDARDS, "regulator", "", Some(&body)).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    }

    /// Takes services the whole way until there are enough of them.
    pub async fn caller(&self, number: usize) {
        let mut seen = None;
        for count in 0_u64.. {
            if self.enough.load(Ordering::Relaxed) {
                return;
            }
            self.whole_way(&format!("service-{number}-{count}"), &mut seen).await;
        }
    }

    async fn whole_way(&self, name: &str, seen: &mut Option<Checkpoint>) {
        let result = named(sample::passing(), name);
        let announcement = sample::announcement(&result, 1);
        let announced: Announced = self.write("/api/v1/announcements", "factory", name, &announcement).await.json();
        let result = sample::announced(result, &announced);
        let dossier = sign(&result.into_statement().unwrap(), &self.factory_key).unwrap();
        let submission = Submission { dossier, epoch: 1 };
        let taken: SubmissionState = self.write("/api/v1/submissions", "factory", name, &submission).await.json();
        let request = confirmation_by(&self.regulator_key, &taken);
        let path = format!("/api/v1/submissions/{}/confirmation", taken.id);
        let confirmed: SubmissionState = self.write(&path, "regulator", name, &request).await.json();
        assert_eq!(confirmed.state, Procedure::Registered);
        self.read(name, seen).await;
        let path = format!("/api/v1/entries/{PARTICIPANT}/{name}/withdrawal");
        self.write(&path, "owner", name, &WithdrawalRequest { reason: taken.dossier.clone() }).await;
        // Said again, everything is answered as it was, or as it stands now.
        let again = self.repeat("/api/v1/announcements", "factory", name, &announcement).await;
        assert_eq!(again.json::<Announced>(), announced);
        let again: SubmissionState = self.repeat("/api/v1/submissions", "factory", name, &submission).await.json();
        let now = SubmissionState { state: Procedure::Withdrawn, reason: taken.dossier.clone(), ..confirmed };
        assert_eq!(again, now);
        self.submissions.lock().unwrap().push(now);
    }

    /// What anyone checks: that the entry is in the log that was signed, and that the log only grew.
    async fn read(&self, name: &str, seen: &mut Option<Checkpoint>) {
        let proof = format!("/api/v1/entries/{PARTICIPANT}/{name}/proof");
        let checkpoint = self.get(&proof).await.json::<EventProof>().verify(&self.log, &[]).unwrap();
        if let Some(before) = seen.take() {
            let path = format!("/api/v1/log/consistency?from={}&to={}", before.size, checkpoint.size);
            let grown: Consistency = self.get(&path).await.json();
            grown.verify(&before.root, &checkpoint.root).unwrap();
        }
        *seen = Some(checkpoint);
    }

    /// A write that must be acknowledged in the end. Answered once, it is told of; cut off before, it may have
    /// been written all the same.
    async fn write(&self, path: &str, token: &str, key: &str, body: &impl Serialize) -> Answer {
        let (answer, cut) = self.ask(Method::POST, path, token, key, Some(body)).await;
        match answer.status {
            StatusCode::CREATED => {}
            // A decision is answered alike, made now or before.
            StatusCode::OK if token == "regulator" => {}
            StatusCode::OK if cut => {
                self.found.fetch_add(1, Ordering::Relaxed);
            }
            _ => panic!("{path}: {answer:?}"),
        }
        self.acknowledged.send(()).unwrap();
        answer
    }

    /// A write that was acknowledged before.
    pub async fn repeat(&self, path: &str, token: &str, key: &str, body: &impl Serialize) -> Answer {
        let (answer, _) = self.ask(Method::POST, path, token, key, Some(body)).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
        answer
    }

    pub async fn get(&self, path: &str) -> Answer {
        let (answer, _) = self.ask(Method::GET, path, "keeper", "", None::<&()>).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
        answer
    }

    /// The answer, and whether an earlier one was cut off: then the same is asked of the next start.
    async fn ask(
        &self,
        method: Method,
        path: &str,
        token: &str,
        key: &str,
        body: Option<&impl Serialize>,
    ) -> (Answer, bool) {
        let (mut started, mut cut) = (self.started.clone(), false);
        loop {
            let at = *started.borrow_and_update();
            let mut request = self.client.request(method.clone(), format!("{}{path}", self.address));
            request = request.bearer_auth(token).header("idempotency-key", key);
            if let Some(body) = body {
                request = request.body(serde_json::to_vec(body).unwrap());
            }
            let answered = async {
                let response = request.send().await?;
                let (status, headers) = (response.status(), response.headers().clone());
                Ok::<_, reqwest::Error>(Answer { status, headers, text: response.text().await? })
            };
            if let Ok(answer) = answered.await {
                return (answer, cut);
            }
            cut = true;
            self.cut.fetch_add(1, Ordering::Relaxed);
            started.wait_for(|now| *now > at).await.unwrap();
        }
    }
}
