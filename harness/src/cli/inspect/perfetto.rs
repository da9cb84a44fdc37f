//! `harness inspect trace --perfetto`: the trace as a file for ui.perfetto.dev.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::ops::ControlFlow;

use camino::Utf8Path;

use super::open::TraceFile;
use super::trace::{how_far, share, warn};
use crate::cli::Context;
use crate::cli::error::CliError;
use crate::cli::files::{Draft, unwritable};
use crate::ingest::trace::summary::Progress;
use crate::ingest::trace::tracks::{self, DEFAULT_SLICES, Options};
use crate::model::Bytes;
use crate::model::trace::tracks::Tracks;
use crate::report::perfetto::{self, Written};
use crate::report::{bytes_text, count_text};

pub(super) fn export(
    file: &TraceFile,
    out: &Utf8Path,
    slices: Option<u32>,
    context: &Context,
) -> Result<(), CliError> {
    // Asked for before the trace is read, which can take long.
    let mut draft = Draft::begin(out, context)?;
    let tracks = read(file, slices, context)?;
    let written = write(&tracks, draft.file()).map_err(|error| unwritable(out, &error))?;
    draft.finish()?;
    context.console.say(&said(out, &tracks, &written));
    Ok(())
}

fn read(file: &TraceFile, slices: Option<u32>, context: &Context) -> Result<Tracks, CliError> {
    let mut reader = file.reader()?;
    let mut activity = context.console.activity("read");
    let mut progress = |Progress { events, position, len, .. }: Progress| {
        activity.at_share(share(position, len), || how_far(events, position, len));
        if context.interrupt.is_set() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let slices = slices.map_or(DEFAULT_SLICES, |slices| slices as usize);
    let options = Options { slices, progress: Some(&mut progress), ..Options::default() };
    let tracks = tracks::tracks(&mut reader, options);
    drop(activity);
    if context.interrupt.is_set() {
        return Err(CliError::Interrupted);
    }
    warn(&reader, context);
    Ok(tracks)
}

fn write(tracks: &Tracks, to: &mut File) -> std::io::Result<Written> {
    let mut buffered = BufWriter::new(to);
    let written = perfetto::write(tracks, &mut buffered)?;
    buffered.flush()?;
    Ok(written)
}

fn said(out: &Utf8Path, tracks: &Tracks, written: &Written) -> String {
    let Written { bytes, slices, points } = *written;
    let (size, slices, points) = (bytes_text(Bytes(bytes)), count_text(slices), count_text(points));
    let merged = match tracks.left_out.merged {
        0 => String::new(),
        n => format!(
            "; {} short slices are merged with their neighbours, --slices N keeps more",
            count_text(n)
        ),
    };
    format!("{out}: {size}, {slices} slices and {points} points{merged}\nopen it at https://ui.perfetto.dev")
}
