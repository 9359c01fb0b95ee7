//! Commands as clients send them: arrays of strings, or lines.
//!
//! <https://redis.io/docs/latest/develop/reference/protocol-spec/#sending-commands-to-a-redis-server>

use std::collections::VecDeque;
use std::ops::Range;

/// What a client may send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// The most arguments of a command.
    pub arguments_max: usize,
    /// The longest argument, in bytes.
    pub argument_bytes_max: usize,
}

impl Bounds {
    /// For those who have said who they are: 512 MiB.
    pub const KNOWN: Self = Self {
        arguments_max: 1024 * 1024,
        argument_bytes_max: 512 * 1024 * 1024,
    };
    /// For all others.
    pub const UNKNOWN: Self = Self {
        arguments_max: 10,
        argument_bytes_max: 16 * 1024,
    };
}

/// The longest line, in bytes.
const LINE_BYTES_MAX: usize = 64 * 1024;

/// What is sent is no command; the connection is to be closed when this was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProtocolError {
    /// The number of arguments cannot be.
    #[error("ERR Protocol error: invalid multibulk length")]
    Count,
    /// One who has not said who he is sends more arguments than that needs.
    #[error("ERR Protocol error: unauthenticated multibulk length")]
    CountUnknown,
    /// The length of an argument cannot be.
    #[error("ERR Protocol error: invalid bulk length")]
    Length,
    /// One who has not said who he is sends a longer argument than that needs.
    #[error("ERR Protocol error: unauthenticated bulk length")]
    LengthUnknown,
    /// The number of arguments does not end.
    #[error("ERR Protocol error: too big mbulk count string")]
    EndlessCount,
    /// The length of an argument does not end.
    #[error("ERR Protocol error: too big bulk count string")]
    EndlessLength,
    /// A line does not end.
    #[error("ERR Protocol error: too big inline request")]
    EndlessLine,
    /// A quote in a line does not end, or goes on behind its end.
    #[error("ERR Protocol error: unbalanced quotes in request")]
    Quotes,
    /// An argument begins otherwise.
    #[error("ERR Protocol error: expected '$', got '{}'", .0.escape_ascii())]
    NoLength(u8),
}

/// Finds commands in what a client has sent. What it has found of one that is not whole yet it does not look at again.
///
/// It looks ahead: of a client that sends many commands at once it knows the next ones when the first is carried out.
#[derive(Clone, Debug, Default)]
pub struct Parser {
    /// Where arguments are, in the input from where their command begins: those of the command that was found last, of those that
    /// come next, and of the one that is not whole.
    arguments: Vec<Range<usize>>,
    /// Those of the command that was found last.
    current: Range<usize>,
    /// That one is in so many bytes, and is to be found again.
    again: Option<usize>,
    /// Whole commands that come next.
    ahead: VecDeque<Ahead>,
    /// Nobody has asked for those yet.
    ahead_is_new: bool,
    /// How many arguments are still to come.
    missing: usize,
    /// Up to where the input was looked at.
    at: usize,
    /// The length of the argument that is to come, if it is known.
    length: Option<usize>,
    /// An inline command with quotes is not in the input as its words are meant.
    words: Vec<u8>,
    is_inline: bool,
}

/// A command that comes next.
#[derive(Clone, Copy, Debug)]
struct Ahead {
    arguments: usize,
    bytes: usize,
}

/// It looks no further ahead.
const AHEAD_MAX: usize = 32;

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// A command, in so many bytes of the input; its arguments are [`Parser::arguments`].
    Command(usize),
    /// Nothing to be done, in so many bytes.
    Nothing(usize),
    /// More is to come.
    Incomplete,
}

