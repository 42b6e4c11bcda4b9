//! A refusal that comes before the request's body leaves a connection that the answer tells the truth about.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::world::World;

/// A connection to `world` on which a request by nobody was begun whose body is to have `length` bytes.
async fn begun(world: &World, length: usize) -> TcpStream {
    begun_with(world, "", length).await
}

/// The same with more `headers`, each with its line end.
async fn begun_with(world: &World, headers: &str, length: usize) -> TcpStream {
    let address = world.address.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "POST /api/v1/submissions HTTP/1.1\r\nHost: register\r\nContent-Type: application/json\r\n{headers}\
         Content-Length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

/// The next answer's head, in small letters.
async fn head(stream: &mut (impl AsyncReadExt + Unpin)) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(head).unwrap().to_lowercase()
}

#[tokio::test]
async fn after_a_small_body_that_comes_late_the_connection_is_kept() {
    let world = World::start().await;
    let mut stream = begun(&world, 2).await;
    // The refusal follows from the head, so that nothing but the body's absence keeps it back.
    let early = tokio::time::timeout(Duration::from_millis(50), stream.readable()).await;
    assert!(early.is_err(), "answered while the connection owed a body: {}", head(&mut stream).await);
    stream.write_all(b"{}GET /healthz HTTP/1.1\r\nHost: register\r\nConnection: close\r\n\r\n").await.unwrap();
    let refused = head(&mut stream).await;
    assert!(refused.starts_with("http/1.1 401 "), "{refused}");
    assert!(!refused.contains("connection: close"), "{refused}");
    let mut rest = String::new();
    stream.read_to_string(&mut rest).await.unwrap();
    assert!(rest.contains("HTTP/1.1 200 OK"), "{rest}");
}

#[tokio::test]
async fn a_body_that_does_not_come_ends_the_connection_and_the_answer_says_so() {
    let world = World::start().await;
    for sent in [0, 64 * 1024 + 1] {
        let mut stream = begun(&world, 100_000).await;
        stream.write_all(&vec![b' '; sent]).await.unwrap();
        let refused = head(&mut stream).await;
        assert!(refused.starts_with("http/1.1 401 "), "{refused}");
        assert!(refused.contains("connection: close"), "{sent}: {refused}");
    }
}

#[tokio::test]
async fn a_gigabyte_is_refused_before_it_has_come() {
    const GIGABYTE: usize = 1 << 30;
    const CHUNK: usize = 1 << 20;
    let world = World::start().await;
    let headers = "Authorization: Bearer factory\r\nIdempotency-Key: one\r\n";
    let mut stream = begun_with(&world, headers, GIGABYTE).await;
    let (mut from, mut to) = stream.split();
    let mut sent = 0;
    let send = async {
        while sent < GIGABYTE && to.write_all(&vec![b' '; CHUNK]).await.is_ok() {
            sent += CHUNK;
        }
        // Whoever hears of it only by the end of the connection hears nothing.
        std::future::pending::<String>().await
    };
    let refused = tokio::select! { answer = head(&mut from) => answer, never = send => never };
    assert!(refused.starts_with("http/1.1 413 ") && refused.contains("connection: close"), "{refused}");
    // What may come, and what lies in the buffers of both ends.
    assert!(sent <= 2 * 32 * CHUNK, "{sent} bytes");
}
