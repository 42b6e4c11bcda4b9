//! A body in chunks: where its bytes stand in what has come. Pure. What a service writes beside the
//! bytes of the body (sizes, extensions, trailers) is bounded as well.

use std::ops::Range;

use factory_assurance::evidence::Failure;
use httparse::Status;

use crate::connection::{MAX_HEAD, MAX_HEADERS};

/// Longest line of a size, and most bytes of all extensions together.
const MAX_LINE: usize = 16 * 1024;
/// A size itself: 16 digits and the end of the line.
const SIZE: usize = 18;

/// How far one look came.
#[derive(Debug)]
pub struct Step {
    /// Where in the given bytes a part of the body stands.
    pub part: Range<usize>,
    /// How many of the given bytes are done with.
    pub used: usize,
    /// Whether this was the end of the body.
    pub done: bool,
}

#[derive(Clone, Copy, Debug, Default)]
enum State {
    #[default]
    Size,
    Data(u64),
    /// The line's end after the bytes of a chunk.
    AfterData,
    Trailer,
}

/// Reads chunks.
#[derive(Debug, Default)]
pub struct Chunks {
    state: State,
    /// The part of a line that has come.
    line: Vec<u8>,
    extensions: usize,
    trailers: usize,
    trailer_bytes: usize,
}

impl Chunks {
    /// Looks at `bytes`, which are what comes next. Uses at least one of them.
    pub fn next(&mut self, bytes: &[u8]) -> Result<Step, Failure> {
        if let State::Data(left) = self.state {
            let part = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
            let left = left - part as u64;
            self.state = if left == 0 { State::AfterData } else { State::Data(left) };
            return Ok(Step { part: 0..part, used: part, done: false });
        }
        let end = bytes.iter().position(|byte| *byte == b'\n');
        let used = end.map_or(bytes.len(), |end| end + 1);
        self.line.extend_from_slice(&bytes[..used]);
        let longest = if matches!(self.state, State::AfterData) { 2 } else { MAX_LINE };
        if self.line.len() > longest {
            return Err(Failure::Broken);
        }
        let done = end.is_some() && self.line()?;
        Ok(Step { part: 0..0, used, done })
    }

    /// A line is complete; whether it was the last.
    fn line(&mut self) -> Result<bool, Failure> {
        let line = std::mem::take(&mut self.line);
        match self.state {
            State::Size => {
                let Ok(Status::Complete((_, size))) = httparse::parse_chunk_size(&line) else {
                    return Err(Failure::Broken);
                };
                self.extensions += line.len().saturating_sub(SIZE);
                if self.extensions > MAX_LINE {
                    return Err(Failure::Broken);
                }
                self.state = if size == 0 { State::Trailer } else { State::Data(size) };
            }
            State::AfterData if line == b"\r\n" => self.state = State::Size,
            State::Trailer if line == b"\r\n" => return Ok(true),
            State::Trailer => {
                self.trailers += 1;
                self.trailer_bytes += line.len();
                if self.trailers > MAX_HEADERS || self.trailer_bytes > MAX_HEAD || !line.contains(&b':') {
                    return Err(Failure::Broken);
                }
            }
            State::AfterData | State::Data(_) => return Err(Failure::Broken),
        }
        Ok(false)
    }
}
