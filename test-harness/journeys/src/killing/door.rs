//! A door between the operator and one of those to whom it writes. Requests and answers pass as they
//! are, also those that stream; at a write the leader may be killed.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use tokio::{
    net::TcpListener,
    sync::{mpsc, oneshot, watch},
    task::JoinSet,
};

use super::{Fate, Point};
use crate::Failure;

/// Largest request that passes, in bytes: sources on their way to a build.
const LARGEST: usize = 256 << 20;

/// Asks for the end of the leader that has this number, and is told when it is dead.
pub type Kill = (u64, oneshot::Sender<()>);

/// What all doors of a leader share.
pub struct Hall {
    /// Whether it is killed at all; else its writes are only recorded.
    pub kills_at_writes: bool,
    /// Service whose release is under way.
    pub service: String,
    /// Names that are none of its business.
    pub others: BTreeSet<String>,
    /// Points that were met, and how often.
    pub met: Mutex<BTreeMap<Point, usize>>,
    /// Number of the leader that lives.
    pub number: watch::Receiver<u64>,
    /// Ends the leader.
    pub kills: mpsc::Sender<Kill>,
}

impl Hall {
    /// What becomes of the leader that came to `point`.
    fn fate(&self, point: Point) -> Fate {
        let mut met = self.met.lock().unwrap_or_else(PoisonError::into_inner);
        let times = met.entry(point).or_default();
        *times += 1;
        if self.kills_at_writes { Fate::at(*times - 1) } else { Fate::Lives }
    }

    /// Returns when the leader `number` is dead.
    pub(super) async fn kill(&self, number: u64) {
        let (tell, dead) = oneshot::channel();
        if self.kills.send((number, tell)).await.is_ok() {
            // An error means that the journey has ended, and the leader with it.
            let _ = dead.await;
        }
    }
}

/// Where a door leads.
#[derive(Clone)]
pub enum Beyond {
    /// The API server, as the operator's service account.
    Kubernetes(kube::Client),
    /// A server at `base`, which is told that it is `host`.
    Http {
        /// Client.
        client: reqwest::Client,
        /// `http://address`.
        base: String,
        /// Value of the `Host` header.
        host: String,
    },
}

#[derive(Clone)]
struct Door {
    name: &'static str,
    beyond: Beyond,
    hall: Arc<Hall>,
}

/// Opens a door `name` at `address`, as a task of `doors`, and returns where it is.
pub async fn open(
    name: &'static str,
    address: SocketAddr,
    beyond: Beyond,
    hall: Arc<Hall>,
    doors: &mut JoinSet<()>,
) -> Result<SocketAddr, Failure> {
    let listener = TcpListener::bind(address).await.map_err(|error| Failure::new(format!("{address}: {error}")))?;
    let address = listener.local_addr()?;
    let router = axum::Router::new().fallback(pass).with_state(Door { name, beyond, hall });
    doors.spawn(async move {
        // It ends with the journey; a door that closed before shows in what the operator says.
        let _ = axum::serve(listener, router).await;
    });
    Ok(address)
}

async fn pass(State(door): State<Door>, request: Request) -> Response {
    let number = *door.hall.number.borrow();
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, LARGEST).await else { return StatusCode::PAYLOAD_TOO_LARGE.into_response() };
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let hall = &door.hall;
    let point = Point::of(door.name, parts.method.as_str(), path, &body, &hall.service, &hall.others);
    let fate = point.map_or(Fate::Lives, |point| hall.fate(point));
    if fate == Fate::Before {
        hall.kill(number).await;
        return StatusCode::BAD_GATEWAY.into_response();
    }
    let answer = door.beyond.ask(parts, body).await;
    if fate == Fate::After {
        // All of the answer: then the write is done.
        let _ = to_bytes(answer.into_body(), LARGEST).await;
        hall.kill(number).await;
        return StatusCode::BAD_GATEWAY.into_response();
    }
    answer
}

impl Beyond {
    async fn ask(&self, mut parts: axum::http::request::Parts, body: axum::body::Bytes) -> Response {
        for name in [header::HOST, header::CONTENT_LENGTH, header::TRANSFER_ENCODING, header::CONNECTION] {
            parts.headers.remove(name);
        }
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        match self {
            Self::Kubernetes(client) => {
                // The client brings the credentials and the address.
                parts.headers.remove(header::AUTHORIZATION);
                let mut request = axum::http::Request::new(kube::client::Body::from(body.to_vec()));
                *request.method_mut() = parts.method.clone();
                *request.headers_mut() = parts.headers.clone();
                match path.parse() {
                    Ok(uri) => *request.uri_mut() = uri,
                    Err(_) => return StatusCode::BAD_REQUEST.into_response(),
                }
                match client.send(request).await {
                    Ok(answer) => answer.map(Body::new),
                    Err(error) => (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
                }
            }
            Self::Http { client, base, host } => {
                let request = client
                    .request(parts.method.clone(), format!("{base}{path}"))
                    .headers(parts.headers.clone())
                    .header(header::HOST, host)
                    .body(body);
                match request.send().await {
                    Ok(answer) => streamed(answer),
                    Err(error) => (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
                }
            }
        }
    }
}

fn streamed(answer: reqwest::Response) -> Response {
    let status = answer.status();
    let headers: HeaderMap = answer.headers().clone();
    let mut made = Body::from_stream(answer.bytes_stream()).into_response();
    *made.status_mut() = status;
    *made.headers_mut() = headers;
    made.headers_mut().remove(header::TRANSFER_ENCODING);
    made
}
