//! Free ports of the loopback address.

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::sync::Mutex;

use crate::Failure;

/// Handed out by this process so far: none is handed out twice.
static HANDED_OUT: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());

/// A port of 127.0.0.1 that nobody listens on now.
///
/// # Errors
/// When the system gives none.
pub fn free() -> Result<u16, Failure> {
    let cannot = |error| format!("no free port: {error}");
    loop {
        let listener = TcpListener::bind("127.0.0.1:0").map_err(cannot)?;
        let port = listener.local_addr().map_err(cannot)?.port();
        let mut handed_out = HANDED_OUT.lock().map_err(|_| "a test panicked")?;
        // Five digits, so that tables in recorded output keep their width.
        if port >= 10_000 && handed_out.insert(port) {
            return Ok(port);
        }
    }
}
