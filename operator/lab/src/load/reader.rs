//! Reads answers of HTTP/1.1 from bytes as they come. Knows no socket and no clock, sends nothing,
//! and trusts nothing: whatever a service writes takes bounded memory and a bounded number of looks,
//! and ends as an answer or as a failure.

use bytes::Bytes;
use factory_assurance::evidence::Failure;
use hyper::HeaderMap;

use super::{
    chunks::{Chunks, Step},
    framing::{Body, framing},
};
use crate::connection::{Answer, MAX_HEAD};

/// Largest body of an answer that is read; a larger one has failed by its content.
pub const MAX_BODY: usize = 1 << 20;
/// A head that is still so short is looked at whenever a byte has come, so that what is no HTTP is
/// known at once; a longer one only when it may be complete, or a drip would cost its square.
const SHORT_HEAD: usize = 256;

/// What of an answer will be looked at; the rest is read and not kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Its headers.
    pub headers: bool,
    /// Its body.
    pub body: bool,
    /// It has none whatever its head says, because the request was a HEAD.
    pub bodiless: bool,
}

/// A complete answer.
#[derive(Debug)]
pub struct Complete {
    /// The answer, with what was wanted of it.
    pub answer: Answer,
    /// Whether the connection may carry another request.
    pub keep: bool,
}

#[derive(Debug)]
enum Stage {
    Head,
    Sized(usize),
    Chunked(Chunks),
    ToTheEnd,
}

/// Reads one answer after another.
#[derive(Debug)]
pub struct Reader {
    wanted: Wanted,
    stage: Stage,
    /// The part of a head that has come.
    held: Vec<u8>,
    /// Bytes of heads so far: interim answers count together with the last.
    heads: usize,
    status: u16,
    keep: bool,
    headers: HeaderMap,
    length: usize,
    body: Vec<u8>,
}

impl Default for Reader {
    fn default() -> Self {
        Self {
            wanted: Wanted::default(),
            stage: Stage::Head,
            held: Vec::new(),
            heads: 0,
            status: 0,
            keep: false,
            headers: HeaderMap::new(),
            length: 0,
            body: Vec::new(),
        }
    }
}

impl Reader {
    /// A request is about to leave: what comes next is its answer.
    pub fn begin(&mut self, wanted: Wanted) {
        self.wanted = wanted;
        self.stage = Stage::Head;
        self.held.clear();
        self.heads = 0;
        self.length = 0;
    }

    /// Takes the bytes that came next; the answer, once it is complete.
    pub fn feed(&mut self, mut bytes: &[u8]) -> Result<Option<Complete>, Failure> {
        loop {
            let done = match &mut self.stage {
                Stage::Head => {
                    let Some(rest) = self.head(bytes)? else { return Ok(None) };
                    bytes = rest;
                    matches!(self.stage, Stage::Sized(0))
                }
                Stage::Sized(left) => {
                    let (part, rest) = bytes.split_at(bytes.len().min(*left));
                    *left -= part.len();
                    let done = *left == 0;
                    bytes = rest;
                    self.take(part)?;
                    done
                }
                Stage::Chunked(chunks) => {
                    let Step { part, used, done } = chunks.next(bytes)?;
                    let part = &bytes[part];
                    bytes = &bytes[used..];
                    self.take(part)?;
                    done
                }
                Stage::ToTheEnd => {
                    self.take(bytes)?;
                    return Ok(None);
                }
            };
            if done {
                // Nobody asked for what follows: whose answer it is cannot be said.
                return Ok(Some(self.complete(self.keep && bytes.is_empty())));
            }
            if bytes.is_empty() {
                return Ok(None);
            }
        }
    }

    /// The other side has closed: the answer, if that is how it ends.
    pub fn end(&mut self) -> Option<Complete> {
        matches!(self.stage, Stage::ToTheEnd).then(|| self.complete(false))
    }

    fn complete(&mut self, keep: bool) -> Complete {
        self.stage = Stage::Head;
        let body = if self.body.is_empty() { Bytes::new() } else { Bytes::from(std::mem::take(&mut self.body)) };
        Complete { answer: Answer { status: self.status, headers: std::mem::take(&mut self.headers), body }, keep }
    }

    fn take(&mut self, part: &[u8]) -> Result<(), Failure> {
        self.length += part.len();
        if self.length > MAX_BODY {
            return Err(Failure::Content);
        }
        if self.wanted.body {
            self.body.extend_from_slice(part);
        }
        Ok(())
    }

