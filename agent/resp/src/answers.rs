//! Whether a client is answered: `CLIENT REPLY`.

use crate::session::Session;

/// Which commands are answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Answers {
    #[default]
    All,
    None,
    /// All but the one that is carried out.
    NotThis,
    /// All but the one after that; it is not answered either, since it said so.
    NotNext,
}

impl Session {
    /// A command is over whose answer begins behind so many bytes: it is taken back if nobody wants it.
    #[cold]
    pub(crate) fn answered(&mut self, before: usize) {
        if matches!(self.answers, Answers::None | Answers::NotThis) {
            self.reply.truncate(before);
        }
        if self.waiting.is_none() {
            self.answers = match self.answers {
                Answers::NotThis => Answers::All,
                Answers::NotNext => Answers::NotThis,
                other => other,
            };
        }
    }
}
