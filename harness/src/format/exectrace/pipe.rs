//! A thread that orders events ahead of whoever looks at them.

use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread::JoinHandle;

use super::engine::{Chunk, Engine};

/// Chunks that wait to be looked at.
const N_WAITING: usize = 4;

/// The reader's side of the thread.
#[derive(Debug)]
pub(super) struct Pipe {
    filled: Option<Receiver<Chunk>>,
    /// Chunks to fill again.
    used: Sender<Chunk>,
    thread: Option<JoinHandle<()>>,
}

impl Pipe {
    pub(super) fn spawn(engine: Engine<'static>) -> std::io::Result<Self> {
        let (done, filled) = sync_channel(N_WAITING);
        let (used, empty) = channel();
        let thread = std::thread::Builder::new()
            .name("trace-order".to_owned())
            .spawn(move || serve(engine, &done, &empty))?;
        Ok(Self { filled: Some(filled), used, thread: Some(thread) })
    }

    /// Replaces `chunk` by the next. Not to be called after the last one.
    pub(super) fn next(&mut self, chunk: &mut Chunk) {
        match self.filled.as_ref().and_then(|filled| filled.recv().ok()) {
            Some(next) => {
                let used = std::mem::replace(chunk, next);
                // Nobody fills chunks again after the last one.
                let _ = self.used.send(used);
            }
            None => self.fail(),
        }
    }

    /// The thread is gone: goes on with the panic that ended it.
    #[cold]
    fn fail(&mut self) -> ! {
        match self.thread.take().map(JoinHandle::join) {
            Some(Err(panic)) => std::panic::resume_unwind(panic),
            _ => unreachable!("the thread ends with the last chunk"),
        }
    }
}

impl Drop for Pipe {
    fn drop(&mut self) {
        // Its next chunk cannot be sent, which ends it.
        self.filled = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn serve(mut engine: Engine<'_>, done: &SyncSender<Chunk>, empty: &Receiver<Chunk>) {
    loop {
        let mut chunk = empty.try_recv().unwrap_or_default();
        engine.fill(&mut chunk);
        let last = chunk.last;
        if done.send(chunk).is_err() || last {
            return;
        }
    }
}
