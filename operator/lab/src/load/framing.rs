//! What the head of an answer says of its body: RFC 9112, section 6.3. Pure; the words are those of
//! a hostile service, so two lengths that differ are no length.

use std::mem::MaybeUninit;

use factory_assurance::evidence::Failure;
use httparse::{Header, ParserConfig, Response, Status};
use hyper::{
    HeaderMap,
    header::{HeaderName, HeaderValue},
};

use super::reader::{MAX_BODY, Wanted};
use crate::connection::MAX_HEADERS;

/// A complete head.
#[derive(Debug)]
pub struct Head {
    /// Its length in bytes.
    pub length: usize,
    /// Status code.
    pub status: u16,
    /// Whether the connection may stay open.
    pub keep: bool,
    /// Headers, if they are wanted.
    pub headers: HeaderMap,
    /// How the body is marked off.
    pub body: Body,
}

/// How a body is marked off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    /// This answer was interim: another head follows.
    Later,
    /// So many bytes.
    Sized(usize),
    /// Chunks that say their own lengths.
    Chunked,
    /// All that comes until the other side closes.
    ToTheEnd,
}

/// Reads the head at the start of `bytes`; `None` while it is not complete.
pub fn framing(bytes: &[u8], wanted: Wanted) -> Result<Option<Head>, Failure> {
    let mut lines = [const { MaybeUninit::uninit() }; MAX_HEADERS];
    let mut response = Response::new(&mut []);
    let parsed = ParserConfig::default().parse_response_with_uninit_headers(&mut response, bytes, &mut lines);
    let length = match parsed.map_err(|_| Failure::Broken)? {
        Status::Complete(length) => length,
        Status::Partial => return Ok(None),
    };
    let (Some(status), Some(minor)) = (response.code, response.version) else { return Err(Failure::Broken) };
    let connection = |word| tokens(response.headers, "connection").any(|token| token.eq_ignore_ascii_case(word));
    let keep = if minor == 0 { connection("keep-alive") } else { !connection("close") };
    let body = body(status, minor, response.headers, wanted)?;
    Ok(Some(Head {
        length,
        status,
        keep: keep && status != 101 && body != Body::ToTheEnd,
        headers: if wanted.headers { headers(response.headers)? } else { HeaderMap::new() },
        body,
    }))
}

fn body(status: u16, minor: u8, headers: &[Header<'_>], wanted: Wanted) -> Result<Body, Failure> {
    if (100..200).contains(&status) && status != 101 {
        return Ok(Body::Later);
    }
    if wanted.bodiless || matches!(status, 101 | 204 | 304) {
        return Ok(Body::Sized(0));
    }
    if let Some(last) = tokens(headers, "transfer-encoding").last() {
        if minor == 0 {
            return Err(Failure::Broken);
        }
        return Ok(if last.eq_ignore_ascii_case("chunked") { Body::Chunked } else { Body::ToTheEnd });
    }
    let mut length = None;
    for token in tokens(headers, "content-length") {
        let digits = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_digit());
        let said = token.parse::<u64>().ok().filter(|_| digits).ok_or(Failure::Broken)?;
        if length.is_some_and(|length| length != said) {
            return Err(Failure::Broken);
        }
        length = Some(said);
    }
    match length {
        None => Ok(Body::ToTheEnd),
        // A declared length is believed only where it says that reading would be in vain.
        Some(length) => {
            usize::try_from(length).ok().filter(|length| *length <= MAX_BODY).map(Body::Sized).ok_or(Failure::Content)
        }
    }
}

/// The comma-separated words of all headers of this name.
fn tokens<'a>(headers: &'a [Header<'a>], name: &'static str) -> impl Iterator<Item = &'a str> {
    headers
        .iter()
        .filter(move |header| header.name.eq_ignore_ascii_case(name))
        // What is no text is no word that anybody knows.
        .flat_map(|header| std::str::from_utf8(header.value).unwrap_or("?").split(',').map(str::trim))
}

fn headers(lines: &[Header<'_>]) -> Result<HeaderMap, Failure> {
    let mut headers = HeaderMap::with_capacity(lines.len());
    for line in lines {
        let name = HeaderName::from_bytes(line.name.as_bytes()).map_err(|_| Failure::Broken)?;
        headers.append(name, HeaderValue::from_bytes(line.value).map_err(|_| Failure::Broken)?);
    }
    Ok(headers)
}
