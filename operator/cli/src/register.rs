//! The register as its API answers a team and a regulator. It must not decide whether a dossier
//! holds: `verify` does that on this machine, from the bytes.

mod delegations;
mod entries;
pub mod objects;
mod standards;
pub mod submissions;

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use factory_assurance::{
    dsse::Envelope,
    wire::{self, ConfirmationRequest, Problem, ReturnRequest, SubmissionState},
};
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    arguments::Connection,
    cluster::{Cluster, ClusterError},
};

/// A dossier is at most as large as the register takes.
const MAX_ANSWER: usize = 33 * 1024 * 1024;
/// No answer of the register takes longer, its long poll left aside, which is not used here.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A connection to the register.
pub struct Register {
    address: String,
    token: String,
    http: Client,
}

/// Why the register did not give what was wanted.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// Kubernetes gave no token or address.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// The factory does not publish an address.
    #[error("the cluster does not say where the register is")]
    NoAddress,
    /// The client cannot be made, for example without any certificate authority.
    #[error("no connection can be made")]
    Client(#[source] reqwest::Error),
    /// It did not answer.
    #[error("the register at {address} does not answer")]
    Away {
        /// Its address.
        address: String,
        /// Cause.
        #[source]
        source: reqwest::Error,
    },
    /// It refused.
    #[error("the register refuses: {detail}")]
    Refused {
        /// Status code.
        status: StatusCode,
        /// Its words.
        detail: String,
    },
    /// It answered something else than its API says.
    #[error("the register at {address} gave an answer that this version does not understand: {detail}")]
    Strange {
        /// Its address.
        address: String,
        /// What is strange.
        detail: String,
    },
}

impl RegisterError {
    /// What to do next.
    pub fn next(&self) -> Option<String> {
        match self {
            Self::Cluster(error) => error.next(),
            Self::NoAddress | Self::Away { .. } => {
                Some("give its address with --register or FACTORY_REGISTER".to_owned())
            }
            Self::Refused { status, .. } if *status == StatusCode::UNAUTHORIZED => {
                Some("give a token for it with --register-token".to_owned())
            }
            Self::Refused { status, .. } if *status == StatusCode::FORBIDDEN => {
                Some("use the kubeconfig of someone who has this right".to_owned())
            }
            _ => None,
        }
    }
}

impl Register {
    /// Connects with the address and token given, or those that the cluster gives.
    pub async fn connect(connection: &Connection, cluster: &Cluster) -> Result<Self, RegisterError> {
        let address = match &connection.register {
            Some(address) => address.clone(),
            None => cluster
                .published()
                .await?
                .remove("registerUrl")
                .filter(|url| !url.is_empty())
                .ok_or(RegisterError::NoAddress)?,
        };
        let token = match &connection.register_token {
            Some(token) => token.clone(),
            None => cluster.register_token().await?,
        };
        // A redirect could carry the token to another host.
        let mut http = Client::builder().timeout(TIMEOUT).redirect(reqwest::redirect::Policy::none());
        if let Some(host) = wire::local_host(&address) {
            // Port 0: the one of the address holds.
            http = http.resolve(host, SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
        }
        let http = http.build().map_err(RegisterError::Client)?;
        Ok(Self { address: address.trim_end_matches('/').to_owned(), token, http })
    }

    /// Its address.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The submission `id`; `None` where there is none, or none that this person may see.
    pub async fn submission(&self, id: &str) -> Result<Option<SubmissionState>, RegisterError> {
        match self.call(Method::GET, &format!("/api/v1/submissions/{id}"), None::<&()>).await {
            Ok(submission) => Ok(Some(submission)),
            Err(RegisterError::Refused { status: StatusCode::NOT_FOUND | StatusCode::BAD_REQUEST, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The submissions of `service` that wait for the regulator, as far as this person may see them.
    pub async fn submitted(&self, service: &str) -> Result<Vec<SubmissionState>, RegisterError> {
        self.call(Method::GET, &format!("/api/v1/submissions?state=Submitted&service={service}"), None::<&()>).await
    }

    /// The dossier of a submission.
    pub async fn dossier(&self, id: &str) -> Result<Envelope, RegisterError> {
        self.call(Method::GET, &format!("/api/v1/submissions/{id}/dossier"), None::<&()>).await
    }

    /// Confirms a submission with a signed statement.
    pub async fn confirm(&self, id: &str, confirmation: Envelope) -> Result<SubmissionState, RegisterError> {
        self.call(
            Method::POST,
            &format!("/api/v1/submissions/{id}/confirmation"),
            Some(&ConfirmationRequest { confirmation }),
        )
        .await
    }

    /// Sends a submission back.
    pub async fn send_back(&self, id: &str, reason: &str) -> Result<SubmissionState, RegisterError> {
        self.call(
            Method::POST,
            &format!("/api/v1/submissions/{id}/return"),
            Some(&ReturnRequest { reason: reason.to_owned() }),
        )
        .await
    }

    async fn call<B: Serialize + Sync, T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&B>,
    ) -> Result<T, RegisterError> {
        self.send(self.request(method, path, body)).await
    }

    fn request<B: Serialize>(&self, method: Method, path: &str, body: Option<&B>) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.address)).bearer_auth(&self.token);
        match body {
            Some(body) => request.json(body),
            None => request,
        }
    }

    async fn send<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, RegisterError> {
        let away = |source| RegisterError::Away { address: self.address.clone(), source };
        let mut answer = request.send().await.map_err(away)?;
        let status = answer.status();
        let mut bytes = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(away)? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() > MAX_ANSWER {
                return Err(self.strange(format!("more than {MAX_ANSWER} bytes")));
            }
        }
        if !status.is_success() {
            let detail =
                serde_json::from_slice::<Problem>(&bytes).map_or_else(|_| status.to_string(), |problem| problem.detail);
            return Err(RegisterError::Refused { status, detail });
        }
        serde_json::from_slice(&bytes).map_err(|error| self.strange(error.to_string()))
    }

    fn strange(&self, detail: String) -> RegisterError {
        RegisterError::Strange { address: self.address.clone(), detail }
    }
}
