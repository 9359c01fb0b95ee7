//! Signs of life: what members tell the leader of the sessions that are attached to them.

use bytes::Bytes;
use synod_machine::Damaged;
use synod_machine::codec::{Reader, Writer};
use synod_paxos::{Now, Span};

use crate::mutation::mutated;
use crate::session::SessionId;
use crate::store::Store;

/// Sessions of one [`Touch`]; more are told in several.
pub const TOUCH_MAX: usize = 20_000;

/// The sessions that a member heard of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Touch {
    /// Each with the milliseconds since it was last heard of, when this was sent. What the way takes is not known and not in it:
    /// by so much a session may live longer than its time-out, never shorter.
    pub sessions: Vec<(SessionId, u32)>,
}

/// The answer to a [`Touch`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Touched {
    /// They live on, but for these, which are gone or as good as gone.
    Gone(Vec<SessionId>),
    /// This member does not lead (any more): ask again.
    NotLeading,
}

impl Store {
    pub(crate) fn touch(&mut self, now: Now, touch: &Touch) -> Touched {
        let Self { lead, state, .. } = self;
        let Some(lead) = lead else {
            return Touched::NotLeading;
        };
        let gone = touch.sessions.iter().filter(|(id, age_ms)| {
            let Some(session) = state.session(*id) else {
                return true;
            };
            let timeout_ms = if mutated("znode.session.ping_ignored") {
                0
            } else {
                session.timeout_ms
            };
            !lead.touch(now, *id, Span::from_millis((*age_ms).into()), timeout_ms)
        });
        Touched::Gone(gone.map(|(id, _)| *id).collect())
    }
}

impl Touch {
    pub(crate) fn encode(&self) -> Bytes {
        let mut out = Writer::default();
        out.number(self.sessions.len() as u64);
        for (id, age_ms) in &self.sessions {
            out.signed(id.0);
            out.number((*age_ms).into());
        }
        out.into_bytes()
    }

    pub(crate) fn decode(bytes: &Bytes) -> Result<Self, Damaged> {
        let mut input = Reader::new(bytes.clone());
        let mut sessions = || {
            let count = input.count()?;
            let session = |_| {
                let id = SessionId(input.signed()?);
                Some((id, u32::try_from(input.number()?).ok()?))
            };
            let sessions: Option<Vec<_>> = (0..count).map(session).collect();
            sessions.filter(|_| input.is_empty())
        };
        let sessions = sessions().ok_or_else(|| damaged("touch", bytes))?;
        Ok(Self { sessions })
    }
}

impl Touched {
    pub(crate) fn encode(&self) -> Bytes {
        let mut out = Writer::default();
        match self {
            Self::NotLeading => out.byte(0),
            Self::Gone(gone) => {
                out.byte(1);
                out.number(gone.len() as u64);
                gone.iter().for_each(|id| out.signed(id.0));
            }
        }
        out.into_bytes()
    }

    pub(crate) fn decode(bytes: &Bytes) -> Result<Self, Damaged> {
        let mut input = Reader::new(bytes.clone());
        let mut touched = || {
            let touched = match input.byte()? {
                0 => Self::NotLeading,
                1 => {
                    let count = input.count()?;
                    let gone: Option<Vec<_>> =
                        (0..count).map(|_| input.signed().map(SessionId)).collect();
                    Self::Gone(gone?)
                }
                _ => return None,
            };
            input.is_empty().then_some(touched)
        };
        touched().ok_or_else(|| damaged("answer to a touch", bytes))
    }
}

fn damaged(what: &str, bytes: &Bytes) -> Damaged {
    Damaged(format!("{} bytes are no {what}", bytes.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_round_trip() {
        for sessions in [
            vec![],
            vec![(SessionId(-7), 0), (SessionId(i64::MAX), u32::MAX)],
        ] {
            let touch = Touch { sessions };
            assert_eq!(Touch::decode(&touch.encode()), Ok(touch));
        }
        for touched in [
            Touched::NotLeading,
            Touched::Gone(vec![]),
            Touched::Gone(vec![SessionId(i64::MIN)]),
        ] {
            assert_eq!(Touched::decode(&touched.encode()), Ok(touched));
        }
        for bytes in [
            &b""[..],
            b"\x05",
            b"\x01\x02",
            b"\x00\x00",
            b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
        ] {
            let bytes = Bytes::copy_from_slice(bytes);
            assert!(Touch::decode(&bytes).is_err() && Touched::decode(&bytes).is_err());
        }
    }
}
