//! The crate redis: one connection for all, and the manager that makes it anew.

use std::collections::{HashMap, HashSet};

use redis::aio::{ConnectionManager, MultiplexedConnection};
use redis::{AsyncCommands, Client, ConnectionInfo, IntoConnectionInfo, Pipeline, Script};

use crate::bed::{Bed, Outcome, check, equal, eventually, refused};

/// The names of the tests.
pub const TESTS: [&str; 7] = [
    "connect",
    "values",
    "pipelines",
    "channels",
    "scripts",
    "errors",
    "killed/manager",
];

/// Runs one.
pub async fn run(bed: &Bed, protocol: &str, name: &str) -> Outcome {
    match name {
        "connect" => connect(bed, protocol).await,
        "values" => values(bed, protocol).await,
        "pipelines" => pipelines(bed, protocol).await,
        "channels" => channels(bed, protocol).await,
        "scripts" => scripts(bed, protocol).await,
        "errors" => errors(bed, protocol).await,
        "killed/manager" => manager(bed, protocol).await,
        _ => Err("there is no such test".into()),
    }
}

/// Removes all keys.
pub async fn empty(bed: &Bed) -> Outcome {
    let mut r = connection(bed, "resp2").await?;
    Ok(redis::cmd("FLUSHALL").exec_async(&mut r).await?)
}

fn client(bed: &Bed, protocol: &str, database: i64) -> Outcome<Client> {
    let url = format!("redis://{}/{database}?protocol={protocol}", bed.address);
    let info: ConnectionInfo = url.into_connection_info()?;
    Ok(Client::open(info)?)
}

async fn connection(bed: &Bed, protocol: &str) -> Outcome<MultiplexedConnection> {
    let client = client(bed, protocol, 0)?;
    Ok(client.get_multiplexed_async_connection().await?)
}

async fn connect(bed: &Bed, protocol: &str) -> Outcome {
    let client = client(bed, protocol, 9)?;
    let mut r = client.get_multiplexed_async_connection().await?;
    let info: String = redis::cmd("CLIENT").arg("INFO").query_async(&mut r).await?;
    let number = &protocol[4..];
    check(
        "the database and the protocol",
        info.contains(" db=9 ") && info.contains(&format!(" resp={number}")),
    )?;
    let pong: String = redis::cmd("PING").query_async(&mut r).await?;
    equal("ping", "PONG".to_owned(), pong)?;
    let settings: HashMap<String, String> = redis::cmd("CONFIG")
        .arg("GET")
        .arg("maxmemory-policy")
        .query_async(&mut r)
        .await?;
    equal(
        "config get",
        Some("noeviction"),
        settings.get("maxmemory-policy").map(String::as_str),
    )
}

async fn values(bed: &Bed, protocol: &str) -> Outcome {
    let mut r = connection(bed, protocol).await?;
    let () = r.set("s", "abc").await?;
    equal("get", Some("abc".to_owned()), r.get("s").await?)?;
    equal("get of nothing", None::<String>, r.get("none").await?)?;
    equal("incr", 5, r.incr::<_, _, i64>("n", 5).await?)?;
    equal("rpush", 3, r.rpush::<_, _, i64>("l", &[1, 2, 3]).await?)?;
    equal(
        "lrange",
        vec![1, 2, 3],
        r.lrange::<_, Vec<i64>>("l", 0, -1).await?,
    )?;
    equal("sadd", 2, r.sadd::<_, _, i64>("set", &["a", "b"]).await?)?;
    let members: HashSet<String> = r.smembers("set").await?;
    equal(
        "smembers",
        HashSet::from(["a".to_owned(), "b".to_owned()]),
        members,
    )?;
    equal(
        "zadd",
        2,
        r.zadd_multiple::<_, _, _, i64>("z", &[(1.5, "a"), (2.0, "b")])
            .await?,
    )?;
    let range: Vec<(String, f64)> = r.zrange_withscores("z", 0, -1).await?;
    equal(
        "zrange with scores",
        vec![("a".to_owned(), 1.5), ("b".to_owned(), 2.0)],
        range,
    )?;
    let () = r.hset_multiple("h", &[("a", 1), ("b", 2)]).await?;
    let fields: HashMap<String, i64> = r.hgetall("h").await?;
    equal(
        "hgetall",
        HashMap::from([("a".to_owned(), 1), ("b".to_owned(), 2)]),
        fields,
    )?;
    let id: String = r.xadd("x", "1-1", &[("a", "b")]).await?;
    equal("xadd", "1-1".to_owned(), id)?;
    let read: redis::streams::StreamReadReply = r.xread(&["x"], &["0"]).await?;
    equal("xread", "1-1", read.keys[0].ids[0].id.as_str())?;
    let () = r.pset_ex("k", "v", 80).await?;
    let again = r.clone();
    eventually("it expires", || {
        let mut r = again.clone();
        async move { matches!(r.get::<_, Option<String>>("k").await, Ok(None)) }
    })
    .await?;
    let mut seen = HashSet::new();
    let mut keys = r.scan_match::<_, String>("*").await?;
    while let Some(key) = keys.next_item().await {
        seen.insert(key?);
    }
    equal("scan", 7, seen.len())
}

