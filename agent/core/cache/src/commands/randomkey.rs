//! `RANDOMKEY`

use crate::command::{Call, Error};

/// So often a key may have expired that is not to be removed here.
const TRIES_MAX: usize = 100;

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    match random_key(call) {
        Some(key) => call.reply.bulk(&key),
        None => call.reply.null(),
    }
    Ok(())
}

fn random_key(call: &mut Call<'_>) -> Option<Box<[u8]>> {
    call.keys.set_reads(false);
    let database = call.keys.database();
    let mut tries = 0;
    loop {
        let counts = call.keys.partitions();
        let counts: Vec<_> = counts.map(|it| it.keyspace(database).len()).collect();
        let all: usize = counts.iter().sum();
        if all == 0 || tries == TRIES_MAX {
            return None;
        }
        let mut number = call.keys.partition_at(0).random.below(all);
        let chosen = counts.iter().position(|count| {
            let is_it = number < *count;
            number = number.saturating_sub(*count);
            is_it
        })?;
        let partition = call.keys.partition_at(chosen);
        let mut random = partition.random.clone();
        let at = partition.table(database).random(|| random.next())?;
        partition.random = random;
        let key: Box<[u8]> = partition.table(database).entry(at).0.into();
        let before = partition.keyspace(database).len();
        if partition.look(database, &key).is_some() {
            return Some(key);
        }
        // One that expired is gone now, but for a replica.
        if partition.keyspace(database).len() == before {
            tries += 1;
        }
    }
}
