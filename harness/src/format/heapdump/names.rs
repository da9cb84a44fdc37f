//! Function and file names, each kept once: a dump repeats them in every frame of every bucket.

use std::sync::Arc;

use rustc_hash::FxHashSet;

/// All names met so far.
#[derive(Debug, Default)]
pub(super) struct Names {
    known: FxHashSet<Arc<str>>,
}

impl Names {
    /// The name in these bytes; what is no UTF-8 is replaced.
    pub(super) fn intern(&mut self, bytes: &[u8]) -> Arc<str> {
        let text = String::from_utf8_lossy(bytes);
        if let Some(known) = self.known.get(text.as_ref()) {
            return Arc::clone(known);
        }
        let new: Arc<str> = text.into();
        self.known.insert(Arc::clone(&new));
        new
    }
}
