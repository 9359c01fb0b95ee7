//! fred: values, pipelines, transactions, channels, blocking, scripts, scans, errors, a server that is killed.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use fred::prelude::*;
use fred::types::RespVersion;
use fred::types::geo::GeoUnit;
use fred::types::scripts::Script;
use fred::types::streams::XReadResponse;

use crate::bed::{Bed, Outcome, check, equal, eventually, refused};

/// The names of the tests.
pub const TESTS: [&str; 11] = [
    "connect",
    "values",
    "streams",
    "pipelines",
    "transactions",
    "channels",
    "blocking",
    "scripts",
    "scans",
    "errors",
    "killed/nothing-lost",
];

/// Runs one.
pub async fn run(bed: &Bed, protocol: &str, name: &str) -> Outcome {
    let version = match protocol {
        "resp2" => RespVersion::RESP2,
        _ => RespVersion::RESP3,
    };
    match name {
        "connect" => connect(bed, version).await,
        "values" => values(bed, version).await,
        "streams" => streams(bed, version).await,
        "pipelines" => pipelines(bed, version).await,
        "transactions" => transactions(bed, version).await,
        "channels" => channels(bed, version).await,
        "blocking" => blocking(bed, version).await,
        "scripts" => scripts(bed, version).await,
        "scans" => scans(bed, version).await,
        "errors" => errors(bed, version).await,
        "killed/nothing-lost" => nothing_lost(bed, version).await,
        _ => Err("there is no such test".into()),
    }
}

fn config(bed: &Bed, version: RespVersion) -> Config {
    let (host, port) = bed.place();
    Config {
        server: ServerConfig::new_centralized(host, port),
        version,
        ..Config::default()
    }
}

async fn client(bed: &Bed, version: RespVersion) -> Outcome<Client> {
    let client = Builder::from_config(config(bed, version))
        .set_policy(ReconnectPolicy::new_constant(0, 50))
        .build()?;
    client.init().await?;
    Ok(client)
}

async fn connect(bed: &Bed, version: RespVersion) -> Outcome {
    let mut config = config(bed, version.clone());
    config.database = Some(8);
    let client = Builder::from_config(config).build()?;
    client.init().await?;
    equal("ping", "PONG".to_owned(), client.ping(None).await?)?;
    client.client_setname("of-fred").await?;
    equal(
        "the client's name",
        "of-fred".to_owned(),
        client.client_getname().await?,
    )?;
    let info: String = client.client_info().await?;
    let number = if version == RespVersion::RESP2 { 2 } else { 3 };
    check(
        "the database and the protocol",
        info.contains(" db=8 ") && info.contains(&format!(" resp={number}")),
    )?;
    let info: String = client.info(Some(fred::types::InfoKind::Server)).await?;
    check("a version", info.contains("redis_version:7."))?;
    let settings: HashMap<String, String> = client.config_get("maxmemory-policy").await?;
    equal(
        "config get",
        Some("noeviction"),
        settings.get("maxmemory-policy").map(String::as_str),
    )?;
    client.quit().await?;
    Ok(())
}

