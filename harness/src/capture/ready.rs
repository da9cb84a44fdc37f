//! Whether a serving program is ready for its load.
//!
//! Input: what the scenario waits for, and the files the program writes to. Nothing is read twice: a talkative
//! program would otherwise be slowed down by who watches it.

use std::cell::RefCell;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};

use crate::scenario::Ready;

/// How long one attempt to connect may take; the address is on this machine.
const CONNECT: Duration = Duration::from_millis(200);
/// Files that a program's words may come to.
const OUTPUTS: [&str; 3] = ["stdout.txt", "stderr.txt", "gctrace.txt"];

/// Looks for what makes a program ready.
#[derive(Debug)]
pub(super) struct Lookout<'a> {
    ready: &'a Ready,
    outputs: RefCell<Vec<Output>>,
}

impl<'a> Lookout<'a> {
    /// For a program that writes into the directory `run`.
    pub(super) fn new(ready: &'a Ready, run: &Utf8Path) -> Self {
        let output = |name: &&str| Output { path: run.join(name), read: 0, rest: Vec::new() };
        Self { ready, outputs: RefCell::new(OUTPUTS.iter().map(output).collect()) }
    }

    /// Whether it is ready; a time that has to pass is the caller's to wait.
    pub(super) fn is_ready(&self) -> bool {
        match self.ready {
            Ready::AfterMs(_) => true,
            Ready::Tcp(address) => accepts(address),
            Ready::Output(text) => self.outputs.borrow_mut().iter_mut().any(|output| output.says(text)),
        }
    }
}

/// Whether someone listens at an address. A name such as `localhost` can stand for several, and a program may
/// listen at one of them only.
pub(super) fn accepts(address: &str) -> bool {
    let mut all = address.to_socket_addrs().into_iter().flatten();
    all.any(|one| TcpStream::connect_timeout(&one, CONNECT).is_ok())
}

/// A file that grows.
#[derive(Debug)]
struct Output {
    path: Utf8PathBuf,
    read: u64,
    /// The end of what was read: a text may come in two pieces.
    rest: Vec<u8>,
}

impl Output {
    fn says(&mut self, text: &str) -> bool {
        // A file that is not there yet says nothing.
        let _ = self.read_on();
        let text = text.as_bytes();
        let says = text.is_empty() || self.rest.windows(text.len()).any(|window| window == text);
        let keep = text.len().saturating_sub(1).min(self.rest.len());
        self.rest.drain(..self.rest.len() - keep);
        says
    }

    fn read_on(&mut self) -> std::io::Result<()> {
        let mut file = File::open(&self.path)?;
        file.seek(SeekFrom::Start(self.read))?;
        let n = file.take(1 << 20).read_to_end(&mut self.rest)?;
        self.read += n as u64;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_in_two_pieces_is_found_and_what_was_read_is_not_kept() {
        let directory = tempfile::tempdir().expect("a directory");
        let run = Utf8PathBuf::try_from(directory.path().to_owned()).expect("a name in UTF-8");
        let ready = Ready::Output("listening on :80".to_owned());
        let lookout = Lookout::new(&ready, &run);
        assert!(!lookout.is_ready());
        let path = run.join("stderr.txt");
        std::fs::write(&path, format!("{}listening", "log\n".repeat(1000))).expect("writes");
        assert!(!lookout.is_ready());
        assert!(lookout.outputs.borrow().iter().all(|output| output.rest.len() < 16));
        let text = std::fs::read_to_string(&path).expect("reads");
        std::fs::write(&path, format!("{text} on :8080\n")).expect("writes");
        assert!(lookout.is_ready());
    }

    #[test]
    fn every_address_of_a_name_is_tried() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        assert!(accepts(&format!("localhost:{port}")));
        drop(listener);
        assert!(!accepts(&format!("localhost:{port}")));
        assert!(!accepts("no port at all"));
    }
}
