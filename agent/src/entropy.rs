//! Secrets of clients' sessions, drawn from the operating system.

use std::io;

/// Fills `bytes` with random ones.
///
/// # Errors
/// If the system has none.
pub(crate) fn fill(bytes: &mut [u8]) -> io::Result<()> {
    #[cfg(feature = "simulation")]
    if simulated::fill(bytes) {
        return Ok(());
    }
    getrandom::fill(bytes).map_err(|error| io::Error::other(error.to_string()))
}

/// Chance that a simulator hands in.
#[cfg(feature = "simulation")]
pub mod simulated {
    use std::cell::RefCell;

    thread_local! {
        static SEED: RefCell<Option<u64>> = const { RefCell::new(None) };
    }

    /// From now on what this thread draws follows from this.
    pub fn seed(seed: u64) {
        SEED.replace(Some(seed));
    }

    /// False if no simulator seeded this thread.
    pub(super) fn fill(bytes: &mut [u8]) -> bool {
        SEED.with_borrow_mut(|seed| {
            let Some(seed) = seed else { return false };
            for part in bytes.chunks_mut(8) {
                *seed = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
                let drawn = xxhash_rust::xxh3::xxh3_64(&seed.to_le_bytes()).to_le_bytes();
                part.copy_from_slice(&drawn[..part.len()]);
            }
            true
        })
    }
}
