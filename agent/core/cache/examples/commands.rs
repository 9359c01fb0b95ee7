//! What a running Redis says of its commands, in lines as `tests/table/line.rs` writes them:
//!
//!     redis-server --port 7777 --save '' &
//!     cargo run -p synod-cache --example commands -- 127.0.0.1:7777 > agent/core/cache/tests/table/redis-7.0.15.txt

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;

fn main() {
    let address = std::env::args().nth(1).expect("the address of a Redis");
    let mut stream = TcpStream::connect(address).expect("a Redis");
    stream
        .write_all(b"*1\r\n$7\r\nCOMMAND\r\n")
        .expect("it listens");
    let commands = read(&mut BufReader::new(stream));
    let mut lines = Vec::new();
    for command in commands.parts() {
        lines.push(line(command));
        lines.extend(command.parts()[9].parts().iter().map(line));
    }
    lines.sort_unstable();
    for line in lines {
        println!("{line}");
    }
}

/// A reply, as far as `COMMAND` needs it.
enum Told {
    Text(String),
    Parts(Vec<Self>),
}

impl Told {
    fn text(&self) -> &str {
        match self {
            Self::Text(text) => text,
            Self::Parts(_) => panic!("it has parts"),
        }
    }

    fn parts(&self) -> &[Self] {
        match self {
            Self::Text(text) => panic!("{text} has no parts"),
            Self::Parts(parts) => parts,
        }
    }

    /// The value of a key of a map.
    fn at(&self, key: &str) -> &Self {
        let mut pairs = self.parts().chunks_exact(2);
        let pair = pairs.find(|pair| pair[0].text() == key);
        &pair.unwrap_or_else(|| panic!("there is no {key}"))[1]
    }
}

fn read(from: &mut BufReader<TcpStream>) -> Told {
    let mut head = String::new();
    from.read_line(&mut head).expect("a reply");
    let (kind, rest) = head.trim_end().split_at(1);
    let length = || rest.parse::<usize>().expect("a length");
    match kind {
        "*" => Told::Parts((0..length()).map(|_| read(from)).collect()),
        "$" => {
            let mut text = vec![0; length() + 2];
            from.read_exact(&mut text).expect("a string");
            text.truncate(length());
            Told::Text(String::from_utf8(text).expect("text"))
        }
        _ => Told::Text(rest.to_owned()),
    }
}

fn line(command: &Told) -> String {
    let parts = command.parts();
    let words = |of: &Told| {
        let mut words: Vec<_> = of.parts().iter().map(Told::text).collect();
        words.sort_unstable();
        words.join(" ")
    };
    let keys: Vec<_> = parts[8].parts().iter().map(keys).collect();
    let range: Vec<_> = parts[3..6].iter().map(Told::text).collect();
    [
        format!("{} {}", parts[0].text(), parts[1].text()),
        words(&parts[2]),
        words(&parts[6]),
        range.join(" "),
        keys.join("; "),
        words(&parts[7]),
    ]
    .join(" | ")
}

fn keys(spec: &Told) -> String {
    let mut uses: Vec<_> = spec.at("flags").parts().iter().map(Told::text).collect();
    uses.sort_unstable();
    let said = |of: &Told| {
        let spec = of.at("spec").parts().chunks_exact(2);
        let values: Vec<_> = spec.map(|pair| pair[1].text()).collect();
        [&[of.at("type").text()], &values[..]].concat().join(" ")
    };
    let (begin, find) = (said(spec.at("begin_search")), said(spec.at("find_keys")));
    format!("{}: {begin}, {find}", uses.join(" "))
}
