//! Delve as a server for this process alone: on a socket in a private directory, or on loopback where the directory's name is too long.
//!
//! It ends when its only client goes away, with the program. Whatever else may stay behind carries the run's mark and is ended by it, by us or,
//! if we are killed, by the guard.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::net::{SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};

use super::error::DelveError;
use super::guard::Guard;
use super::rpc::{Connection, Stream};
use crate::capture::child::{Child, Death, Start};
use crate::capture::mode::RUN_MARK;

/// How long a read may take before it is asked whether to go on.
const POLL: Duration = Duration::from_millis(50);
/// Longest that Delve may take to come up: it reads all debug information first.
const UP: Duration = Duration::from_secs(60);
/// Longest name of a socket that every system takes.
const LONGEST_SOCKET: usize = 100;
/// Any port of this machine's own.
const LOOPBACK: &str = "127.0.0.1:0";
/// Where Delve's own errors are kept, beside `dlv.txt`.
const ERRORS: &str = "dlv.stderr.txt";
/// Bytes of Delve's output that are shown.
const SHOWN: usize = 2000;
/// What Delve prints before the address.
const LISTENING: &str = "API server listening at: ";

/// What is debugged, and with what.
pub(super) struct Debuggee<'a> {
    pub(super) dlv: &'a Utf8Path,
    /// Delve's command: `exec PROGRAM`, `core PROGRAM FILE`.
    pub(super) command: Vec<String>,
    /// The program's arguments.
    pub(super) args: &'a [String],
    pub(super) dir: &'a Utf8Path,
    pub(super) env: BTreeMap<String, String>,
    /// Files for the program's standard input, output and errors: `stdin:PATH`.
    pub(super) redirects: Vec<String>,
    /// Directory for its output, and the mark of what runs.
    pub(super) out: &'a Utf8Path,
}

/// Where a server listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Listen {
    /// On a socket in a directory that is this user's alone.
    Privately,
    /// On loopback: an editor knows no sockets. Delve lets this user's processes in, and no others.
    OnLoopback,
}

/// A running server. Dropping it ends it, and the program.
pub(super) struct Server {
    pub(super) child: Child,
    _guard: Guard,
    /// The socket's directory, private to this user.
    _private: tempfile::TempDir,
    socket: Option<String>,
    output: Utf8PathBuf,
}

