//! Signing in at an identity provider, as far as no browser is needed: what of it fails, and how. With a real provider
//! and a real Chromium it is the group `provider` of the browser's tests.

use std::{net::TcpListener, path::Path};

use factory_register::console::provider::{Provider, ProviderError};
use reqwest::{Method, StatusCode};

use crate::world::{self, Folder, World};

/// A port that nobody listens at.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// The folder of a provider to which the register proves by `secret` to be itself.
pub fn knowing(secret: &str) -> Folder {
    let folder = Folder::new();
    std::fs::write(folder.0.join("client-secret"), format!("{secret}\n")).unwrap();
    folder
}

/// The provider at `port` for the register at `address`.
pub fn at(port: u16, folder: &Folder, address: &str) -> Provider {
    of(&format!("http://127.0.0.1:{port}"), &folder.0, address).unwrap()
}

fn of(issuer: &str, folder: &Path, address: &str) -> Result<Provider, ProviderError> {
    world::provider();
    Provider::new(issuer.parse().unwrap(), "factory-register".to_owned(), Some(folder), address)
}

#[tokio::test]
async fn where_there_is_none_nobody_is_sent_and_the_page_offers_nothing() {
    let world = World::start().await;
    let form = world.get("/console/sign-in?lang=en", "").await;
    assert!(!form.text.contains("/console/sign-in/provider"), "{}", form.text);
    let sent = world.get("/console/sign-in/provider?lang=en", "").await;
    assert_eq!(sent.status, StatusCode::NOT_FOUND);
    assert!(sent.text.contains("there is no identity provider here"), "{}", sent.text);
}

#[tokio::test]
async fn one_that_is_away_is_said_to_be_and_a_token_still_opens_the_console() {
    let folder = knowing("x");
    let world = World::start_prepared(|register, address| {
        register.console.provider = Some(at(free_port(), &folder, address));
    })
    .await;
    let form = world.get("/console/sign-in?lang=en", "").await;
    assert!(form.text.contains("Sign in at the identity provider"), "{}", form.text);
    let sent = world.get("/console/sign-in/provider?lang=en&next=/console/audit", "").await;
    assert_eq!(sent.status, StatusCode::BAD_GATEWAY);
    assert!(sent.text.contains("The identity provider did not answer as it must"), "{}", sent.text);
    assert!(sent.text.contains("name=\"next\" value=\"/console/audit\""), "{}", sent.text);
}

#[tokio::test]
async fn nobody_comes_back_who_did_not_leave_from_here() {
    let folder = knowing("x");
    let world = World::start_prepared(|register, address| {
        register.console.provider = Some(at(free_port(), &folder, address));
    })
    .await;
    let cookie = "1".repeat(64);
    let state = factory_assurance::canonical::sha256(cookie.as_bytes());
    for (cookie, state) in [("", ""), ("", state.as_str()), (cookie.as_str(), "0"), (cookie.as_str(), state.as_str())] {
        let path = format!("/console/sign-in/provider/back?code=c&state={state}&lang=en");
        let request = world.request(Method::GET, &path, "").header("cookie", format!("factory-provider={cookie}"));
        let answer = world::send(request).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{cookie} {state}: {}", answer.text);
        assert!(!answer.headers.get_all("set-cookie").iter().any(|set| set.to_str().unwrap().contains("console")));
    }
}

#[test]
fn a_provider_whom_others_could_hear_is_refused_and_so_is_an_authority_that_is_none() {
    let folder = Folder::new();
    let open = of("http://id.example", &folder.0, "https://register.example").unwrap_err();
    assert_eq!(open.to_string(), "the identity provider: `http://id.example/` must begin with https://");
    std::fs::write(folder.0.join("ca.crt"), "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n").unwrap();
    let error = of("https://id.example", &folder.0, "https://register.example").unwrap_err();
    assert!(error.to_string().contains("ca.crt: "), "{error}");
}
