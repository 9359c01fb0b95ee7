//! What decoding allocates, counted: a small multiple of the frame, whatever the frame says.

// A global allocator can be written in no other way. This one hands everything to the system's, with the arguments that
// it got, so what holds for those holds here.
#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use bytes::Bytes;
use synod_jute::wire::Wire;
use synod_jute::{OpCode, Reply, Request, records::ConnectRequest};

thread_local! {
    static ALLOCATED: Cell<usize> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: every call goes to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // Threads that are ending have no counter any more; they are not looked at.
        let _ = ALLOCATED.try_with(|allocated| allocated.set(allocated.get() + layout.size()));
        // SAFETY: as it came.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as it came.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Bytes that `run` allocates, what it frees again included.
fn allocated(run: impl FnOnce()) -> usize {
    ALLOCATED.set(0);
    run();
    ALLOCATED.get()
}

/// The most that any decoder allocates for each byte of a frame: a vector of access lists, whose entries take 12 bytes
/// on the wire, in memory 72, and twice that while the list of a transaction's operations grows.
const MULTIPLE_MAX: usize = 24;

/// A frame of `length` bytes: a header for `opcode`, and numbers that promise much.
fn greedy(opcode: OpCode, length: usize, promise: i32) -> Bytes {
    let mut frame = vec![0, 0, 0, 1];
    frame.extend(opcode.number().to_be_bytes());
    while frame.len() < length {
        frame.extend(promise.to_be_bytes());
    }
    frame.into()
}

#[test]
fn promises_are_not_believed() {
    for opcode in OpCode::ALL {
        for promise in [
            i32::MAX,
            0x00ff_ffff,
            250_000,
            1000,
            100,
            4,
            1,
            0,
            -1,
            i32::MIN,
        ] {
            for length in [8, 20, 100, 4000, 200_000] {
                let frame = greedy(*opcode, length, promise);
                let bytes = allocated(|| {
                    drop(Request::decode(&frame));
                    drop(ConnectRequest::decode(&frame));
                    drop(Reply::decode(&frame, |_| Some(*opcode)));
                });
                // Three decoders, and what a handle on the frame takes.
                let most = 3 * MULTIPLE_MAX * frame.len() + 256;
                assert!(bytes <= most, "{opcode}: {bytes} for {length} of {promise}");
            }
        }
    }
}

#[test]
fn the_hot_path_allocates_nothing() {
    use bytes::BytesMut;
    use synod_jute::records::{ReadRequest, SetDataRequest};
    use synod_jute::{Frames, Xid};

    let read = ReadRequest {
        path: "/locks/one".into(),
        watch: true,
    };
    let set = SetDataRequest {
        path: "/locks/one".into(),
        data: Some(Bytes::from_static(&[7; 256])),
        version: 3,
    };
    for request in [
        Request::GetData(read.clone()),
        Request::Exists(read),
        Request::SetData(set),
        Request::Ping,
    ] {
        let mut stream = BytesMut::new();
        request.encode(Xid(1), &mut stream);
        let frame = Frames::default().split(&mut stream).unwrap().unwrap();
        let bytes = allocated(|| {
            let (_, decoded) = Request::decode(&frame).unwrap();
            assert_eq!(decoded.opcode(), request.opcode());
        });
        assert_eq!(bytes, 0, "{}", request.opcode());
    }
}