impl Parser {
    /// Looks for a command at the start of the input, which has grown since it was incomplete.
    ///
    /// # Errors
    /// If there is none.
    pub fn next(&mut self, input: &[u8], bounds: &Bounds) -> Result<Found, ProtocolError> {
        if let Some(bytes) = self.again.take() {
            self.ahead_is_new = false;
            return Ok(Found::Command(bytes));
        }
        let end = self.current.end;
        if let Some(Ahead { arguments, bytes }) = self.ahead.pop_front() {
            self.current = end..end + arguments;
            self.ahead_is_new = false;
            return Ok(Found::Command(bytes));
        }
        self.arguments.drain(..end);
        self.current = 0..0;
        let found = self.find(input, bounds)?;
        if let Found::Command(bytes) = found {
            self.current = 0..self.arguments.len();
            // Who has not said who he is may do so with any command, and the next one is of somebody who is known.
            if !self.is_inline && *bounds == Bounds::KNOWN {
                self.look_ahead(&input[bytes..], bounds);
            }
        }
        Ok(found)
    }

    /// The command that was found last, in so many bytes, cannot be carried out yet: it is found once more.
    pub const fn put_back(&mut self, bytes: usize) {
        self.again = Some(bytes);
    }

    /// The arguments of the command that was found in this input.
    pub fn arguments<'a>(&'a self, input: &'a [u8]) -> impl ExactSizeIterator<Item = &'a [u8]> {
        let bytes = if self.is_inline { &self.words } else { input };
        let arguments = self.arguments[self.current.clone()].iter();
        arguments.map(|range| &bytes[range.clone()])
    }

