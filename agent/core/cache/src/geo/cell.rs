//! Cells of the grids that geohashes are made of.

use super::{BITS, LATITUDE_MAX, LONGITUDE_MAX, Point};

/// A cell of a grid of so many bits each way, counted from the south-west.
///
/// A point on the outermost border in the north or the east is in a cell of its own behind the last one, as in Redis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) bits: u32,
    north: u32,
    east: u32,
}

/// What a cell covers, in degrees.
#[derive(Clone, Copy, Debug)]
pub(super) struct Area {
    pub(super) west: f64,
    pub(super) east: f64,
    pub(super) south: f64,
    pub(super) north: f64,
}

impl Cell {
    /// The cell of a point in a grid up to a latitude.
    pub(super) fn of(point: Point, bits: u32, latitude_max: f64) -> Self {
        let cells = f64::from(1_u32 << bits);
        let index = |degrees: f64, most: f64| ((degrees + most) / (2.0 * most) * cells) as u32;
        Self {
            bits,
            north: index(point.latitude, latitude_max),
            east: index(point.longitude, LONGITUDE_MAX),
        }
    }

    /// That of which [`Self::bits`] are these.
    pub(super) fn of_bits(interleaved: u64, bits: u32) -> Self {
        Self {
            bits,
            north: every_second(interleaved),
            east: every_second(interleaved >> 1),
        }
    }

    /// The bits of both its numbers, one by one in turn.
    pub(super) fn bits(self) -> u64 {
        spread(self.north) | spread(self.east) << 1
    }

    /// The scores of all points in it: from the first one on, below the other one.
    pub(super) fn scores(self) -> (f64, f64) {
        let (bits, shift) = (self.bits(), 2 * (BITS - self.bits));
        ((bits << shift) as f64, ((bits + 1) << shift) as f64)
    }

    pub(super) fn area(self) -> Area {
        let cells = f64::from(1_u32 << self.bits);
        let degrees = |index: f64, most: f64| -most + index / cells * (2.0 * most);
        let (north, east) = (f64::from(self.north), f64::from(self.east));
        Area {
            west: degrees(east, LONGITUDE_MAX),
            east: degrees(east + 1.0, LONGITUDE_MAX),
            south: degrees(north, LATITUDE_MAX),
            north: degrees(north + 1.0, LATITUDE_MAX),
        }
    }

    /// The cell that is so many cells further, around the earth.
    pub(super) fn moved(self, north: i32, east: i32) -> Self {
        let cells = 1_u32 << self.bits;
        let moved = |index: u32, by: i32| match by {
            0 => index,
            by => index.wrapping_add_signed(by) % cells,
        };
        Self {
            bits: self.bits,
            north: moved(self.north, north),
            east: moved(self.east, east),
        }
    }
}

/// The bits of a number, with one between each two.
fn spread(number: u32) -> u64 {
    let mut bits = u64::from(number);
    for (shift, mask) in [
        (16, 0x0000_ffff_0000_ffff),
        (8, 0x00ff_00ff_00ff_00ff),
        (4, 0x0f0f_0f0f_0f0f_0f0f),
        (2, 0x3333_3333_3333_3333),
        (1, 0x5555_5555_5555_5555),
    ] {
        bits = (bits | bits << shift) & mask;
    }
    bits
}

/// Every second bit of a number, from the lowest on.
fn every_second(mut bits: u64) -> u32 {
    for (shift, mask) in [
        (0, 0x5555_5555_5555_5555),
        (1, 0x3333_3333_3333_3333),
        (2, 0x0f0f_0f0f_0f0f_0f0f),
        (4, 0x00ff_00ff_00ff_00ff),
        (8, 0x0000_ffff_0000_ffff),
        (16, 0x0000_0000_ffff_ffff_u64),
    ] {
        bits = (bits | bits >> shift) & mask;
    }
    bits as u32
}
