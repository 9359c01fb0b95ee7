//! `SORT key [BY pattern] [LIMIT offset count] [GET pattern ...] [ASC | DESC] [ALPHA] [STORE destination]`, and `SORT_RO` without `STORE`

use std::borrow::Cow;

use crate::command::{Call, Error};
use crate::keyspace::Kind;
use crate::notice::Class;
use crate::number::integer;
use crate::rdb::{self, Form, Value};
use crate::sorting::{Order, Pattern, sort};

/// What is asked for.
#[derive(Default)]
struct Request<'a> {
    order: Order,
    by: Option<Pattern<'a>>,
    is_unsorted: bool,
    limit: Option<(i64, i64)>,
    gets: Vec<Pattern<'a>>,
    store: Option<&'a [u8]>,
}

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let request = Request::parse(&call.args[2..], true, call.may_read_any)?;
    answer(call, request)
}

/// `SORT_RO`
pub(crate) fn run_read_only(call: &mut Call<'_>) -> Result<(), Error> {
    let request = Request::parse(&call.args[2..], false, call.may_read_any)?;
    answer(call, request)
}

fn answer(call: &mut Call<'_>, mut request: Request<'_>) -> Result<(), Error> {
    call.keys.set_reads(true);
    let (kind, mut elements) = elements(call)?;
    if request.is_unsorted && kind == Some(Kind::Set) && request.store.is_some() {
        // A set has no order, and what is stored is to have one.
        request.is_unsorted = false;
        request.by = None;
        request.order.is_alphabetical = true;
    }
    if !request.is_unsorted {
        elements = sort(&mut call.keys, elements, request.by, request.order)?;
    } else if kind != Some(Kind::Set) && request.order.is_descending {
        elements.reverse();
    }
    let elements = request.limited(&elements);
    match request.store {
        None => reply(call, elements, &request.gets),
        Some(to) => store(call, elements, &request.gets, to)?,
    }
    Ok(())
}

/// What is sorted.
type Elements = Vec<Box<[u8]>>;

/// What is sorted, in the order that it has, and what it is.
fn elements(call: &mut Call<'_>) -> Result<(Option<Kind>, Elements), Error> {
    let key = call.args[1];
    let Some(found) = call.keys.find(key) else {
        return Ok((None, Vec::new()));
    };
    let kind = found.header.kind;
    if !matches!(kind, Kind::List | Kind::Set | Kind::SortedSet) {
        return Err(Error::WrongKind);
    }
    let database = call.keys.database();
    let keyspace = call.keys.partition(key).keyspace(database);
    let elements = match crate::whole::value(keyspace, &found) {
        Value::List(elements) | Value::Set(elements) => {
            elements.iter().map(|it| Box::from(&**it)).collect()
        }
        Value::SortedSet(scored) => scored.iter().map(|(it, _)| Box::from(&**it)).collect(),
        _ => unreachable!("it is of another kind"),
    };
    Ok((Some(kind), elements))
}

fn reply(call: &mut Call<'_>, elements: &[Box<[u8]>], gets: &[Pattern<'_>]) {
    call.reply.array(elements.len() * gets.len().max(1));
    for element in elements {
        if gets.is_empty() {
            call.reply.bulk(element);
        }
        for get in gets {
            match get.value(&mut call.keys, element) {
                Some(value) => call.reply.bulk(value),
                None => call.reply.null(),
            }
        }
    }
}

fn store(
    call: &mut Call<'_>,
    elements: &[Box<[u8]>],
    gets: &[Pattern<'_>],
    to: &[u8],
) -> Result<(), Error> {
    let mut list = Vec::new();
    for element in elements {
        if gets.is_empty() {
            list.push(Cow::Borrowed(&**element));
        }
        for get in gets {
            let value = get.value(&mut call.keys, element);
            list.push(Cow::Owned(value.unwrap_or_default().to_vec()));
        }
    }
    call.keys.set_reads(false);
    call.reply.count(list.len());
    if list.is_empty() {
        if call.keys.remove(to) {
            call.keys.notify(Class::GENERIC, "del", to);
        }
        return Ok(());
    }
    let form = Form {
        is_small: false,
        version: rdb::VERSION_MAX,
        compresses: false,
    };
    let mut body = Vec::new();
    rdb::write(&Value::List(list), form, &mut body);
    let is_new = call.keys.find(to).is_none();
    let stored = call.keys.restore(to, None, &body);
    stored.map_err(|_| Error::text("ERR the list cannot be stored"))?;
    if is_new {
        call.keys.notify(Class::NEW, "new", to);
    }
    call.keys.notify(Class::LIST, "sortstore", to);
    Ok(())
}

const DENIED_BY: Error =
    Error::text("ERR BY option of SORT denied due to insufficient ACL permissions.");
const DENIED_GET: Error =
    Error::text("ERR GET option of SORT denied due to insufficient ACL permissions.");

impl<'a> Request<'a> {
    /// Of the options. Keys that the command does not name may not be read by all.
    fn parse(mut words: &[&'a [u8]], may_store: bool, may_read_any: bool) -> Result<Self, Error> {
        let mut request = Self::default();
        while let [word, rest @ ..] = words {
            words = rest;
            match (word.to_ascii_lowercase().as_slice(), words) {
                (b"asc", _) => request.order.is_descending = false,
                (b"desc", _) => request.order.is_descending = true,
                (b"alpha", _) => request.order.is_alphabetical = true,
                (b"limit", [offset, count, rest @ ..]) => {
                    let number = |text: &[u8]| integer(text).ok_or(Error::NotInteger);
                    request.limit = Some((number(offset)?, number(count)?));
                    words = rest;
                }
                (b"store", [to, rest @ ..]) if may_store => {
                    request.store = Some(*to);
                    words = rest;
                }
                (b"by", [pattern, rest @ ..]) => {
                    let is_constant = !pattern.contains(&b'*');
                    if !is_constant && !may_read_any {
                        return Err(DENIED_BY);
                    }
                    request.is_unsorted |= is_constant;
                    request.by = Some(Pattern(pattern));
                    words = rest;
                }
                (b"get", _) if !words.is_empty() && !may_read_any => return Err(DENIED_GET),
                (b"get", [pattern, rest @ ..]) => {
                    request.gets.push(Pattern(pattern));
                    words = rest;
                }
                _ => return Err(Error::Syntax),
            }
        }
        Ok(request)
    }

    /// Those that are asked for: all behind an offset, if their number is negative.
    fn limited<'e>(&self, elements: &'e [Box<[u8]>]) -> &'e [Box<[u8]>] {
        let Some((offset, count)) = self.limit else {
            return elements;
        };
        let start = usize::try_from(offset.max(0)).unwrap_or(usize::MAX);
        let rest = elements.get(start..).unwrap_or_default();
        match usize::try_from(count) {
            Ok(count) => &rest[..count.min(rest.len())],
            Err(_) => rest,
        }
    }
}
