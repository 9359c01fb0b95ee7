//! Four-letter words: questions that come instead of a connect request.

/// A word that ZooKeeper knows. It is looked for in a connection's first four bytes only, before any session; later the
/// same bytes are a length. No word is a length that ZooKeeper would take (the smallest is 1.6 GB), so any bound on
/// frames below that leaves no doubt.
///
/// ZooKeeper answers and closes. A word that is known but not allowed (`4lw.commands.whitelist`; unless told otherwise
/// `srvr` alone is allowed) gets the line `WORD is not executed because it is not in the whitelist.` with a line feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FourLetterWord(&'static str);

/// All words, and what a telnet client sends when it is interrupted.
const WORDS: [&str; 18] = [
    "conf", "cons", "crst", "dirs", "dump", "envi", "gtmk", "hash", "isro", "mntr", "ruok", "srst",
    "srvr", "stat", "stmk", "wchc", "wchp", "wchs",
];

/// Interrupt process, and do (a telnet option): what `telnet` sends for Ctrl-C.
const TELNET_CLOSE: [u8; 4] = [0xff, 0xf4, 0xff, 0xfd];

impl FourLetterWord {
    /// The word that these first bytes of a connection are. `stmk` has eight bytes of a number after it.
    #[must_use]
    pub fn of_bytes(bytes: [u8; 4]) -> Option<Self> {
        if bytes == TELNET_CLOSE {
            return Some(Self("telnet close"));
        }
        let word = WORDS.iter().find(|word| word.as_bytes() == bytes)?;
        Some(Self(word))
    }

    /// The word; `telnet close` for what telnet sends.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_what_is_none() {
        for word in WORDS {
            let bytes = word.as_bytes().try_into().unwrap();
            assert_eq!(FourLetterWord::of_bytes(bytes).unwrap().as_str(), word);
        }
        assert!(FourLetterWord::of_bytes(TELNET_CLOSE).is_some());
        for other in [*b"ruoK", *b"ruo\n", [0, 0, 0, 44]] {
            assert_eq!(FourLetterWord::of_bytes(other), None);
        }
    }
}
