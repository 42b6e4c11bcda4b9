//! A request of the manifest, made ready to be sent. Headers are those of an ordinary browser or
//! client: nothing in them says that the service is tested (invariant 7).

use std::sync::Arc;

use bytes::Bytes;
use factory_crds::state_service::Request as Asked;
use http_body_util::Full;
use hyper::{
    HeaderMap, Method, Request, Uri, Version,
    header::{
        ACCEPT, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderName, HeaderValue, TRANSFER_ENCODING, UPGRADE,
        USER_AGENT,
    },
    http::uri::PathAndQuery,
};

use crate::target::{Target, Targets, UnknownComponent};

/// What a present-day browser on a desktop sends.
const BROWSER: HeaderValue =
    HeaderValue::from_static("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0");

/// A request that cannot be written as HTTP.
#[derive(Debug, thiserror::Error)]
pub enum BadRequest {
    /// The component is not in the run.
    #[error("request.component: {0}")]
    Component(#[from] UnknownComponent),
    /// No HTTP method.
    #[error("request.method: no HTTP method")]
    Method,
    /// No path.
    #[error("request.path: no path and query of a URL")]
    Path,
    /// No header.
    #[error("request.headers: `{0}` has no name or value that HTTP allows")]
    Header(String),
    /// A header that says how long the body is.
    #[error("request.headers: `{0}` is written by the lab itself")]
    Framing(HeaderName),
    /// The body cannot be written.
    #[error("request.body: {0}")]
    Body(#[from] serde_json::Error),
}

/// A request as it is written.
#[derive(Clone, Debug)]
pub enum Wire {
    /// The bytes of HTTP/1.1.
    Http1(Bytes),
    /// What a stream of HTTP/2 begins with.
    Http2(Arc<Message>),
}

/// Head and body of a request over HTTP/2.
#[derive(Debug)]
pub struct Message {
    /// Method, URL with its scheme and authority, and headers.
    pub head: Request<()>,
    /// The body.
    pub body: Bytes,
}

impl Wire {
    /// About how much memory it takes, in bytes.
    #[must_use]
    pub fn size(&self) -> usize {
        match self {
            Self::Http1(bytes) => bytes.len(),
            Self::Http2(message) => {
                let headers = message.head.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + 64);
                headers.sum::<usize>() + message.head.uri().path().len() + message.body.len()
            }
        }
    }
}

/// A request that can be sent any number of times.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// Component that is asked.
    pub component: String,
    /// Its method.
    pub method: Method,
    /// Path and query.
    pub uri: Uri,
    headers: HeaderMap,
    body: Bytes,
    http2: bool,
    /// Its URL, as HTTP/2 wants it.
    scheme: &'static str,
}

impl Prepared {
    /// Makes `asked` ready for the component that it names.
    pub fn new(asked: &Asked, targets: &Targets) -> Result<Self, BadRequest> {
        let (component, target) = targets.find(asked.component.as_deref())?;
        let method = Method::from_bytes(asked.method.as_bytes()).map_err(|_| BadRequest::Method)?;
        let uri: Uri = asked.path.parse().map_err(|_| BadRequest::Path)?;
        // A full URL would parse as well, and lead elsewhere.
        if uri.authority().is_some() || !uri.path().starts_with('/') {
            return Err(BadRequest::Path);
        }
        let body = match &asked.body {
            Some(body) => Bytes::from(serde_json::to_vec(&body.0)?),
            None => Bytes::new(),
        };
        let headers = headers(asked, target)?;
        let (http2, scheme) = (target.speech.http2, target.speech.scheme());
        Ok(Self { component: component.to_owned(), method, uri, headers, body, http2, scheme })
    }

    /// The request, once.
    #[must_use]
    pub fn http(&self) -> Request<Full<Bytes>> {
        let mut request = Request::new(Full::new(self.body.clone()));
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = self.uri.clone();
        *request.headers_mut() = self.headers.clone();
        request
    }

    /// The request as its component wants it written.
    pub fn wire(&self) -> Result<Wire, BadRequest> {
        if self.http2 {
            self.message().map(|message| Wire::Http2(Arc::new(message)))
        } else {
            self.bytes().map(Wire::Http1)
        }
    }

    /// The request as HTTP/2 has it: the host stands in its URL, and nothing is said of the connection (RFC 9113,
    /// sections 8.2.2 and 8.3.1).
    pub fn message(&self) -> Result<Message, BadRequest> {
        let mut headers = self.headers.clone();
        let authority = headers.remove(HOST).ok_or(BadRequest::Path)?;
        let of_connection = [CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING, UPGRADE];
        if let Some(name) = of_connection.into_iter().find(|name| headers.contains_key(name)) {
            return Err(BadRequest::Framing(name));
        }
        let uri = Uri::builder()
            .scheme(self.scheme)
            .authority(authority.as_bytes())
            .path_and_query(self.uri.path_and_query().map_or("/", PathAndQuery::as_str))
            .build()
            .map_err(|_| BadRequest::Path)?;
        let mut head = Request::new(());
        *head.version_mut() = Version::HTTP_2;
        *head.method_mut() = self.method.clone();
        *head.uri_mut() = uri;
        *head.headers_mut() = headers;
        Ok(Message { head, body: self.body.clone() })
    }

