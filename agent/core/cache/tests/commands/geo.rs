use expect_test::expect;

use crate::play::play;

#[test]
fn geoadd_geopos_geodist_geohash() {
    expect![[r#"
        > geoadd g 13.361389 38.115556 Palermo 15.087269 37.502669 Catania
        (integer) 2
        > geoadd g nx 1 1 Palermo
        (integer) 0
        > geoadd g xx ch 13.361389 38.115556 Palermo 2 2 Nowhere
        (integer) 0
        > geoadd g ch 13.5 38 Palermo
        (integer) 1
        > geoadd g 13.361389 38.115556 Palermo
        (integer) 0
        > geoadd g nx xx 1 1 a
        (error) ERR syntax error
        > geoadd g gt 1 1 a
        (error) ERR syntax error
        > geoadd g 1 1
        (error) ERR wrong number of arguments for 'geoadd' command
        > geoadd g 1 1 a 1
        (error) ERR syntax error
        > geoadd g nx ch
        (error) ERR wrong number of arguments for 'geoadd' command
        > geoadd g nx ch xx
        (error) ERR syntax error
        > geoadd g x 1 a
        (error) ERR value is not a valid float
        > geoadd g 1 x a
        (error) ERR value is not a valid float
        > geoadd g 181 1 a
        (error) ERR invalid longitude,latitude pair 181.000000,1.000000
        > geoadd g -180.1 1 a
        (error) ERR invalid longitude,latitude pair -180.100000,1.000000
        > geoadd g 1 85.06 a
        (error) ERR invalid longitude,latitude pair 1.000000,85.060000
        > geoadd g 1 -86 a
        (error) ERR invalid longitude,latitude pair 1.000000,-86.000000
        > geoadd g nan 1 a
        (error) ERR value is not a valid float
        > geoadd g 180 85.05112878 corner -180 -85.05112878 other
        (integer) 2
        > geoadd g 0 0 middle
        (integer) 1
        > zrange g 0 -1 withscores
        1) "other"
        2) "0"
        3) "middle"
        4) "3377699720527872"
        5) "Palermo"
        6) "3479099956230698"
        7) "Catania"
        8) "3479447370796909"
        9) "corner"
        10) "13510798882111488"
        > geopos g Palermo x Catania corner other middle
        1) 1) "13.36138933897018433"
           2) "38.11555639549629859"
        2) (nil array)
        3) 1) "15.08726745843887329"
           2) "37.50266842333162032"
        4) 1) "180"
           2) "85.0511287799999991"
        5) 1) "-179.99999731779098511"
           2) "-85.05112751263942528"
        6) 1) "0.00000268220901489"
           2) "0.00000126736058093"
        > geopos g
        (empty array)
        > geopos none a
        1) (nil array)
        > geohash g Palermo x Catania corner other middle
        1) "sqc8b49rny0"
        2) (nil)
        3) "sqdtr74hyu0"
        4) "bp05b5048p0"
        5) "00bh0hbj200"
        6) "s0000000000"
        > geohash g
        (empty array)
        > geohash none a
        1) (nil)
        > geodist g Palermo Catania
        "166274.1516"
        > geodist g Palermo Catania km
        "166.2742"
        > geodist g Palermo Catania MI
        "103.3182"
        > geodist g Palermo Catania ft
        "545518.8700"
        > geodist g Palermo Catania m
        "166274.1516"
        > geodist g Palermo Catania x
        (error) ERR unsupported unit provided. please use M, KM, FT, MI
        > geodist g Palermo Catania km x
        (error) ERR syntax error
        > geodist g Palermo Palermo
        "0.0000"
        > geodist g corner other
        "18919844.5891"
        > geodist g middle other km
        "10560.8119"
        > geodist g Palermo x
        (nil)
        > geodist none a b
        (nil)
        > geodist none a b x
        (error) ERR unsupported unit provided. please use M, KM, FT, MI
        > geodist g Palermo
        (error) ERR wrong number of arguments for 'geodist' command
        > zadd g -5 low 1e300 high inf infinite 0.5 half
        (integer) 4
        > geohash g low high half
        1) "bp05b5048p0"
        2) "00bh0hbj200"
        3) "00bh0hbj200"
        > geodist g low half
        "18919844.5891"
        > set s 1
        OK
        > geoadd s 1 1 a
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > geopos s a
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > geohash s a
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > geodist s a b
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > geodist s a b x
        (error) ERR unsupported unit provided. please use M, KM, FT, MI
        > geopos g Palermo x
        1) 1) (double) 13.36138933897018433
           2) (double) 38.11555639549629859
        2) (nil)
        > geohash g Palermo x
        1) "sqc8b49rny0"
        2) (nil)
        > geodist g Palermo Catania
        "166274.1516"
        > geodist g Palermo x
        (nil)
    "#]]
    .assert_eq(&play(
        r#"
        geoadd g 13.361389 38.115556 Palermo 15.087269 37.502669 Catania
        geoadd g nx 1 1 Palermo
        geoadd g xx ch 13.361389 38.115556 Palermo 2 2 Nowhere
        geoadd g ch 13.5 38 Palermo
        geoadd g 13.361389 38.115556 Palermo
        geoadd g nx xx 1 1 a
        geoadd g gt 1 1 a
        geoadd g 1 1
        geoadd g 1 1 a 1
        geoadd g nx ch
        geoadd g nx ch xx
        geoadd g x 1 a
        geoadd g 1 x a
        geoadd g 181 1 a
        geoadd g -180.1 1 a
        geoadd g 1 85.06 a
        geoadd g 1 -86 a
        geoadd g nan 1 a
        geoadd g 180 85.05112878 corner -180 -85.05112878 other
        geoadd g 0 0 middle
        zrange g 0 -1 withscores
        geopos g Palermo x Catania corner other middle
        geopos g
        geopos none a
        geohash g Palermo x Catania corner other middle
        geohash g
        geohash none a
        geodist g Palermo Catania
        geodist g Palermo Catania km
        geodist g Palermo Catania MI
        geodist g Palermo Catania ft
        geodist g Palermo Catania m
        geodist g Palermo Catania x
        geodist g Palermo Catania km x
        geodist g Palermo Palermo
        geodist g corner other
        geodist g middle other km
        geodist g Palermo x
        geodist none a b
        geodist none a b x
        geodist g Palermo
        zadd g -5 low 1e300 high inf infinite 0.5 half
        geohash g low high half
        geodist g low half
        set s 1
        geoadd s 1 1 a
        geopos s a
        geohash s a
        geodist s a b
        geodist s a b x
        3
        geopos g Palermo x
        geohash g Palermo x
        geodist g Palermo Catania
        geodist g Palermo x
    "#,
    ));
}

