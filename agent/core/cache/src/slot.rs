//! Which of the 16,384 slots a key is in.
//!
//! <https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#key-distribution-model>

/// How many slots there are.
pub const SLOTS: u16 = 16_384;

/// The slot of a key: of what is between its first `{` and the next `}`, if that is anything.
#[must_use]
pub fn slot(key: &[u8]) -> u16 {
    crc16(hashed_part(key)) % SLOTS
}

fn hashed_part(key: &[u8]) -> &[u8] {
    let Some(open) = key.iter().position(|byte| *byte == b'{') else {
        return key;
    };
    let after = &key[open + 1..];
    match after.iter().position(|byte| *byte == b'}') {
        None | Some(0) => key,
        Some(close) => &after[..close],
    }
}

/// CRC-16/XMODEM, four bytes at a time.
fn crc16(bytes: &[u8]) -> u16 {
    let (fours, rest) = bytes.as_chunks::<4>();
    let crc = fours.iter().fold(0, |crc: u16, [a, b, c, d]| {
        let [high, low] = crc.to_be_bytes();
        TABLES[3][usize::from(high ^ a)]
            ^ TABLES[2][usize::from(low ^ b)]
            ^ TABLES[1][usize::from(*c)]
            ^ TABLES[0][usize::from(*d)]
    });
    rest.iter().fold(crc, |crc, byte| {
        let index = usize::from((crc >> 8) as u8 ^ byte);
        (crc << 8) ^ TABLES[0][index]
    })
}

/// What a byte makes of the sum, with so many bytes behind it.
static TABLES: [[u16; 256]; 4] = tables();

const fn tables() -> [[u16; 256]; 4] {
    let mut tables = [[0; 256]; 4];
    let mut index = 0;
    while index < 256 {
        let mut crc = (index as u16) << 8;
        let mut bit = 0;
        while bit < 32 {
            if bit % 8 == 0 && bit > 0 {
                tables[bit / 8 - 1][index] = crc;
            }
            let overflows = crc & 0x8000 != 0;
            crc <<= 1;
            if overflows {
                crc ^= 0x1021;
            }
            bit += 1;
        }
        tables[3][index] = crc;
        index += 1;
    }
    tables
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_those_of_the_specification() {
        assert_eq!(crc16(b"123456789"), 0x31c3);
        let bytes: Vec<u8> = (0..=255).rev().collect();
        for length in 0..bytes.len() {
            let one_by_one = bytes[..length].iter().fold(0, |crc: u16, byte| {
                (0..8).fold(crc ^ u16::from(*byte) << 8, |crc, _| {
                    crc << 1 ^ if crc & 0x8000 == 0 { 0 } else { 0x1021 }
                })
            });
            assert_eq!(crc16(&bytes[..length]), one_by_one);
        }
        for (key, part) in [
            ("{user1000}.following", "user1000"),
            ("foo{}{bar}", "foo{}{bar}"),
            ("foo{{bar}}zap", "{bar"),
            ("foo{bar}{zap}", "bar"),
            ("foo{bar", "foo{bar"),
            ("", ""),
        ] {
            assert_eq!(hashed_part(key.as_bytes()), part.as_bytes(), "{key}");
        }
        assert_eq!(slot(b"foo"), 12_182);
    }
}
