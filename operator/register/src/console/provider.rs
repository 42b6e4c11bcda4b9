//! An identity provider (OpenID Connect), to which a regulator is sent instead of showing a token by hand: authorization
//! code with PKCE (RFC 7636). What it gives out is a token like any other: the cluster alone says whose it is, so
//! nothing that the provider says is believed here, and no signature of it is checked here either.

mod under_way;

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use factory_assurance::{canonical, report::Language};
use reqwest::{
    Client, Url,
    header::{ACCEPT, CONTENT_TYPE},
    redirect::Policy,
};
use serde::{Deserialize, de::DeserializeOwned};
use sha2::{Digest as _, Sha256};
use tokio::sync::OnceCell;

use super::{sessions, sign_in::claims};
use crate::outgoing;
pub use under_way::{Journey, UnderWay};

/// Longest that the provider may take for one answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// Longest answer, in bytes.
const LONGEST: usize = 256 * 1024;
/// Where it sends the browser back to, at the register's address.
pub const BACK: &str = "/console/sign-in/provider/back";
/// In the folder of the provider: what the register shows to be itself, and who signs the provider's certificate.
const SECRET: &str = "client-secret";
const AUTHORITY: &str = "ca.crt";

/// A provider, and who is on the way to it.
#[derive(Debug)]
pub struct Provider {
    http: Client,
    issuer: Url,
    client: String,
    secret: Option<PathBuf>,
    back: String,
    endpoints: OnceCell<Endpoints>,
    pub(super) under_way: UnderWay,
}

/// Where people sign in, and where a code becomes a token.
#[derive(Debug)]
struct Endpoints {
    authorization: Url,
    token: Url,
}

/// What it says of itself at `/.well-known/openid-configuration`.
#[derive(Deserialize)]
struct Configuration {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
}

/// Why nobody can be sent there, or came back with nothing.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// A file of its folder cannot be used.
    #[error("{}: {reason}", file.display())]
    File {
        /// Which.
        file: PathBuf,
        /// Why.
        reason: String,
    },
    /// It did not answer.
    #[error("the identity provider: {0}")]
    Asked(#[from] reqwest::Error),
    /// Its answer is none.
    #[error("the identity provider answered {0}")]
    Answer(String),
    /// A token or code could be read on its way.
    #[error("the identity provider: `{0}` must begin with https://")]
    Open(Url),
    /// What it gave is for another sign-in.
    #[error("the identity provider's token is of another sign-in")]
    OfAnother,
    /// No random number.
    #[error(transparent)]
    Random(#[from] getrandom::Error),
}

impl Provider {
    /// The provider at `issuer`, which knows the register at `address` as `client`. In `folder` there may be
    /// `client-secret`, without which the register is a public client, and `ca.crt`.
    pub fn new(issuer: Url, client: String, folder: Option<&Path>, address: &str) -> Result<Self, ProviderError> {
        closed(&issuer)?;
        let mut http = Client::builder().timeout(PATIENCE).redirect(Policy::none());
        let of = |name: &str| folder.map(|folder| folder.join(name)).filter(|file| file.exists());
        if let Some(file) = of(AUTHORITY) {
            http = outgoing::trusting(http, &file).map_err(|reason| ProviderError::File { file, reason })?;
        }
        let back = format!("{}{BACK}", address.trim_end_matches('/'));
        let (endpoints, under_way) = (OnceCell::new(), UnderWay::default());
        Ok(Self { http: http.build()?, issuer, client, secret: of(SECRET), back, endpoints, under_way })
    }

    /// Where the browser that holds `cookie` is sent; it comes back with a code and the hash of `cookie`, and goes on to
    /// `next` then.
    pub async fn send(&self, cookie: &str, next: &str, language: Language) -> Result<Url, ProviderError> {
        let mut there = self.endpoints().await?.authorization.clone();
        let (state, journey) = (canonical::sha256(cookie.as_bytes()), Journey::to(next.to_owned(), language)?);
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(&journey.verifier));
        there.query_pairs_mut().extend_pairs([
            ("response_type", "code"),
            ("scope", "openid"),
            ("client_id", &self.client),
            ("redirect_uri", &self.back),
            ("state", &state),
            ("nonce", &journey.nonce),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ]);
        self.under_way.begin(state, journey, Instant::now());
        Ok(there)
    }

    /// The token for `code`, with which the browser came back from `journey`.
    pub async fn token(&self, code: &str, journey: &Journey) -> Result<String, ProviderError> {
        #[derive(Deserialize)]
        struct Given {
            id_token: String,
        }
        #[derive(Deserialize)]
        struct Said {
            nonce: String,
        }
        let sent = encoded(&[
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &self.back),
            ("client_id", &self.client),
            ("code_verifier", &journey.verifier),
        ]);
        let mut request = self.http.post(self.endpoints().await?.token.clone());
        if let Some(file) = &self.secret {
            // Read each time: it can be changed beside a register that serves.
            let secret = fs::read_to_string(file)
                .map_err(|error| ProviderError::File { file: file.clone(), reason: error.to_string() })?;
            request = request.basic_auth(plain(&self.client), Some(plain(secret.trim())));
        }
        let request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(sent);
        let Given { id_token } = answer(request).await?;
        let said: Option<Said> = claims(&id_token);
        if said.is_some_and(|said| sessions::same(&said.nonce, &journey.nonce)) {
            Ok(id_token)
        } else {
            Err(ProviderError::OfAnother)
        }
    }

    /// Asked once: whoever moves them starts the register anew.
    async fn endpoints(&self) -> Result<&Endpoints, ProviderError> {
        let ask = || async {
            let mut known = self.issuer.clone();
            known.set_path(&format!("{}/.well-known/openid-configuration", known.path().trim_end_matches('/')));
            let said: Configuration = answer(self.http.get(known)).await?;
            // OpenID Connect Discovery 1.0, 4.3: who speaks for somebody else is not believed.
            if said.issuer.trim_end_matches('/') != self.issuer.as_str().trim_end_matches('/') {
                return Err(ProviderError::Answer(format!("as `{}`, not as `{}`", said.issuer, self.issuer)));
            }
            Ok(Endpoints { authorization: place(&said.authorization_endpoint)?, token: place(&said.token_endpoint)? })
        };
        self.endpoints.get_or_try_init(ask).await
    }
}

