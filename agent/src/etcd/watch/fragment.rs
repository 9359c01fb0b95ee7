//! Splits a large answer of a watch that allows it.

use prost::Message;
use synod_proto::etcdserverpb::WatchResponse;

/// `response` in pieces of less than `bytes_max` (one event at least in each); all but the last say that more follows.
pub(crate) fn split(response: WatchResponse, bytes_max: usize) -> Vec<WatchResponse> {
    if response.events.len() < 2 || response.encoded_len() < bytes_max {
        return vec![response];
    }
    let mut response = response;
    let events = std::mem::take(&mut response.events);
    let mut pieces = Vec::new();
    let mut piece = response.clone();
    let mut bytes = response.encoded_len();
    for event in events {
        let event_bytes = event.encoded_len() + FIELD_BYTES;
        if !piece.events.is_empty() && bytes + event_bytes >= bytes_max {
            pieces.push(std::mem::replace(&mut piece, response.clone()));
            bytes = response.encoded_len();
        }
        bytes += event_bytes;
        piece.events.push(event);
    }
    pieces.push(piece);
    let last = pieces.len() - 1;
    for piece in &mut pieces[..last] {
        piece.fragment = true;
    }
    pieces
}

/// The most that tag and length of an embedded message take.
const FIELD_BYTES: usize = 6;

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use synod_proto::mvccpb::{Event, KeyValue};

    use super::*;

    fn response(sizes: &[usize]) -> WatchResponse {
        let event = |size: &usize| Event {
            kv: Some(KeyValue {
                value: Bytes::from(vec![7; *size]),
                ..KeyValue::default()
            }),
            ..Event::default()
        };
        WatchResponse {
            watch_id: 3,
            events: sizes.iter().map(event).collect(),
            ..WatchResponse::default()
        }
    }

    #[test]
    fn pieces() {
        // Sizes of events, bound, events of each piece.
        let table: [(&[usize], usize, &[usize]); 5] = [
            (&[], 10, &[0]),
            (&[5000], 10, &[1]),
            (&[10, 10], 1000, &[2]),
            (&[600, 600, 600], 1000, &[1, 1, 1]),
            (&[300, 300, 300, 2000, 5], 1000, &[3, 1, 1]),
        ];
        for (sizes, bound, expected) in table {
            let pieces = split(response(sizes), bound);
            let counts: Vec<usize> = pieces.iter().map(|p| p.events.len()).collect();
            assert_eq!(counts, expected, "{sizes:?} within {bound}");
            let (last, others) = pieces.split_last().expect("one piece at least");
            assert!(!last.fragment && others.iter().all(|p| p.fragment && p.watch_id == 3));
            assert!(
                pieces
                    .iter()
                    .all(|p| p.events.len() < 2 || p.encoded_len() < bound)
            );
        }
    }
}
