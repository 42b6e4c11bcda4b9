//! Who asks too much is told when to come back, and nobody else notices.

use std::num::NonZeroU32;

use factory_register::api::Settings;
use reqwest::{Method, StatusCode};

use crate::world::{Answer, World, send};

/// A register that takes two requests a second, four at once, from addresses, or from users.
async fn narrow(change: impl FnOnce(&mut Settings, NonZeroU32)) -> World {
    let mut settings = Settings::default();
    change(&mut settings, NonZeroU32::new(2).unwrap());
    World::start_with(settings).await
}

fn turned_away(answer: &Answer) -> bool {
    if answer.status != StatusCode::TOO_MANY_REQUESTS {
        return false;
    }
    assert!(answer.refused(429).contains("more than 2 requests a second"));
    assert_eq!(answer.header("retry-after"), "1");
    true
}

#[tokio::test]
async fn an_address_that_asks_too_much_is_turned_away_and_probes_are_not() {
    let world = narrow(|settings, few| settings.per_address = few).await;
    let mut answers = Vec::new();
    for _ in 0..20 {
        // Nobody is another by saying so.
        let other = format!("198.51.100.{}", answers.len());
        let request = world.request(Method::GET, "/api/v1/entries", "").header("x-forwarded-for", other);
        answers.push(send(request).await);
    }
    assert_eq!(answers[0].status, StatusCode::OK);
    assert!(answers.iter().any(turned_away));
    for _ in 0..20 {
        assert_eq!(world.get("/healthz", "").await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn behind_a_trusted_proxy_each_client_has_its_own_limit() {
    let world = narrow(|settings, few| {
        settings.per_address = few;
        settings.proxies = vec!["127.0.0.0/8".parse().unwrap()];
    })
    .await;
    let ask = async |client: &str| {
        send(world.request(Method::GET, "/api/v1/entries", "").header("x-forwarded-for", client)).await
    };
    let mut one = Vec::new();
    for _ in 0..20 {
        one.push(ask("198.51.100.1").await);
    }
    assert!(one.iter().any(turned_away));
    assert_eq!(ask("198.51.100.2").await.status, StatusCode::OK);
    // What stands before the proxy's own word is the client's, and not believed.
    let forged = async |number: u32| ask(&format!("203.0.113.{number}, 198.51.100.3")).await;
    let mut two = Vec::new();
    for number in 0..20 {
        two.push(forged(number).await);
    }
    assert!(two.iter().any(turned_away));
}

#[tokio::test]
async fn a_user_who_asks_too_much_is_turned_away_and_others_are_not() {
    let world = narrow(|settings, few| settings.per_user = few).await;
    let mut answers = Vec::new();
    for _ in 0..20 {
        answers.push(world.get("/api/v1/submissions", "owner").await);
    }
    assert_eq!(answers[0].status, StatusCode::OK);
    assert!(answers.iter().any(turned_away));
    assert_eq!(world.get("/api/v1/submissions", "regulator").await.status, StatusCode::OK);
    assert_eq!(world.get("/api/v1/entries", "").await.status, StatusCode::OK);
}
