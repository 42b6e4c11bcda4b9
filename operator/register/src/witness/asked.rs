//! The register's public API, as a witness asks it.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use factory_assurance::wire::{self, DAMAGED, Problem, disturbs};
use reqwest::{Client, StatusCode, redirect::Policy};
use serde::de::DeserializeOwned;

use super::{WitnessError, alarm::Alarm};
use crate::outgoing;

/// No answer takes longer.
const TIMEOUT: Duration = Duration::from_secs(120);
/// Largest answer: a part of the log holds entries, and no dossier.
const MOST: usize = 64 * 1024 * 1024;

/// Longest text of a stranger that is told, in characters.
const LONGEST: usize = 1000;

/// Why a register could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// No client can be made.
    #[error("no connection can be made: {0}")]
    Client(#[source] reqwest::Error),
    /// The file of certificates cannot be used.
    #[error("{path}: {reason}", path = path.display())]
    Ca {
        /// Which one.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// No answer.
    #[error("{address} does not answer: {source}")]
    Away {
        /// What was asked.
        address: String,
        /// Cause.
        source: reqwest::Error,
    },
    /// There is no such thing.
    #[error("{address}: there is no such thing")]
    None {
        /// What was asked.
        address: String,
    },
    /// An answer that is none of a register's.
    #[error("{address}: {detail}")]
    Strange {
        /// What was asked.
        address: String,
        /// What is strange.
        detail: String,
    },
}

/// A register that can be asked.
#[derive(Debug)]
pub struct Asked {
    address: String,
    http: Client,
}

impl Asked {
    /// The register at `address`, whose certificate may be signed by one in the file `ca` as well.
    pub fn at(address: &str, ca: Option<PathBuf>) -> Result<Self, AskError> {
        let mut http = Client::builder().timeout(TIMEOUT).redirect(Policy::none());
        if let Some(host) = wire::local_host(address) {
            // Port 0: the one of the address holds.
            http = http.resolve(host, SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
        }
        if let Some(path) = ca {
            http = outgoing::trusting(http, &path).map_err(|reason| AskError::Ca { path, reason })?;
        }
        let http = http.build().map_err(AskError::Client)?;
        Ok(Self { address: address.trim_end_matches('/').to_owned(), http })
    }

    /// The answer to GET `path` as JSON.
    pub async fn json<T: DeserializeOwned>(&self, path: &str) -> Result<T, WitnessError> {
        let text = self.text(path).await?;
        Ok(serde_json::from_str(&text).map_err(|error| self.strange(path, error.to_string()))?)
    }

    /// The same; nothing where there is no such thing.
    pub async fn find<T: DeserializeOwned>(&self, path: &str) -> Result<Option<T>, WitnessError> {
        match self.json(path).await {
            Ok(found) => Ok(Some(found)),
            Err(WitnessError::Ask(AskError::None { .. })) => Ok(None),
            Err(other) => Err(other),
        }
    }

    /// Hands each thing of a `list` to `take`, page by page: `of` a page, its things and whether there are more. They stand
    /// from the newest `event` to the oldest, so that there is an end. What came after the first `size` events is passed
    /// over: it is held against the next checkpoint.
    pub async fn newest_first<P: DeserializeOwned, T>(
        &self,
        list: &str,
        size: u64,
        of: impl Fn(P) -> (Vec<T>, bool),
        event: impl Fn(&T) -> u64,
        mut take: impl AsyncFnMut(T) -> Result<(), WitnessError>,
    ) -> Result<(), WitnessError> {
        let (mut path, mut oldest) = (list.to_owned(), u64::MAX);
        loop {
            let (things, more) = of(self.json(&path).await?);
            let ended = things.is_empty() || !more;
            for thing in things {
                let number = event(&thing);
                if number >= oldest {
                    return Err(self.strange(&path, "not in the order of their events".to_owned()).into());
                }
                oldest = number;
                if number <= size {
                    take(thing).await?;
                }
            }
            if ended {
                return Ok(());
            }
            // Not the address that the page names: it could lead anywhere.
            path = format!("{list}?before={oldest}");
        }
    }

    /// The answer to GET `path`.
    pub async fn text(&self, path: &str) -> Result<String, WitnessError> {
        let address = format!("{}{path}", self.address);
        let away = |source| AskError::Away { address: address.clone(), source };
        let answer = self.http.get(&address).send().await.map_err(away)?;
        let status = answer.status();
        let too_long = || self.strange(path, format!("more than {MOST} bytes"));
        let bytes = outgoing::body(answer, MOST).await.map_err(away)?.ok_or_else(too_long)?;
        if status.is_success() {
            return Ok(String::from_utf8(bytes).map_err(|error| self.strange(path, error.to_string()))?);
        }
        match serde_json::from_slice::<Problem>(&bytes) {
            // Its own words: an error that no later try mends.
            Ok(problem) if problem.kind == DAMAGED => {
                Err(Alarm::Unable { path: path.to_owned(), detail: line(&problem.detail) }.into())
            }
            Ok(_) if status == StatusCode::NOT_FOUND => Err(AskError::None { address }.into()),
            Ok(problem) => Err(self.strange(path, format!("{status}: {}", problem.detail)).into()),
            Err(_) => Err(self.strange(path, status.to_string()).into()),
        }
    }

    /// An answer to `path` that no register gives.
    pub fn strange(&self, path: &str, detail: String) -> AskError {
        AskError::Strange { address: format!("{}{path}", self.address), detail: line(&detail) }
    }
}

/// `text` of a stranger as a part of one line for a person.
pub fn line(text: &str) -> String {
    text.chars().take(LONGEST).map(|letter| if disturbs(letter) { '\u{fffd}' } else { letter }).collect()
}
