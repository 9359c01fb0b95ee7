//! `rust-client hold ENDPOINT,ENDPOINT,…`: a watch on each member, and a client that writes through the first of them
//! without pause, until the standard input ends.
//!
//! A watch of this crate ends with its connection. So one that saw every write, once and in order, is a connection that
//! nobody closed. Says `ready` when all watch; at the end how many writes were seen, or what was wrong.

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use etcd_client::{Client, EventType, WatchStream};

/// Its values are 0, 1, 2, …; that it is deleted is the last of its events.
const KEY: &str = "rust/hold";

/// How long one step may take: connecting, a write, the last events.
const PATIENCE: Duration = Duration::from_secs(30);

/// Between two writes.
const PAUSE: Duration = Duration::from_millis(2);

type Held<T> = Result<T, Box<dyn std::error::Error>>;

/// Runs it to its end.
pub async fn run(endpoints: &str) -> ExitCode {
    let endpoints: Vec<_> = endpoints.split(',').collect();
    match hold(&endpoints).await {
        Ok(writes) => {
            println!("{writes} writes seen on {} connections", endpoints.len());
            ExitCode::SUCCESS
        }
        Err(error) => {
            println!("not held: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn hold(endpoints: &[&str]) -> Held<u64> {
    let mut clients = Vec::new();
    let mut watches = Vec::new();
    for endpoint in endpoints {
        let mut client = within(Client::connect([endpoint], None)).await??;
        let mut stream = within(client.watch(KEY, None)).await??;
        // Only what is written after this answer is seen for certain.
        let created = within(stream.message()).await??;
        if !created.is_some_and(|message| message.created()) {
            return Err(format!("no watch at {endpoint}").into());
        }
        let endpoint = (*endpoint).to_owned();
        watches.push(tokio::spawn(async move {
            let seen = events(stream).await;
            seen.map_err(|why| format!("the watch at {endpoint}: {why}"))
        }));
        clients.push(client);
    }
    let writer = clients.first_mut().ok_or("no endpoint")?;
    let over = end_of_input();
    println!("ready");
    let mut writes = 0;
    while !over.load(Ordering::Relaxed) {
        within(writer.put(KEY, writes.to_string(), None)).await??;
        writes += 1;
        tokio::time::sleep(PAUSE).await;
    }
    within(writer.delete(KEY, None)).await??;
    for watch in watches {
        let seen = within(watch).await???;
        if seen != writes {
            return Err(format!("a watch saw {seen} of {writes} writes").into());
        }
    }
    Ok(writes)
}

/// Reads a watch until the key is deleted; how many writes it saw, each once and in order.
async fn events(mut stream: WatchStream) -> Result<u64, String> {
    let mut seen = 0_u64;
    loop {
        let message = stream.message().await.map_err(|error| error.to_string())?;
        let message = message.ok_or_else(|| format!("closed after {seen} writes"))?;
        if message.canceled() {
            return Err(format!("cancelled after {seen} writes"));
        }
        for event in message.events() {
            let value = event.kv().map(|pair| pair.value().to_vec());
            match (event.event_type(), value) {
                (EventType::Delete, _) => return Ok(seen),
                (EventType::Put, Some(value)) if value == seen.to_string().into_bytes() => seen += 1,
                (_, value) => return Err(format!("after {seen} writes came {value:?}")),
            }
        }
    }
}

/// Becomes true when the standard input ends.
fn end_of_input() -> Arc<AtomicBool> {
    let over = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&over);
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
        told.store(true, Ordering::Relaxed);
    });
    over
}

async fn within<T>(step: impl Future<Output = T>) -> Held<T> {
    let result = tokio::time::timeout(PATIENCE, step).await;
    result.map_err(|_| format!("no answer within {} s", PATIENCE.as_secs()).into())
}
