//! The file of those who may log in by SASL.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Why the file of users cannot be used. Never with what stands in it.
#[derive(Debug, thiserror::Error)]
pub enum UsersError {
    /// It cannot be read.
    #[error("the file of users {}: {source}; `zookeeper.sasl_users_file` names it", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's words.
        source: std::io::Error,
    },
    /// A line is none of a user.
    #[error("the file of users {}, line {line}: not `name:password`, or a name that was there before", path.display())]
    Wrong {
        /// The file.
        path: PathBuf,
        /// Which, from 1.
        line: usize,
    },
}

/// Reads names and passwords: `name:password` on each line. Lines that are empty or begin with `#` are not looked at.
///
/// # Errors
/// If the file cannot be read, or a line is another one.
pub fn read_users(path: &Path) -> Result<BTreeMap<String, String>, UsersError> {
    let text = std::fs::read_to_string(path).map_err(|source| UsersError::Unreadable {
        path: path.to_owned(),
        source,
    })?;
    parse(&text).map_err(|line| UsersError::Wrong {
        path: path.to_owned(),
        line,
    })
}

/// The users, or the line that is wrong.
fn parse(text: &str) -> Result<BTreeMap<String, String>, usize> {
    let mut users = BTreeMap::new();
    for (index, line) in text.lines().enumerate() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (name, password) = line.split_once(':').ok_or(index + 1)?;
        let new = users.insert(name.to_owned(), password.to_owned()).is_none();
        if name.is_empty() || password.is_empty() || !new {
            return Err(index + 1);
        }
    }
    Ok(users)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_users() {
        let users = parse("# who\n\nbob:a:b\nann:c\n").expect("users");
        let expected = [("ann", "c"), ("bob", "a:b")]
            .map(|(name, password)| (name.to_owned(), password.to_owned()));
        assert_eq!(users, expected.into());
        for (text, line) in [("bob", 1), ("a:b\n:c", 2), ("a:b\na:c", 2), ("a:", 1)] {
            assert_eq!(parse(text), Err(line), "{text}");
        }
        assert!(read_users(Path::new("/nowhere/users")).is_err());
    }
}
