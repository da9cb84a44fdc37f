//! Reading a few bytes at a time, here and there, without asking the system for each.
//!
//! Pages of the file that were read are kept, the last one for each place of a small table. Objects that
//! refer to each other mostly lie close together.

use std::io;

use crate::format::Input;

const PAGE: u64 = 4096;

/// Pages that are kept: 16 MiB.
const N_PAGES: u64 = 4096;

/// No page has this number.
const NONE: u64 = u64::MAX;

/// Pages of a file.
#[derive(Debug)]
pub(super) struct Pages {
    /// Number of the page at each place.
    numbers: Vec<u64>,
    bytes: Vec<u8>,
    scratch: Vec<u8>,
}

impl Pages {
    /// None yet, and no memory for any if `input` needs none.
    pub(super) fn new(input: &Input<'_>) -> Self {
        let n_pages = match input {
            Input::Bytes(_) => 0,
            Input::File { .. } => N_PAGES.min(input.len().div_ceil(PAGE)),
        };
        let bytes = vec![0; (n_pages * PAGE) as usize];
        Self { numbers: vec![NONE; n_pages as usize], bytes, scratch: Vec::new() }
    }

    /// As [`Input::read`].
    #[inline]
    pub(super) fn read<'b>(
        &mut self,
        input: &'b Input<'_>,
        at: u64,
        len: u64,
        buffer: &'b mut Vec<u8>,
    ) -> io::Result<&'b [u8]> {
        let (number, start) = (at / PAGE, at % PAGE);
        let inside = !self.numbers.is_empty() && start + len <= PAGE && at + len <= input.len();
        if !inside {
            return input.read(at, usize::try_from(len).unwrap_or(usize::MAX), buffer);
        }
        let place = (number % self.numbers.len() as u64) as usize;
        if self.numbers[place] != number {
            self.load(input, number, place)?;
        }
        let from = place * PAGE as usize + start as usize;
        buffer.clear();
        buffer.extend_from_slice(&self.bytes[from..from + len as usize]);
        Ok(buffer)
    }

    fn load(&mut self, input: &Input<'_>, number: u64, place: usize) -> io::Result<()> {
        self.numbers[place] = NONE;
        let read = input.read(number * PAGE, PAGE as usize, &mut self.scratch)?;
        let from = place * PAGE as usize;
        self.bytes[from..from + read.len()].copy_from_slice(read);
        self.numbers[place] = number;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    #[test]
    fn bytes_read_by_pages_are_those_of_the_file() {
        let data: Vec<u8> = (0..20_000u32).flat_map(u32::to_le_bytes).collect();
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&data).unwrap();
        let input = Input::File { file, len: data.len() as u64, damage: None };
        for input in [&input, &Input::Bytes(&data)] {
            let mut pages = Pages::new(input);
            let mut buffer = Vec::new();
            for i in 0..3000u64 {
                let (at, len) = (i * 7919 % 80_100, 1 + i * 31 % 300);
                let read = pages.read(input, at, len, &mut buffer).unwrap();
                let at = (at as usize).min(data.len());
                assert_eq!(read, &data[at..(at + len as usize).min(data.len())], "{len} at {at}");
            }
        }
    }
}