    /// The request as the bytes of HTTP/1.1.
    pub fn bytes(&self) -> Result<Bytes, BadRequest> {
        let mut wire = format!("{} {} HTTP/1.1\r\n", self.method, self.uri).into_bytes();
        for (name, value) in &self.headers {
            // One that differs from the body would make two requests of it, or none.
            if [CONTENT_LENGTH, TRANSFER_ENCODING].contains(name) {
                return Err(BadRequest::Framing(name.clone()));
            }
            for part in [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"] {
                wire.extend_from_slice(part);
            }
        }
        // Methods that usually carry a body say so when there is none: RFC 9110, section 8.6.
        if !self.body.is_empty() || [Method::POST, Method::PUT, Method::PATCH].contains(&self.method) {
            wire.extend_from_slice(format!("content-length: {}\r\n", self.body.len()).as_bytes());
        }
        wire.extend_from_slice(b"\r\n");
        wire.extend_from_slice(&self.body);
        Ok(wire.into())
    }
}

fn headers(asked: &Asked, target: &Target) -> Result<HeaderMap, BadRequest> {
    let mut headers = HeaderMap::new();
    let authority = target.authority();
    let host = HeaderValue::from_str(&authority).map_err(|_| BadRequest::Header("host".to_owned()))?;
    headers.insert(HOST, host);
    headers.insert(USER_AGENT, BROWSER);
    headers.insert(ACCEPT, HeaderValue::from_static("*/*"));
    if asked.body.is_some() {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    for (name, value) in &asked.headers {
        let bad = || BadRequest::Header(name.clone());
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| bad())?;
        headers.insert(name, HeaderValue::from_str(value).map_err(|_| bad())?);
    }
    Ok(headers)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn prepare(path: &str, header: (&str, &str)) -> Result<Prepared, BadRequest> {
        prepare_at(Target::plain("web.svc-0.svc".to_owned(), 8080), path, header)
    }

    fn prepare_at(place: Target, path: &str, header: (&str, &str)) -> Result<Prepared, BadRequest> {
        let asked = Asked {
            component: None,
            method: "GET".to_owned(),
            path: path.to_owned(),
            headers: BTreeMap::from([(header.0.to_owned(), header.1.to_owned())]),
            body: None,
        };
        Prepared::new(&asked, &Targets::new("web".to_owned(), BTreeMap::from([("web".to_owned(), place)])))
    }

    #[test]
    fn a_request_looks_like_that_of_a_user() {
        let request = prepare("/v1/x?q=1", ("accept-language", "ky")).unwrap().http();
        assert_eq!(request.headers()[HOST], "web.svc-0.svc:8080");
        assert_eq!(request.headers()["accept-language"], "ky");
        let text = format!("{:?}", request.headers());
        assert!(!text.contains("factory") && !text.contains("lab"), "{text}");
        // What users come in by is asked under the name that they ask it by.
        let public = Some("queue.gov.kg".to_owned());
        let place = Target { public, ..Target::plain("web.svc-0.svc".to_owned(), 8080) };
        let request = prepare_at(place, "/v1/x", ("accept-language", "ky")).unwrap();
        assert_eq!(request.http().headers()[HOST], "queue.gov.kg");
    }

    #[test]
    fn the_bytes_of_a_request_are_those_of_http() {
        let wire = |request: &Prepared| String::from_utf8(request.bytes().unwrap().to_vec()).unwrap();
        let mut request = prepare("/v1/x?q=1", ("accept-language", "ky")).unwrap();
        let (text, browser) = (wire(&request), BROWSER.to_str().unwrap().to_owned());
        assert_eq!(
            text,
            format!(
                "GET /v1/x?q=1 HTTP/1.1\r\nhost: web.svc-0.svc:8080\r\nuser-agent: {browser}\r\naccept: */*\r\n\
                 accept-language: ky\r\n\r\n"
            )
        );
        request.method = Method::POST;
        assert!(wire(&request).ends_with("\r\ncontent-length: 0\r\n\r\n"));
        request.body = Bytes::from_static(b"{}");
        assert!(wire(&request).ends_with("\r\ncontent-length: 2\r\n\r\n{}"));
        for name in ["content-length", "transfer-encoding"] {
            let error = prepare("/", (name, "5")).unwrap().bytes().unwrap_err().to_string();
            assert!(error.contains(name) && error.contains("request.headers"), "{error}");
        }
    }

    #[test]
    fn over_http2_the_host_stands_in_the_url_and_nothing_is_said_of_the_connection() {
        let request =
            Prepared { http2: true, scheme: "https", ..prepare("/v1/x?q=1", ("accept-language", "ky")).unwrap() };
        let Wire::Http2(message) = request.wire().unwrap() else { panic!("HTTP/1.1") };
        assert_eq!(message.head.uri(), "https://web.svc-0.svc:8080/v1/x?q=1");
        assert!(!message.head.headers().contains_key(HOST) && message.head.headers()["accept-language"] == "ky");
        for name in ["connection", "content-length", "transfer-encoding", "upgrade"] {
            let error = prepare("/", (name, "5")).unwrap().message().unwrap_err().to_string();
            assert!(error.contains(name) && error.contains("request.headers"), "{error}");
        }
    }

    #[test]
    fn a_request_that_would_lead_elsewhere_is_refused() {
        assert!(matches!(prepare("http://register/", ("a", "b")), Err(BadRequest::Path)));
        assert!(matches!(prepare("/a b", ("a", "b")), Err(BadRequest::Path)));
        assert!(matches!(prepare("/", ("a", "b\r\nhost: c")), Err(BadRequest::Header(_))));
    }
}