async fn values(bed: &Bed, version: RespVersion) -> Outcome {
    let r = client(bed, version).await?;
    r.set::<(), _, _>("s", "abc", None, None, false).await?;
    equal("get", Some("abc".to_owned()), r.get("s").await?)?;
    equal("get of nothing", None::<String>, r.get("none").await?)?;
    let nx: Option<String> = r.set("s", "x", None, Some(SetOptions::NX), false).await?;
    equal("set nx", None, nx)?;
    equal("append", 6, r.append::<i64, _, _>("s", "def").await?)?;
    equal(
        "incr_by_float",
        1.5,
        r.incr_by_float::<f64, _>("f", 1.5).await?,
    )?;
    let all: Vec<u8> = (0..10_000u32).map(|it| it as u8).collect();
    r.set::<(), _, _>("raw", all.as_slice(), None, None, false)
        .await?;
    check(
        "all bytes come back",
        r.get::<Vec<u8>, _>("raw").await? == all,
    )?;
    equal(
        "rpush",
        3,
        r.rpush::<i64, _, _>("l", vec!["1", "2", "3"]).await?,
    )?;
    let list: Vec<String> = r.lrange("l", 0, -1).await?;
    equal(
        "lrange",
        vec!["1".to_owned(), "2".to_owned(), "3".to_owned()],
        list,
    )?;
    equal("lpop", "1".to_owned(), r.lpop("l", None).await?)?;
    equal("sadd", 2, r.sadd::<i64, _, _>("set", vec!["a", "b"]).await?)?;
    let members: HashSet<String> = r.smembers("set").await?;
    equal(
        "smembers",
        HashSet::from(["a".to_owned(), "b".to_owned()]),
        members,
    )?;
    let added: i64 = r
        .zadd("z", None, None, false, false, vec![(1.5, "a"), (2.0, "b")])
        .await?;
    equal("zadd", 2, added)?;
    equal("zscore", 1.5, r.zscore::<f64, _, _>("z", "a").await?)?;
    let range: Vec<(String, f64)> = r.zrange("z", 0, -1, None, false, None, true).await?;
    equal(
        "zrange with scores",
        vec![("a".to_owned(), 1.5), ("b".to_owned(), 2.0)],
        range,
    )?;
    equal(
        "hset",
        2,
        r.hset::<i64, _, _>("h", vec![("a", 1), ("b", 2)]).await?,
    )?;
    let fields: HashMap<String, i64> = r.hgetall("h").await?;
    equal(
        "hgetall",
        HashMap::from([("a".to_owned(), 1), ("b".to_owned(), 2)]),
        fields,
    )?;
    equal("hincrby", 6, r.hincrby::<i64, _, _>("h", "a", 5).await?)?;
    r.pfadd::<(), _, _>("p", vec!["1", "2", "3"]).await?;
    equal("pfcount", 3, r.pfcount::<i64, _>("p").await?)?;
    let places = vec![
        (13.361389, 38.115556, "Palermo"),
        (15.087269, 37.502669, "Catania"),
    ];
    let places: Vec<fred::types::geo::GeoValue> = places
        .into_iter()
        .map(|(longitude, latitude, name)| fred::types::geo::GeoValue {
            coordinates: fred::types::geo::GeoPosition {
                longitude,
                latitude,
            },
            member: name.into(),
        })
        .collect();
    r.geoadd::<(), _, _>("g", None, false, places).await?;
    let distance: f64 = r
        .geodist("g", "Palermo", "Catania", Some(GeoUnit::Kilometers))
        .await?;
    equal("geodist", 166.2742, distance)?;
    let expiring = Some(Expiration::PX(80));
    r.set::<(), _, _>("k", "v", expiring, None, false).await?;
    eventually("it expires", || async {
        matches!(r.get::<Option<String>, _>("k").await, Ok(None))
    })
    .await?;
    equal("ttl of nothing", -2, r.ttl::<i64, _>("k").await?)
}

async fn streams(bed: &Bed, version: RespVersion) -> Outcome {
    let r = client(bed, version).await?;
    let id: String = r.xadd("x", false, None, "1-1", vec![("a", "b")]).await?;
    equal("xadd", "1-1".to_owned(), id)?;
    r.xgroup_create::<(), _, _, _>("x", "g", "0", false).await?;
    let read: XReadResponse<String, String, String, String> = r
        .xreadgroup_map("g", "c", None, None, false, "x", ">")
        .await?;
    equal("xreadgroup", 1, read.get("x").map_or(0, Vec::len))?;
    equal("xack", 1, r.xack::<i64, _, _, _>("x", "g", "1-1").await?)?;
    equal("xlen", 1, r.xlen::<i64, _>("x").await?)
}

