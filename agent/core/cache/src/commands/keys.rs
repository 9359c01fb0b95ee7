//! `KEYS pattern`

use crate::command::{Call, Error};
use crate::glob;

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let (database, now, pattern) = (call.keys.database(), call.keys.now(), call.args[1]);
    let mut keys: Vec<Box<[u8]>> = Vec::new();
    for partition in call.keys.partitions() {
        let entries = partition.keyspace(database).alive(now);
        // As in Redis an empty key is of no pattern but this one.
        let matching = entries.filter(|(key, _)| pattern == b"*" || glob::matches(pattern, key));
        keys.extend(matching.map(|(key, _)| Box::from(key)));
    }
    call.reply.array(keys.len());
    keys.iter().for_each(|key| call.reply.bulk(key));
    Ok(())
}