    /// The first arguments of the commands that come next in this input, behind the one that was found, as far as they are known and
    /// were not told before. Most of them are keys.
    pub fn ahead<'a>(&'a mut self, input: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
        let is_new = std::mem::take(&mut self.ahead_is_new);
        let (mut first, mut begin) = (self.current.end, 0);
        let all = self.ahead.iter().take(if is_new { AHEAD_MAX } else { 0 });
        let arguments = &self.arguments;
        all.filter_map(move |ahead| {
            let arguments = &arguments[first..first + ahead.arguments];
            let command = &input[begin..begin + ahead.bytes];
            (first, begin) = (first + ahead.arguments, begin + ahead.bytes);
            arguments.get(1).map(|range| &command[range.clone()])
        })
    }

    /// Finds commands that begin here, as far as they are whole and nothing is wrong with them.
    fn look_ahead(&mut self, mut input: &[u8], bounds: &Bounds) {
        while self.ahead.len() < AHEAD_MAX && input.first() == Some(&b'*') {
            let arguments = self.arguments.len();
            match self.find(input, bounds) {
                Ok(Found::Incomplete) => break,
                Ok(Found::Command(bytes)) => {
                    self.ahead.push_back(Ahead {
                        arguments: self.arguments.len() - arguments,
                        bytes,
                    });
                    input = &input[bytes..];
                }
                Ok(Found::Nothing(_)) | Err(_) => {
                    // That is found again when it is its turn.
                    self.arguments.truncate(arguments);
                    (self.at, self.missing, self.length) = (0, 0, None);
                    break;
                }
            }
        }
        self.ahead_is_new = !self.ahead.is_empty();
    }

    /// Looks for a command at the start of the input; its arguments come behind all others.
    fn find(&mut self, input: &[u8], bounds: &Bounds) -> Result<Found, ProtocolError> {
        if self.at == 0 {
            match input.first() {
                None => return Ok(Found::Incomplete),
                Some(b'*') => match self.count(input, bounds)? {
                    None => return Ok(Found::Incomplete),
                    Some(0) => return Ok(Found::Nothing(std::mem::take(&mut self.at))),
                    Some(count) => self.missing = count,
                },
                Some(_) => return self.line(input),
            }
        }
        while self.missing > 0 {
            if !self.argument(input, bounds)? {
                return Ok(Found::Incomplete);
            }
            self.missing -= 1;
        }
        self.is_inline = false;
        Ok(Found::Command(std::mem::take(&mut self.at)))
    }

    /// How many bytes of the input are needed at least until there is more to be found.
    #[must_use]
    pub fn needed(&self) -> usize {
        self.length.map_or(0, |length| self.at + length + 2)
    }

    /// The number of arguments, once its line is whole.
    fn count(&mut self, input: &[u8], bounds: &Bounds) -> Result<Option<usize>, ProtocolError> {
        let Some(end) = line_end(&input[1..], ProtocolError::EndlessCount)? else {
            return Ok(None);
        };
        let count = number(&input[1..=end]).ok_or(ProtocolError::Count)?;
        self.at = end + 3;
        match usize::try_from(count) {
            Err(_) => Ok(Some(0)),
            Ok(count) if count <= bounds.arguments_max => Ok(Some(count)),
            Ok(_) if bounds.arguments_max < Bounds::KNOWN.arguments_max => {
                Err(ProtocolError::CountUnknown)
            }
            Ok(_) => Err(ProtocolError::Count),
        }
    }

    /// Whether the next argument is whole.
    fn argument(&mut self, input: &[u8], bounds: &Bounds) -> Result<bool, ProtocolError> {
        let length = match self.length {
            Some(length) => length,
            None => match self.argument_length(input, bounds)? {
                None => return Ok(false),
                Some(length) => *self.length.insert(length),
            },
        };
        if input.len() < self.at + length + 2 {
            return Ok(false);
        }
        self.arguments.push(self.at..self.at + length);
        self.at += length + 2;
        self.length = None;
        Ok(true)
    }

    fn argument_length(
        &mut self,
        input: &[u8],
        bounds: &Bounds,
    ) -> Result<Option<usize>, ProtocolError> {
        let rest = &input[self.at..];
        let Some(first) = rest.first() else {
            return Ok(None);
        };
        let Some(end) = line_end(rest, ProtocolError::EndlessLength)? else {
            return Ok(None);
        };
        if *first != b'$' {
            return Err(ProtocolError::NoLength(*first));
        }
        let length = number(&rest[1..end]).ok_or(ProtocolError::Length)?;
        self.at += end + 2;
        match usize::try_from(length) {
            Ok(length) if length <= bounds.argument_bytes_max => Ok(Some(length)),
            Ok(_) if bounds.arguments_max < Bounds::KNOWN.arguments_max => {
                Err(ProtocolError::LengthUnknown)
            }
            _ => Err(ProtocolError::Length),
        }
    }

    /// A line of words, as one types it.
    fn line(&mut self, input: &[u8]) -> Result<Found, ProtocolError> {
        let within = &input[..input.len().min(LINE_BYTES_MAX)];
        let Some(end) = within.iter().position(|byte| *byte == b'\n') else {
            return if input.len() > LINE_BYTES_MAX {
                Err(ProtocolError::EndlessLine)
            } else {
                Ok(Found::Incomplete)
            };
        };
        let line = &input[..end];
        self.words.clear();
        self.is_inline = true;
        split_words(
            line.strip_suffix(b"\r").unwrap_or(line),
            &mut self.words,
            &mut self.arguments,
        )?;
        Ok(if self.arguments.is_empty() {
            Found::Nothing(end + 1)
        } else {
            Found::Command(end + 1)
        })
    }
}

/// Where the line ends that begins there, if it does within the bound.
fn line_end(bytes: &[u8], endless: ProtocolError) -> Result<Option<usize>, ProtocolError> {
    let within = &bytes[..bytes.len().min(LINE_BYTES_MAX)];
    match within.iter().position(|byte| *byte == b'\r') {
        // The byte behind it is a line feed; nobody looks.
        Some(end) if end + 1 < bytes.len() => Ok(Some(end)),
        None if bytes.len() > LINE_BYTES_MAX => Err(endless),
        _ => Ok(None),
    }
}

/// A number as clients write it, most often a short one.
#[inline]
fn number(text: &[u8]) -> Option<i64> {
    match text {
        [digit @ b'0'..=b'9'] => Some(i64::from(digit - b'0')),
        [ten @ b'1'..=b'9', one @ b'0'..=b'9'] => {
            Some(i64::from(ten - b'0') * 10 + i64::from(one - b'0'))
        }
        _ => crate::number::integer(text),
    }
}