async fn pipelines(bed: &Bed, version: RespVersion) -> Outcome {
    let r = client(bed, version).await?;
    let pipeline = r.pipeline();
    for number in 0..1000 {
        pipeline
            .set::<(), _, _>(format!("k{number}"), number, None, None, false)
            .await?;
        pipeline.incr::<(), _>(format!("k{number}")).await?;
    }
    let replies: Vec<Value> = pipeline.all().await?;
    equal("2,000 replies", 2000, replies.len())?;
    equal(
        "the last",
        Some(1000),
        replies.last().and_then(Value::as_i64),
    )?;
    let pipeline = r.pipeline();
    pipeline
        .set::<(), _, _>("a", "x", None, None, false)
        .await?;
    pipeline.incr::<(), _>("a").await?;
    pipeline.get::<(), _>("a").await?;
    let mixed = pipeline.try_all::<Value>().await;
    check(
        "an error in the middle",
        mixed.get(1).is_some_and(Result::is_err),
    )?;
    let last = mixed
        .last()
        .and_then(|it| it.as_ref().ok())
        .and_then(Value::as_string);
    equal("what stands behind it", Some("x".to_owned()), last)
}

async fn transactions(bed: &Bed, version: RespVersion) -> Outcome {
    let r = client(bed, version.clone()).await?;
    let transaction = r.multi();
    transaction
        .set::<(), _, _>("a", 1, None, None, false)
        .await?;
    transaction.incr::<(), _>("a").await?;
    let (first, second): (String, i64) = transaction.exec(true).await?;
    equal("multi and exec", ("OK".to_owned(), 2), (first, second))?;
    let other = client(bed, version).await?;
    r.watch("a").await?;
    other
        .set::<(), _, _>("a", "other", None, None, false)
        .await?;
    let transaction = r.multi();
    transaction
        .set::<(), _, _>("a", "mine", None, None, false)
        .await?;
    let _: Result<Value, _> = transaction.exec(true).await;
    equal(
        "watched, and changed",
        "other".to_owned(),
        r.get("a").await?,
    )
}

async fn channels(bed: &Bed, version: RespVersion) -> Outcome {
    let heard = Builder::from_config(config(bed, version.clone())).build_subscriber_client()?;
    heard.init().await?;
    let mut messages = heard.message_rx();
    heard.subscribe("news").await?;
    heard.psubscribe("n*").await?;
    let r = client(bed, version).await?;
    equal(
        "two hear it",
        2,
        r.publish::<i64, _, _>("news", "hello").await?,
    )?;
    let mut came = BTreeSet::new();
    for _ in 0..2 {
        let message = tokio::time::timeout(crate::bed::PATIENCE, messages.recv()).await??;
        came.insert((message.channel.to_string(), message.value.as_string()));
    }
    equal(
        "what they hear",
        BTreeSet::from([("news".to_owned(), Some("hello".to_owned()))]),
        came,
    )?;
    let heard_of: Vec<String> = r.pubsub_channels("*").await?;
    equal("channels", vec!["news".to_owned()], heard_of)
}

async fn blocking(bed: &Bed, version: RespVersion) -> Outcome {
    let r = client(bed, version.clone()).await?;
    let other = client(bed, version).await?;
    let pushed = tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(100)).await;
        other.rpush::<i64, _, _>("l", "a").await
    });
    let (key, value): (String, String) = r.blpop(vec!["none", "l"], 20.0).await?;
    equal("blpop", ("l".to_owned(), "a".to_owned()), (key, value))?;
    pushed.await??;
    let nothing: Option<(String, String)> = r.blpop("l", 0.1).await.ok();
    equal("blpop of nothing", None, nothing)
}