#[test]
fn geosearch() {
    expect![[r#"
        > geoadd g 13.361389 38.115556 Palermo 15.087269 37.502669 Catania 12.758489 38.788135 edge1 17.241510 38.788135 edge2 -122.27652 37.805186 station -0.1278 51.5074 London 2.3522 48.8566 Paris 139.6917 35.6895 Tokyo -74.006 40.7128 York 179.9 -16.5 Fiji -179.9 -16.6 Rabi 18.0 -34.0 Cape 0 84 north 0.5 -84 south
        (integer) 14
        > geosearch g fromlonlat 15 37 byradius 200 km asc
        1) "Catania"
        2) "Palermo"
        > geosearch g fromlonlat 15 37 byradius 200 km desc
        1) "Palermo"
        2) "Catania"
        > geosearch g fromlonlat 15 37 byradius 200 km asc withcoord withdist withhash
        1) 1) "Catania"
           2) "56.4413"
           3) (integer) 3479447370796909
           4) 1) "15.08726745843887329"
              2) "37.50266842333162032"
        2) 1) "Palermo"
           2) "190.4424"
           3) (integer) 3479099956230698
           4) 1) "13.36138933897018433"
              2) "38.11555639549629859"
        > geosearch g fromlonlat 15 37 byradius 200 km withdist
        1) 1) "Palermo"
           2) "190.4424"
        2) 1) "Catania"
           2) "56.4413"
        > geosearch g fromlonlat 15 37 bybox 400 400 km asc withdist
        1) 1) "Catania"
           2) "56.4413"
        2) 1) "Palermo"
           2) "190.4424"
        3) 1) "edge2"
           2) "279.7403"
        4) 1) "edge1"
           2) "279.7405"
        > geosearch g fromlonlat 15 37 bybox 300 400 km asc withdist
        1) 1) "Catania"
           2) "56.4413"
        2) 1) "Palermo"
           2) "190.4424"
        > geosearch g fromlonlat 15 37 bybox 600 400 mi desc withdist
        1) 1) "edge1"
           2) "173.8231"
        2) 1) "edge2"
           2) "173.8230"
        3) 1) "Palermo"
           2) "118.3357"
        4) 1) "Catania"
           2) "35.0711"
        > geosearch g frommember Palermo byradius 0 m withdist
        1) 1) "Palermo"
           2) "0.0000"
        > geosearch g frommember Palermo byradius 200000 ft
        1) "Palermo"
        > geosearch g frommember Paris byradius 1000 mi asc withdist
        1) 1) "Paris"
           2) "0.0000"
        2) 1) "London"
           2) "213.5366"
        3) 1) "edge1"
           2) "866.3232"
        4) 1) "Palermo"
           2) "923.0828"
        > geosearch g frommember Fiji byradius 500 km asc withdist
        1) 1) "Fiji"
           2) "0.0000"
        2) 1) "Rabi"
           2) "24.0503"
        > geosearch g frommember Rabi byradius 20000 km asc withdist
        1) 1) "Rabi"
           2) "0.0000"
        2) 1) "Fiji"
           2) "24.0503"
        3) 1) "Tokyo"
           2) "7205.9480"
        4) 1) "station"
           2) "8529.2267"
        5) 1) "south"
           2) "8831.3526"
        6) 1) "north"
           2) "12524.0803"
        7) 1) "York"
           2) "12530.8485"
        8) 1) "Cape"
           2) "14081.6314"
        9) 1) "London"
           2) "16138.0604"
        10) 1) "Paris"
            2) "16427.1401"
        11) 1) "edge2"
            2) "17042.4408"
        12) 1) "edge1"
            2) "17262.5478"
        13) 1) "Catania"
            2) "17270.6718"
        14) 1) "Palermo"
            2) "17299.5488"
        > geosearch g frommember north byradius 3000 km asc
        1) "north"
        > geosearch g frommember south byradius 3000 km asc
        1) "south"
        > geosearch g frommember London bybox 20000 10000 km
        1) "station"
        2) "York"
        3) "London"
        4) "Palermo"
        5) "edge1"
        6) "Catania"
        7) "edge2"
        8) "Paris"
        9) "north"
        > geosearch g fromlonlat 0 0 byradius 30000 km
        1) "Palermo"
        2) "edge1"
        3) "Catania"
        4) "edge2"
        5) "Paris"
        6) "north"
        7) "Tokyo"
        8) "south"
        9) "Cape"
        10) "Fiji"
        11) "station"
        12) "York"
        13) "London"
        14) "Rabi"
        > geosearch g fromlonlat 15 37 byradius 30000 km count 2
        1) "Catania"
        2) "Palermo"
        > geosearch g fromlonlat 15 37 byradius 30000 km count 2 desc
        1) "Rabi"
        2) "Fiji"
        > geosearch g fromlonlat 15 37 byradius 300 km count 1 any
        1) "Palermo"
        > geosearch g fromlonlat 15 37 byradius 300 km count 3 any asc
        1) "Catania"
        2) "Palermo"
        3) "edge1"
        > geosearch g fromlonlat 15 37 byradius 300 km count 3 any desc withhash
        1) 1) "edge1"
           2) (integer) 3479273021651468
        2) 1) "Palermo"
           2) (integer) 3479099956230698
        3) 1) "Catania"
           2) (integer) 3479447370796909
        > geosearch g fromlonlat 15 37 byradius 300 km count 0
        (error) ERR COUNT must be > 0
        > geosearch g fromlonlat 15 37 byradius 300 km count -1
        (error) ERR COUNT must be > 0
        > geosearch g fromlonlat 15 37 byradius 300 km count x
        (error) ERR value is not an integer or out of range
        > geosearch g fromlonlat 15 37 byradius 300 km any
        (error) ERR the ANY argument requires COUNT argument
        > geosearch g fromlonlat 15 37 byradius 300 x
        (error) ERR unsupported unit provided. please use M, KM, FT, MI
        > geosearch g fromlonlat 15 37 byradius x km
        (error) ERR need numeric radius
        > geosearch g fromlonlat 15 37 byradius -1 km
        (error) ERR radius cannot be negative
        > geosearch g fromlonlat 15 37 bybox -1 1 km
        (error) ERR height or width cannot be negative
        > geosearch g fromlonlat 15 37 bybox 1 -1 km
        (error) ERR height or width cannot be negative
        > geosearch g fromlonlat 15 37 bybox x 1 km
        (error) ERR need numeric width
        > geosearch g fromlonlat 15 37 bybox 1 x km
        (error) ERR need numeric height
        > geosearch g fromlonlat 15 37 bybox 1 1 x
        (error) ERR unsupported unit provided. please use M, KM, FT, MI
        > geosearch g fromlonlat 15 97 bybox 1 1 km
        (error) ERR invalid longitude,latitude pair 15.000000,97.000000
        > geosearch g fromlonlat x 1 bybox 1 1 km
        (error) ERR value is not a valid float
        > geosearch g frommember x byradius 1 km
        (error) ERR could not decode requested zset member
        > geosearch g frommember Paris fromlonlat 1 1 byradius 1 km
        (error) ERR syntax error
        > geosearch g fromlonlat 1 1 frommember Paris byradius 1 km
        (error) ERR syntax error
        > geosearch g fromlonlat 1 1 bybox 1 1 km byradius 1 km
        (error) ERR syntax error
        > geosearch g fromlonlat 1 1 byradius 1 km bybox 1 1 km
        (error) ERR syntax error
        > geosearch g fromlonlat 1 1 asc desc
        (error) ERR exactly one of BYRADIUS and BYBOX can be specified for geosearch
        > geosearch g byradius 1 km withdist asc
        (error) ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for geosearch
        > geosearch g byradius 1 km asc store x
        (error) ERR syntax error
        > geosearch g fromlonlat 1 1 byradius 1 km storedist
        (error) ERR syntax error
        > geosearch g fromlonlat 1 1 byradius 1 km x
        (error) ERR syntax error
        > geosearch g fromlonlat 1 1
        (error) ERR wrong number of arguments for 'geosearch' command
        > geosearch none fromlonlat 1 1 byradius 1 km
        (empty array)
        > geosearch none frommember x byradius 1 km
        (empty array)
        > geosearch none frommember x byradius 1 x
        (error) ERR unsupported unit provided. please use M, KM, FT, MI
        > geosearch none frommember x asc desc asc
        (error) ERR exactly one of BYRADIUS and BYBOX can be specified for geosearch
        > set s 1
        OK
        > geosearch s fromlonlat 1 1 byradius 1 km
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > geosearch s fromlonlat 1 1 byradius 1 x
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > geosearch g fromlonlat 15 37 byradius 200 km asc withcoord withdist withhash
        1) 1) "Catania"
           2) "56.4413"
           3) (integer) 3479447370796909
           4) 1) (double) 15.08726745843887329
              2) (double) 37.50266842333162032
        2) 1) "Palermo"
           2) "190.4424"
           3) (integer) 3479099956230698
           4) 1) (double) 13.36138933897018433
              2) (double) 38.11555639549629859
        > geosearch g fromlonlat 15 37 byradius 200 km asc
        1) "Catania"
        2) "Palermo"
    "#]]
    .assert_eq(&play(
        r#"
        geoadd g 13.361389 38.115556 Palermo 15.087269 37.502669 Catania 12.758489 38.788135 edge1 17.241510 38.788135 edge2 -122.27652 37.805186 station -0.1278 51.5074 London 2.3522 48.8566 Paris 139.6917 35.6895 Tokyo -74.006 40.7128 York 179.9 -16.5 Fiji -179.9 -16.6 Rabi 18.0 -34.0 Cape 0 84 north 0.5 -84 south
        geosearch g fromlonlat 15 37 byradius 200 km asc
        geosearch g fromlonlat 15 37 byradius 200 km desc
        geosearch g fromlonlat 15 37 byradius 200 km asc withcoord withdist withhash
        geosearch g fromlonlat 15 37 byradius 200 km withdist
        geosearch g fromlonlat 15 37 bybox 400 400 km asc withdist
        geosearch g fromlonlat 15 37 bybox 300 400 km asc withdist
        geosearch g fromlonlat 15 37 bybox 600 400 mi desc withdist
        geosearch g frommember Palermo byradius 0 m withdist
        geosearch g frommember Palermo byradius 200000 ft
        geosearch g frommember Paris byradius 1000 mi asc withdist
        geosearch g frommember Fiji byradius 500 km asc withdist
        geosearch g frommember Rabi byradius 20000 km asc withdist
        geosearch g frommember north byradius 3000 km asc
        geosearch g frommember south byradius 3000 km asc
        geosearch g frommember London bybox 20000 10000 km
        geosearch g fromlonlat 0 0 byradius 30000 km
        geosearch g fromlonlat 15 37 byradius 30000 km count 2
        geosearch g fromlonlat 15 37 byradius 30000 km count 2 desc
        geosearch g fromlonlat 15 37 byradius 300 km count 1 any
        geosearch g fromlonlat 15 37 byradius 300 km count 3 any asc
        geosearch g fromlonlat 15 37 byradius 300 km count 3 any desc withhash
        geosearch g fromlonlat 15 37 byradius 300 km count 0
        geosearch g fromlonlat 15 37 byradius 300 km count -1
        geosearch g fromlonlat 15 37 byradius 300 km count x
        geosearch g fromlonlat 15 37 byradius 300 km any
        geosearch g fromlonlat 15 37 byradius 300 x
        geosearch g fromlonlat 15 37 byradius x km
        geosearch g fromlonlat 15 37 byradius -1 km
        geosearch g fromlonlat 15 37 bybox -1 1 km
        geosearch g fromlonlat 15 37 bybox 1 -1 km
        geosearch g fromlonlat 15 37 bybox x 1 km
        geosearch g fromlonlat 15 37 bybox 1 x km
        geosearch g fromlonlat 15 37 bybox 1 1 x
        geosearch g fromlonlat 15 97 bybox 1 1 km
        geosearch g fromlonlat x 1 bybox 1 1 km
        geosearch g frommember x byradius 1 km
        geosearch g frommember Paris fromlonlat 1 1 byradius 1 km
        geosearch g fromlonlat 1 1 frommember Paris byradius 1 km
        geosearch g fromlonlat 1 1 bybox 1 1 km byradius 1 km
        geosearch g fromlonlat 1 1 byradius 1 km bybox 1 1 km
        geosearch g fromlonlat 1 1 asc desc
        geosearch g byradius 1 km withdist asc
        geosearch g byradius 1 km asc store x
        geosearch g fromlonlat 1 1 byradius 1 km storedist
        geosearch g fromlonlat 1 1 byradius 1 km x
        geosearch g fromlonlat 1 1
        geosearch none fromlonlat 1 1 byradius 1 km
        geosearch none frommember x byradius 1 km
        geosearch none frommember x byradius 1 x
        geosearch none frommember x asc desc asc
        set s 1
        geosearch s fromlonlat 1 1 byradius 1 km
        geosearch s fromlonlat 1 1 byradius 1 x
        3
        geosearch g fromlonlat 15 37 byradius 200 km asc withcoord withdist withhash
        geosearch g fromlonlat 15 37 byradius 200 km asc
    "#,
    ));
}

