//! `RESTORE key ttl payload [REPLACE] [ABSTTL] [IDLETIME seconds] [FREQ frequency]`

use crate::command::{Call, Error};
use crate::eviction::Access;
use crate::notice::Class;
use crate::number::integer;
use crate::rdb;
use crate::whole::Unfit;

#[derive(Default)]
struct Options {
    replaces: bool,
    is_absolute: bool,
    idle_seconds: Option<u64>,
    frequency: Option<u8>,
}

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let [_, key, time, payload, options @ ..] = call.args else {
        unreachable!("its arity says so");
    };
    let options = Options::parse(options)?;
    if !options.replaces && call.keys.find(key).is_some() {
        return Err(Error::text("BUSYKEY Target key name already exists."));
    }
    let now = call.keys.now();
    let expiry = match integer(time).ok_or(Error::NotInteger)? {
        ..0 => return Err(Error::text("ERR Invalid TTL value, must be >= 0")),
        0 => None,
        at if options.is_absolute => Some(at),
        time => Some(time.saturating_add(now)),
    };
    let body = rdb::opened(payload).ok_or(Error::text(
        "ERR DUMP payload version or checksum are wrong",
    ))?;
    if expiry.is_some_and(|at| at <= now) {
        call.keys.partition(key).check(body).map_err(bad)?;
        if call.keys.remove(key) {
            call.keys.notify(Class::GENERIC, "del", key);
        }
    } else {
        call.keys.restore(key, expiry, body).map_err(bad)?;
        options.note_use(call, key);
        call.keys.notify(Class::NEW, "new", key);
        call.keys.notify(Class::GENERIC, "restore", key);
    }
    call.reply.ok();
    Ok(())
}

const fn bad(_: Unfit) -> Error {
    Error::text("ERR Bad data format")
}

impl Options {
    fn parse(mut words: &[&[u8]]) -> Result<Self, Error> {
        let mut options = Self::default();
        while let [word, rest @ ..] = words {
            words = rest;
            match (word.to_ascii_lowercase().as_slice(), words) {
                (b"replace", _) => options.replaces = true,
                (b"absttl", _) => options.is_absolute = true,
                (b"idletime", [seconds, rest @ ..]) if options.frequency.is_none() => {
                    let seconds = integer(seconds).ok_or(Error::NotInteger)?;
                    let seconds = u64::try_from(seconds)
                        .map_err(|_| Error::text("ERR Invalid IDLETIME value, must be >= 0"))?;
                    options.idle_seconds = Some(seconds);
                    words = rest;
                }
                (b"freq", [frequency, rest @ ..]) if options.idle_seconds.is_none() => {
                    let frequency = integer(frequency).ok_or(Error::NotInteger)?;
                    let frequency = u8::try_from(frequency).map_err(|_| {
                        Error::text("ERR Invalid FREQ value, must be >= 0 and <= 255")
                    })?;
                    options.frequency = Some(frequency);
                    words = rest;
                }
                _ => return Err(Error::Syntax),
            }
        }
        Ok(options)
    }

    /// Notes what is said of the key's use, if that is what is noted of keys.
    fn note_use(&self, call: &mut Call<'_>, key: &[u8]) {
        let database = call.keys.database();
        let partition = call.keys.partition(key);
        let access: Access<'_> = partition.access();
        let noted = if access.settings.policy.counts_uses() {
            self.frequency.map(|it| access.of_frequency(it))
        } else {
            self.idle_seconds.map(|it| access.of_idle(it))
        };
        if let Some(noted) = noted {
            partition.set_access(database, key, noted);
        }
    }
}
