//! Which cells are looked through for what is in a circle or in a box.

use super::cell::Cell;
use super::{EARTH_RADIUS, LATITUDE_MAX, Point, degrees, radians};

/// Where something is looked for; lengths in meters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Shape {
    Circle { radius: f64 },
    Box { width: f64, height: f64 },
}

impl Shape {
    /// How far a point in it is from its middle, if it is in it.
    pub(super) fn distance(&self, middle: Point, point: Point) -> Option<f64> {
        match *self {
            Self::Circle { radius } => Some(middle.distance(point)).filter(|it| *it <= radius),
            Self::Box { width, height } => {
                let beside = Point {
                    longitude: middle.longitude,
                    ..point
                };
                let is_in = point.distance_north(middle) <= height / 2.0
                    && point.distance(beside) <= width / 2.0;
                is_in.then(|| middle.distance(point))
            }
        }
    }

    /// How far its furthest point is from its middle.
    fn radius(&self) -> f64 {
        match *self {
            Self::Circle { radius } => radius,
            Self::Box { width, height } => {
                (width / 2.0 * (width / 2.0) + height / 2.0 * (height / 2.0)).sqrt()
            }
        }
    }

    /// Half its height, and half its width.
    fn halves(&self) -> (f64, f64) {
        match *self {
            Self::Circle { radius } => (radius, radius),
            Self::Box { width, height } => (height / 2.0, width / 2.0),
        }
    }

    /// What covers it, in degrees: to the west, to the east, to the south, to the north.
    fn bounds(&self, middle: Point) -> [f64; 4] {
        let (height, width) = self.halves();
        let north = degrees(height / EARTH_RADIUS);
        // On which side of the equator it is tells where it is wider in degrees.
        let latitude = if middle.latitude < 0.0 {
            middle.latitude - north
        } else {
            middle.latitude + north
        };
        let east = degrees(width / EARTH_RADIUS / radians(latitude).cos());
        [
            middle.longitude - east,
            middle.longitude + east,
            middle.latitude - north,
            middle.latitude + north,
        ]
    }

    /// The cells to be looked through, in the order of Redis, which is that of the results if no other one is asked for.
    pub(super) fn cells(&self, middle: Point) -> Vec<Cell> {
        let [west, east, south, north] = self.bounds(middle);
        let cell_of = |bits: u32| Cell::of(middle, bits, LATITUDE_MAX);
        let mut bits = bits_for(self.radius(), middle.latitude);
        let cell = cell_of(bits);
        let is_too_near = cell.moved(1, 0).area().north < north
            || cell.moved(-1, 0).area().south > south
            || cell.moved(0, 1).area().east < east
            || cell.moved(0, -1).area().west > west;
        if bits > 1 && is_too_near {
            bits -= 1;
        }
        let cell = cell_of(bits);
        let area = cell.area();
        let is_useless = |to_north: i32, to_east: i32| {
            bits >= 2
                && (to_north < 0 && area.south < south
                    || to_north > 0 && area.north > north
                    || to_east < 0 && area.west < west
                    || to_east > 0 && area.east > east)
        };
        let mut cells = vec![cell];
        for (to_north, to_east) in NEIGHBOURS {
            let neighbour = cell.moved(to_north, to_east);
            // In coarse grids neighbours are the same.
            let is_last = cells.len() > 1 && cells.last() == Some(&neighbour);
            if !is_useless(to_north, to_east) && !is_last {
                cells.push(neighbour);
            }
        }
        cells
    }
}

/// How many cells to the north and to the east the neighbours of a cell are.
const NEIGHBOURS: [(i32, i32); 8] = [
    (1, 0),
    (-1, 0),
    (0, 1),
    (0, -1),
    (1, 1),
    (1, -1),
    (-1, 1),
    (-1, -1),
];

/// Of how many bits a grid is in which a cell with its neighbours covers what is so near.
fn bits_for(mut radius: f64, latitude: f64) -> u32 {
    /// Half the earth's circumference on the map, in meters.
    const MERCATOR_MAX: f64 = 20_037_726.37;
    if radius == 0.0 {
        return super::BITS;
    }
    let mut bits = 1;
    while radius < MERCATOR_MAX {
        radius *= 2.0;
        bits += 1;
    }
    bits -= 2;
    // Cells are narrow near the poles.
    if latitude.abs() > 66.0 {
        bits -= 1;
    }
    if latitude.abs() > 80.0 {
        bits -= 1;
    }
    bits.clamp(1, super::BITS as i32) as u32
}
