//! What is told of the server, and of what it did.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use synod_resp::{Setup, Shutdown};

use crate::client::{Client, start, start_set, start_setup};

#[test]
fn info_has_sections() {
    let server = start(4);
    let mut client = Client::of(&server);
    let titles = |text: &str| {
        let words: Vec<_> = text.split(' ').collect();
        let titles = words.windows(2).filter(|pair| pair[0].ends_with('#'));
        titles
            .map(|pair| pair[1].to_owned())
            .collect::<Vec<_>>()
            .join(" ")
    };
    const USUAL: &str = "Server Clients Memory Persistence Stats Replication CPU Modules Errorstats Cluster Keyspace";
    const ALL: &str = "Server Clients Memory Persistence Stats Replication CPU Modules Commandstats Errorstats Latencystats Cluster \
                       Keyspace";
    for (asked, told) in [
        ("info", USUAL),
        ("info default", USUAL),
        ("info everything", ALL),
        ("info ALL", ALL),
        ("info keyspace Server nosuch", "Server Keyspace"),
        ("info nosuch", ""),
        (
            "info default commandstats",
            &USUAL.replace("Errorstats", "Commandstats Errorstats"),
        ),
    ] {
        assert_eq!(titles(&client.ask_for_all(asked)), told, "{asked}");
    }
    let server_lines = client.ask_for_all("info server");
    assert!(
        server_lines.contains(" redis_version:7.2."),
        "{server_lines}"
    );
    client.ask("set a 1");
    client.ask("set b 1 ex 100");
    let keyspace = client.ask_for_all("info keyspace");
    assert!(
        keyspace.contains(" db0:keys=2,expires=1,avg_ttl=0"),
        "{keyspace}"
    );
    server.stop();
}

#[test]
fn what_is_done_is_counted_until_it_is_reset() {
    let server = start(4);
    // Of both threads.
    let mut clients: Vec<_> = (0..8).map(|_| Client::of(&server)).collect();
    for client in &mut clients {
        client.ask("set a 1");
        client.ask("get a");
        client.ask("get b");
        client.ask("lpush a 1");
        client.ask("get");
    }
    let client = &mut clients[0];
    let info = client.ask_for_all("info everything");
    for line in [
        "total_connections_received:8",
        "total_commands_processed:32",
        "connected_clients:8",
        "blocked_clients:0",
        "keyspace_hits:8",
        "keyspace_misses:8",
        "total_error_replies:16",
        "errorstat_ERR:count=8",
        "errorstat_WRONGTYPE:count=8",
    ] {
        assert!(info.contains(&format!(" {line} ")), "{line} in {info}");
    }
    assert!(info.contains(" cmdstat_set:calls=8,usec="), "{info}");
    assert!(info.contains(",rejected_calls=8,failed_calls=0"), "{info}");
    assert!(info.contains(",rejected_calls=0,failed_calls=8"), "{info}");
    assert!(
        info.contains(" latency_percentiles_usec_get:p50="),
        "{info}"
    );
    let histogram = client.ask_for_all("latency histogram set nosuch");
    assert!(
        histogram.starts_with("*2 $3 set *4 $5 calls :8 $14 histogram_usec *"),
        "{histogram}"
    );
    assert_eq!(client.ask("config resetstat"), "+OK");
    let info = client.ask_for_all("info everything");
    for line in [
        "total_connections_received:0",
        "connected_clients:8",
        "keyspace_hits:0",
        "total_error_replies:0",
    ] {
        assert!(info.contains(&format!(" {line} ")), "{line} in {info}");
    }
    assert!(!info.contains("cmdstat_set"), "{info}");
    server.stop();
}

#[test]
fn commands_that_take_long_are_remembered() {
    let server = start_set(&[("enable-debug-command", "yes")]);
    let mut client = Client::of(&server);
    assert_eq!(client.ask("slowlog get"), "*0");
    client.ask("client setname somebody");
    client.ask("debug sleep 0.02");
    assert_eq!(client.ask("slowlog len"), ":1");
    let told = client.ask_for_all("slowlog get");
    assert!(told.starts_with("*1 *6 :0 :"), "{told}");
    assert!(told.contains(" *3 $5 debug $5 sleep $4 0.02 "), "{told}");
    assert!(
        told.contains("127.0.0.1:") && told.ends_with(" $8 somebody"),
        "{told}"
    );
    client.ask("config set slowlog-log-slower-than 0 slowlog-max-len 2");
    for command in ["ping a", "ping b", "ping c"] {
        client.ask(command);
    }
    let told = client.ask_for_all("slowlog get -1");
    assert!(told.starts_with("*2 ") && told.contains("$1 c"), "{told}");
    client.ask("config set slowlog-log-slower-than -1");
    assert_eq!(client.ask("slowlog reset"), "+OK");
    client.ask("debug sleep 0.02");
    assert_eq!(client.ask("slowlog len"), ":0");
    for (command, answer) in [
        (
            "slowlog get -2",
            "-ERR count should be greater than or equal to -1",
        ),
        (
            "slowlog get 1 2",
            "-ERR unknown subcommand or wrong number of arguments for 'get'. Try SLOWLOG HELP.",
        ),
    ] {
        assert_eq!(client.ask(command), answer);
    }
    server.stop();
}

