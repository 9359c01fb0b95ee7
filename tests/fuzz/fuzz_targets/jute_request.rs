//! What a server reads of ZooKeeper's protocol: frames, connect requests, requests.
//!
//! Nothing panics; and what was read is read again the same from what it is written as.

#![no_main]

use bytes::{Bytes, BytesMut};
use libfuzzer_sys::fuzz_target;
use synod_jute::records::ConnectRequest;
use synod_jute::wire::Wire;
use synod_jute::{Frames, Request};

fuzz_target!(|data: &[u8]| {
    let frame = Bytes::copy_from_slice(data);
    if let Ok((header, request)) = Request::decode(&frame) {
        let mut out = BytesMut::new();
        request.encode(header.xid, &mut out);
        let again = Frames::new(usize::MAX).split(&mut out).unwrap().unwrap();
        assert_eq!(Request::decode(&again).unwrap(), (header, request));
    }
    if let Ok(connect) = ConnectRequest::decode(&frame) {
        let mut out = BytesMut::new();
        connect.write(&mut out);
        assert_eq!(ConnectRequest::decode(&out.freeze()).unwrap(), connect);
    }
    let mut stream = BytesMut::from(data);
    while let Ok(Some(_)) = Frames::new(64).split(&mut stream) {}
});
