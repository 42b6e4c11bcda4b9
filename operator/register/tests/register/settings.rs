//! A PostgreSQL server that would lose what was acknowledged is refused in one line, before anything is
//! written to it. Runs on a server of its own, whatever the other tests run on.

use factory_register::{
    metrics::Metrics,
    store::{Location, Store, StoreError},
};
use jiff::Timestamp;

use crate::server::Server;

async fn refusal(database: &Location) -> String {
    match Store::open(database, Timestamp::now, Metrics::default().commits()).await {
        Err(error @ StoreError::Setting { .. }) => error.to_string(),
        other => panic!("it was not refused for a setting: {other:?}"),
    }
}

#[tokio::test]
async fn a_server_that_loses_what_was_acknowledged_is_refused() {
    let server = Server::start("-c fsync=off");
    let database: Location = server.address("postgres").parse().unwrap();
    let rule = "database: fsync is `off`, must be on: without it a crash of the machine loses what was acknowledged";
    assert_eq!(refusal(&database).await, rule);
    server.tell("stop");

    let server = Server::start("-c full_page_writes=off -c synchronous_commit=off");
    let database: Location = server.address("postgres").parse().unwrap();
    assert!(refusal(&database).await.starts_with("database: full_page_writes is `off`, must be on: "));
    server.tell("stop");

    let server = Server::start("-c synchronous_commit=off");
    server.administer("CREATE DATABASE bytes ENCODING 'SQL_ASCII' TEMPLATE template0").await;
    let found = refusal(&server.address("bytes").parse().unwrap()).await;
    assert_eq!(found, "database: server_encoding is `SQL_ASCII`, must be UTF8");
    // What a session may ask for itself, it asks for: the server's default is no matter.
    let database: Location = server.address("postgres").parse().unwrap();
    let store = Store::open(&database, Timestamp::now, Metrics::default().commits()).await.unwrap();
    store.close().await;
}
