//! Options of the commands that read streams and can wait for more.

use crate::command::{Call, Empty, Error};
use crate::number::integer;
use crate::reply::{Protocol, Reply};

/// What `XREAD` and `XREADGROUP` are told.
#[derive(Debug)]
pub(crate) struct Reading<'a> {
    /// It waits for at most so many milliseconds, for ever if they are 0.
    pub(crate) block: Option<u64>,
    /// At most so many entries of each stream.
    pub(crate) most: usize,
    /// The group, and its consumer.
    pub(crate) group: Option<(&'a [u8], &'a [u8])>,
    /// What is delivered counts as acknowledged.
    pub(crate) is_acknowledged: bool,
    pub(crate) keys: &'a [&'a [u8]],
    /// After which entry, for each of the keys.
    pub(crate) ids: &'a [&'a [u8]],
}

const ONLY_GROUP: Error =
    Error::text("ERR The GROUP option is only supported by XREADGROUP. You called XREAD instead.");
const ONLY_NOACK: Error =
    Error::text("ERR The NOACK option is only supported by XREADGROUP. You called XREAD instead.");

impl<'a> Reading<'a> {
    /// Of the arguments of `XREADGROUP`, or else of `XREAD`.
    pub(crate) fn parse(args: &'a [&'a [u8]], of_group: bool, now: i64) -> Result<Self, Error> {
        let mut reading = Self {
            block: None,
            most: usize::MAX,
            group: None,
            is_acknowledged: false,
            keys: &[],
            ids: &[],
        };
        let mut words = &args[1..];
        while reading.keys.is_empty() {
            words = reading.take(words, of_group, now)?;
        }
        if of_group && reading.group.is_none() {
            return Err(Error::text("ERR Missing GROUP option for XREADGROUP"));
        }
        Ok(reading)
    }

    /// Takes the next option: what follows it.
    fn take(
        &mut self,
        words: &'a [&'a [u8]],
        of_group: bool,
        now: i64,
    ) -> Result<&'a [&'a [u8]], Error> {
        let [word, rest @ ..] = words else {
            return Err(Error::Syntax);
        };
        let is = |name: &str| word.eq_ignore_ascii_case(name.as_bytes());
        match rest {
            [value, rest @ ..] if is("block") => {
                self.block = Some(milliseconds(value, now)?);
                Ok(rest)
            }
            [value, rest @ ..] if is("count") => {
                let count = integer(value).ok_or(Error::NotInteger)?;
                let count = usize::try_from(count).ok().filter(|count| *count > 0);
                self.most = count.unwrap_or(usize::MAX);
                Ok(rest)
            }
            [_, ..] if is("streams") => {
                if rest.len() % 2 == 1 {
                    return Err(unbalanced(of_group));
                }
                (self.keys, self.ids) = rest.split_at(rest.len() / 2);
                Ok(&[])
            }
            [_, _, ..] if is("group") && !of_group => Err(ONLY_GROUP),
            [group, consumer, rest @ ..] if is("group") => {
                self.group = Some((group, consumer));
                Ok(rest)
            }
            _ if is("noack") && !of_group => Err(ONLY_NOACK),
            _ if is("noack") => {
                self.is_acknowledged = true;
                Ok(rest)
            }
            _ => Err(Error::Syntax),
        }
    }

    /// Answers that there is nothing, or waits until there is. It is carried out again with these ids in the place of its own.
    pub(crate) fn nothing(&self, call: &mut Call<'_>, ids: Option<Vec<Box<[u8]>>>) {
        let Some(milliseconds) = self.block else {
            call.reply.null_array();
            return;
        };
        let at_most = Some(milliseconds).filter(|it| *it > 0);
        call.wait_for(self.keys, at_most, Empty::NullArray);
        if let (Some(wait), Some(ids)) = (&mut call.wait, ids) {
            let own = &call.args[..call.args.len() - ids.len()];
            let own = own.iter().map(|word| Box::from(*word));
            wait.again = Some(own.chain(ids).collect());
        }
    }
}

/// The name of a stream, before its entries.
pub(crate) fn answer_key(key: &[u8], reply: &mut Reply) {
    if reply.protocol() == Protocol::Resp2 {
        reply.array(2);
    }
    reply.bulk(key);
}

/// How many streams there are, before all that was answered of them.
pub(crate) fn answer_streams(count: usize, at: usize, reply: &mut Reply) {
    reply.before(at, |reply| match reply.protocol() {
        Protocol::Resp2 => reply.array(count),
        Protocol::Resp3 => reply.map(count),
    });
}

fn milliseconds(text: &[u8], now: i64) -> Result<u64, Error> {
    let number =
        integer(text).ok_or(Error::text("ERR timeout is not an integer or out of range"))?;
    if number.checked_add(now).is_none() {
        return Err(Error::text("ERR timeout is out of range"));
    }
    u64::try_from(number).map_err(|_| Error::text("ERR timeout is negative"))
}

const fn unbalanced(of_group: bool) -> Error {
    Error::text(if of_group {
        "ERR Unbalanced 'xreadgroup' list of streams: for each stream key an ID or '>' must be specified."
    } else {
        "ERR Unbalanced 'xread' list of streams: for each stream key an ID or '$' must be specified."
    })
}
