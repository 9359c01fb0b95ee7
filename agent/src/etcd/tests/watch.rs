use std::time::Duration;

use synod_proto::etcdserverpb::watch_client::WatchClient;
use synod_proto::etcdserverpb::watch_create_request::FilterType;
use synod_proto::etcdserverpb::watch_request::RequestUnion;
use synod_proto::etcdserverpb::{
    CompactionRequest, DeleteRangeRequest, PutRequest, WatchCancelRequest, WatchCreateRequest,
    WatchProgressRequest, WatchRequest, WatchResponse,
};
use synod_proto::mvccpb::event::EventType;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Request, Streaming};

use super::{Served, bytes};
use crate::etcd::{EtcdError, Settings};

/// A client's end of a stream of watches.
struct Watcher {
    requests: mpsc::Sender<WatchRequest>,
    answers: Streaming<WatchResponse>,
}

impl Watcher {
    async fn open(served: &Served) -> Self {
        Self::opened(served, false).await
    }

    async fn opened(served: &Served, leader_wanted: bool) -> Self {
        let (requests, stream) = mpsc::channel(1024);
        let mut request = Request::new(ReceiverStream::new(stream));
        if leader_wanted {
            let yes = "true".parse().expect("metadata");
            request.metadata_mut().insert("hasleader", yes);
        }
        let answers = WatchClient::new(served.channel()).watch(request).await;
        Self {
            requests,
            answers: answers.expect("a stream").into_inner(),
        }
    }

    async fn ask(&self, request: RequestUnion) {
        let request = WatchRequest {
            request_union: Some(request),
        };
        self.requests.send(request).await.expect("an open stream");
    }

    async fn create(&mut self, request: WatchCreateRequest) -> WatchResponse {
        self.ask(RequestUnion::CreateRequest(request)).await;
        let created = self.next().await;
        assert!(created.created, "{created:?}");
        created
    }

    async fn next(&mut self) -> WatchResponse {
        self.answers
            .message()
            .await
            .expect("an open stream")
            .expect("an answer")
    }

    /// The next `count` events as text: `+a=1@2` and `-a@3`.
    async fn events(&mut self, count: usize) -> Vec<String> {
        let mut seen = Vec::new();
        while seen.len() < count {
            seen.extend(self.next().await.events.iter().map(shown));
        }
        seen
    }
}

fn shown(event: &synod_proto::mvccpb::Event) -> String {
    let kv = event.kv.as_ref().expect("a key");
    let (key, value) = (
        String::from_utf8_lossy(&kv.key),
        String::from_utf8_lossy(&kv.value),
    );
    let mut text = match event.r#type() {
        EventType::Put => format!("+{key}={value}@{}", kv.mod_revision),
        EventType::Delete => format!("-{key}@{}", kv.mod_revision),
    };
    if let Some(before) = &event.prev_kv {
        text += &format!(" was {}", String::from_utf8_lossy(&before.value));
    }
    text
}

fn all() -> WatchCreateRequest {
    WatchCreateRequest {
        key: bytes("a"),
        range_end: bytes("\0"),
        ..WatchCreateRequest::default()
    }
}

async fn delete(served: &Served, key: &str) {
    let request = DeleteRangeRequest {
        key: bytes(key),
        ..DeleteRangeRequest::default()
    };
    served.kv().delete_range(request).await.expect("a delete");
}

#[tokio::test]
async fn events_now_and_from_the_past() {
    let served = Served::start().await;
    served.put("a", "1").await;
    served.put("b", "2").await;
    let mut watcher = Watcher::open(&served).await;
    let created = watcher.create(all()).await;
    assert_eq!(
        (created.watch_id, created.header.expect("a header").revision),
        (0, 3)
    );
    delete(&served, "a").await;
    assert_eq!(watcher.events(1).await, ["-a@4"]);
    let past = WatchCreateRequest {
        start_revision: 2,
        prev_kv: true,
        ..all()
    };
    assert_eq!(watcher.create(past).await.watch_id, 1);
    assert_eq!(watcher.events(3).await, ["+a=1@2", "+b=2@3", "-a@4 was 1"]);
}

#[tokio::test]
async fn filters_and_ranges() {
    let served = Served::start().await;
    let mut watcher = Watcher::open(&served).await;
    let point = WatchCreateRequest {
        key: bytes("b"),
        filters: vec![FilterType::Noput.into()],
        ..WatchCreateRequest::default()
    };
    watcher.create(point).await;
    let upper = WatchCreateRequest {
        key: bytes("x"),
        range_end: bytes("\0"),
        filters: vec![FilterType::Nodelete.into()],
        ..WatchCreateRequest::default()
    };
    watcher.create(upper).await;
    for key in ["a", "b", "y"] {
        served.put(key, "1").await;
        delete(&served, key).await;
    }
    let mut seen = watcher.events(2).await;
    seen.sort();
    assert_eq!(seen, ["+y=1@6", "-b@5"]);
}

