use super::*;

fn point(longitude: f64, latitude: f64) -> Point {
    Point {
        longitude,
        latitude,
    }
}

/// As Redis's documentation has them.
#[test]
fn palermo_and_catania() {
    let (palermo, catania) = (point(13.361_389, 38.115_556), point(15.087_269, 37.502_669));
    assert_eq!(palermo.score(), 3_479_099_956_230_698.0);
    assert_eq!(catania.score(), 3_479_447_370_796_909.0);
    let stored = [palermo, catania].map(|it| Point::of_score(it.score()));
    assert_eq!(&stored[0].text(), b"sqc8b49rny0");
    assert_eq!(&stored[1].text(), b"sqdtr74hyu0");
    let distance = stored[0].distance(stored[1]);
    assert_eq!(format!("{distance:.4}"), "166274.1516");
}

/// Whatever is in a circle is in one of the cells that are looked through, but near the poles and the date line.
#[test]
fn cells_cover_their_circle() {
    let mut random = crate::random::Random::new(7);
    let mut next = |most: f64| (random.below(2_000_001) as f64 / 1_000_000.0 - 1.0) * most;
    for _ in 0..20_000 {
        let middle = point(next(120.0), next(60.0));
        let radius = 10_f64.powf(3.5 + next(2.5));
        let other = point(
            middle.longitude + next(radius / 5e4),
            middle.latitude + next(radius / 1e5),
        );
        let shape = area::Shape::Circle { radius };
        if other.longitude.abs() > 179.0
            || other.latitude.abs() > 80.0
            || shape.distance(middle, other).is_none()
        {
            continue;
        }
        let score = other.score();
        let is_in = |cell: &Cell| {
            let (min, max) = cell.scores();
            min <= score && score < max
        };
        let cells = shape.cells(middle);
        assert_eq!(
            cells.iter().filter(|cell| is_in(cell)).count(),
            1,
            "{middle:?} {radius} {other:?}"
        );
    }
}
