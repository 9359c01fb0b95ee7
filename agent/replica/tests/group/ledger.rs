//! A machine that writes down what it is told: enough to see order, repetition and loss.

use bytes::Bytes;
use synod_paxos::{Ballot, Now};
use synod_replica::{
    Applied, Command, Damaged, SnapshotReader, Stamp, StateMachine, UnknownCommand,
};

/// Keeps all commands. A command that begins with `?` is unknown to it.
#[derive(Debug, Default)]
pub struct Ledger {
    pub lines: Vec<Bytes>,
    pub led: Vec<Ballot>,
    pub times: Vec<u64>,
    pub leads: bool,
    hash: u64,
    restoring: Vec<Bytes>,
}

/// The line that parts what a group of before had decided from what a recovered one goes on with.
pub const RENEWED: &str = "-- renewed --";

pub struct Lines(std::vec::IntoIter<Bytes>);

impl SnapshotReader for Lines {
    fn next(&mut self, target: usize) -> Option<Bytes> {
        let mut piece = Vec::new();
        while piece.len() < target {
            let Some(line) = self.0.next() else { break };
            piece.extend_from_slice(&u32::try_from(line.len()).unwrap().to_le_bytes());
            piece.extend_from_slice(&line);
        }
        (!piece.is_empty()).then(|| piece.into())
    }
}

impl Ledger {
    fn push(&mut self, line: Bytes) {
        self.hash = self.hash.wrapping_mul(0x100_0000_01b3) ^ u64::from(crc32c::crc32c(&line));
        self.lines.push(line);
    }
}

impl StateMachine for Ledger {
    type Response = usize;
    type Soft = u8;
    type SoftResponse = u8;
    type Reader = Lines;

    fn apply(&mut self, stamp: &Stamp, command: &Command) -> Result<usize, UnknownCommand> {
        if command.starts_with(b"?") {
            return Err(UnknownCommand("a question".into()));
        }
        self.push(command.clone());
        self.times.push(stamp.time_ms);
        let _: Applied<usize> = Applied { response: 0 };
        Ok(self.lines.len())
    }

    fn pass(&mut self, _stamp: &Stamp) {}

    fn renew(&mut self, _stamp: &Stamp) {
        self.push(Bytes::from_static(RENEWED.as_bytes()));
    }

    fn lead(&mut self, _now: Now, ballot: Ballot) {
        self.led.push(ballot);
        self.leads = true;
    }

    fn follow(&mut self) {
        self.leads = false;
    }

    fn soft(&mut self, _now: Now, request: &u8) -> u8 {
        assert!(self.leads, "only a leader is asked");
        request + 1
    }

    fn encode_soft(request: &u8) -> Bytes {
        vec![*request].into()
    }

    fn decode_soft(bytes: &Bytes) -> Result<u8, Damaged> {
        bytes
            .first()
            .copied()
            .ok_or_else(|| Damaged("empty".into()))
    }

    fn encode_soft_response(response: &u8) -> Bytes {
        vec![*response].into()
    }

    fn decode_soft_response(bytes: &Bytes) -> Result<u8, Damaged> {
        Self::decode_soft(bytes)
    }

    fn due(&mut self, _now: Now, _max: usize) -> Vec<Command> {
        Vec::new()
    }

    fn next_due(&self) -> Option<Now> {
        None
    }

    fn digest(&self) -> u64 {
        self.hash
    }

    fn snapshot(&self) -> Lines {
        Lines(self.lines.clone().into_iter())
    }

    fn restore(&mut self, piece: &Bytes) -> Result<(), Damaged> {
        let mut rest = piece.clone();
        while !rest.is_empty() {
            let short = || Damaged("short".into());
            let head: [u8; 4] = rest
                .get(..4)
                .and_then(|b| b.try_into().ok())
                .ok_or_else(short)?;
            let length = u32::from_le_bytes(head) as usize;
            if rest.len() < 4 + length {
                return Err(short());
            }
            self.restoring.push(rest.slice(4..4 + length));
            rest = rest.slice(4 + length..);
        }
        Ok(())
    }

    fn restored(&mut self) -> Result<(), Damaged> {
        for line in std::mem::take(&mut self.restoring) {
            self.push(line);
        }
        Ok(())
    }

    fn empty(&self) -> Self {
        Self::default()
    }
}
