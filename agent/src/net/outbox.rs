//! What waits to be written on one connection, bounded by bytes.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::{Bytes, BytesMut};
use tokio::sync::Notify;

use super::frame::{HEADER_BYTES, header};

/// Bytes that wait for one peer; at the bound frames are dropped (protocols above repeat). A frame that finds nothing
/// waiting is taken whatever its size.
const OUTBOX_BYTES_MAX: usize = 64 << 20;

/// Parts up to this size are copied together, so that many small frames leave as one slice.
const COPIED_BYTES_MAX: usize = 4 << 10;

/// What waits to be written.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    waiting: Mutex<Waiting>,
    /// Bytes in `waiting` and in the writer's hands.
    bytes: AtomicUsize,
    filled: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    whole: VecDeque<Bytes>,
    small: BytesMut,
}

impl Outbox {
    /// Queues a frame; false if it was dropped.
    pub(super) fn push(&self, parts: &[Bytes]) -> bool {
        let Some(header) = header(parts) else {
            tracing::error!("a frame beyond the bound was dropped");
            return false;
        };
        let length = HEADER_BYTES + parts.iter().map(Bytes::len).sum::<usize>();
        // Counted under the lock: a writer that finds nothing has told all it wrote, so `before` is 0 for what comes next
        // and it is woken.
        let mut waiting = self.waiting.lock().expect("no panic while held");
        let before = self.bytes.fetch_add(length, Ordering::Relaxed);
        if before > 0 && before + length > OUTBOX_BYTES_MAX {
            self.bytes.fetch_sub(length, Ordering::Relaxed);
            return false;
        }
        waiting.small.extend_from_slice(&header);
        for part in parts {
            waiting.add(part);
        }
        drop(waiting);
        if before == 0 {
            self.filled.notify_one();
        }
        true
    }

    /// Waits until there is something, and takes all of it.
    pub(super) async fn take(&self) -> VecDeque<Bytes> {
        loop {
            let taken = self.waiting.lock().expect("no panic while held").take();
            if !taken.is_empty() {
                return taken;
            }
            self.filled.notified().await;
        }
    }

    /// Tells that `length` bytes of what was taken are gone.
    pub(super) fn written(&self, length: usize) {
        self.bytes.fetch_sub(length, Ordering::Relaxed);
    }
}

impl Waiting {
    fn add(&mut self, part: &Bytes) {
        if part.len() <= COPIED_BYTES_MAX {
            self.small.extend_from_slice(part);
        } else {
            self.close_small();
            self.whole.push_back(part.clone());
        }
    }

    fn close_small(&mut self) {
        if !self.small.is_empty() {
            let small = self.small.split().freeze();
            self.whole.push_back(small);
        }
    }

    fn take(&mut self) -> VecDeque<Bytes> {
        self.close_small();
        std::mem::take(&mut self.whole)
    }
}
