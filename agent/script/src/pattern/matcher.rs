//! Whether a pattern matches at a place.

use super::class::{is_in_set, is_of_class};

/// So many captures at most.
const CAPTURES_MAX: usize = 32;
/// What asks for more at once is too complex.
const DEPTH_MAX: usize = 5_000;
/// So many steps are between two looks at whether the script is to end.
const STEPS: u32 = 1 << 20;

/// Why it cannot be said.
pub(super) enum Fault {
    /// The pattern is wrong.
    Pattern(&'static str),
    /// The script ends.
    Ends(mlua::Error),
}

type Found<T> = Result<T, Fault>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Capture {
    Open { start: usize },
    Position(usize),
    Closed { start: usize, end: usize },
}

pub(super) struct Matcher<'a> {
    pub(super) subject: &'a [u8],
    pattern: &'a [u8],
    pub(super) captures: Vec<Capture>,
    depth: usize,
    steps: u32,
}

impl<'a> Matcher<'a> {
    /// The pattern ends where it ends in C.
    pub(super) fn new(subject: &'a [u8], pattern: &'a [u8]) -> Self {
        let pattern = pattern.split(|byte| *byte == 0).next().unwrap_or_default();
        Self {
            subject,
            pattern,
            captures: Vec::new(),
            depth: 0,
            steps: 0,
        }
    }

    /// Whether it matches only at the beginning. That is no part of it from then on.
    pub(super) fn takes_anchor(&mut self) -> bool {
        let rest = self.pattern.strip_prefix(b"^");
        self.pattern = rest.unwrap_or(self.pattern);
        rest.is_some()
    }

    /// Where the match ends that begins there, if there is one.
    pub(super) fn at(&mut self, start: usize) -> Found<Option<usize>> {
        self.captures.clear();
        self.depth = 0;
        self.matches(start, 0)
    }

    fn step(&mut self) -> Found<()> {
        self.steps += 1;
        if self.steps.is_multiple_of(STEPS) {
            crate::sandbox::looked().map_err(Fault::Ends)?;
        }
        Ok(())
    }

    fn deeper(&mut self, subject: usize, pattern: usize) -> Found<Option<usize>> {
        if self.depth == DEPTH_MAX {
            return Err(Fault::Pattern("pattern too complex"));
        }
        self.depth += 1;
        let found = self.matches(subject, pattern);
        self.depth -= 1;
        found
    }

    fn matches(&mut self, mut subject: usize, mut pattern: usize) -> Found<Option<usize>> {
        loop {
            self.step()?;
            let rest = &self.pattern[pattern..];
            let (next, behind) = match rest {
                [] => return Ok(Some(subject)),
                [b'(', b')', ..] => {
                    let capture = Capture::Position(subject);
                    return self.capture(capture, subject, pattern + 2);
                }
                [b'(', ..] => {
                    let capture = Capture::Open { start: subject };
                    return self.capture(capture, subject, pattern + 1);
                }
                [b')', ..] => return self.close(subject, pattern + 1),
                [b'$'] => return Ok((subject == self.subject.len()).then_some(subject)),
                [b'%', b'b', ..] => (self.balanced(subject, pattern + 2)?, pattern + 4),
                [b'%', b'f', ..] => {
                    let end = self.frontier_end(pattern + 2)?;
                    let is_there = self.is_frontier(subject, pattern + 2, end);
                    (is_there.then_some(subject), end)
                }
                [b'%', digit @ b'0'..=b'9', ..] => {
                    (self.captured_again(subject, *digit)?, pattern + 2)
                }
                _ => {
                    let end = self.class_end(pattern)?;
                    let fits = self.fits(subject, pattern, end);
                    match self.pattern.get(end) {
                        Some(b'?') => {
                            if fits && let Some(found) = self.deeper(subject + 1, end + 1)? {
                                return Ok(Some(found));
                            }
                            (Some(subject), end + 1)
                        }
                        Some(b'*') => return self.most(subject, pattern, end),
                        Some(b'+') if fits => return self.most(subject + 1, pattern, end),
                        Some(b'+') => return Ok(None),
                        Some(b'-') => return self.least(subject, pattern, end),
                        _ => (fits.then_some(subject + 1), end),
                    }
                }
            };
            match next {
                Some(next) => (subject, pattern) = (next, behind),
                None => return Ok(None),
            }
        }
    }

