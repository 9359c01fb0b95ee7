//! Reads what `DUMP` of some Redis answered, a line of hexadecimal digits each, and writes for each line its value as it is written
//! here: packed and not packed, and whether both are read as the same value again.
//!
//!     cargo run -p synod-cache --example payloads < payloads.txt

use std::io::BufRead as _;

use synod_cache::rdb::{Form, VERSION_MAX, VERSION_WRITTEN, opened, read, sealed, write};

fn main() {
    for line in std::io::stdin().lock().lines() {
        let payload = bytes(&line.expect("text"));
        let Some(body) = opened(&payload) else {
            println!("version or checksum are wrong");
            continue;
        };
        let value = match read(body) {
            Ok(value) => value,
            Err(error) => {
                println!("{error}");
                continue;
            }
        };
        let mut told = Vec::new();
        for version in [VERSION_WRITTEN, VERSION_MAX] {
            for is_small in [true, false] {
                let mut body = Vec::new();
                let compresses = true;
                write(
                    &value,
                    Form {
                        is_small,
                        version,
                        compresses,
                    },
                    &mut body,
                );
                let is_same = read(&body).is_ok_and(|back| back == value);
                told.push(if is_same { "same" } else { "OTHER" }.to_owned());
                if version == VERSION_WRITTEN {
                    told.push(digits(&sealed(body)));
                }
            }
        }
        println!("{} {value:?}", told.join(" "));
    }
}

fn bytes(digits: &str) -> Vec<u8> {
    let pairs = digits.as_bytes().chunks_exact(2);
    let byte = |pair: &[u8]| u8::from_str_radix(&String::from_utf8_lossy(pair), 16);
    pairs
        .map(|pair| byte(pair).expect("hexadecimal digits"))
        .collect()
}

fn digits(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
