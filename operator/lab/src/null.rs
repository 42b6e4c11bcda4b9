//! `factory-lab null`: the control that stands beside a candidate while it is measured. It does nothing but answer,
//! so that whatever slows it down is not the candidate's. It must not know a candidate, and holds no right.

use std::net::Ipv4Addr;

use tokio::{
    io::{self, AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    signal::unix::{SignalKind, signal},
};

/// Longest request that is read; the lab's have a tenth of it.
const LONGEST: usize = 1_024;
const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

/// Answers on `port` until it is told to end.
pub async fn serve(port: u16) -> io::Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).await?;
    // The first process of a container gets no signal that it does not ask for.
    let mut terminated = signal(SignalKind::terminate())?;
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                // One that went away before it was taken is no reason to end.
                let Ok((stream, _)) = accepted else { continue };
                tokio::spawn(answer(stream));
            }
            _ = terminated.recv() => return Ok(()),
        }
    }
}

/// One request, one answer: connecting is part of what is measured. Whoever asked and went gets none.
async fn answer(mut stream: TcpStream) -> io::Result<()> {
    let mut request = Vec::with_capacity(LONGEST);
    while !request.ends_with(b"\r\n\r\n") {
        if request.len() >= LONGEST || stream.read_buf(&mut request).await? == 0 {
            return Ok(());
        }
    }
    stream.write_all(ANSWER).await?;
    stream.shutdown().await
}
