//! `XREAD [COUNT count] [BLOCK milliseconds] STREAMS key [key ...] id [id ...]`

use crate::command::{Call, Error};
use crate::stream::{
    Contents, Id, Reading, Stream, TEXT_BYTES_MAX, answer_entries, answer_key, answer_streams,
};

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let reading = Reading::parse(call.args, false, call.keys.now())?;
    let mut ids = Vec::with_capacity(reading.ids.len());
    for (key, id) in reading.keys.iter().zip(reading.ids) {
        ids.push(after(id, stream(call, key)?)?);
    }
    let (at, mut count) = (call.reply.bytes().len(), 0);
    for (key, id) in reading.keys.iter().zip(&ids) {
        let has_more = |stream: &Contents| stream.entries().last() > Some(*id);
        let found = call.keys.view::<Stream>(key).ok().flatten();
        let (Some(stream), Some(next)) = (found.filter(|it| has_more(it)), id.next()) else {
            continue;
        };
        count += 1;
        answer_key(key, call.reply);
        let entries = stream.entries().range(next, Id::MAX);
        answer_entries(entries.take(reading.most), call.reply);
    }
    if count > 0 {
        answer_streams(count, at, call.reply);
    } else {
        let again = reading.ids.contains(&b"$".as_slice());
        let again = again.then(|| resolved(reading.ids, &ids));
        reading.nothing(call, again);
    }
    Ok(())
}

/// The stream under a key. While one waits for it, something else there is as good as nothing.
fn stream<'a>(call: &'a mut Call<'_>, key: &[u8]) -> Result<Option<&'a Contents>, Error> {
    match call.keys.view::<Stream>(key) {
        Ok(found) => Ok(found),
        Err(_) if call.has_waited => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The id after which is read.
fn after(text: &[u8], stream: Option<&Contents>) -> Result<Id, Error> {
    match text {
        b"$" => Ok(stream.map_or(Id::MIN, Contents::last)),
        b"+" => {
            let last = stream.and_then(|stream| stream.entries().last());
            Ok(last.and_then(Id::previous).unwrap_or(Id::MIN))
        }
        b">" => Err(Error::text(
            "ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> <consumer> option.",
        )),
        _ => Id::parse(text, 0),
    }
}

/// The ids with which it is carried out again: what was the last entry when it came is not later.
fn resolved(texts: &[&[u8]], ids: &[Id]) -> Vec<Box<[u8]>> {
    let one = |(text, id): (&&[u8], &Id)| match *text {
        b"$" => Box::from(id.write(&mut [0; TEXT_BYTES_MAX])),
        text => Box::from(text),
    };
    texts.iter().zip(ids).map(one).collect()
}
