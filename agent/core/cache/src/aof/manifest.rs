//! Which files make a log.

use crate::request::{Bounds, Found, Parser};

/// The files of a log, in the order in which they are read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manifest {
    /// What it begins with.
    pub base: Option<String>,
    /// What was done since then.
    pub increments: Vec<String>,
}

/// What is wrong with a manifest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// A line is not what a manifest has.
    #[error("line {0} of the manifest says of no file its name, its number and its type")]
    Line(usize),
    /// Two files are what it begins with.
    #[error("line {0} of the manifest names a second base")]
    SecondBase(usize),
    /// A file comes before one that is older.
    #[error("line {0} of the manifest names an older file behind a newer one")]
    Order(usize),
    /// A name leads out of the directory.
    #[error("line {0} of the manifest names a file in another directory")]
    Path(usize),
}

impl Manifest {
    /// Reads one.
    ///
    /// # Errors
    /// If it is none.
    pub fn parse(text: &str) -> Result<Self, ManifestError> {
        let mut manifest = Self::default();
        let mut newest = 0;
        for (index, line) in text.lines().enumerate() {
            let number = index + 1;
            if line.starts_with('#') || line.trim().is_empty() {
                continue;
            }
            let file = File::of(line).ok_or(ManifestError::Line(number))?;
            if file.name.contains('/') {
                return Err(ManifestError::Path(number));
            }
            match file.kind {
                b'b' if manifest.base.is_some() => return Err(ManifestError::SecondBase(number)),
                b'b' => manifest.base = Some(file.name),
                b'i' if file.number <= newest => return Err(ManifestError::Order(number)),
                b'i' => {
                    newest = file.number;
                    manifest.increments.push(file.name);
                }
                // Files of before, to be removed.
                b'h' => {}
                _ => return Err(ManifestError::Line(number)),
            }
        }
        Ok(manifest)
    }

    /// All files, in order.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        let all = self.base.iter().chain(&self.increments);
        all.map(String::as_str)
    }
}

struct File {
    name: String,
    number: u64,
    kind: u8,
}

impl File {
    /// What a line says: names and values in turn.
    fn of(line: &str) -> Option<Self> {
        let line = format!("{line}\n").into_bytes();
        let mut parser = Parser::default();
        let Ok(Found::Command(_)) = parser.next(&line, &Bounds::KNOWN) else {
            return None;
        };
        let words: Vec<_> = parser.arguments(&line).collect();
        let (mut name, mut number, mut kind) = (None, None, None);
        for pair in words.chunks(2) {
            let [word, value] = pair else {
                return None;
            };
            let value = std::str::from_utf8(value).ok()?;
            match *word {
                b"file" => name = Some(value.to_owned()),
                b"seq" => number = value.parse().ok(),
                b"type" => kind = value.bytes().next().filter(|_| value.len() == 1),
                _ => {}
            }
        }
        Some(Self {
            name: name.filter(|name| !name.is_empty())?,
            number: number?,
            kind: kind?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn manifests_are_read() {
        let text = "file appendonly.aof.2.base.rdb seq 2 type b\nfile old seq 1 type h\n# a word\n\
                    file appendonly.aof.3.incr.aof seq 3 type i\nseq 4 file \"a name\" new 1 type i\n";
        let manifest = Manifest::parse(text).expect("it is one");
        let files: Vec<_> = manifest.files().collect();
        assert_eq!(
            files,
            [
                "appendonly.aof.2.base.rdb",
                "appendonly.aof.3.incr.aof",
                "a name"
            ]
        );
        let wrong = |text: &str| Manifest::parse(text).expect_err("it is none");
        assert_eq!(wrong("file a seq 1"), ManifestError::Line(1));
        assert_eq!(wrong("file a seq x type b"), ManifestError::Line(1));
        assert_eq!(wrong("file a seq 1 type b extra"), ManifestError::Line(1));
        assert_eq!(wrong("file ../a seq 1 type b"), ManifestError::Path(1));
        assert_eq!(
            wrong("file a seq 1 type b\nfile b seq 2 type b"),
            ManifestError::SecondBase(2)
        );
        assert_eq!(
            wrong("file a seq 2 type i\nfile b seq 2 type i"),
            ManifestError::Order(2)
        );
    }
}
