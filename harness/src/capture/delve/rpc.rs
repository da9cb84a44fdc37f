//! A client of JSON-RPC 1.0 over a stream: a line for each request and each reply, matched by id.
//!
//! Every call has a deadline, a reply a largest size, and a wait can be ended. Must not know what the methods mean.

use std::io::{self, Read, Write};
use std::time::Instant;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::error::DelveError;

/// Largest reply, bytes. A page of goroutines is about a megabyte.
const MAX_REPLY: usize = 64 << 20;
/// Bytes that are read at a time.
const CHUNK: usize = 64 << 10;

/// Bytes in both directions. Reading has to return within a moment, with `WouldBlock` or `TimedOut` if nothing came.
pub(super) trait Stream: Read + Write {}
impl<S: Read + Write> Stream for S {}

/// A connection to a server.
pub(super) struct Connection {
    stream: Box<dyn Stream>,
    /// What was read and is not yet a whole line.
    pending: Vec<u8>,
    /// How much of it was searched for the line's end.
    searched: usize,
    last: u64,
}

/// A request that was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sent {
    id: u64,
    method: &'static str,
}

impl Sent {
    fn still_awaited(self, deadline: Instant, stop: &dyn Fn() -> bool) -> Result<(), DelveError> {
        match (stop(), Instant::now() >= deadline) {
            (true, _) => Err(DelveError::Interrupted),
            (false, true) => Err(DelveError::TimedOut { method: self.method }),
            (false, false) => Ok(()),
        }
    }
}

#[derive(Serialize)]
struct Request<'a, P> {
    method: &'a str,
    params: [P; 1],
    id: u64,
}

#[derive(Deserialize)]
struct Reply {
    id: Option<u64>,
    #[serde(default)]
    result: Option<Box<serde_json::value::RawValue>>,
    #[serde(default)]
    error: Option<serde_json::Value>,
}

impl Connection {
    pub(super) fn new(stream: Box<dyn Stream>) -> Self {
        Self { stream, pending: Vec::new(), searched: 0, last: 0 }
    }

    /// Asks and waits for the answer, until `deadline` or until `stop` says so.
    pub(super) fn call<T: DeserializeOwned>(
        &mut self,
        method: &'static str,
        params: impl Serialize,
        deadline: Instant,
        stop: &dyn Fn() -> bool,
    ) -> Result<T, DelveError> {
        let sent = self.send(method, params)?;
        self.answer(sent, deadline, stop)
    }

    /// Asks; the answer has to be waited for.
    pub(super) fn send(&mut self, method: &'static str, params: impl Serialize) -> Result<Sent, DelveError> {
        self.last += 1;
        let id = self.last;
        let name = format!("RPCServer.{method}");
        let mut line = serde_json::to_vec(&Request { method: &name, params: [params], id })
            .map_err(|error| DelveError::Protocol { what: error.to_string() })?;
        line.push(b'\n');
        self.stream.write_all(&line).and_then(|()| self.stream.flush()).map_err(DelveError::Gone)?;
        Ok(Sent { id, method })
    }

    /// Waits for the answer. Answers to requests that were given up are passed over.
    pub(super) fn answer<T: DeserializeOwned>(
        &mut self,
        sent: Sent,
        deadline: Instant,
        stop: &dyn Fn() -> bool,
    ) -> Result<T, DelveError> {
        loop {
            let line = self.line(sent, deadline, stop)?;
            let reply: Reply = serde_json::from_slice(&line)
                .map_err(|error| DelveError::Protocol { what: format!("a reply is no JSON: {error}") })?;
            if reply.id != Some(sent.id) {
                // A server that never pauses has to end, too.
                sent.still_awaited(deadline, stop)?;
                continue;
            }
            if let Some(error) = reply.error.filter(|error| !error.is_null()) {
                let message = error.as_str().map_or_else(|| error.to_string(), str::to_owned);
                return Err(DelveError::Refused { method: sent.method, message });
            }
            let text = reply.result.as_ref().map_or("null", |result| result.get());
            return serde_json::from_str(text).map_err(|error| DelveError::Protocol {
                what: format!("the answer to {} is another than expected: {error}", sent.method),
            });
        }
    }

