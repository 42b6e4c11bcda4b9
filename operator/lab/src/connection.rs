//! One connection to a component, in what it speaks, and answers bounded in size, for the checks; the load has
//! its own in `load/socket.rs`, with the same bounds. It follows no redirect, repeats nothing, and
//! trusts nothing it reads.

mod http2;

use std::{net::SocketAddr, time::Duration};

use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt as _, Full};
use hyper::{HeaderMap, body::Body as _, body::Incoming, client::conn::http1};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    task::AbortHandle,
};
use tokio_rustls::TlsConnector;

use crate::{
    request::{BadRequest, Prepared},
    target::Speech,
    trust::{H2, Trust},
};

/// Largest head of an answer in bytes.
pub const MAX_HEAD: usize = 64 * 1024;
/// Most header lines of an answer.
pub const MAX_HEADERS: usize = 100;

/// A complete answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Status code.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// Body.
    pub body: Bytes,
}

/// Why there is no complete answer.
#[derive(Debug, thiserror::Error)]
pub enum ConnectionError {
    /// Nothing accepted the connection.
    #[error("no connection: {0}")]
    Connect(#[source] std::io::Error),
    /// The connection closed before the request was written.
    #[error("the connection was closed before the request was sent")]
    Unsent,
    /// The request cannot be written in what the component speaks.
    #[error("{0}")]
    Request(#[from] BadRequest),
    /// It broke, or what came was not HTTP/1.1.
    #[error("the answer broke off or is no HTTP: {0}")]
    Broken(#[source] hyper::Error),
    /// It broke, or what came was not HTTP/2.
    #[error("the answer broke off or is no HTTP/2: {0}")]
    Broken2(#[from] h2::Error),
    /// More than the reader takes.
    #[error("the body is larger than {0} bytes")]
    TooLarge(usize),
    /// No complete answer in time.
    #[error("no complete answer within {} ms", .0.as_millis())]
    Timeout(Duration),
}

/// An open connection; it closes when this is dropped.
#[derive(Debug)]
pub struct Connection {
    sender: Sender,
    driver: AbortHandle,
}

#[derive(Debug)]
enum Sender {
    Http1(http1::SendRequest<Full<Bytes>>),
    Http2(h2::client::SendRequest<Bytes>),
}

impl Drop for Connection {
    fn drop(&mut self) {
        // A server that never answers would else keep the socket and its task for ever.
        self.driver.abort();
    }
}

impl Connection {
    /// Connects to `address`, where one speaks as `speech` says.
    pub async fn open(address: SocketAddr, speech: &Speech) -> Result<Self, ConnectionError> {
        let stream = TcpStream::connect(address).await.map_err(ConnectionError::Connect)?;
        // Requests are written at once: Nagle's algorithm would add up to 40 ms that no user sees.
        stream.set_nodelay(true).map_err(ConnectionError::Connect)?;
        let Some(Trust { config, name }) = &speech.trust else { return Self::over(stream, speech.http2).await };
        let connector = TlsConnector::from(config.clone());
        let stream = connector.connect(name.clone(), stream).await.map_err(ConnectionError::Connect)?;
        if speech.http2 && stream.get_ref().1.alpn_protocol() != Some(H2) {
            return Err(ConnectionError::Connect(std::io::Error::other("the service does not speak HTTP/2 over TLS")));
        }
        Self::over(stream, speech.http2).await
    }

    async fn over<T>(stream: T, http2: bool) -> Result<Self, ConnectionError>
    where
        T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        if http2 {
            let (sender, driver) = http2::greet(stream).await?;
            return Ok(Self { sender: Sender::Http2(sender), driver });
        }
        let (sender, driver) = http1::Builder::new()
            .max_headers(MAX_HEADERS)
            .max_buf_size(MAX_HEAD)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(ConnectionError::Broken)?;
        let driver = tokio::spawn(async move {
            if let Err(error) = driver.await {
                tracing::trace!(%error, "a connection ended");
            }
        });
        Ok(Self { sender: Sender::Http1(sender), driver: driver.abort_handle() })
    }

    /// Sends one request and reads its answer, of which the body has at most `limit` bytes.
    pub async fn ask(&mut self, request: &Prepared, limit: usize) -> Result<Answer, ConnectionError> {
        let sender = match &mut self.sender {
            Sender::Http2(sender) => return http2::ask(sender, request.message()?, limit).await,
            Sender::Http1(sender) => sender,
        };
        if sender.ready().await.is_err() {
            return Err(ConnectionError::Unsent);
        }
        let response = match sender.try_send_request(request.http()).await {
            Ok(response) => response,
            Err(mut refused) => {
                return Err(match refused.take_message() {
                    Some(_) => ConnectionError::Unsent,
                    None => ConnectionError::Broken(refused.into_error()),
                });
            }
        };
        let (head, body) = response.into_parts();
        let body = read(body, limit).await?;
        Ok(Answer { status: head.status.as_u16(), headers: head.headers, body })
    }
}

async fn read(mut body: Incoming, limit: usize) -> Result<Bytes, ConnectionError> {
    // A declared length is believed only where it says that reading would be in vain.
    if body.size_hint().lower() > limit as u64 {
        return Err(ConnectionError::TooLarge(limit));
    }
    let mut bytes = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(ConnectionError::Broken)?.into_data() else { continue };
        if bytes.len() + data.len() > limit {
            return Err(ConnectionError::TooLarge(limit));
        }
        bytes.extend_from_slice(&data);
    }
    Ok(bytes.freeze())
}