    /// Reads a head; what follows it, once it is complete.
    fn head<'a>(&mut self, mut bytes: &'a [u8]) -> Result<Option<&'a [u8]>, Failure> {
        let mut held = std::mem::take(&mut self.held);
        let before = held.len();
        if before == 0 {
            // Empty lines before a head mean nothing, and are not looked at twice.
            let empty = bytes.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
            self.heads += empty;
            bytes = &bytes[empty..];
        }
        // The usual case: all of it came at once, and nothing is copied.
        let seen = if before == 0 {
            bytes
        } else {
            held.extend_from_slice(bytes);
            &held
        };
        let head = if worth(seen, before) { framing(seen, self.wanted)? } else { None };
        let length = head.as_ref().map_or(seen.len(), |head| head.length);
        if self.heads + length > MAX_HEAD {
            return Err(Failure::Broken);
        }
        let Some(head) = head else {
            if before == 0 {
                held.extend_from_slice(bytes);
            }
            self.held = held;
            return Ok(None);
        };
        self.heads += length;
        self.status = head.status;
        self.keep = head.keep;
        self.headers = head.headers;
        self.stage = match head.body {
            Body::Later => Stage::Head,
            Body::Sized(length) => Stage::Sized(length),
            Body::Chunked => Stage::Chunked(Chunks::default()),
            Body::ToTheEnd => Stage::ToTheEnd,
        };
        held.clear();
        self.held = held;
        Ok(Some(&bytes[length - before..]))
    }
}

