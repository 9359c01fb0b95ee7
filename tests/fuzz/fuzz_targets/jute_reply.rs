//! What a client reads of ZooKeeper's protocol: connect responses, replies to every operation, events.
//!
//! The first byte chooses the operation. Nothing panics; and what was read is read again the same from what it is written
//! as.

#![no_main]

use bytes::{Bytes, BytesMut};
use libfuzzer_sys::fuzz_target;
use synod_jute::records::ConnectResponse;
use synod_jute::wire::Wire;
use synod_jute::{Frames, OpCode, Reply};

fuzz_target!(|data: &[u8]| {
    let Some((choice, rest)) = data.split_first() else {
        return;
    };
    let frame = Bytes::copy_from_slice(rest);
    let opcode = OpCode::ALL[usize::from(*choice) % OpCode::ALL.len()];
    if let Ok(reply) = Reply::decode(&frame, |_| Some(opcode)) {
        let mut out = BytesMut::new();
        reply.encode(&mut out);
        let again = Frames::new(usize::MAX).split(&mut out).unwrap().unwrap();
        assert_eq!(Reply::decode(&again, |_| Some(opcode)).unwrap(), reply);
    }
    if let Ok(connect) = ConnectResponse::decode(&frame) {
        let mut out = BytesMut::new();
        connect.write(&mut out);
        assert_eq!(ConnectResponse::decode(&out.freeze()).unwrap(), connect);
    }
});
