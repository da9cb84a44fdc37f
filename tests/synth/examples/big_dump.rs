//! Writes a heap dump of about so many bytes: `big_dump BYTES FILE`. Says what is in it.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};

use harness_synth::dump::Big;

fn main() -> io::Result<()> {
    let mut args = std::env::args().skip(1);
    let bytes = args.next().and_then(|bytes| bytes.parse().ok());
    let (Some(bytes), Some(file)) = (bytes, args.next()) else {
        return Err(io::Error::other("usage: big_dump BYTES FILE"));
    };
    let out = BufWriter::with_capacity(1 << 20, File::create(file)?);
    let written = Big::of_bytes(bytes).write(out)?;
    writeln!(io::stdout(), "{written:?}")
}