#[tokio::test]
async fn names_of_watches() {
    let served = Served::start().await;
    let mut watcher = Watcher::open(&served).await;
    let named = |watch_id| WatchCreateRequest { watch_id, ..all() };
    assert_eq!(watcher.create(named(1)).await.watch_id, 1);
    assert_eq!(watcher.create(named(0)).await.watch_id, 0);
    assert_eq!(watcher.create(named(0)).await.watch_id, 2, "1 is taken");
    let table = [
        (
            named(2),
            "mvcc: duplicate watch ID provided on the WatchStream",
        ),
        (
            WatchCreateRequest {
                start_revision: -1,
                ..all()
            },
            EtcdError::Compacted.words(),
        ),
        (
            WatchCreateRequest {
                key: bytes("b"),
                range_end: bytes("a"),
                ..all()
            },
            "mvcc: watcher range is empty",
        ),
    ];
    for (request, reason) in table {
        let refused = watcher.create(request).await;
        assert!(refused.canceled);
        assert_eq!(
            (refused.watch_id, refused.cancel_reason.as_str()),
            (-1, reason)
        );
    }
    watcher
        .ask(RequestUnion::CancelRequest(WatchCancelRequest {
            watch_id: 99,
        }))
        .await;
    watcher
        .ask(RequestUnion::CancelRequest(WatchCancelRequest {
            watch_id: 0,
        }))
        .await;
    let canceled = watcher.next().await;
    assert!(canceled.canceled && canceled.watch_id == 0, "{canceled:?}");
    served.put("a", "1").await;
    let seen = [watcher.next().await.watch_id, watcher.next().await.watch_id];
    assert_eq!(seen.iter().sum::<i64>(), 3, "watches 1 and 2 remain");
}

#[tokio::test]
async fn what_was_compacted_cancels() {
    let served = Served::start().await;
    for value in ["1", "2", "3"] {
        served.put("a", value).await;
    }
    let compaction = CompactionRequest {
        revision: 3,
        physical: false,
    };
    served.kv().compact(compaction).await.expect("a compaction");
    let mut watcher = Watcher::open(&served).await;
    let created = watcher
        .create(WatchCreateRequest {
            start_revision: 2,
            ..all()
        })
        .await;
    assert!(!created.canceled);
    let canceled = watcher.next().await;
    assert!(canceled.canceled && canceled.events.is_empty());
    assert_eq!((canceled.watch_id, canceled.compact_revision), (0, 3));
    watcher
        .create(WatchCreateRequest {
            start_revision: 3,
            ..all()
        })
        .await;
    assert_eq!(watcher.events(2).await, ["+a=2@3", "+a=3@4"]);
}

#[tokio::test]
async fn progress_is_never_ahead() {
    let served = Served::start().await;
    let mut watcher = Watcher::open(&served).await;
    watcher
        .create(WatchCreateRequest {
            start_revision: 1,
            ..all()
        })
        .await;
    for round in 0..20 {
        served.put("a", &round.to_string()).await;
        watcher
            .ask(RequestUnion::ProgressRequest(WatchProgressRequest {}))
            .await;
        let mut seen = 0;
        loop {
            let answer = watcher.next().await;
            let revision = answer.header.as_ref().expect("a header").revision;
            if answer.events.is_empty() {
                assert_eq!((answer.watch_id, revision), (-1, round + 2));
                assert_eq!(seen, revision, "all events come first");
                break;
            }
            seen = answer
                .events
                .last()
                .and_then(|e| e.kv.as_ref())
                .expect("a key")
                .mod_revision;
        }
    }
}

#[tokio::test]
async fn progress_of_quiet_watches() {
    let settings = Settings {
        watch_progress_interval: Duration::from_millis(100),
        ..Settings::default()
    };
    let served = Served::with(settings).await;
    served.put("z", "1").await;
    let mut watcher = Watcher::open(&served).await;
    let quiet = WatchCreateRequest {
        key: bytes("a"),
        progress_notify: true,
        ..WatchCreateRequest::default()
    };
    watcher.create(quiet).await;
    for _ in 0..3 {
        let told = watcher.next().await;
        assert_eq!(
            (told.watch_id, told.header.expect("a header").revision),
            (0, 2)
        );
        assert!(told.events.is_empty() && !told.created && !told.canceled);
    }
}

