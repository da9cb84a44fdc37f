//! What holds for every input of the pprof reader. Shared by the unit tests and the fuzz target, which names the
//! crate's decoder `api`.

use super::api::{Limits, Profile, write};

/// Limits as small as the inputs.
const LIMITS: Limits = Limits { decompressed: 1 << 20, message: 1 << 16, elements: 1 << 16 };

/// Reads `bytes`, and again what is written of it.
pub(super) fn hold(bytes: &[u8]) {
    let Ok(read) = Profile::read_within("p", bytes, &LIMITS) else { return };
    let profile = &read.profile;
    let n_types = profile.header.sample_types.len();
    assert!(profile.samples.n_locations() <= LIMITS.elements + LIMITS.message);
    assert!(profile.samples.iter().all(|sample| sample.values.len() == n_types));
    let n_locations = profile.locations.len() as u32;
    assert!(profile.samples.iter().all(|sample| sample.stack.iter().all(|id| id.0 < n_locations)));
    assert!(profile.lines.iter().all(|line| (line.function.0 as usize) < profile.functions.len()));
    for location in &profile.locations {
        assert_eq!(profile.lines_of(location).len(), location.lines.1 as usize);
        assert!(location.mapping.is_none_or(|mapping| (mapping as usize) < profile.mappings.len()));
    }
    let again = Profile::read("p", &write(profile)).expect("what was read can be written and read");
    assert_eq!(again.problems, []);
    assert_eq!(again.profile.samples.len(), profile.samples.len());
    assert_eq!(again.profile.samples.values(), profile.samples.values());
}
