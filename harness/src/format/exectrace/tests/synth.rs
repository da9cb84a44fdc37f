//! Writes hand-made traces: bytes by bytes as the format's description says, with names of events
//! and numbers of its own. Shares nothing with the decoder.

/// All bits set: no thread.
pub(super) const NO_THREAD: u64 = u64::MAX;

/// A trace under construction.
pub(super) struct Trace {
    bytes: Vec<u8>,
    minor: u32,
}

/// Events of one thread (or a table) under construction.
#[derive(Default, Clone)]
pub(super) struct Body(Vec<u8>);

pub(super) fn varint(out: &mut Vec<u8>, mut value: u64) {
    loop {
        let low = u8::try_from(value % 128).unwrap();
        value /= 128;
        if value == 0 {
            out.push(low);
            return;
        }
        out.push(low + 128);
    }
}

/// Numbers of the event types used by tests.
fn number(name: &str) -> u8 {
    let numbers = [
        ("ProcStart", 10),
        ("ProcStop", 11),
        ("ProcSteal", 12),
        ("ProcStatus", 13),
        ("GoCreate", 14),
        ("GoCreateSyscall", 15),
        ("GoStart", 16),
        ("GoDestroy", 17),
        ("GoDestroySyscall", 18),
        ("GoStop", 19),
        ("GoBlock", 20),
        ("GoUnblock", 21),
        ("GoSyscallBegin", 22),
        ("GoSyscallEnd", 23),
        ("GoSyscallEndBlocked", 24),
        ("GoStatus", 25),
        ("STWBegin", 26),
        ("STWEnd", 27),
        ("GCActive", 28),
        ("GCBegin", 29),
        ("GCEnd", 30),
        ("HeapAlloc", 37),
        ("UserTaskBegin", 40),
        ("UserRegionBegin", 42),
        ("UserRegionEnd", 43),
        ("GoSwitch", 45),
        ("GoSwitchDestroy", 46),
        ("GoCreateBlocked", 47),
    ];
    numbers.iter().find(|(known, _)| *known == name).unwrap_or_else(|| panic!("{name}?")).1
}

impl Body {
    /// An event with its arguments, the time difference first.
    pub(super) fn event(mut self, name: &str, args: &[u64]) -> Self {
        self.0.push(number(name));
        args.iter().for_each(|&arg| varint(&mut self.0, arg));
        self
    }

    /// Bytes as they are.
    pub(super) fn raw(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }
}

impl Trace {
    pub(super) fn new(minor: u32) -> Self {
        Self { bytes: format!("go 1.{minor} trace\0\0\0").into_bytes(), minor }
    }

    /// A batch.
    pub(super) fn batch(mut self, generation: u64, thread: u64, time: u64, body: Body) -> Self {
        self.bytes.push(1);
        for number in [generation, thread, time, body.0.len() as u64] {
            varint(&mut self.bytes, number);
        }
        self.bytes.extend_from_slice(&body.0);
        self
    }

    /// The string table.
    pub(super) fn strings(self, generation: u64, strings: &[(u64, &str)]) -> Self {
        let mut body = vec![4];
        for &(id, text) in strings {
            body.push(5);
            varint(&mut body, id);
            varint(&mut body, text.len() as u64);
            body.extend_from_slice(text.as_bytes());
        }
        self.batch(generation, NO_THREAD, 0, Body(body))
    }

    /// The stack table: frames are pc, function, file, line.
    pub(super) fn stacks(self, generation: u64, stacks: &[(u64, &[[u64; 4]])]) -> Self {
        let mut body = vec![2];
        for &(id, frames) in stacks {
            body.push(3);
            varint(&mut body, id);
            varint(&mut body, frames.len() as u64);
            frames.iter().flatten().for_each(|&field| varint(&mut body, field));
        }
        self.batch(generation, NO_THREAD, 0, Body(body))
    }

    /// What ends a sound generation: frequency, clocks and mark as the version has them. A tick is
    /// a nanosecond.
    pub(super) fn end(mut self, generation: u64) -> Self {
        let mut sync = Vec::new();
        if self.minor >= 25 {
            sync.push(50);
        }
        sync.push(8);
        varint(&mut sync, 1_000_000_000);
        if self.minor >= 25 {
            sync.push(51);
            [5, 1000, 7, 9].iter().for_each(|&number| varint(&mut sync, number));
        }
        self = self.batch(generation, NO_THREAD, 0, Body(sync));
        if self.minor >= 26 {
            self.bytes.push(52);
        }
        self
    }

    pub(super) fn raw(mut self, bytes: &[u8]) -> Self {
        self.bytes.extend_from_slice(bytes);
        self
    }

    pub(super) fn bytes(self) -> Vec<u8> {
        self.bytes
    }
}