    fn line(
        &mut self,
        sent: Sent,
        deadline: Instant,
        stop: &dyn Fn() -> bool,
    ) -> Result<Vec<u8>, DelveError> {
        let mut chunk = vec![0; CHUNK];
        loop {
            let fresh = self.pending.get(self.searched..).unwrap_or_default();
            if let Some(at) = fresh.iter().position(|byte| *byte == b'\n') {
                let rest = self.pending.split_off(self.searched + at + 1);
                self.searched = 0;
                return Ok(std::mem::replace(&mut self.pending, rest));
            }
            self.searched = self.pending.len();
            if self.pending.len() > MAX_REPLY {
                return Err(DelveError::Protocol {
                    what: format!("a reply is longer than {MAX_REPLY} bytes"),
                });
            }
            match self.stream.read(&mut chunk) {
                Ok(0) => return Err(DelveError::Gone(io::ErrorKind::UnexpectedEof.into())),
                Ok(n) => self.pending.extend_from_slice(chunk.get(..n).unwrap_or_default()),
                Err(error) if is_pause(&error) => sent.still_awaited(deadline, stop)?,
                Err(error) => return Err(DelveError::Gone(error)),
            }
        }
    }
}

fn is_pause(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut | io::ErrorKind::Interrupted)
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader};
    use std::os::unix::net::UnixStream;
    use std::time::Duration;

    use super::*;

    const NEVER: &dyn Fn() -> bool = &|| false;

    /// A connection to a server that gives these replies, whatever it is asked, and then goes away.
    fn served(replies: Vec<String>) -> Connection {
        let (ours, theirs) = UnixStream::pair().expect("a pair");
        ours.set_read_timeout(Some(Duration::from_millis(5))).expect("a timeout");
        std::thread::spawn(move || {
            let mut lines = BufReader::new(theirs.try_clone().expect("a clone")).lines();
            let mut theirs = theirs;
            for reply in replies {
                let _ = lines.next();
                if theirs.write_all(reply.as_bytes()).is_err() {
                    return;
                }
            }
            let _ = lines.next();
        });
        Connection::new(Box::new(ours))
    }

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(20)
    }

    #[test]
    fn an_answer_is_the_one_with_the_request_s_id() {
        let late = "{\"id\":77,\"result\":1,\"error\":null}\n{\"id\":1,\"result\":2,\"error\":null}\n";
        let mut connection = served(vec![late.to_owned()]);
        let answer: u32 = connection.call("State", (), soon(), NEVER).expect("an answer");
        assert_eq!(answer, 2);
    }

    #[test]
    fn a_refusal_has_the_server_s_words() {
        let refusal = "{\"id\":1,\"result\":null,\"error\":\"could not find function main.gone\"}\n";
        let mut connection = served(vec![refusal.to_owned()]);
        let error = connection.call::<u32>("CreateBreakpoint", (), soon(), NEVER).expect_err("refused");
        assert!(error.to_string().contains("could not find function main.gone"), "{error}");
    }

    #[test]
    fn silence_ends_at_the_deadline_and_by_a_wish() {
        let mut connection = served(vec![String::new(), String::new()]);
        let at_once = Instant::now();
        let error = connection.call::<u32>("State", (), at_once, NEVER).expect_err("no answer");
        assert!(matches!(error, DelveError::TimedOut { method: "State" }), "{error}");
        let error = connection.call::<u32>("State", (), soon(), &|| true).expect_err("no wish");
        assert!(matches!(error, DelveError::Interrupted), "{error}");
    }

    #[test]
    fn a_server_that_never_stops_talking_of_something_else_ends_at_the_deadline() {
        let (ours, mut theirs) = UnixStream::pair().expect("a pair");
        ours.set_read_timeout(Some(Duration::from_millis(5))).expect("a timeout");
        std::thread::spawn(move || while theirs.write_all(b"{\"id\":77,\"result\":1}\n").is_ok() {});
        let mut connection = Connection::new(Box::new(ours));
        let error = connection.call::<u32>("State", (), Instant::now(), NEVER).expect_err("no answer");
        assert!(matches!(error, DelveError::TimedOut { method: "State" }), "{error}");
    }

    #[test]
    fn a_server_that_goes_away_talks_nonsense_or_never_ends_is_an_error() {
        let mut gone = served(vec!["{\"id\":1,\"resu".to_owned()]);
        // Its next line makes the server go away.
        let sent = gone.send("State", ()).expect("sent");
        gone.send("State", ()).expect("sent");
        assert!(matches!(gone.answer::<u32>(sent, soon(), NEVER), Err(DelveError::Gone(_))));
        let mut nonsense = served(vec!["what?\n".to_owned()]);
        let error = nonsense.call::<u32>("State", (), soon(), NEVER).expect_err("nonsense");
        assert!(matches!(error, DelveError::Protocol { .. }), "{error}");
        let mut other = served(vec!["{\"id\":1,\"result\":\"text\"}\n".to_owned()]);
        let error = other.call::<u32>("State", (), soon(), NEVER).expect_err("another type");
        assert!(error.to_string().contains("the answer to State is another than expected"), "{error}");
    }
}
