//! A profile with one sample that has an address and no name, as `perf` or another process would take it.
//!
//! The wire format is `profile.proto` of pprof; a message is fields of a number, a type and a value.

/// Where code is mapped.
pub(super) struct Mapping {
    pub start: u64,
    pub end: u64,
    pub offset: u64,
}

/// The bytes of the profile.
pub(super) fn of_address(address: u64, mapping: &Mapping, file: &str) -> Vec<u8> {
    let value_type = [number(1, 1), number(2, 2)].concat();
    let sample = [number(1, 1), number(2, 1)].concat();
    let mapped = [
        number(1, 1),
        number(2, mapping.start),
        number(3, mapping.end),
        number(4, mapping.offset),
        number(5, 3),
    ];
    let location = [number(1, 1), number(2, 1), number(3, address)].concat();
    let texts = ["", "samples", "count", file];
    let mut profile =
        [message(1, &value_type), message(2, &sample), message(3, &mapped.concat()), message(4, &location)]
            .concat();
    for text in texts {
        profile.extend(message(6, text.as_bytes()));
    }
    profile
}

fn number(field: u8, value: u64) -> Vec<u8> {
    let mut bytes = vec![field << 3];
    varint(value, &mut bytes);
    bytes
}

fn message(field: u8, inside: &[u8]) -> Vec<u8> {
    let mut bytes = vec![field << 3 | 2];
    varint(inside.len() as u64, &mut bytes);
    bytes.extend_from_slice(inside);
    bytes
}

fn varint(mut value: u64, bytes: &mut Vec<u8>) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}
