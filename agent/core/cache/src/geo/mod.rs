//! Places on the earth as scores of sorted sets: geohashes of 52 bits.

mod area;
mod cell;
mod options;
mod reply;
pub(crate) mod search;
#[cfg(test)]
mod tests;

use cell::Cell;
pub(crate) use reply::{distance_reply, point_reply};

use crate::command::Error;
use crate::number::double;

/// Where something is, in degrees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Point {
    longitude: f64,
    latitude: f64,
}

/// The largest longitude; the smallest one is as far west.
const LONGITUDE_MAX: f64 = 180.0;
/// The largest latitude, where the Web Mercator projection ends; the smallest one is as far south.
const LATITUDE_MAX: f64 = 85.051_128_78;
/// In meters, as Redis has it.
const EARTH_RADIUS: f64 = 6_372_797.560_856;
/// How many bits of each coordinate there are in a score.
const BITS: u32 = 26;

/// A unit of length, in meters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Unit(f64);

impl Unit {
    pub(crate) const METER: Self = Self(1.0);

    /// `M | KM | FT | MI`
    pub(crate) fn parse(word: &[u8]) -> Result<Self, Error> {
        let is = |name: &str| word.eq_ignore_ascii_case(name.as_bytes());
        if is("m") {
            Ok(Self::METER)
        } else if is("km") {
            Ok(Self(1000.0))
        } else if is("ft") {
            Ok(Self(0.3048))
        } else if is("mi") {
            Ok(Self(1609.34))
        } else {
            Err(Error::text(
                "ERR unsupported unit provided. please use M, KM, FT, MI",
            ))
        }
    }

    pub(crate) const fn meters(self) -> f64 {
        self.0
    }
}

impl Point {
    /// `longitude latitude`
    pub(crate) fn parse(longitude: &[u8], latitude: &[u8]) -> Result<Self, Error> {
        let longitude = double(longitude).ok_or(Error::NotFloat)?;
        let latitude = double(latitude).ok_or(Error::NotFloat)?;
        if longitude.abs() > LONGITUDE_MAX || latitude.abs() > LATITUDE_MAX {
            let words = format!("ERR invalid longitude,latitude pair {longitude:.6},{latitude:.6}");
            return Err(Error::Other(words.into()));
        }
        Ok(Self {
            longitude,
            latitude,
        })
    }

    /// As a score.
    pub(crate) fn score(self) -> f64 {
        Cell::of(self, BITS, LATITUDE_MAX).bits() as f64
    }

    /// The middle of what has this score.
    pub(crate) fn of_score(score: f64) -> Self {
        // What is no geohash is taken for one as the processors do that Redis mostly runs on.
        let bits = if score < 0.0 {
            (score as i64).cast_unsigned()
        } else if score < 2_f64.powi(64) {
            score as u64
        } else {
            0
        };
        let area = Cell::of_bits(bits, BITS).area();
        let middle = |min: f64, max: f64, most: f64| ((min + max) / 2.0).clamp(-most, most);
        Self {
            longitude: middle(area.west, area.east, LONGITUDE_MAX),
            latitude: middle(area.south, area.north, LATITUDE_MAX),
        }
    }

    /// Its geohash in eleven letters, as <https://en.wikipedia.org/wiki/Geohash> has them: of all latitudes up to the poles.
    pub(crate) fn text(self) -> [u8; 11] {
        const LETTERS: &[u8; 32] = b"0123456789bcdefghjkmnpqrstuvwxyz";
        const POLE: f64 = 90.0;
        let bits = Cell::of(self, BITS, POLE).bits();
        // There are bits for ten letters, and two more.
        let letter = |index: u32| match 47_u32.checked_sub(5 * index) {
            Some(shift) => LETTERS[(bits >> shift & 31) as usize],
            None => LETTERS[0],
        };
        std::array::from_fn(|index| letter(index as u32))
    }

    /// How far it is, in meters, by the haversine of the angle between them.
    pub(crate) fn distance(self, other: Self) -> f64 {
        let half = |one: f64, other: f64| ((radians(other) - radians(one)) / 2.0).sin();
        let east = half(self.longitude, other.longitude);
        if east == 0.0 {
            return self.distance_north(other);
        }
        let north = half(self.latitude, other.latitude);
        let width = radians(self.latitude).cos() * radians(other.latitude).cos();
        let square = north * north + width * east * east;
        2.0 * EARTH_RADIUS * square.sqrt().asin()
    }

    /// How far it is to the other one's latitude, in meters.
    fn distance_north(self, other: Self) -> f64 {
        EARTH_RADIUS * (radians(other.latitude) - radians(self.latitude)).abs()
    }
}

/// Degrees as the angle that they are.
fn radians(degrees: f64) -> f64 {
    degrees * (std::f64::consts::PI / 180.0)
}

/// An angle in degrees.
fn degrees(radians: f64) -> f64 {
    radians / (std::f64::consts::PI / 180.0)
}