impl Server {
    /// Starts Delve. It may take a while until somebody listens.
    pub(super) fn start(debuggee: &Debuggee<'_>, listen: Listen) -> Result<Self, DelveError> {
        let failed = |what: &'static str, path: &Utf8Path| {
            let path = path.to_owned();
            move |source| DelveError::Io { what, path, source }
        };
        let private = tempfile::Builder::new().prefix("dlv-").tempdir().map_err(DelveError::Start)?;
        let socket = private.path().join("s");
        let socket = socket.to_str().filter(|name| name.len() <= LONGEST_SOCKET).map(str::to_owned);
        let socket = socket.filter(|_| listen == Listen::Privately);
        let address = socket.as_ref().map_or_else(|| LOOPBACK.to_owned(), |path| format!("unix:{path}"));
        let mut args = debuggee.command.clone();
        args.extend(["--headless", "--api-version=2", "--only-same-user=true"].map(str::to_owned));
        args.push(format!("--listen={address}"));
        args.extend(debuggee.redirects.iter().map(|redirect| format!("--redirect={redirect}")));
        if !debuggee.args.is_empty() {
            args.push("--".to_owned());
            args.extend_from_slice(debuggee.args);
        }
        let output = debuggee.out.join("dlv.txt");
        fs::write(&output, "").map_err(failed("write", &output))?;
        let mut env: Vec<(String, String)> = debuggee.env.clone().into_iter().collect();
        env.push((RUN_MARK.to_owned(), debuggee.out.to_string()));
        let guard = Guard::start(&format!("{RUN_MARK}={}", debuggee.out)).map_err(DelveError::Start)?;
        let child = Child::start(&Start {
            program: debuggee.dlv,
            args: &args,
            dir: debuggee.dir,
            env,
            stdin: None,
            stdout: output.clone(),
            stderr: debuggee.out.join(ERRORS),
            shift: 0,
            death: Death::Gentle,
        })
        .map_err(DelveError::Start)?;
        Ok(Self { child, _guard: guard, _private: private, socket, output })
    }

    /// Connects as soon as somebody listens.
    pub(super) fn connected(&self, stop: &dyn Fn() -> bool) -> Result<Connection, DelveError> {
        let socket = self.socket.clone();
        self.up(stop, || self.try_connect(socket.as_deref())).map(Connection::new)
    }

    /// Where Delve listens, as it says, as soon as it does: `127.0.0.1:PORT` or `unix:PATH`.
    pub(super) fn address(&self, stop: &dyn Fn() -> bool) -> Result<String, DelveError> {
        self.up(stop, || {
            Ok(match &self.socket {
                Some(path) => Utf8Path::new(path).exists().then(|| format!("unix:{path}")),
                None => self.loopback().map(|address| address.to_string()),
            })
        })
    }

    /// Waits for what there is as soon as somebody listens. That is before Delve has the program in its hands.
    fn up<T>(
        &self,
        stop: &dyn Fn() -> bool,
        there: impl Fn() -> io::Result<Option<T>>,
    ) -> Result<T, DelveError> {
        let end = Instant::now() + UP;
        while Instant::now() < end && !stop() {
            match there() {
                Ok(Some(found)) => return Ok(found),
                Ok(None) if self.child.has_ended() => break,
                Ok(None) => std::thread::sleep(POLL / 5),
                Err(error) => return Err(DelveError::Start(error)),
            }
        }
        if stop() {
            return Err(DelveError::Interrupted);
        }
        Err(DelveError::NotUp { said: self.said() })
    }

    fn try_connect(&self, socket: Option<&str>) -> io::Result<Option<Box<dyn Stream>>> {
        if let Some(path) = socket {
            let Ok(stream) = UnixStream::connect(path) else { return Ok(None) };
            stream.set_read_timeout(Some(POLL))?;
            return Ok(Some(Box::new(stream)));
        }
        let Some(address) = self.loopback() else { return Ok(None) };
        let Ok(stream) = TcpStream::connect(address) else { return Ok(None) };
        stream.set_read_timeout(Some(POLL))?;
        Ok(Some(Box::new(stream)))
    }

    /// The address on loopback that Delve says it listens at.
    fn loopback(&self) -> Option<SocketAddr> {
        let said = fs::read_to_string(&self.output).unwrap_or_default();
        // Its last line may still be in the making.
        let (lines, _) = said.rsplit_once('\n')?;
        let address: SocketAddr =
            lines.lines().find_map(|line| line.strip_prefix(LISTENING))?.trim().parse().ok()?;
        address.ip().is_loopback().then_some(address)
    }

    /// What Delve has printed, its end if it is much, without what says nothing.
    pub(super) fn said(&self) -> String {
        let errors = self.output.with_file_name(ERRORS);
        let text = [&self.output, &errors].map(|path| {
            let bytes = fs::read(path).unwrap_or_default();
            String::from_utf8_lossy(&bytes[bytes.len().saturating_sub(SHOWN)..]).into_owned()
        });
        let text = text.concat();
        let lines = text.lines().filter(|line| !line.starts_with(LISTENING) && !line.trim().is_empty());
        lines.collect::<Vec<_>>().join("\n")
    }

    /// Waits a moment for Delve to end by itself.
    pub(super) fn wait(&self) {
        self.child.wait_for(Duration::from_secs(5), || false);
    }

    /// Waits a moment for Delve to end by itself, then ends it.
    pub(super) fn end(self) {
        self.wait();
        self.end_now();
    }

    /// Ends Delve.
    pub(super) fn end_now(self) {
        if !self.child.has_ended() {
            self.child.terminate();
            self.child.wait_for(Duration::from_secs(2), || false);
        }
        let _ = self.child.finish(); // what it used is nothing that anybody measures
    }
}
