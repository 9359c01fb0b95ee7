//! The Rust etcd-client crate against running members: `rust-client ENDPOINT,ENDPOINT,…`.
//!
//! Each check is a function; what it finds wrong is its error. Closes with `N passed, N failed`. The other mode is in
//! `hold.rs`.

mod hold;

use std::future::Future;
use std::process::ExitCode;
use std::time::Duration;

use etcd_client::{
    AlarmAction, AlarmType, Client, Compare, CompareOp, DeleteOptions, Error, EventType,
    GetOptions, PutOptions, SortOrder, SortTarget, Txn, TxnOp, TxnOpResponse, WatchOptions,
};

type Checked = Result<(), Box<dyn std::error::Error>>;

macro_rules! expect {
    ($left:expr, $right:expr) => {
        let (left, right) = (&$left, &$right);
        if left != right {
            return Err(format!(
                "line {}: {} is {left:?}, expected {right:?}",
                line!(),
                stringify!($left)
            )
            .into());
        }
    };
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let mut endpoints = arguments.next().unwrap_or_default();
    if endpoints == "hold" {
        endpoints = arguments.next().unwrap_or_default();
        return hold::run(&endpoints).await;
    }
    let endpoints: Vec<_> = endpoints.split(',').map(str::to_owned).collect();
    let client = match Client::connect(&endpoints, None).await {
        Ok(client) => client,
        Err(error) => {
            println!("cannot connect to {endpoints:?}: {error}\n0 passed, 1 failed");
            return ExitCode::FAILURE;
        }
    };
    let mut tally = Tally::default();
    tally.check("put, get, delete", key_value(client.clone())).await;
    tally.check("ranges", ranges(client.clone())).await;
    tally.check("transactions", transactions(client.clone())).await;
    tally.check("nested transactions", nested(client.clone())).await;
    tally.check("watch", watch(client.clone())).await;
    tally.check("watch from the past, compaction", compaction(client.clone())).await;
    tally.check("leases", leases(client.clone())).await;
    tally.check("members", members(client.clone())).await;
    tally.check("maintenance", maintenance(client.clone())).await;
    println!("{} passed, {} failed", tally.passed, tally.failed);
    if tally.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

#[derive(Default)]
struct Tally {
    passed: u32,
    failed: u32,
}

impl Tally {
    async fn check(&mut self, name: &str, check: impl Future<Output = Checked>) {
        let patience = Duration::from_secs(60);
        let result = match tokio::time::timeout(patience, check).await {
            Ok(result) => result,
            Err(_) => Err("no answer within 60 s".into()),
        };
        match result {
            Ok(()) => {
                println!("{name} ... ok");
                self.passed += 1;
            }
            Err(error) => {
                println!("{name} ... FAILED: {error}");
                self.failed += 1;
            }
        }
    }
}

async fn key_value(mut client: Client) -> Checked {
    let first = client.put("rust/a", "1", None).await?;
    let revision = first.header().ok_or("no header")?.revision();
    let second = client.put("rust/a", "2", Some(PutOptions::new().with_prev_key())).await?;
    expect!(second.prev_key().ok_or("no former pair")?.value(), b"1");
    expect!(second.header().ok_or("no header")?.revision(), revision + 1);
    let got = client.get("rust/a", None).await?;
    let pair = got.kvs().first().ok_or("no pair")?;
    expect!(pair.value(), b"2");
    expect!(pair.create_revision(), revision);
    expect!(pair.mod_revision(), revision + 1);
    expect!(pair.version(), 2);
    let old = client.get("rust/a", Some(GetOptions::new().with_revision(revision))).await?;
    expect!(old.kvs().first().ok_or("no old pair")?.value(), b"1");
    let deleted = client.delete("rust/a", Some(DeleteOptions::new().with_prev_key())).await?;
    expect!(deleted.deleted(), 1);
    expect!(deleted.prev_kvs().first().ok_or("no former pair")?.value(), b"2");
    expect!(client.get("rust/a", None).await?.count(), 0);
    let missing = client.put("rust/a", "", Some(PutOptions::new().with_ignore_value())).await;
    expect_refusal(missing.err(), "InvalidArgument", "etcdserver: key not found")
}

async fn ranges(mut client: Client) -> Checked {
    for (key, value) in [("a", "3"), ("b", "2"), ("c", "1")] {
        client.put(format!("rust/range/{key}"), value, None).await?;
    }
    let prefix = || GetOptions::new().with_prefix();
    let all = client.get("rust/range/", Some(prefix())).await?;
    expect!(all.count(), 3);
    let limited = client.get("rust/range/", Some(prefix().with_limit(2))).await?;
    expect!((limited.kvs().len(), limited.count(), limited.more()), (2, 3, true));
    let sorted = prefix().with_sort(SortTarget::Value, SortOrder::Ascend).with_limit(1);
    let sorted = client.get("rust/range/", Some(sorted)).await?;
    expect!(sorted.kvs().first().ok_or("nothing")?.key(), b"rust/range/c");
    let keys = client.get("rust/range/", Some(prefix().with_keys_only())).await?;
    expect!(keys.kvs().iter().all(|pair| pair.value().is_empty()), true);
    let count = client.get("rust/range/", Some(prefix().with_count_only())).await?;
    expect!((count.kvs().len(), count.count()), (0, 3));
    let serializable = client.get("rust/range/a", Some(GetOptions::new().with_serializable())).await?;
    expect!(serializable.kvs().len() <= 1, true);
    expect!(client.delete("rust/range/", Some(DeleteOptions::new().with_prefix())).await?.deleted(), 3);
    Ok(())
}

async fn transactions(mut client: Client) -> Checked {
    client.put("rust/txn", "1", None).await?;
    let swap = |from: &str, to: &str| {
        Txn::new()
            .when([Compare::value("rust/txn", CompareOp::Equal, from)])
            .and_then([TxnOp::put("rust/txn", to, None), TxnOp::get("rust/txn", None)])
            .or_else([TxnOp::get("rust/txn", None)])
    };
    let done = client.txn(swap("1", "2")).await?;
    expect!(done.succeeded(), true);
    let Some(TxnOpResponse::Get(got)) = done.op_responses().into_iter().nth(1) else {
        return Err("the second answer is no get".into());
    };
    expect!(got.kvs().first().ok_or("nothing")?.value(), b"2");
    let refused = client.txn(swap("1", "3")).await?;
    expect!(refused.succeeded(), false);
    let lease = client.lease_grant(100, None).await?.id();
    client.put("rust/txn", "4", Some(PutOptions::new().with_lease(lease))).await?;
    // etcd takes a transaction without any read for one that may be old.
    let compared = Txn::new()
        .when([
            Compare::lease("rust/txn", CompareOp::Equal, lease),
            Compare::version("rust/txn", CompareOp::Equal, 3),
            Compare::value("rust/tx", CompareOp::Greater, "").with_prefix(),
        ])
        .and_then([TxnOp::get("rust/txn", None)]);
    expect!(client.txn(compared).await?.succeeded(), true);
    client.lease_revoke(lease).await?;
    let twice = Txn::new().and_then([TxnOp::put("rust/t", "", None), TxnOp::put("rust/t", "", None)]);
    let refusal = client.txn(twice).await.err();
    expect_refusal(refusal, "InvalidArgument", "etcdserver: duplicate key given in txn request")
}

async fn nested(mut client: Client) -> Checked {
    let inner = Txn::new()
        .when([Compare::version("rust/nested/outer", CompareOp::Equal, 1)])
        .and_then([TxnOp::put("rust/nested/inner", "1", None)]);
    let outer = Txn::new().and_then([TxnOp::put("rust/nested/outer", "1", None), TxnOp::txn(inner)]);
    let done = client.txn(outer).await?;
    let Some(TxnOpResponse::Txn(inner)) = done.op_responses().into_iter().nth(1) else {
        return Err("the second answer is no transaction".into());
    };
    expect!(inner.succeeded(), NESTED_SEES_OUTER);
    Ok(())
}

/// Compares of a nested transaction are decided before anything is written.
const NESTED_SEES_OUTER: bool = false;

async fn watch(mut client: Client) -> Checked {
    let options = WatchOptions::new().with_prefix().with_prev_key();
    let mut stream = client.watch("rust/watch/", Some(options)).await?;
    expect!(stream.message().await?.is_some_and(|message| message.created()), true);
    client.put("rust/watch/a", "1", None).await?;
    client.put("rust/watch/a", "2", None).await?;
    client.delete("rust/watch/a", None).await?;
    let mut events = Vec::new();
    while events.len() < 3 {
        let message = stream.message().await?.ok_or("the stream ended")?;
        for event in message.events() {
            let value = event.kv().map(|pair| pair.value().to_vec()).unwrap_or_default();
            let former = event.prev_kv().map(|pair| pair.value().to_vec());
            events.push((event.event_type(), value, former));
        }
    }
    let expected = vec![
        (EventType::Put, b"1".to_vec(), None),
        (EventType::Put, b"2".to_vec(), Some(b"1".to_vec())),
        (EventType::Delete, Vec::new(), Some(b"2".to_vec())),
    ];
    expect!(events, expected);
    stream.request_progress().await?;
    let progress = stream.message().await?.ok_or("the stream ended")?;
    expect!((progress.events().len(), progress.canceled()), (0, false));
    let id = progress.watch_id();
    expect!(id == -1 || id == 0, true);
    stream.cancel(0).await?;
    let cancelled = stream.message().await?.ok_or("the stream ended")?;
    expect!(cancelled.canceled(), true);
    Ok(())
}

async fn compaction(mut client: Client) -> Checked {
    let mut revisions = Vec::new();
    for value in ["1", "2", "3"] {
        let put = client.put("rust/past", value, None).await?;
        revisions.push(put.header().ok_or("no header")?.revision());
    }
    let from = |revision| Some(WatchOptions::new().with_start_revision(revision));
    let mut stream = client.watch("rust/past", from(revisions[0])).await?;
    let mut seen = 0;
    while seen < 3 {
        seen += stream.message().await?.ok_or("the stream ended")?.events().len();
    }
    client.compact(revisions[1], None).await?;
    let mut stream = client.watch("rust/past", from(revisions[0])).await?;
    let mut message = stream.message().await?.ok_or("the stream ended")?;
    if message.created() && !message.canceled() {
        message = stream.message().await?.ok_or("the stream ended")?;
    }
    expect!((message.canceled(), message.compact_revision()), (true, revisions[1]));
    let old = client.get("rust/past", Some(GetOptions::new().with_revision(revisions[0]))).await;
    let words = "etcdserver: mvcc: required revision has been compacted";
    expect_refusal(old.err(), "OutOfRange", words)
}

async fn leases(mut client: Client) -> Checked {
    let id = client.lease_grant(100, None).await?.id();
    client.put("rust/lease", "1", Some(PutOptions::new().with_lease(id))).await?;
    let (mut keeper, mut stream) = client.lease_keep_alive(id).await?;
    keeper.keep_alive().await?;
    expect!(stream.message().await?.ok_or("the stream ended")?.ttl(), 100);
    let options = etcd_client::LeaseTimeToLiveOptions::new().with_keys();
    let lived = client.lease_time_to_live(id, Some(options)).await?;
    expect!((lived.granted_ttl(), lived.keys()), (100, &[b"rust/lease".to_vec()][..]));
    expect!(client.leases().await?.leases().iter().any(|lease| lease.id() == id), true);
    let again = client.lease_grant(100, Some(etcd_client::LeaseGrantOptions::new().with_id(id))).await;
    expect_refusal(again.err(), "FailedPrecondition", "etcdserver: lease already exists")?;
    client.lease_revoke(id).await?;
    expect!(client.get("rust/lease", None).await?.count(), 0);
    let gone = client.lease_revoke(id).await;
    expect_refusal(gone.err(), "NotFound", "etcdserver: requested lease not found")
}

async fn members(mut client: Client) -> Checked {
    let list = client.member_list().await?;
    expect!(list.members().len(), 3);
    for member in list.members() {
        expect!(member.client_urls().len(), 1);
        expect!(member.is_learner(), false);
    }
    let gone = client.member_remove(1).await;
    expect_refusal(gone.err(), "NotFound", "etcdserver: member not found")
}

async fn maintenance(mut client: Client) -> Checked {
    let status = client.status().await?;
    expect!(status.leader() != 0, true);
    expect!(status.version().starts_with("3."), true);
    client.hash().await?;
    expect!(client.hash_kv(0).await?.hash() != 0, true);
    let alarms = client.alarm(AlarmAction::Get, AlarmType::None, None).await?;
    expect!(alarms.alarms().len(), 0);
    client.defragment().await?;
    Ok(())
}

/// The error is etcd's, code and message.
fn expect_refusal(error: Option<Error>, code: &str, message: &str) -> Checked {
    let Some(Error::GRpcStatus(status)) = error else {
        return Err(format!("expected {code}, came {error:?}").into());
    };
    let came = format!("{:?}", status.code());
    expect!((came.as_str(), status.message()), (code, message));
    Ok(())
}