/// The words of a line, as [`Parser`] reads them of those who type commands.
///
/// # Errors
/// If a quote does not end.
pub fn words(line: &[u8]) -> Result<Vec<Vec<u8>>, ProtocolError> {
    let (mut bytes, mut ranges) = (Vec::new(), Vec::new());
    split_words(line, &mut bytes, &mut ranges)?;
    let words = ranges.into_iter();
    Ok(words.map(|range| bytes[range].to_vec()).collect())
}

/// Words between spaces; in quotes there may be spaces. In double quotes `\n`, `\r`, `\t`, `\b`, `\a` and `\xff` stand for others, in
/// single ones only `\'`.
fn split_words(
    line: &[u8],
    words: &mut Vec<u8>,
    ranges: &mut Vec<Range<usize>>,
) -> Result<(), ProtocolError> {
    let mut rest = line;
    loop {
        let spaces = rest
            .iter()
            .take_while(|byte| byte.is_ascii_whitespace() || **byte == 0x0b);
        rest = &rest[spaces.count()..];
        if rest.is_empty() {
            return Ok(());
        }
        let start = words.len();
        rest = word(rest, words)?;
        ranges.push(start..words.len());
    }
}

/// Appends the next word; what is behind it.
fn word<'a>(mut rest: &'a [u8], words: &mut Vec<u8>) -> Result<&'a [u8], ProtocolError> {
    loop {
        match rest {
            [] => return Ok(rest),
            [space, ..] if space.is_ascii_whitespace() || *space == 0 => return Ok(&rest[1..]),
            [quote @ (b'"' | b'\''), quoted @ ..] => {
                rest = string(*quote, quoted, words)?;
                return match rest.first() {
                    Some(next) if !next.is_ascii_whitespace() => Err(ProtocolError::Quotes),
                    _ => Ok(rest),
                };
            }
            [byte, behind @ ..] => {
                words.push(*byte);
                rest = behind;
            }
        }
    }
}

/// Appends what is in quotes; what is behind them.
fn string<'a>(
    quote: u8,
    mut rest: &'a [u8],
    words: &mut Vec<u8>,
) -> Result<&'a [u8], ProtocolError> {
    loop {
        let (byte, behind) = match rest {
            [] => return Err(ProtocolError::Quotes),
            [end, behind @ ..] if *end == quote => return Ok(behind),
            [b'\\', b'x', high, low, behind @ ..]
                if quote == b'"' && high.is_ascii_hexdigit() && low.is_ascii_hexdigit() =>
            {
                (digit(*high) << 4 | digit(*low), behind)
            }
            [b'\\', b'\'', behind @ ..] if quote == b'\'' => (b'\'', behind),
            [b'\\', escaped, behind @ ..] if quote == b'"' => {
                let byte = match escaped {
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    b'b' => 0x08,
                    b'a' => 0x07,
                    other => *other,
                };
                (byte, behind)
            }
            [byte, behind @ ..] => (*byte, behind),
        };
        words.push(byte);
        rest = behind;
    }
}