async fn scripts(bed: &Bed, version: RespVersion) -> Outcome {
    let r = client(bed, version).await?;
    let came: Vec<String> = r.eval("return {KEYS[1], ARGV[1]}", "k", "a").await?;
    equal("eval", vec!["k".to_owned(), "a".to_owned()], came)?;
    let script = Script::from_lua("return redis.call('INCRBY', KEYS[1], ARGV[1])");
    script.load(&r).await?;
    equal(
        "evalsha",
        5,
        script.evalsha::<i64, _, _, _>(&r, "n", 5).await?,
    )?;
    let unknown = r.evalsha::<Value, _, _, _>("0".repeat(40), "k", "a").await;
    refused("an unknown digest", "NOSCRIPT No matching script", unknown)?;
    let code =
        "#!lua name=fredlib\nredis.register_function('half', function(k, a) return a[1] / 2 end)";
    equal(
        "function load",
        "fredlib".to_owned(),
        r.function_load(true, code).await?,
    )?;
    let none: Vec<String> = Vec::new();
    equal("fcall", 4, r.fcall::<i64, _, _, _>("half", none, 8).await?)?;
    r.function_delete::<(), _>("fredlib").await?;
    Ok(())
}

async fn scans(bed: &Bed, version: RespVersion) -> Outcome {
    let r = client(bed, version).await?;
    let pairs: Vec<(String, i64)> = (0..1000).map(|it| (format!("key:{it}"), it)).collect();
    r.mset(pairs).await?;
    let (mut cursor, mut seen) = ("0".to_owned(), HashSet::new());
    loop {
        let (next, keys): (String, Vec<String>) =
            r.scan_page(cursor, "key:*", Some(100), None).await?;
        seen.extend(keys);
        if next == "0" {
            break;
        }
        cursor = next;
    }
    equal("scan", 1000, seen.len())?;
    equal("dbsize", 1000, r.dbsize::<i64>().await?)
}

async fn errors(bed: &Bed, version: RespVersion) -> Outcome {
    let r = client(bed, version).await?;
    r.set::<(), _, _>("s", "abc", None, None, false).await?;
    let wrong = r.lpush::<i64, _, _>("s", "1").await;
    refused(
        "a wrong type",
        "Operation against a key holding the wrong kind of value",
        wrong,
    )?;
    let letters = r.incr::<i64, _>("s").await;
    refused(
        "incr of letters",
        "value is not an integer or out of range",
        letters,
    )?;
    let none = r.rename::<(), _, _>("none", "x").await;
    refused("no such key", "no such key", none)?;
    equal("it still answers", "PONG".to_owned(), r.ping(None).await?)
}

async fn nothing_lost(bed: &Bed, version: RespVersion) -> Outcome {
    let stop = Arc::new(AtomicBool::new(false));
    let acknowledged = Arc::new(AtomicUsize::new(0));
    let mut writers = Vec::new();
    for writer in 0..6 {
        let r = client(bed, version.clone()).await?;
        let (stop, acknowledged) = (Arc::clone(&stop), Arc::clone(&acknowledged));
        writers.push(tokio::spawn(async move {
            let mut keys = Vec::new();
            for number in 0.. {
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                let key = format!("w{writer}:{number}");
                if r.set::<(), _, _>(&key, number, None, None, false)
                    .await
                    .is_ok()
                {
                    keys.push(key);
                    acknowledged.fetch_add(1, Ordering::Relaxed);
                }
            }
            keys
        }));
    }
    let count = || acknowledged.load(Ordering::Relaxed);
    eventually("writes are acknowledged", || async { count() > 100 }).await?;
    bed.kill()?;
    let before = count();
    bed.start()?;
    eventually("the same clients write again", || async {
        count() > before + 100
    })
    .await?;
    stop.store(true, Ordering::Relaxed);
    let r = client(bed, version).await?;
    let mut lost = 0;
    for writer in writers {
        for keys in writer.await?.chunks(500) {
            lost += keys.len() - r.exists::<usize, _>(keys.to_vec()).await?;
        }
    }
    equal("no acknowledged write is lost", 0, lost)
}
