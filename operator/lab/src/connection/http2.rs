//! One request of a check over HTTP/2, with the bounds of HTTP/1.1.

use bytes::{Bytes, BytesMut};
use h2::client::{Builder, SendRequest};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    task::AbortHandle,
};

use super::{Answer, ConnectionError, MAX_HEAD};
use crate::request::Message;

/// Greets the other side; what sends requests, and what keeps the connection going.
pub async fn greet<T>(stream: T) -> Result<(SendRequest<Bytes>, AbortHandle), h2::Error>
where
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let mut builder = Builder::new();
    builder.enable_push(false).max_header_list_size(u32::try_from(MAX_HEAD).unwrap_or(u32::MAX));
    let (sender, connection) = builder.handshake(stream).await?;
    let driver = tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::trace!(%error, "a connection ended");
        }
    });
    Ok((sender, driver.abort_handle()))
}

/// Sends `message` and reads its answer, of which the body has at most `limit` bytes.
pub async fn ask(sender: &mut SendRequest<Bytes>, message: Message, limit: usize) -> Result<Answer, ConnectionError> {
    let mut sender = sender.clone().ready().await.map_err(|_| ConnectionError::Unsent)?;
    let ends = message.body.is_empty();
    let (response, mut body) = sender.send_request(message.head, ends)?;
    if !ends {
        body.send_data(message.body, true)?;
    }
    let (head, mut stream) = response.await?.into_parts();
    let mut bytes = BytesMut::new();
    while let Some(data) = stream.data().await {
        let data = data?;
        if bytes.len() + data.len() > limit {
            return Err(ConnectionError::TooLarge(limit));
        }
        bytes.extend_from_slice(&data);
        // A stream that is over needs no room any more.
        drop(stream.flow_control().release_capacity(data.len()));
    }
    Ok(Answer { status: head.status.as_u16(), headers: head.headers, body: bytes.freeze() })
}
