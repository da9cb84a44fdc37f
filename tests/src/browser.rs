//! A headless Chromium that opens pages, drives them and tells what went wrong in them.
//!
//! Input: a file of a page. Output: values of expressions, pictures, and whatever the page logged, threw or asked the network
//! for. Speaks the DevTools protocol over a pair of pipes, so that no port is opened; the browser ends with its value.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use camino::Utf8Path;
use serde_json::{Value, json};

/// Longest answer, of a busy machine.
const DEADLINE: Duration = Duration::from_secs(60);

/// Names under which systems have it.
const PROGRAMS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// The descriptors 3 and 4 are the protocol's, as `--remote-debugging-pipe` wants them.
const START: &str = r#"exec "$0" --headless=new --no-sandbox --disable-gpu --no-first-run --disable-extensions --disable-background-networking --disable-component-update --hide-scrollbars --user-data-dir="$1" --remote-debugging-pipe about:blank 3<&0 4>&1 0</dev/null 1>/dev/null 2>/dev/null"#;

/// A page in a browser of its own.
#[derive(Debug)]
pub struct Browser {
    child: Child,
    to: ChildStdin,
    from: Receiver<Value>,
    session: String,
    next: u64,
    complaints: Vec<String>,
    requests: Vec<String>,
    _profile: tempfile::TempDir,
}