    /// Where what is matched by one character ends in the pattern.
    fn class_end(&self, pattern: usize) -> Found<usize> {
        let rest = &self.pattern[pattern..];
        match rest {
            [b'%'] => Err(Fault::Pattern("malformed pattern (ends with '%')")),
            [b'%', ..] => Ok(pattern + 2),
            [b'[', ..] => {
                let mut at = 1 + usize::from(rest.get(1) == Some(&b'^'));
                // A bracket that comes first is one of the set.
                loop {
                    match rest.get(at) {
                        None => {
                            return Err(Fault::Pattern("malformed pattern (missing ']')"));
                        }
                        Some(b'%') if at + 1 < rest.len() => at += 2,
                        Some(_) => at += 1,
                    }
                    if rest.get(at) == Some(&b']') {
                        return Ok(pattern + at + 1);
                    }
                }
            }
            _ => Ok(pattern + 1),
        }
    }

    fn fits(&self, subject: usize, pattern: usize, end: usize) -> bool {
        let Some(byte) = self.subject.get(subject) else {
            return false;
        };
        match &self.pattern[pattern..end] {
            [b'.'] => true,
            [b'%', class] => is_of_class(*byte, *class),
            set @ [b'[', ..] => is_in_set(*byte, &set[..set.len() - 1]),
            [other, ..] => other == byte,
            [] => false,
        }
    }

    fn most(&mut self, subject: usize, pattern: usize, end: usize) -> Found<Option<usize>> {
        let mut count = 0;
        while self.fits(subject + count, pattern, end) {
            count += 1;
        }
        self.steps = self.steps.wrapping_add(count as u32 & !(STEPS - 1));
        loop {
            if let Some(found) = self.deeper(subject + count, end + 1)? {
                return Ok(Some(found));
            }
            if count == 0 {
                return Ok(None);
            }
            count -= 1;
        }
    }

    fn least(&mut self, mut subject: usize, pattern: usize, end: usize) -> Found<Option<usize>> {
        loop {
            if let Some(found) = self.deeper(subject, end + 1)? {
                return Ok(Some(found));
            }
            if !self.fits(subject, pattern, end) {
                return Ok(None);
            }
            subject += 1;
        }
    }

    fn capture(
        &mut self,
        capture: Capture,
        subject: usize,
        pattern: usize,
    ) -> Found<Option<usize>> {
        if self.captures.len() == CAPTURES_MAX {
            return Err(Fault::Pattern("too many captures"));
        }
        let before = self.captures.len();
        self.captures.push(capture);
        let found = self.deeper(subject, pattern)?;
        if found.is_none() {
            self.captures.truncate(before);
        }
        Ok(found)
    }

    fn close(&mut self, subject: usize, pattern: usize) -> Found<Option<usize>> {
        let is_open = |capture: &Capture| matches!(capture, Capture::Open { .. });
        let Some(index) = self.captures.iter().rposition(is_open) else {
            return Err(Fault::Pattern("invalid pattern capture"));
        };
        let open = self.captures[index];
        if let Capture::Open { start } = open {
            let end = subject;
            self.captures[index] = Capture::Closed { start, end };
        }
        let found = self.deeper(subject, pattern)?;
        if found.is_none() {
            self.captures[index] = open;
        }
        Ok(found)
    }

    fn balanced(&mut self, subject: usize, pattern: usize) -> Found<Option<usize>> {
        let [open, close, ..] = self.pattern[pattern..] else {
            return Err(Fault::Pattern("unbalanced pattern"));
        };
        if self.subject.get(subject) != Some(&open) {
            return Ok(None);
        }
        let mut depth = 1_usize;
        for (index, byte) in self.subject[subject + 1..].iter().enumerate() {
            if *byte == close {
                depth -= 1;
                if depth == 0 {
                    return Ok(Some(subject + index + 2));
                }
            } else if *byte == open {
                depth += 1;
            }
        }
        Ok(None)
    }

    fn frontier_end(&self, pattern: usize) -> Found<usize> {
        if self.pattern.get(pattern) != Some(&b'[') {
            return Err(Fault::Pattern("missing '[' after '%f' in pattern"));
        }
        self.class_end(pattern)
    }

    fn is_frontier(&self, subject: usize, pattern: usize, end: usize) -> bool {
        let set = &self.pattern[pattern..end - 1];
        let before = subject.checked_sub(1).map_or(0, |at| self.subject[at]);
        let here = self.subject.get(subject).copied().unwrap_or(0);
        !is_in_set(before, set) && is_in_set(here, set)
    }

    /// What was captured before is there again.
    fn captured_again(&self, subject: usize, digit: u8) -> Found<Option<usize>> {
        let index = usize::from(digit).checked_sub(usize::from(b'1'));
        let capture = index.and_then(|index| self.captures.get(index));
        let again = match capture {
            None | Some(Capture::Open { .. }) => {
                return Err(Fault::Pattern("invalid capture index"));
            }
            // A place is longer than anything that could be there.
            Some(Capture::Position(_)) => return Ok(None),
            Some(Capture::Closed { start, end }) => &self.subject[*start..*end],
        };
        let is_there = self.subject[subject..].starts_with(again);
        Ok(is_there.then_some(subject + again.len()))
    }
}