#[test]
fn latencies_are_remembered_by_their_kinds() {
    let server = start_set(&[("enable-debug-command", "yes")]);
    let mut client = Client::of(&server);
    client.ask("debug sleep 0.02");
    assert_eq!(client.ask("latency latest"), "*0");
    client.ask("config set latency-monitor-threshold 10");
    client.ask("debug sleep 0.02");
    let latest = client.ask("latency latest");
    assert!(latest.starts_with("*1 *4 $7 command :"), "{latest}");
    let history = client.ask("latency history command");
    assert!(history.starts_with("*1 *2 :"), "{history}");
    assert!(
        client
            .ask_for_all("latency graph command")
            .contains("command - high ")
    );
    assert!(
        client
            .ask_for_all("latency doctor")
            .contains("command: in 1 seconds")
    );
    assert_eq!(client.ask("latency reset nosuch"), ":0");
    assert_eq!(client.ask("latency reset"), ":1");
    assert_eq!(client.ask("latency latest"), "*0");
    assert_eq!(
        client.ask("latency graph nosuch"),
        "-ERR No samples available for event 'nosuch'"
    );
    server.stop();
}

/// A transaction has all keys, and what is asked of the server meanwhile asks for them, too.
#[test]
fn transactions_may_ask_for_all() {
    let server = start_set(&[("enable-debug-command", "yes")]);
    let mut client = Client::of(&server);
    client.ask("set a 1");
    client.ask("multi");
    let asked = [
        "info everything",
        "config set maxmemory 100mb maxmemory-policy allkeys-lru hash-max-listpack-entries 7",
        "config resetstat",
        "memory stats",
        "memory usage a",
        "debug object a",
        "command count",
        "latency histogram",
    ];
    for command in asked {
        assert_eq!(client.ask(command), "+QUEUED", "{command}");
    }
    let all = client.ask_for_all("exec");
    assert!(all.starts_with("*8 $"), "{all:.40}");
    assert!(all.contains("encoding:int"), "{all}");
    assert_eq!(client.ask("ping"), "+PONG");
    server.stop();
}

#[test]
fn what_others_decide_is_refused() {
    let server = start(1);
    let mut client = Client::of(&server);
    let refused = client.ask("debug sleep 1");
    assert!(
        refused.starts_with("-ERR DEBUG command not allowed."),
        "{refused}"
    );
    for (command, answer) in [
        (
            "replicaof no one",
            "-ERR REPLICAOF not allowed in cluster mode.",
        ),
        ("slaveof a 1", "-ERR REPLICAOF not allowed in cluster mode."),
        ("failover", "-ERR FAILOVER not allowed in cluster mode."),
        ("psync ? -1", "-ERR PSYNC not allowed in cluster mode."),
        ("sync", "-ERR SYNC not allowed in cluster mode."),
        ("replconf capa eof", "+OK"),
        ("replconf a b", "-ERR Unrecognized REPLCONF option: a"),
        ("replconf a", "-ERR syntax error"),
        ("role", "*3 $6 master :0 *0"),
        ("shutdown foo", "-ERR syntax error"),
        ("shutdown save nosave", "-ERR syntax error"),
        ("shutdown abort", "-ERR No shutdown in progress."),
        ("shutdown", "-ERR Errors trying to SHUTDOWN. Check logs."),
        ("memory usage nosuch", "$-1"),
        ("memory purge", "+OK"),
    ] {
        assert_eq!(client.ask(command), answer, "{command}");
    }
    assert!(client.ask("time").starts_with("*2 $10 1"), "seconds");
    let drawn = client.ask_for_all("lolwut version 5 20 3");
    assert!(drawn.contains("Redis ver. 7.2."), "{drawn}");
    server.stop();
}

#[test]
fn who_runs_the_server_ends_it() {
    let asked = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&asked);
    let server = start_setup(Setup {
        on_shutdown: Some(Box::new(move |how| {
            let expected = Shutdown {
                saves: Some(false),
                at_once: true,
                is_forced: false,
            };
            assert_eq!(how, expected);
            seen.store(true, Ordering::Release);
            Ok(())
        })),
        ..Setup::default()
    });
    let mut client = Client::of(&server);
    client.send("shutdown nosave now");
    client.is_closed();
    assert!(asked.load(Ordering::Acquire));
    server.stop();
}