#[tokio::test]
async fn a_slow_client_gets_everything() {
    let served = Served::start().await;
    let mut slow = Watcher::open(&served).await;
    slow.create(all()).await;
    let value = "v".repeat(20_000);
    for number in 0..300 {
        served.put(&format!("a{number:03}"), &value).await;
    }
    let mut revision = 1;
    while revision < 301 {
        for event in slow.next().await.events {
            revision += 1;
            assert_eq!(event.kv.expect("a key").mod_revision, revision);
        }
    }
}

#[tokio::test]
async fn large_revisions_are_split_on_demand() {
    let settings = Settings {
        request_bytes_max: 300_000,
        ..Settings::default()
    };
    let served = Served::with(settings).await;
    let value = "v".repeat(200_000);
    for number in 0..10 {
        served.put(&format!("a{number}"), &value).await;
    }
    let mut watcher = Watcher::open(&served).await;
    let wanted = WatchCreateRequest {
        start_revision: 2,
        fragment: true,
        ..all()
    };
    watcher.create(wanted).await;
    assert_eq!(watcher.events(10).await.len(), 10);
}

#[tokio::test]
async fn many_watches_on_one_stream() {
    let served = Served::start().await;
    let mut watcher = Watcher::open(&served).await;
    for number in 0..500 {
        let request = WatchCreateRequest {
            key: bytes(&format!("k{number}")),
            ..WatchCreateRequest::default()
        };
        assert_eq!(watcher.create(request).await.watch_id, number);
    }
    served.put("k321", "1").await;
    let answer = watcher.next().await;
    assert_eq!((answer.watch_id, answer.events.len()), (321, 1));
}

#[tokio::test]
async fn streams_end_with_their_server_or_its_leader() {
    let served = Served::start().await;
    let mut watcher = Watcher::open(&served).await;
    watcher.create(all()).await;
    served.stop.cancel();
    let status = watcher.answers.message().await.expect_err("an end");
    assert_eq!(
        (status.code(), status.message()),
        (Code::Unavailable, EtcdError::Stopped.words())
    );

    let settings = Settings {
        no_leader_grace: Duration::from_millis(20),
        ..Settings::default()
    };
    let served = Served::with(settings).await;
    let mut watcher = Watcher::opened(&served, true).await;
    watcher.create(all()).await;
    served
        .solo
        .become_role(synod_agent_api::Role::Follower, None);
    let status = watcher.answers.message().await.expect_err("an end");
    assert_eq!(
        (status.code(), status.message()),
        (Code::Unavailable, EtcdError::NoLeader.words())
    );
}

#[tokio::test]
async fn a_put_within_a_transaction_is_one_answer() {
    let served = Served::start().await;
    let mut watcher = Watcher::open(&served).await;
    watcher.create(all()).await;
    let put = |key: &str| synod_proto::etcdserverpb::RequestOp {
        request: Some(synod_proto::etcdserverpb::request_op::Request::RequestPut(
            PutRequest {
                key: bytes(key),
                ..PutRequest::default()
            },
        )),
    };
    let txn = synod_proto::etcdserverpb::TxnRequest {
        success: vec![put("a"), put("b")],
        ..Default::default()
    };
    served.kv().txn(txn).await.expect("a transaction");
    assert_eq!(watcher.next().await.events.len(), 2);
}

#[tokio::test]
async fn fragments_of_a_revision_follow_each_other() {
    let served = Served::start().await;
    let mut watcher = Watcher::open(&served).await;
    for _ in 0..3 {
        let wanted = WatchCreateRequest {
            fragment: true,
            ..all()
        };
        watcher.create(wanted).await;
    }
    let value = "v".repeat(100_000);
    let put = |number: usize| synod_proto::etcdserverpb::RequestOp {
        request: Some(synod_proto::etcdserverpb::request_op::Request::RequestPut(
            PutRequest {
                key: bytes(&format!("a{number}")),
                value: bytes(&value),
                ..PutRequest::default()
            },
        )),
    };
    let txn = synod_proto::etcdserverpb::TxnRequest {
        success: (0..12).map(put).collect(),
        ..Default::default()
    };
    served.kv().txn(txn).await.expect("a transaction");
    for _ in 0..3 {
        let first = watcher.next().await;
        let (watch, mut events, mut fragment) =
            (first.watch_id, first.events.len(), first.fragment);
        assert!(fragment, "one revision does not fit one batch");
        while fragment {
            let next = watcher.next().await;
            assert_eq!(next.watch_id, watch, "nothing comes in between");
            (events, fragment) = (events + next.events.len(), next.fragment);
        }
        assert_eq!(events, 12);
    }
}
