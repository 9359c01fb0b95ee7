//! `ZRANGE` and those that came before it: elements between two ranks, scores or members.

use std::ops::Range;

use super::bound::{LexRange, ScoreRange};
use super::reply::elements_reply;
use super::store::{Scored, store};
use super::{SortedSet, SortedSetView};
use crate::command::{Call, Error};
use crate::number::integer;

/// Between what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By {
    Rank,
    Score,
    Lex,
}

/// What a command says already by its name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Form {
    /// Between what, if there is no option for it.
    pub(crate) by: Option<By>,
    /// Whether down, if there is no option for it.
    pub(crate) down: Option<bool>,
    /// Where the source is among the arguments; a destination is before it, or nothing.
    pub(crate) source: usize,
}

#[derive(Clone, Copy, Debug)]
enum Between<'a> {
    Ranks(i64, i64),
    Scores(ScoreRange),
    Members(LexRange<'a>),
}

#[derive(Debug)]
struct Query<'a> {
    between: Between<'a>,
    down: bool,
    with_scores: bool,
    offset: i64,
    /// How many at most; all, if negative.
    limit: i64,
}

#[derive(Default)]
struct Options {
    by: Option<By>,
    down: Option<bool>,
    with_scores: bool,
    offset: i64,
    limit: Option<i64>,
}

/// Carries it out.
pub(crate) fn run(call: &mut Call<'_>, form: Form) -> Result<(), Error> {
    let stores = form.source == 2;
    let query = Query::parse(&call.args[form.source + 1..], form)?;
    call.keys.set_reads(true);
    let view = call.keys.view::<SortedSet>(call.args[form.source])?;
    if stores {
        let elements: Vec<Scored> = view.map_or(Vec::new(), |view| {
            let elements = view.range(query.ranks(view), false);
            elements.map(|it| (it.member.into(), it.score())).collect()
        });
        let destination = call.args[1];
        return store(call, destination, elements, "zrangestore");
    }
    let Some(view) = view else {
        call.reply.array(0);
        return Ok(());
    };
    let ranks = query.ranks(view);
    let elements = view.range(ranks.clone(), query.down);
    elements_reply(call.reply, ranks.len(), elements, query.with_scores);
    Ok(())
}

impl Options {
    fn parse(mut words: &[&[u8]], form: Form) -> Result<Self, Error> {
        let mut options = Self {
            by: form.by,
            down: form.down,
            ..Self::default()
        };
        while let [word, rest @ ..] = words {
            words = rest;
            let is = |name: &str| word.eq_ignore_ascii_case(name.as_bytes());
            if form.source == 1 && is("withscores") {
                options.with_scores = true;
            } else if is("limit")
                && let [offset, limit, rest @ ..] = words
            {
                options.offset = integer(offset).ok_or(Error::NotInteger)?;
                options.limit = Some(integer(limit).ok_or(Error::NotInteger)?);
                words = rest;
            } else if options.down.is_none() && is("rev") {
                options.down = Some(true);
            } else if options.by.is_none() && is("bylex") {
                options.by = Some(By::Lex);
            } else if options.by.is_none() && is("byscore") {
                options.by = Some(By::Score);
            } else {
                return Err(Error::Syntax);
            }
        }
        Ok(options)
    }
}

impl<'a> Query<'a> {
    fn parse(words: &'a [&'a [u8]], form: Form) -> Result<Self, Error> {
        let [first, second, words @ ..] = words else {
            return Err(Error::Syntax);
        };
        let options = Options::parse(words, form)?;
        let (by, down) = (
            options.by.unwrap_or(By::Rank),
            options.down.unwrap_or(false),
        );
        let limit = options.limit.unwrap_or(-1);
        if limit != -1 && by == By::Rank {
            return Err(Error::text(
                "ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX",
            ));
        }
        if options.with_scores && by == By::Lex {
            return Err(Error::text(
                "ERR syntax error, WITHSCORES not supported in combination with BYLEX",
            ));
        }
        let (min, max) = if down {
            (second, first)
        } else {
            (first, second)
        };
        let between = match by {
            By::Rank => {
                let rank = |text| integer(text).ok_or(Error::NotInteger);
                Between::Ranks(rank(first)?, rank(second)?)
            }
            By::Score => Between::Scores(ScoreRange::parse(min, max)?),
            By::Lex => Between::Members(LexRange::parse(min, max)?),
        };
        Ok(Self {
            between,
            down,
            with_scores: options.with_scores,
            offset: options.offset,
            limit,
        })
    }

    /// The ranks of those that are asked for.
    fn ranks(&self, view: SortedSetView<'_>) -> Range<usize> {
        let ranks = match &self.between {
            Between::Ranks(first, last) => {
                let len = view.len();
                let ranks = ranks_between(*first, *last, len);
                return if self.down {
                    len - ranks.end..len - ranks.start
                } else {
                    ranks
                };
            }
            Between::Scores(range) => range.ranks(view),
            Between::Members(range) => range.ranks(view),
        };
        let count = ranks.len();
        let offset = usize::try_from(self.offset).unwrap_or(count).min(count);
        let limit = usize::try_from(self.limit)
            .unwrap_or(count)
            .min(count - offset);
        if self.down {
            let end = ranks.end - offset;
            end - limit..end
        } else {
            let start = ranks.start + offset;
            start..start + limit
        }
    }
}

/// The ranks from one to another one, both counted from the end if negative.
pub(crate) fn ranks_between(first: i64, last: i64, len: usize) -> Range<usize> {
    let counted = |rank: i64| match usize::try_from(rank) {
        Ok(rank) => Some(rank),
        Err(_) => len.checked_sub(usize::try_from(rank.unsigned_abs()).unwrap_or(usize::MAX)),
    };
    let first = counted(first).unwrap_or(0);
    match counted(last) {
        Some(last) if first <= last && first < len => first..last.saturating_add(1).min(len),
        _ => 0..0,
    }
}
