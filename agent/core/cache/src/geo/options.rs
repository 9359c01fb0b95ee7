//! The options of searches.

use super::area::Shape;
use super::search::Form;
use super::{Point, Unit};
use crate::command::Error;
use crate::command::shown;
use crate::number::{double, integer};
use crate::sorted_set::SortedSetView;

/// In which order results are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    NearestFirst,
    FurthestFirst,
}

/// What is asked for.
#[derive(Debug)]
pub(super) struct Query<'a, 's> {
    pub(super) middle: Option<Point>,
    /// Whether `FROMMEMBER` was there.
    from_member: bool,
    pub(super) shape: Option<Shape>,
    pub(super) unit: Unit,
    pub(super) with_distance: bool,
    pub(super) with_hash: bool,
    pub(super) with_point: bool,
    pub(super) order: Option<Order>,
    /// How many are wanted at most.
    pub(super) count: Option<usize>,
    /// Whether these may be any, not those that are nearest.
    pub(super) any: bool,
    /// Under which key results are stored.
    pub(super) destination: Option<&'a [u8]>,
    /// Whether distances are stored, and not places.
    pub(super) stores_distances: bool,
    set: Option<SortedSetView<'s>>,
    form: Form,
}

impl<'a, 's> Query<'a, 's> {
    /// Of a call's arguments, about this sorted set.
    pub(super) fn parse(
        args: &'a [&'a [u8]],
        form: Form,
        set: Option<SortedSetView<'s>>,
    ) -> Result<Self, Error> {
        let mut query = Self {
            middle: None,
            from_member: false,
            shape: None,
            unit: Unit::METER,
            with_distance: false,
            with_hash: false,
            with_point: false,
            order: None,
            count: None,
            any: false,
            destination: None,
            stores_distances: false,
            set,
            form,
        };
        let options = query.around(args)?;
        query.options(options)?;
        query.check(args[0])?;
        Ok(query)
    }

    /// What has its place among the arguments; the options behind it.
    fn around(&mut self, args: &'a [&'a [u8]]) -> Result<&'a [&'a [u8]], Error> {
        match self.form {
            Form::Around { .. } => {
                self.middle = Some(Point::parse(args[2], args[3])?);
                self.circle(args[4], args[5])?;
                Ok(&args[6..])
            }
            Form::AroundMember { .. } => {
                if self.set.is_some() {
                    self.member(args[2])?;
                    self.circle(args[3], args[4])?;
                }
                Ok(&args[5..])
            }
            Form::Search => Ok(&args[2..]),
            Form::SearchAndStore => {
                self.destination = Some(args[1]);
                Ok(&args[3..])
            }
        }
    }

    fn options(&mut self, mut words: &'a [&'a [u8]]) -> Result<(), Error> {
        while let [word, rest @ ..] = words {
            let is = |name: &str| word.eq_ignore_ascii_case(name.as_bytes());
            words = rest;
            if is("withdist") {
                self.with_distance = true;
            } else if is("withhash") {
                self.with_hash = true;
            } else if is("withcoord") {
                self.with_point = true;
            } else if is("any") {
                self.any = true;
            } else if is("asc") {
                self.order = Some(Order::NearestFirst);
            } else if is("desc") {
                self.order = Some(Order::FurthestFirst);
            } else if is("count")
                && let [count, rest @ ..] = rest
            {
                self.count = Some(parse_count(count)?);
                words = rest;
            } else {
                words = self.form_option(word, rest)?;
            }
        }
        Ok(())
    }

    /// An option that not all forms have; what is behind it.
    fn form_option(&mut self, word: &[u8], rest: &'a [&'a [u8]]) -> Result<&'a [&'a [u8]], Error> {
        let is = |name: &str| word.eq_ignore_ascii_case(name.as_bytes());
        match self.form {
            Form::Around { stores: true } | Form::AroundMember { stores: true } => match rest {
                [key, rest @ ..] if is("store") || is("storedist") => {
                    self.destination = Some(key);
                    self.stores_distances = is("storedist");
                    Ok(rest)
                }
                _ => Err(Error::Syntax),
            },
            Form::Around { .. } | Form::AroundMember { .. } => Err(Error::Syntax),
            Form::SearchAndStore if is("storedist") => {
                self.stores_distances = true;
                Ok(rest)
            }
            Form::Search | Form::SearchAndStore => self.search_option(word, rest),
        }
    }

    fn search_option(
        &mut self,
        word: &[u8],
        rest: &'a [&'a [u8]],
    ) -> Result<&'a [&'a [u8]], Error> {
        let is = |name: &str| word.eq_ignore_ascii_case(name.as_bytes());
        let is_circle = matches!(self.shape, Some(Shape::Circle { .. }));
        let is_box = matches!(self.shape, Some(Shape::Box { .. }));
        match rest {
            [member, rest @ ..] if is("frommember") && !self.has_place() => {
                self.from_member = true;
                if self.set.is_some() {
                    self.member(member)?;
                }
                Ok(rest)
            }
            [longitude, latitude, rest @ ..] if is("fromlonlat") && !self.from_member => {
                self.middle = Some(Point::parse(longitude, latitude)?);
                Ok(rest)
            }
            [radius, unit, rest @ ..] if is("byradius") && !is_box => {
                self.circle(radius, unit)?;
                Ok(rest)
            }
            [width, height, unit, rest @ ..] if is("bybox") && !is_circle => {
                self.box_of(width, height, unit)?;
                Ok(rest)
            }
            _ => Err(Error::Syntax),
        }
    }

    /// Whether `FROMLONLAT` was there.
    const fn has_place(&self) -> bool {
        self.middle.is_some() && !self.from_member
    }

    fn member(&mut self, member: &[u8]) -> Result<(), Error> {
        let score = self.set.and_then(|set| set.score(member));
        let score = score.ok_or(Error::text("ERR could not decode requested zset member"))?;
        self.middle = Some(Point::of_score(score));
        Ok(())
    }

    fn circle(&mut self, radius: &[u8], unit: &[u8]) -> Result<(), Error> {
        let radius = double(radius).ok_or(Error::text("ERR need numeric radius"))?;
        if radius < 0.0 {
            return Err(Error::text("ERR radius cannot be negative"));
        }
        self.unit = Unit::parse(unit)?;
        self.shape = Some(Shape::Circle {
            radius: radius * self.unit.meters(),
        });
        Ok(())
    }

    fn box_of(&mut self, width: &[u8], height: &[u8], unit: &[u8]) -> Result<(), Error> {
        let width = double(width).ok_or(Error::text("ERR need numeric width"))?;
        let height = double(height).ok_or(Error::text("ERR need numeric height"))?;
        if width < 0.0 || height < 0.0 {
            return Err(Error::text("ERR height or width cannot be negative"));
        }
        self.unit = Unit::parse(unit)?;
        self.shape = Some(Shape::Box {
            width: width * self.unit.meters(),
            height: height * self.unit.meters(),
        });
        Ok(())
    }

    fn check(&self, command: &[u8]) -> Result<(), Error> {
        let command = shown(command);
        let is_search = matches!(self.form, Form::Search | Form::SearchAndStore);
        let words = if self.destination.is_some()
            && (self.with_distance || self.with_hash || self.with_point)
        {
            let what = if is_search {
                "GEOSEARCHSTORE"
            } else {
                "STORE option in GEORADIUS"
            };
            format!("ERR {what} is not compatible with WITHDIST, WITHHASH and WITHCOORD options")
        } else if is_search && self.middle.is_none() && !self.from_member {
            format!("ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for {command}")
        } else if is_search && self.shape.is_none() {
            format!("ERR exactly one of BYRADIUS and BYBOX can be specified for {command}")
        } else if self.any && self.count.is_none() {
            "ERR the ANY argument requires COUNT argument".to_owned()
        } else {
            return Ok(());
        };
        Err(Error::Other(words.into()))
    }
}

fn parse_count(text: &[u8]) -> Result<usize, Error> {
    let count = integer(text).ok_or(Error::NotInteger)?;
    let count = usize::try_from(count).ok().filter(|count| *count > 0);
    count.ok_or(Error::text("ERR COUNT must be > 0"))
}