impl Browser {
    /// Starts one with a page as wide and high as this.
    ///
    /// # Errors
    /// When there is none on this machine, or it does not answer.
    pub fn start(size: (u32, u32)) -> Result<Self> {
        let is_there =
            |name: &&&str| Command::new(name).arg("--version").output().is_ok_and(|out| out.status.success());
        let program =
            PROGRAMS.iter().find(is_there).context("no Chromium: `cargo xtask tools` installs it")?;
        let profile = tempfile::Builder::new().prefix("harness-browser-").tempdir()?;
        let mut child = Command::new("sh")
            .args(["-c", START, program])
            .arg(profile.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()?;
        let (to, stdout) = (child.stdin.take().context("no pipe")?, child.stdout.take().context("no pipe")?);
        let (sender, from) = channel();
        std::thread::spawn(move || {
            for message in BufReader::new(stdout).split(0) {
                let Ok(Ok(message)) = message.map(|bytes| serde_json::from_slice::<Value>(&bytes)) else {
                    break;
                };
                if sender.send(message).is_err() {
                    break;
                }
            }
        });
        let mut browser = Self {
            child,
            to,
            from,
            session: String::new(),
            next: 0,
            complaints: Vec::new(),
            requests: Vec::new(),
            _profile: profile,
        };
        let target = browser.call("Target.createTarget", &json!({ "url": "about:blank" }))?;
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        let attached = browser.call("Target.attachToTarget", &attach)?;
        browser.session = attached["sessionId"].as_str().context("no session")?.to_owned();
        for domain in ["Page", "Runtime", "Log", "Network"] {
            browser.call(&format!("{domain}.enable"), &json!({}))?;
        }
        browser.resize(size)?;
        Ok(browser)
    }

    /// Sets the size of the page's window.
    ///
    /// # Errors
    /// When the browser does not answer.
    pub fn resize(&mut self, (width, height): (u32, u32)) -> Result<()> {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600 });
        self.call("Emulation.setDeviceMetricsOverride", &size).map(drop)
    }

    /// Asks for dark or light, for paper or screen.
    ///
    /// # Errors
    /// When the browser does not answer.
    pub fn media(&mut self, media: &str, scheme: &str) -> Result<()> {
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.call("Emulation.setEmulatedMedia", &json!({ "media": media, "features": features })).map(drop)
    }

    /// Opens a file, with what follows `#`, and waits until the page says that it is ready.
    ///
    /// # Errors
    /// When it does not become ready.
    pub fn open(&mut self, file: &Utf8Path, hash: &str) -> Result<()> {
        self.open_until(file, hash, "document.documentElement?.dataset.ready === 'true'")
    }

    /// Opens a file of a page that has no script.
    ///
    /// # Errors
    /// When it is not there.
    pub fn load(&mut self, file: &Utf8Path) -> Result<()> {
        self.open_until(file, "", "document.readyState === 'complete' && location.protocol === 'file:'")
    }

    /// Opens a file, with what follows `#`, and waits until an expression is true in it.
    ///
    /// # Errors
    /// When it does not become so.
    pub fn open_until(&mut self, file: &Utf8Path, hash: &str, ready: &str) -> Result<()> {
        let file = file.canonicalize_utf8()?;
        // Another address of the same file would only go to another place in it.
        self.call("Page.navigate", &json!({ "url": "about:blank" }))?;
        self.call("Page.navigate", &json!({ "url": format!("file://{file}{hash}") }))?;
        let begun = Instant::now();
        // While one page makes way for another there is nothing to ask.
        while !self.eval(ready).is_ok_and(|is| is == json!(true)) {
            ensure!(begun.elapsed() < DEADLINE, "`{file}` does not become ready: {:?}", self.complaints);
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// The value of an expression in the page.
    ///
    /// # Errors
    /// When it throws.
    pub fn eval(&mut self, expression: &str) -> Result<Value> {
        let asked = json!({ "expression": expression, "returnByValue": true, "awaitPromise": true });
        let answer = self.call("Runtime.evaluate", &asked)?;
        if let Some(thrown) = answer.get("exceptionDetails") {
            bail!("`{expression}` throws {thrown}");
        }
        Ok(answer["result"]["value"].clone())
    }

    /// Presses a key: `ArrowLeft`, `z`.
    ///
    /// # Errors
    /// When the browser does not answer.
    pub fn press(&mut self, key: &str, shift: bool) -> Result<()> {
        for kind in ["keyDown", "keyUp"] {
            let mut event = json!({ "type": kind, "key": key, "modifiers": if shift { 8 } else { 0 } });
            if key.chars().count() == 1 && kind == "keyDown" {
                event["text"] = json!(key);
            }
            self.call("Input.dispatchKeyEvent", &event)?;
        }
        Ok(())
    }

    /// Moves the pointer to a place of the window.
    ///
    /// # Errors
    /// When the browser does not answer.
    pub fn point(&mut self, at: (f64, f64)) -> Result<()> {
        self.mouse("mouseMoved", at, false)
    }

    /// Draws the pointer along places with its button held down.
    ///
    /// # Errors
    /// When the browser does not answer.
    pub fn drag(&mut self, places: &[(f64, f64)]) -> Result<()> {
        let (Some(first), Some(last)) = (places.first(), places.last()) else { return Ok(()) };
        self.mouse("mouseMoved", *first, false)?;
        self.mouse("mousePressed", *first, true)?;
        for at in places {
            self.mouse("mouseMoved", *at, true)?;
        }
        self.mouse("mouseReleased", *last, false)
    }

    fn mouse(&mut self, kind: &str, (x, y): (f64, f64), held: bool) -> Result<()> {
        let button = if held || kind == "mouseReleased" { "left" } else { "none" };
        let buttons = u8::from(held);
        let event =
            json!({ "type": kind, "x": x, "y": y, "button": button, "buttons": buttons, "clickCount": 1 });
        self.call("Input.dispatchMouseEvent", &event).map(drop)
    }

    /// A picture of the window, PNG.
    ///
    /// # Errors
    /// When the browser makes none.
    pub fn picture(&mut self) -> Result<Vec<u8>> {
        let answer = self.call("Page.captureScreenshot", &json!({ "format": "png" }))?;
        decode(answer["data"].as_str().context("no picture")?)
    }

    /// The page on paper, PDF.
    ///
    /// # Errors
    /// When the browser makes none.
    pub fn print(&mut self) -> Result<Vec<u8>> {
        let answer = self.call("Page.printToPDF", &json!({ "printBackground": true }))?;
        decode(answer["data"].as_str().context("no PDF")?)
    }

    /// What pages logged as errors or warnings, and what they threw.
    #[must_use]
    pub fn complaints(&self) -> &[String] {
        &self.complaints
    }

    /// What pages asked for beside themselves.
    #[must_use]
    pub fn requests(&self) -> &[String] {
        &self.requests
    }

    fn call(&mut self, method: &str, parameters: &Value) -> Result<Value> {
        self.next += 1;
        let mut message = json!({ "id": self.next, "method": method, "params": parameters });
        if !self.session.is_empty() {
            message["sessionId"] = json!(self.session);
        }
        self.to.write_all(message.to_string().as_bytes())?;
        self.to.write_all(&[0])?;
        loop {
            let answer =
                self.from.recv_timeout(DEADLINE).with_context(|| format!("no answer to {method}"))?;
            if answer["id"] != json!(self.next) {
                self.note(&answer);
            } else if let Some(error) = answer.get("error") {
                bail!("{method}: {error}");
            } else {
                return Ok(answer["result"].clone());
            }
        }
    }

    /// Keeps what an event tells of the page's faults and requests.
    fn note(&mut self, event: &Value) {
        let of = &event["params"];
        match event["method"].as_str().unwrap_or_default() {
            "Runtime.exceptionThrown" => self.complaints.push(of["exceptionDetails"].to_string()),
            "Log.entryAdded" if of["entry"]["level"] != "info" => {
                self.complaints.push(of["entry"].to_string())
            }
            "Runtime.consoleAPICalled" if ["error", "warning"].iter().any(|level| of["type"] == *level) => {
                self.complaints.push(of["args"].to_string());
            }
            "Network.requestWillBeSent" => {
                let url = of["request"]["url"].as_str().unwrap_or_default();
                let is_page = of["type"] == "Document" || url.starts_with("data:");
                self.requests.extend((!is_page).then(|| url.to_owned()));
            }
            _ => {}
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Its processes are a group; the pipe's end would end them too, later.
        let group = format!("-{}", self.child.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).status();
        let _ = self.child.wait();
    }
}

/// Base64.
fn decode(text: &str) -> Result<Vec<u8>> {
    let value = |c: u8| match c {
        b'A'..=b'Z' => Some(u32::from(c - b'A')),
        b'a'..=b'z' => Some(u32::from(c - b'a') + 26),
        b'0'..=b'9' => Some(u32::from(c - b'0') + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    };
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    for four in text.trim_end_matches('=').as_bytes().chunks(4) {
        let mut bits = 0;
        for nth in 0..4 {
            bits = bits << 6 | four.get(nth).map_or(Some(0), |c| value(*c)).context("no base64")?;
        }
        bytes.extend_from_slice(&bits.to_be_bytes()[1..four.len()]);
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_of_every_length_is_decoded() {
        for (text, bytes) in
            [("", &b""[..]), ("Zg==", b"f"), ("Zm8=", b"fo"), ("Zm9v", b"foo"), ("Zm9vYg==", b"foob")]
        {
            assert_eq!(decode(text).unwrap(), bytes);
        }
        assert!(decode("Zm9*").is_err());
    }
}
