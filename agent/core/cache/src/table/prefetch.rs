//! What is to be read soon is asked for early.
#![allow(
    unsafe_code,
    reason = "there is no safe way to give the processor a hint"
)]

/// Has the processor fetch what is near this byte, while it does something else. Nothing is read, and nothing changes but the time
/// that it takes to read it then.
#[inline]
pub(super) fn prefetch(byte: &u8) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: every x86-64 has the instruction; it does not fault, whatever the address.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(byte).cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = byte;
}