async fn pipelines(bed: &Bed, protocol: &str) -> Outcome {
    let mut r = connection(bed, protocol).await?;
    let mut pipeline = Pipeline::new();
    for number in 0..2000 {
        pipeline.incr(format!("k{number}"), number);
    }
    let replies: Vec<i64> = pipeline.query_async(&mut r).await?;
    equal("2,000 replies", (0..2000).collect::<Vec<_>>(), replies)?;
    let (first, second): (String, i64) = redis::pipe()
        .atomic()
        .set("a", 1)
        .incr("a", 1)
        .query_async(&mut r)
        .await?;
    equal("multi and exec", ("OK".to_owned(), 2), (first, second))
}

async fn channels(bed: &Bed, protocol: &str) -> Outcome {
    let client = client(bed, protocol, 0)?;
    let mut r = client.get_multiplexed_async_connection().await?;
    if protocol == "resp3" {
        let (sender, mut pushes) = tokio::sync::mpsc::unbounded_channel();
        let config = redis::AsyncConnectionConfig::new().set_push_sender(sender);
        let mut heard = client
            .get_multiplexed_async_connection_with_config(&config)
            .await?;
        heard.subscribe("news").await?;
        eventually("one hears it", || {
            let mut r = r.clone();
            async move { r.publish::<_, _, i64>("news", "hello").await == Ok(1) }
        })
        .await?;
        while let Some(push) = pushes.recv().await {
            if push.kind == redis::PushKind::Message {
                return check("what it hears", format!("{push:?}").contains("hello"));
            }
        }
        return Err("no push came".into());
    }
    let (mut sink, mut stream) = client.get_async_pubsub().await?.split();
    sink.subscribe("news").await?;
    equal(
        "one hears it",
        1,
        r.publish::<_, _, i64>("news", "hello").await?,
    )?;
    let message = next(&mut stream).await.ok_or("no message")?;
    equal("what it hears", "hello".to_owned(), message.get_payload()?)
}

/// The next of a stream, without a library of them.
async fn next(stream: &mut redis::aio::PubSubStream) -> Option<redis::Msg> {
    std::future::poll_fn(|context| {
        futures_core::Stream::poll_next(std::pin::Pin::new(&mut *stream), context)
    })
    .await
}

async fn scripts(bed: &Bed, protocol: &str) -> Outcome {
    let mut r = connection(bed, protocol).await?;
    let () = redis::cmd("SCRIPT")
        .arg("FLUSH")
        .query_async(&mut r)
        .await?;
    let script = Script::new("return redis.call('INCRBY', KEYS[1], ARGV[1])");
    let came: i64 = script.key("n").arg(5).invoke_async(&mut r).await?;
    equal("a script that is not there yet", 5, came)?;
    let came: i64 = script.key("n").arg(1).invoke_async(&mut r).await?;
    equal("by its digest", 6, came)
}

async fn errors(bed: &Bed, protocol: &str) -> Outcome {
    let mut r = connection(bed, protocol).await?;
    let () = r.set("s", "abc").await?;
    let wrong = r.lpush::<_, _, i64>("s", 1).await;
    refused(
        "a wrong type",
        "Operation against a key holding the wrong kind of value",
        wrong,
    )?;
    let unknown = redis::cmd("NOSUCH").query_async::<String>(&mut r).await;
    refused("an unknown command", "unknown command 'NOSUCH'", unknown)
}

async fn manager(bed: &Bed, protocol: &str) -> Outcome {
    let mut r = ConnectionManager::new(client(bed, protocol, 0)?).await?;
    for number in 0..200 {
        let () = r.set(format!("k{number}"), number).await?;
    }
    bed.kill()?;
    bed.start()?;
    let again = r.clone();
    eventually("the same manager is answered again", || {
        let mut r = again.clone();
        async move { r.set::<_, _, String>("after", 1).await.is_ok() }
    })
    .await?;
    let keys: Vec<String> = (0..200).map(|number| format!("k{number}")).collect();
    equal(
        "no acknowledged write is lost",
        200,
        r.exists::<_, i64>(keys).await?,
    )
}
