//! Workers that take a lock and pass it on, and count under it, until a line comes. They report what was acknowledged; who
//! runs the program judges.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use zk::CreateMode::{Ephemeral, Persistent};
use zookeeper_client as zk;

use crate::basics::ANYBODY;
use crate::bed::{Bed, Outcome, read_line};
use crate::locks::options;

const WORKERS: usize = 4;
const ADDITIONS_PER_HOLD: usize = 3;
const SESSION: Duration = Duration::from_secs(30);
/// Between two tries while no member answers.
const PAUSE: Duration = Duration::from_millis(100);

struct Worker {
    number: usize,
    root: String,
    connect: String,
    client: zk::Client,
    began: Instant,
}

/// Runs the workers.
pub async fn run(bed: &Bed) -> Outcome {
    let (root, began) = (bed.path(), Instant::now());
    let mut workers = Vec::new();
    for number in 0..WORKERS {
        let client = connected(&bed.connect).await;
        let connect = bed.connect.clone();
        workers.push(Worker {
            number,
            root: root.clone(),
            connect,
            client,
            began,
        });
    }
    let first = &workers[0].client;
    first
        .mkdir(&format!("{root}/alive"), &Persistent.with_acls(ANYBODY))
        .await?;
    first
        .create(
            &format!("{root}/counter"),
            b"0",
            &Persistent.with_acls(ANYBODY),
        )
        .await?;
    for worker in &workers {
        worker.begin().await?;
    }
    let stopped = Arc::new(AtomicBool::new(false));
    let mut running = tokio::task::JoinSet::new();
    for mut worker in workers {
        let stopped = Arc::clone(&stopped);
        running.spawn(async move {
            while !stopped.load(Ordering::SeqCst) {
                worker.turn().await;
            }
            worker
        });
    }
    tokio::task::spawn_blocking(read_line).await?;
    stopped.store(true, Ordering::SeqCst);
    let workers = running.join_all().await;
    for worker in &workers {
        worker.conclude().await;
    }
    let (data, _) = workers[0]
        .retried(|client| client.get_data(&format!("{root}/counter")))
        .await;
    println!("final {}", String::from_utf8_lossy(&data));
    Ok(())
}

/// A new session, however long it takes.
async fn connected(connect: &str) -> zk::Client {
    loop {
        match zk::Client::connector()
            .with_session_timeout(SESSION)
            .connect(connect)
            .await
        {
            Ok(client) => return client,
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
}

impl Worker {
    fn now_us(&self) -> u128 {
        self.began.elapsed().as_micros()
    }

    fn alive(&self) -> String {
        format!("{}/alive/{}", self.root, self.number)
    }

    async fn begin(&self) -> Outcome {
        self.client.sync(&self.root).await?;
        self.client
            .create(&self.alive(), b"", &Ephemeral.with_acls(ANYBODY))
            .await?;
        println!("session {} {}", self.number, self.client.session_id().0);
        Ok(())
    }

    /// Takes the lock once and gives it back. This client's session does not come back when it ended: another client does.
    async fn turn(&mut self) {
        if let Err(why) = self.hold().await {
            println!("trouble {} {why}", self.number);
            if self.client.state().is_terminated() {
                self.client = connected(&self.connect).await;
            }
        }
    }

    /// Counts under the lock. The hold is proved from when it was acquired to when the last acknowledged write was sent.
    async fn hold(&self) -> Outcome {
        let dir = format!("{}/lock", self.root);
        let prefix = zk::LockPrefix::new_curator(&dir, "lock-")?;
        let held = self.client.lock(prefix, b"", options()?).await?;
        let from = self.now_us();
        let mut until = from;
        let mut outcome = Ok(());
        for _ in 0..ADDITIONS_PER_HOLD {
            match self.add().await {
                Ok(sent) => until = sent,
                Err(why) => {
                    outcome = Err(why);
                    break;
                }
            }
        }
        println!(
            "hold {} {} {from} {until}",
            self.number,
            self.client.session_id().0
        );
        drop(held);
        outcome
    }

    /// One more, guarded by the version; when the write was sent.
    async fn add(&self) -> Outcome<u128> {
        let path = format!("{}/counter", self.root);
        let (data, stat) = self.client.get_data(&path).await?;
        let value: u64 = String::from_utf8(data)?.parse::<u64>()? + 1;
        let sent = self.now_us();
        let result = self
            .client
            .set_data(&path, value.to_string().as_bytes(), Some(stat.version))
            .await;
        let word = match &result {
            Ok(_) => "added",
            Err(zk::Error::BadVersion) => "refused",
            Err(_) => "unsure",
        };
        println!("{word} {} {value}", self.number);
        result?;
        Ok(sent)
    }

    async fn conclude(&self) {
        self.retried(|client| client.sync(&self.root)).await;
        let alive = self.alive();
        let stat = self.retried(|client| client.check_stat(&alive)).await;
        let owner = stat.map_or(0, |stat| stat.ephemeral_owner);
        println!(
            "ephemeral {} {} {owner}",
            self.number,
            self.client.session_id().0
        );
    }

    /// Repeats a request until it is answered; who runs the program sets the bound.
    async fn retried<'a, T, F>(&'a self, request: impl Fn(&'a zk::Client) -> F) -> T
    where
        F: Future<Output = Result<T, zk::Error>> + 'a,
    {
        loop {
            match request(&self.client).await {
                Ok(value) => return value,
                Err(_) => tokio::time::sleep(PAUSE).await,
            }
        }
    }
}