const fn digit(byte: u8) -> u8 {
    match byte {
        b'0'..=b'9' => byte - b'0',
        b'a'..=b'f' => byte - b'a' + 10,
        _ => byte - b'A' + 10,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The commands in an input that comes in pieces of so many bytes.
    fn commands(input: &[u8], piece: usize) -> Result<Vec<Vec<Vec<u8>>>, ProtocolError> {
        let (mut parser, mut commands, mut begin) = (Parser::default(), Vec::new(), 0);
        let mut expected = VecDeque::new();
        for end in (0..=input.len()).step_by(piece).chain([input.len()]) {
            loop {
                let here = &input[begin..end.max(begin)];
                match parser.next(here, &Bounds::KNOWN)? {
                    Found::Incomplete => break,
                    Found::Nothing(bytes) => begin += bytes,
                    Found::Command(bytes) => {
                        if commands.len() % 3 == 1 {
                            parser.put_back(bytes);
                            assert_eq!(
                                parser.next(here, &Bounds::KNOWN),
                                Ok(Found::Command(bytes))
                            );
                        }
                        let arguments = parser.arguments(here);
                        commands.push(arguments.map(<[u8]>::to_vec).collect());
                        begin += bytes;
                        let ahead = parser.ahead(&here[bytes..]);
                        expected.extend(ahead.map(<[u8]>::to_vec));
                    }
                }
            }
        }
        expect_all(&commands, expected);
        Ok(commands)
    }

    /// What was told to come next came, in that order.
    fn expect_all(commands: &[Vec<Vec<u8>>], mut expected: VecDeque<Vec<u8>>) {
        for command in commands {
            if expected.front() == command.get(1) {
                expected.pop_front();
            }
        }
        assert!(expected.is_empty(), "{expected:?} did not come");
    }

    #[test]
    fn commands_are_found_however_they_come() {
        for (input, found) in [
            (
                "*2\r\n$3\r\nGET\r\n$1\r\na\r\n*1\r\n$4\r\nPING\r\n",
                "GET a|PING",
            ),
            ("*0\r\n*-1\r\n\r\n\nPING\r\n", "PING"),
            ("*1\r\n$0\r\n\r\n", ""),
            ("  SET  a \"x\\x41\\n\\\"y\"\n", "SET a xA\n\"y"),
            ("SET a 'it\\'s \\n'\r\n", "SET a it's \\n"),
            ("GET \"\"\r\n", "GET "),
        ] {
            for piece in [1, 2, 3, 7, 1000] {
                let commands = commands(input.as_bytes(), piece).expect("commands");
                let told: Vec<_> = commands
                    .iter()
                    .map(|command| String::from_utf8_lossy(&command.join(&b' ')).into_owned())
                    .collect();
                assert_eq!(told.join("|"), found, "{input:?} by {piece}");
            }
        }
    }

    #[test]
    fn what_is_no_command_is_told() {
        let long = "9".repeat(LINE_BYTES_MAX + 10);
        for (input, error) in [
            ("*a\r\n", ProtocolError::Count),
            ("*1048577\r\n", ProtocolError::Count),
            ("*1\r\n:1\r\n", ProtocolError::NoLength(b':')),
            ("*1\r\n$-1\r\n", ProtocolError::Length),
            ("*1\r\n$536870913\r\n", ProtocolError::Length),
            ("*1\r\n$x\r\n", ProtocolError::Length),
            (&format!("*{long}"), ProtocolError::EndlessCount),
            (&format!("*1\r\n${long}"), ProtocolError::EndlessLength),
            (&long, ProtocolError::EndlessLine),
            ("GET \"a\r\n", ProtocolError::Quotes),
            ("GET \"a\"b\r\n", ProtocolError::Quotes),
        ] {
            assert_eq!(commands(input.as_bytes(), 4096), Err(error), "{input:.20?}");
        }
        let mut parser = Parser::default();
        let next =
            |parser: &mut Parser, input: &str| parser.next(input.as_bytes(), &Bounds::UNKNOWN);
        assert_eq!(
            next(&mut parser, "*11\r\n"),
            Err(ProtocolError::CountUnknown)
        );
        let mut parser = Parser::default();
        let input = "*1\r\n$16385\r\n";
        assert_eq!(next(&mut parser, input), Err(ProtocolError::LengthUnknown));
    }

    proptest! {
        #[test]
        fn bytes_of_any_kind_are_commands_or_an_error(input in proptest::collection::vec(any::<u8>(), 0..200), piece in 1..50_usize) {
            prop_assert_eq!(commands(&input, piece), commands(&input, input.len().max(1)));
        }

        #[test]
        fn what_is_sent_is_found(all in proptest::collection::vec(proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 1..5), 0..6), piece in 1..50_usize) {
            let mut input = Vec::new();
            for command in &all {
                input.extend(format!("*{}\r\n", command.len()).bytes());
                for argument in command {
                    input.extend(format!("${}\r\n", argument.len()).bytes());
                    input.extend_from_slice(argument);
                    input.extend_from_slice(b"\r\n");
                }
            }
            prop_assert_eq!(commands(&input, piece), Ok(all));
        }
    }
}