#[test]
fn georadius_and_storing() {
    expect![[r#"
        > geoadd g 13.361389 38.115556 Palermo 15.087269 37.502669 Catania 12.758489 38.788135 edge1 17.241510 38.788135 edge2 -122.27652 37.805186 station -0.1278 51.5074 London 2.3522 48.8566 Paris 139.6917 35.6895 Tokyo -74.006 40.7128 York 179.9 -16.5 Fiji -179.9 -16.6 Rabi 18.0 -34.0 Cape 0 84 north 0.5 -84 south
        (integer) 14
        > georadius g 15 37 200 km
        1) "Palermo"
        2) "Catania"
        > georadius g 15 37 200 km withdist withcoord withhash asc
        1) 1) "Catania"
           2) "56.4413"
           3) (integer) 3479447370796909
           4) 1) "15.08726745843887329"
              2) "37.50266842333162032"
        2) 1) "Palermo"
           2) "190.4424"
           3) (integer) 3479099956230698
           4) 1) "13.36138933897018433"
              2) "38.11555639549629859"
        > georadius g 15 37 200 km count 1
        1) "Catania"
        > georadius g 15 37 200 km count 1 any desc
        1) "Palermo"
        > georadius g 15 37 200 x
        (error) ERR unsupported unit provided. please use M, KM, FT, MI
        > georadius g x 37 200 km
        (error) ERR value is not a valid float
        > georadius g 15 37 200 km x
        (error) ERR syntax error
        > georadius none 15 37 200 km
        (empty array)
        > georadius none 15 97 200 km
        (error) ERR invalid longitude,latitude pair 15.000000,97.000000
        > georadius g 15 37 200 km fromlonlat 1 1
        (error) ERR syntax error
        > georadius_ro g 15 37 200 km asc
        1) "Catania"
        2) "Palermo"
        > georadius_ro g 15 37 200 km store d
        (error) ERR syntax error
        > georadiusbymember g Palermo 200 km asc withdist
        1) 1) "Palermo"
           2) "0.0000"
        2) 1) "edge1"
           2) "91.4007"
        3) 1) "Catania"
           2) "166.2742"
        > georadiusbymember g x 200 km
        (error) ERR could not decode requested zset member
        > georadiusbymember g Palermo 200 x
        (error) ERR unsupported unit provided. please use M, KM, FT, MI
        > georadiusbymember none Palermo 200 x
        (empty array)
        > georadiusbymember none Palermo x x y
        (error) ERR syntax error
        > georadiusbymember_ro g Palermo 200 km desc
        1) "Catania"
        2) "edge1"
        3) "Palermo"
        > georadiusbymember_ro g Palermo 200 km store d
        (error) ERR syntax error
        > georadius g 15 37 200 km store d
        (integer) 2
        > zrange d 0 -1 withscores
        1) "Palermo"
        2) "3479099956230698"
        3) "Catania"
        4) "3479447370796909"
        > georadius g 15 37 200 km storedist d count 1
        (integer) 1
        > zcard d
        (integer) 1
        > georadius g 15 37 200 km store d withdist
        (error) ERR STORE option in GEORADIUS is not compatible with WITHDIST, WITHHASH and WITHCOORD options
        > georadius g 15 37 200 km store
        (error) ERR syntax error
        > georadiusbymember g Palermo 200 km store d
        (integer) 3
        > zrange d 0 -1
        1) "Palermo"
        2) "edge1"
        3) "Catania"
        > georadiusbymember none Palermo 200 km store d
        (integer) 0
        > zcard d
        (integer) 0
        > geosearchstore d g fromlonlat 15 37 byradius 200 km asc count 2
        (integer) 2
        > zrange d 0 -1 withscores
        1) "Palermo"
        2) "3479099956230698"
        3) "Catania"
        4) "3479447370796909"
        > geosearchstore d g frommember Palermo bybox 400 400 km storedist
        (integer) 3
        > zcard d
        (integer) 3
        > geosearchstore d g fromlonlat 15 37 byradius 200 km withdist
        (error) ERR GEOSEARCHSTORE is not compatible with WITHDIST, WITHHASH and WITHCOORD options
        > geosearchstore d g fromlonlat 15 37 byradius 200 km store x
        (error) ERR syntax error
        > geosearchstore d g byradius 200 km asc desc
        (error) ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for geosearchstore
        > geosearchstore d g fromlonlat 15 37 asc desc
        (error) ERR exactly one of BYRADIUS and BYBOX can be specified for geosearchstore
        > geosearchstore d g fromlonlat 100 -37 byradius 1 m
        (integer) 0
        > zcard d
        (integer) 0
        > geosearchstore d none fromlonlat 15 37 byradius 200 km
        (integer) 0
        > set s 1
        OK
        > geosearchstore d s fromlonlat 15 37 byradius 200 km
        (error) WRONGTYPE Operation against a key holding the wrong kind of value
        > geosearchstore s g fromlonlat 15 37 byradius 200 km
        (integer) 2
        > zcard s
        (integer) 2
        > geosearchstore s none fromlonlat 15 37 byradius 200 km
        (integer) 0
        > zcard s
        (integer) 0
        > geosearchstore g g fromlonlat 15 37 byradius 200 km
        (integer) 2
        > zcard g
        (integer) 2
        > geosearchstore g g fromlonlat
        (error) ERR wrong number of arguments for 'geosearchstore' command
    "#]]
    .assert_eq(&play(
        r#"
        geoadd g 13.361389 38.115556 Palermo 15.087269 37.502669 Catania 12.758489 38.788135 edge1 17.241510 38.788135 edge2 -122.27652 37.805186 station -0.1278 51.5074 London 2.3522 48.8566 Paris 139.6917 35.6895 Tokyo -74.006 40.7128 York 179.9 -16.5 Fiji -179.9 -16.6 Rabi 18.0 -34.0 Cape 0 84 north 0.5 -84 south
        georadius g 15 37 200 km
        georadius g 15 37 200 km withdist withcoord withhash asc
        georadius g 15 37 200 km count 1
        georadius g 15 37 200 km count 1 any desc
        georadius g 15 37 200 x
        georadius g x 37 200 km
        georadius g 15 37 200 km x
        georadius none 15 37 200 km
        georadius none 15 97 200 km
        georadius g 15 37 200 km fromlonlat 1 1
        georadius_ro g 15 37 200 km asc
        georadius_ro g 15 37 200 km store d
        georadiusbymember g Palermo 200 km asc withdist
        georadiusbymember g x 200 km
        georadiusbymember g Palermo 200 x
        georadiusbymember none Palermo 200 x
        georadiusbymember none Palermo x x y
        georadiusbymember_ro g Palermo 200 km desc
        georadiusbymember_ro g Palermo 200 km store d
        georadius g 15 37 200 km store d
        zrange d 0 -1 withscores
        georadius g 15 37 200 km storedist d count 1
        zcard d
        georadius g 15 37 200 km store d withdist
        georadius g 15 37 200 km store
        georadiusbymember g Palermo 200 km store d
        zrange d 0 -1
        georadiusbymember none Palermo 200 km store d
        zcard d
        geosearchstore d g fromlonlat 15 37 byradius 200 km asc count 2
        zrange d 0 -1 withscores
        geosearchstore d g frommember Palermo bybox 400 400 km storedist
        zcard d
        geosearchstore d g fromlonlat 15 37 byradius 200 km withdist
        geosearchstore d g fromlonlat 15 37 byradius 200 km store x
        geosearchstore d g byradius 200 km asc desc
        geosearchstore d g fromlonlat 15 37 asc desc
        geosearchstore d g fromlonlat 100 -37 byradius 1 m
        zcard d
        geosearchstore d none fromlonlat 15 37 byradius 200 km
        set s 1
        geosearchstore d s fromlonlat 15 37 byradius 200 km
        geosearchstore s g fromlonlat 15 37 byradius 200 km
        zcard s
        geosearchstore s none fromlonlat 15 37 byradius 200 km
        zcard s
        geosearchstore g g fromlonlat 15 37 byradius 200 km
        zcard g
        geosearchstore g g fromlonlat
    "#,
    ));
}