/// An answer of the provider's as JSON.
async fn answer<T: DeserializeOwned>(request: reqwest::RequestBuilder) -> Result<T, ProviderError> {
    let response = request.header(ACCEPT, "application/json").send().await?.error_for_status()?;
    let too_long = || ProviderError::Answer(format!("more than {LONGEST} bytes"));
    let body = outgoing::body(response, LONGEST).await?.ok_or_else(too_long)?;
    // Without its text: there may be a token in it.
    serde_json::from_slice(&body).map_err(|error| ProviderError::Answer(format!("what is none: {error}")))
}

/// An address that the provider names, where nobody can read on the way.
fn place(named: &str) -> Result<Url, ProviderError> {
    let url = named
        .parse()
        .map_err(|error| ProviderError::Answer(format!("with `{named}`, which is no address: {error}")))?;
    closed(&url)?;
    Ok(url)
}

/// Whether nobody can read on the way to `url`: over TLS, or on this machine.
fn closed(url: &Url) -> Result<(), ProviderError> {
    let local = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    if url.scheme() == "https" || local { Ok(()) } else { Err(ProviderError::Open(url.clone())) }
}

/// `pairs` as a form sends them.
fn encoded(pairs: &[(&str, &str)]) -> String {
    Url::parse("form:").map_or_else(
        |_| String::new(),
        |mut form| {
            form.query_pairs_mut().extend_pairs(pairs);
            form.query().unwrap_or_default().to_owned()
        },
    )
}

/// One value as a form sends it: as such, user and password stand in the header (RFC 6749, 2.3.1).
fn plain(value: &str) -> String {
    encoded(&[("", value)]).trim_start_matches('=').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_over_tls_or_on_this_machine() {
        for (url, is) in [
            ("https://id.gov.kg/realms/state", true),
            ("http://127.0.0.1:9000", true),
            ("http://id.gov.kg", false),
            ("http://127.0.0.1.gov.kg", false),
            ("ftp://id.gov.kg", false),
        ] {
            assert_eq!(closed(&url.parse().unwrap()).is_ok(), is, "{url}");
        }
    }

    #[test]
    fn a_form_hides_nothing_in_its_values() {
        assert_eq!(encoded(&[("code", "a&b=c d+é"), ("x", "")]), "code=a%26b%3Dc+d%2B%C3%A9&x=");
        assert_eq!(plain("a:b=c/d"), "a%3Ab%3Dc%2Fd");
    }
}
