//! Removes elements from an end of the first of some sorted sets that is there.

use super::element::Element;
use super::reply::element_reply;
use super::{SortedSet, SortedSetChange, SortedSetView, timeout};
use crate::command::{Call, Empty, Error};
use crate::notice::Class;
use crate::number::integer;
use crate::reply::Protocol;

/// `key [count]`
pub(crate) fn one(call: &mut Call<'_>, end: End) -> Result<(), Error> {
    let count = match call.args[2..] {
        [] => None,
        [count] => {
            let count = integer(count).and_then(|count| usize::try_from(count).ok());
            Some(count.ok_or(Error::text("ERR value is out of range, must be positive"))?)
        }
        _ => return Err(Error::Syntax),
    };
    let is_nested = count.is_some() && call.reply.protocol() == Protocol::Resp3;
    let pop = Pop {
        keys: &call.args[1..2],
        end,
        count: count.unwrap_or(1),
        answer: if is_nested {
            Answer::Nested
        } else {
            Answer::Flat
        },
    };
    if !pop.run(call)? {
        call.reply.array(0);
    }
    Ok(())
}

/// From which end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Min,
    Max,
}

/// How what was removed is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Members and scores in one array.
    Flat,
    /// The key before them.
    FlatWithKey,
    /// An array of arrays.
    Nested,
    /// The key, and an array of arrays.
    NestedWithKey,
}

/// What is to be removed, and from where.
#[derive(Debug)]
pub(crate) struct Pop<'a> {
    pub(crate) keys: &'a [&'a [u8]],
    pub(crate) end: End,
    pub(crate) count: usize,
    pub(crate) answer: Answer,
}

impl End {
    /// `MIN | MAX`
    fn parse(word: &[u8]) -> Result<Self, Error> {
        if word.eq_ignore_ascii_case(b"min") {
            Ok(Self::Min)
        } else if word.eq_ignore_ascii_case(b"max") {
            Ok(Self::Max)
        } else {
            Err(Error::Syntax)
        }
    }

    const fn event(self) -> &'static str {
        match self {
            Self::Min => "zpopmin",
            Self::Max => "zpopmax",
        }
    }
}

impl<'a> Pop<'a> {
    /// `numkeys key [key ...] MIN | MAX [COUNT count]`
    pub(crate) fn parse(words: &'a [&'a [u8]]) -> Result<Self, Error> {
        let (number, rest) = words.split_first().ok_or(Error::Syntax)?;
        let number = positive(number, "ERR numkeys should be greater than 0")?;
        if number >= rest.len() {
            return Err(Error::Syntax);
        }
        let (keys, rest) = rest.split_at(number);
        let mut count = None;
        let (end, mut options) = rest.split_first().ok_or(Error::Syntax)?;
        let end = End::parse(end)?;
        while let [option, number, rest @ ..] = options
            && count.is_none()
            && option.eq_ignore_ascii_case(b"count")
        {
            count = Some(positive(number, "ERR count should be greater than 0")?);
            options = rest;
        }
        if !options.is_empty() {
            return Err(Error::Syntax);
        }
        Ok(Self {
            keys,
            end,
            count: count.unwrap_or(1),
            answer: Answer::NestedWithKey,
        })
    }

    /// Removes and answers; whether one was there. If not, nothing is answered.
    pub(crate) fn run(&self, call: &mut Call<'_>) -> Result<bool, Error> {
        for key in self.keys {
            if call.keys.view::<SortedSet>(key)?.is_some() {
                self.pop(call, key)?;
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// As [`Self::run`], but waits for so long if none is there.
    pub(crate) fn run_or_wait(&self, call: &mut Call<'_>, seconds: &[u8]) -> Result<(), Error> {
        let at_most = timeout(seconds, call.keys.now())?;
        if !self.run(call)? {
            call.wait_for(self.keys, at_most, Empty::NullArray);
        }
        Ok(())
    }

    fn pop(&self, call: &mut Call<'_>, key: &[u8]) -> Result<(), Error> {
        let reply = &mut *call.reply;
        call.keys.edit::<SortedSet, _>(key, |set| {
            let view = set.now().view();
            let len = view.len();
            let count = self.count.min(len);
            let (first, elements) = self.elements(view, count, len);
            match self.answer {
                Answer::Flat => reply.array(2 * count),
                Answer::FlatWithKey => {
                    reply.array(1 + 2 * count);
                    reply.bulk(key);
                }
                Answer::Nested => reply.array(count),
                Answer::NestedWithKey => {
                    reply.array(2);
                    reply.bulk(key);
                    reply.array(count);
                }
            }
            for element in elements {
                if matches!(self.answer, Answer::Nested | Answer::NestedWithKey) {
                    reply.array(2);
                }
                element_reply(reply, &element);
            }
            if count > 0 {
                set.apply(&SortedSetChange::RemoveRanks { first, count });
                set.notify(Class::SORTED_SET, self.end.event());
            }
        })?;
        Ok(())
    }

    /// The elements in the order in which they go, and the rank of the lowest of them.
    fn elements<'v>(
        &self,
        view: SortedSetView<'v>,
        count: usize,
        len: usize,
    ) -> (usize, impl Iterator<Item = Element<'v>>) {
        match self.end {
            End::Min => (0, view.range(0..count, false)),
            End::Max => (len - count, view.range(len - count..len, true)),
        }
    }
}

fn positive(text: &[u8], otherwise: &'static str) -> Result<usize, Error> {
    let number = integer(text).filter(|number| *number > 0);
    let number = number.and_then(|number| usize::try_from(number).ok());
    number.ok_or(Error::text(otherwise))
}