/// Whether a head that grew from `before` bytes on deserves another look.
fn worth(seen: &[u8], before: usize) -> bool {
    let new = &seen[before.saturating_sub(2)..];
    before == 0
        || seen.len() <= SHORT_HEAD
        || new.windows(3).any(|three| three == b"\n\r\n")
        || new.windows(2).any(|two| two == b"\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Wanted = Wanted { headers: true, body: true, bodiless: false };

    /// What comes of `bytes`, fed in pieces of `size`.
    fn read(bytes: &[u8], size: usize, wanted: Wanted) -> Result<Option<(u16, String, bool)>, Failure> {
        let mut reader = Reader::default();
        reader.begin(wanted);
        for piece in bytes.chunks(size) {
            if let Some(Complete { answer, keep }) = reader.feed(piece)? {
                return Ok(Some((answer.status, String::from_utf8(answer.body.to_vec()).unwrap(), keep)));
            }
        }
        Ok(reader
            .end()
            .map(|Complete { answer, keep }| (answer.status, String::from_utf8(answer.body.to_vec()).unwrap(), keep)))
    }

    /// The same whole and byte by byte.
    fn both(bytes: &str, wanted: Wanted) -> Result<Option<(u16, String, bool)>, Failure> {
        let whole = read(bytes.as_bytes(), bytes.len(), wanted);
        assert_eq!(read(bytes.as_bytes(), 1, wanted), whole, "{bytes}");
        whole
    }

    #[test]
    fn answers_are_read_alike_whole_and_byte_by_byte() {
        for (bytes, status, body, keep) in [
            ("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello", 200, "hello", true),
            ("HTTP/1.1 200\r\ncontent-length: 0\r\n\r\n", 200, "", true),
            ("\r\n\nHTTP/1.1 200 OK\ncontent-length: 2\n\nok", 200, "ok", true),
            ("HTTP/1.1 200 OK\r\ncontent-length: 2, 2\r\nContent-Length: 2\r\n\r\nok", 200, "ok", true),
            ("HTTP/1.1 200 OK\r\nconnection: foo, Close\r\ncontent-length: 2\r\n\r\nok", 200, "ok", false),
            ("HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nok", 200, "ok", false),
            ("HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ncontent-length: 2\r\n\r\nok", 200, "ok", true),
            ("HTTP/1.1 200 OK\r\n\r\nto the end", 200, "to the end", false),
            ("HTTP/1.1 204 No Content\r\ncontent-length: 5\r\n\r\n", 204, "", true),
            ("HTTP/1.1 304 Not Modified\r\ntransfer-encoding: chunked\r\n\r\n", 304, "", true),
            (
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nlink: x\r\n\r\nHTTP/1.1 404 No\r\ncontent-length: 1\r\n\r\nx",
                404,
                "x",
                true,
            ),
            ("HTTP/1.1 101 Other\r\nupgrade: x\r\n\r\n", 101, "", false),
            (
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ncontent-length: 9\r\n\r\n3\r\nabc\r\nA;x=\"y\"\r\n0123456789\r\n0\r\nt: 1\r\n\r\n",
                200,
                "abc0123456789",
                true,
            ),
        ] {
            assert_eq!(both(bytes, ALL), Ok(Some((status, body.to_owned(), keep))), "{bytes}");
        }
    }

    #[test]
    fn an_answer_to_head_has_no_body_whatever_its_head_says() {
        let head = Wanted { bodiless: true, ..ALL };
        let answer = "HTTP/1.1 200 OK\r\ncontent-length: 999999999\r\n\r\n";
        assert_eq!(both(answer, head), Ok(Some((200, String::new(), true))));
    }

    #[test]
    fn bytes_that_follow_an_answer_cost_the_connection_and_not_the_answer() {
        let bytes = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nokHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
        assert_eq!(read(bytes, bytes.len(), ALL), Ok(Some((200, "ok".to_owned(), false))));
    }

    #[test]
    fn what_is_no_answer_breaks_and_what_is_cut_off_never_completes() {
        for bytes in [
            "SSH-2.0-OpenSSH_9.2\r\n",
            "\0\0\0\0",
            "HTTP/1.1 999999 \r\n\r\n",
            "HTTP/2 200\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: +1\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 1, 2\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 99999999999999999999999\r\n\r\n",
            "HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nabc\r\n",
            "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        ] {
            assert_eq!(both(bytes, ALL), Err(Failure::Broken), "{bytes}");
        }
        for bytes in [
            "",
            "HTTP/1.1 200 OK\r\n",
            "HTTP/1.1 100 Continue\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nab",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\nt: 1\r\n",
        ] {
            assert_eq!(read(bytes.as_bytes(), 7, ALL), Ok(None), "{bytes}");
        }
    }

    #[test]
    fn what_has_no_end_is_bounded() {
        let endless = |start: &str, piece: &[u8], size: usize| {
            let mut reader = Reader::default();
            reader.begin(Wanted::default());
            let mut fed = start.len();
            let mut result = reader.feed(start.as_bytes());
            while matches!(result, Ok(None)) {
                for part in piece.chunks(size) {
                    result = reader.feed(part);
                    fed += part.len();
                    if result.is_err() {
                        break;
                    }
                }
                assert!(fed < 3 << 20 && reader.held.capacity() < 4 * MAX_HEAD);
            }
            result.unwrap_err()
        };
        let head = "HTTP/1.1 200 OK\r\n";
        assert_eq!(endless(head, b"x: y\r\n", 1), Failure::Broken);
        assert_eq!(endless(&format!("{head}x: "), &[b'y'; 1000], 1000), Failure::Broken);
        assert_eq!(endless("", b"\r\n", 1), Failure::Broken);
        assert_eq!(endless("", b"HTTP/1.1 103 Early\r\n\r\n", 7), Failure::Broken);
        assert_eq!(endless(&format!("{head}\r\n"), &[b'x'; 9000], 9000), Failure::Content);
        let chunked = format!("{head}transfer-encoding: chunked\r\n\r\n");
        assert_eq!(endless(&chunked, b"10\r\n0123456789abcdef\r\n", 5), Failure::Content);
        assert_eq!(endless(&format!("{chunked}1;"), b"extension", 9), Failure::Broken);
        assert_eq!(endless(&chunked, format!("1;{}\r\nx\r\n", "e".repeat(1000)).as_bytes(), 9000), Failure::Broken);
        assert_eq!(endless(&format!("{chunked}0\r\n"), b"trailer: x\r\n", 9), Failure::Broken);
        let declared = format!("{head}content-length: {}\r\n\r\n", MAX_BODY + 1);
        assert_eq!(both(&declared, ALL), Err(Failure::Content));
    }

    #[test]
    fn what_nobody_will_look_at_is_not_kept() {
        let mut reader = Reader::default();
        reader.begin(Wanted::default());
        let read = reader.feed(b"HTTP/1.1 200 OK\r\nx: y\r\ncontent-length: 2\r\n\r\nok").unwrap().unwrap();
        assert_eq!(read.answer, Answer { status: 200, headers: HeaderMap::new(), body: Bytes::new() });
        reader.begin(ALL);
        let read = reader.feed(b"HTTP/1.1 200 OK\r\nx: y\r\ncontent-length: 2\r\n\r\nok").unwrap().unwrap();
        assert_eq!((read.answer.headers["x"].as_bytes(), &read.answer.body[..]), (&b"y"[..], &b"ok"[..]));
    }
}
