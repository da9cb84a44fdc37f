//! How large the slots are that Go's allocator puts objects into.
//!
//! The table of size classes is the same in Go 1.22 to 1.27 (`sizeclasses.go` of each was compared).

/// Bytes of a slot, by size class. Class 0 is one large object in a span of its own.
const SLOT_BYTES: [u16; 68] = [
    0, 8, 16, 24, 32, 48, 64, 80, 96, 112, 128, 144, 160, 176, 192, 208, 224, 240, 256, 288, 320, 352, 384,
    416, 448, 480, 512, 576, 640, 704, 768, 896, 1024, 1152, 1280, 1408, 1536, 1792, 2048, 2304, 2688, 3072,
    3200, 3456, 4096, 4864, 5376, 6144, 6528, 6784, 6912, 8192, 9472, 9728, 10240, 10880, 12288, 13568,
    14336, 16384, 18432, 19072, 20480, 21760, 24576, 27264, 28672, 32768,
];

/// Slot of pointer-free objects below that size, several of which share one.
pub(super) const TINY: u64 = 16;

/// Objects with pointers that are larger than this have a header in front, which says their type.
const MAX_WITHOUT_HEADER: u64 = 512;
const HEADER: u64 = 8;

/// Objects, with their header, that are larger than this have a span of their own.
const MAX_SMALL: u64 = 32768;

/// Bytes of a slot of a class from 1 on.
pub(super) fn slot_bytes(size_class: u64) -> Option<u64> {
    let bytes = SLOT_BYTES.get(usize::try_from(size_class).ok()?)?;
    (*bytes > 0).then_some(u64::from(*bytes))
}

/// Bytes of the slot for one value of a type.
pub(super) fn slot_of(size: u64, has_pointers: bool, page_size: u64) -> u64 {
    if size < TINY && !has_pointers {
        return TINY;
    }
    let header = if has_pointers && size > MAX_WITHOUT_HEADER { HEADER } else { 0 };
    let needed = size.saturating_add(header);
    if size > MAX_SMALL - HEADER {
        return size.checked_next_multiple_of(page_size).unwrap_or(size);
    }
    let class = SLOT_BYTES.partition_point(|&bytes| u64::from(bytes) < needed);
    SLOT_BYTES.get(class).map_or(needed, |&bytes| u64::from(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_those_that_the_allocator_rounds_up_to() {
        let pages = 8192;
        assert_eq!(slot_of(1, false, pages), 16, "tiny allocator");
        assert_eq!(slot_of(8, true, pages), 8);
        assert_eq!(slot_of(48, true, pages), 48);
        assert_eq!(slot_of(49, true, pages), 64);
        assert_eq!(slot_of(512, true, pages), 512);
        assert_eq!(slot_of(513, true, pages), 576);
        assert_eq!(slot_of(576, true, pages), 640, "the header needs the next class");
        assert_eq!(slot_of(576, false, pages), 576);
        assert_eq!(slot_of(32760, false, pages), 32768);
        assert_eq!(slot_of(32769, false, pages), 40960, "whole pages");
        assert_eq!(slot_of(u64::MAX, true, pages), u64::MAX);
    }

    #[test]
    fn the_class_of_large_objects_and_unknown_ones_have_no_slot() {
        assert_eq!([0, 1, 67, 68, u64::MAX].map(slot_bytes), [None, Some(8), Some(32768), None, None]);
    }
}
