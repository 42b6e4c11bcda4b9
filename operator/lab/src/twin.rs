//! `factory-lab twin`: the proxy that stands in front of a candidate and must be refused. Bytes pass through it as
//! they came, whatever is spoken, but no answer sooner than a time after its request; what takes the service longer
//! than that is not held up any further. It must not know a candidate or a run, and holds no right.
//!
//! Who has spoken last is all that it knows of a protocol: what the service says waits until the hold is over since
//! the client said something. On a connection that begins with TLS the service's first words are let through, since
//! they answer no request.

use std::{
    io,
    net::Ipv4Addr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    signal::unix::{SignalKind, signal},
    time::{Instant, sleep_until},
};

/// What is read at once.
const CHUNK: usize = 16 << 10;
/// First byte of a connection over TLS: a record of its handshake. No request of HTTP begins with it.
const HANDSHAKE: u8 = 0x16;

/// Passes on what comes to `port` to the service at `to`, `host:port`, until it is told to end.
pub async fn serve(port: u16, to: &str, hold: Duration) -> io::Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).await?;
    // The first process of a container gets no signal that it does not ask for.
    let mut terminated = signal(SignalKind::terminate())?;
    tokio::select! {
        () = relay(&listener, to, hold) => Ok(()),
        _ = terminated.recv() => Ok(()),
    }
}

/// Passes on what comes to `listener`, and does not end.
pub async fn relay(listener: &TcpListener, to: &str, hold: Duration) {
    let to: Arc<str> = to.into();
    loop {
        // One that went away before it was taken is no reason to end.
        let Ok((client, _)) = listener.accept().await else { continue };
        // Whoever went away, or found nobody, is told so by the end of its connection.
        tokio::spawn(pass(client, Arc::clone(&to), hold));
    }
}

/// When a client spoke last, and whether the service has answered since.
struct Turn {
    asked: Mutex<Instant>,
    answered: AtomicBool,
    /// What the service says is not let through at once.
    holds: AtomicBool,
}

impl Turn {
    /// The client has spoken.
    fn ask(&self) {
        *self.asked.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        if self.answered.swap(false, Ordering::SeqCst) {
            self.holds.store(true, Ordering::SeqCst);
        }
    }

    /// The service has: until when that must wait.
    fn answer(&self, hold: Duration) -> Option<Instant> {
        self.answered.store(true, Ordering::SeqCst);
        let asked = *self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        self.holds.load(Ordering::SeqCst).then(|| asked + hold)
    }
}

/// One connection. The service is reached when the client has spoken: who only looks whether somebody is there
/// disturbs nobody.
async fn pass(mut client: TcpStream, to: Arc<str>, hold: Duration) -> io::Result<()> {
    client.set_nodelay(true)?;
    let mut first = vec![0; CHUNK];
    let read = client.read(&mut first).await?;
    let Some(begun) = first.get(..read).filter(|begun| !begun.is_empty()) else { return Ok(()) };
    let turn = Turn {
        asked: Mutex::new(Instant::now()),
        answered: AtomicBool::new(false),
        holds: AtomicBool::new(begun.first() != Some(&HANDSHAKE)),
    };
    let mut service = TcpStream::connect(&*to).await?;
    service.set_nodelay(true)?;
    service.write_all(begun).await?;
    let ((from_client, to_client), (from_service, to_service)) = (client.into_split(), service.into_split());
    tokio::try_join!(ask(from_client, to_service, &turn), answer(from_service, to_client, &turn, hold))?;
    Ok(())
}

async fn ask(mut client: OwnedReadHalf, mut service: OwnedWriteHalf, turn: &Turn) -> io::Result<()> {
    let mut chunk = vec![0; CHUNK];
    loop {
        let read = client.read(&mut chunk).await?;
        let Some(asked) = chunk.get(..read).filter(|asked| !asked.is_empty()) else { break };
        // Before it is passed on: no answer to it can have come yet.
        turn.ask();
        service.write_all(asked).await?;
    }
    service.shutdown().await
}

async fn answer(mut service: OwnedReadHalf, mut client: OwnedWriteHalf, turn: &Turn, hold: Duration) -> io::Result<()> {
    let mut chunk = vec![0; CHUNK];
    loop {
        let read = service.read(&mut chunk).await?;
        let Some(answered) = chunk.get(..read).filter(|answered| !answered.is_empty()) else { break };
        // A client that is still speaking puts it off.
        while let Some(until) = turn.answer(hold).filter(|until| *until > Instant::now()) {
            sleep_until(until).await;
        }
        client.write_all(answered).await?;
    }
    client.shutdown().await
}
