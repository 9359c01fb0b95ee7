//! Requests as scripts write them.
//!
//! ```text
//! create PATH DATA ACL FLAGS            also create2, createContainer; flags are a number
//! createTTL PATH DATA ACL FLAGS TTL
//! delete PATH VERSION                   also check
//! exists PATH [watch]                   also getData, getChildren, getChildren2
//! setData PATH DATA VERSION             setACL PATH ACL VERSION
//! getACL PATH                           also getAllChildrenNumber, getEphemerals, sync
//! checkWatches PATH KIND                also removeWatches; addWatch PATH MODE; numbers
//! setWatches ZXID LIST LIST LIST        lists of paths, separated by commas, `-` for none; setWatches2 has five
//! auth SCHEME DATA                      sasl DATA
//! reconfig JOINING LEAVING NEW ID       multi OP , OP ... and multiRead
//! ping whoAmI closeSession createSession deleteContainer
//! raw OPCODE HEX                        a header, and a body as it stands
//! frame HEX                             a frame without a header
//! ```
//!
//! DATA is text, or `bytes:N` for N bytes of `x`. ACL is `open`, `~`, `none`, or entries `PERMISSIONS:SCHEME:ID` with `&`
//! between them, permissions of the letters `cdrwa` or a number. A word `xid=N` before the operation sets the number.
//! Nothing is checked here: wrong numbers and null are sent as they stand.

use bytes::{BufMut, Bytes, BytesMut};
use synod_jute::wire::Wire;
use synod_jute::{OpCode, Xid, framed};

use super::words::{Word, hex, words};
use crate::Failure;

/// A request that is ready to be sent.
pub(super) struct Ready {
    /// Its operation; none where it has no header or an unknown one.
    pub(super) opcode: Option<OpCode>,
    /// Its number; none where it has no header.
    pub(super) xid: Option<Xid>,
    /// With its length.
    pub(super) frame: BytesMut,
}

/// Reads a request. `next` is the connection's next number, `mark` gives the numbers of names with `$`.
pub(super) fn request(
    line: &str,
    next: &mut i32,
    mark: impl Fn(&str) -> Result<i64, Failure>,
) -> Result<Ready, Failure> {
    let mut words = words(line)?;
    for word in &mut words {
        let name = word.0.as_deref().and_then(|bytes| bytes.strip_prefix(b"$"));
        if let Some(name) = name {
            let number = mark(&String::from_utf8_lossy(name))?;
            *word = Word(Some(number.to_string().into_bytes()));
        }
    }
    let mut words = words.as_slice();
    let mut xid = None;
    if let Some(number) = words
        .first()
        .and_then(|word| word.text().ok()?.strip_prefix("xid="))
    {
        xid = Some(
            number
                .parse()
                .map_err(|_| format!("`{number}` is no xid"))?,
        );
        words = &words[1..];
    }
    let (verb, arguments) = words.split_first().ok_or("no request")?;
    let mut frame = BytesMut::new();
    if verb.is("frame") {
        let bytes = hex(argument(arguments, 0)?.text()?)?;
        framed(&mut frame, |out| out.put_slice(&bytes));
        let (opcode, xid) = (None, None);
        return Ok(Ready { opcode, xid, frame });
    }
    let (number, body) = of_verb(verb.text()?, arguments)?;
    let opcode = OpCode::of_number(number);
    let xid = Xid(xid.unwrap_or_else(|| usual_xid(opcode, next)));
    framed(&mut frame, |out| {
        xid.write(out);
        number.write(out);
        out.put_slice(&body);
    });
    let xid = Some(xid);
    Ok(Ready { opcode, xid, frame })
}

/// The number that clients give a request of this operation.
fn usual_xid(opcode: Option<OpCode>, next: &mut i32) -> i32 {
    match opcode {
        Some(OpCode::Ping) => Xid::PING.0,
        Some(OpCode::Auth) => Xid::AUTH.0,
        Some(OpCode::SetWatches | OpCode::SetWatches2) => Xid::SET_WATCHES.0,
        _ => {
            *next += 1;
            *next
        }
    }
}

fn argument(arguments: &[Word], index: usize) -> Result<&Word, Failure> {
    arguments
        .get(index)
        .ok_or_else(|| format!("argument {} is missing", index + 1))
}

/// An operation's number and body.
fn of_verb(verb: &str, arguments: &[Word]) -> Result<(i32, BytesMut), Failure> {
    let mut body = BytesMut::new();
    if verb == "raw" {
        let number = argument(arguments, 0)?.int()?;
        if let Some(digits) = arguments.get(1) {
            body.put_slice(&hex(digits.text()?)?);
        }
        return Ok((number, body));
    }
    let opcode = OpCode::of_name(verb).ok_or_else(|| format!("no operation is called `{verb}`"))?;
    write(opcode, arguments, &mut body)?;
    Ok((opcode.number(), body))
}

/// What each operation's arguments are, in their order on the wire.
fn write(opcode: OpCode, arguments: &[Word], out: &mut BytesMut) -> Result<(), Failure> {
    use Kind::{Acls, Buffer, Flag, Int, Long, Paths, Text};
    let kinds: &[Kind] = match opcode {
        OpCode::Create | OpCode::Create2 | OpCode::CreateContainer => &[Text, Buffer, Acls, Int],
        OpCode::CreateTtl => &[Text, Buffer, Acls, Int, Long],
        OpCode::Delete
        | OpCode::Check
        | OpCode::CheckWatches
        | OpCode::RemoveWatches
        | OpCode::AddWatch => &[Text, Int],
        OpCode::Exists | OpCode::GetData | OpCode::GetChildren | OpCode::GetChildren2 => {
            &[Text, Flag]
        }
        OpCode::SetData => &[Text, Buffer, Int],
        OpCode::SetAcl => &[Text, Acls, Int],
        OpCode::GetAcl | OpCode::GetAllChildrenNumber | OpCode::GetEphemerals | OpCode::Sync => {
            &[Text]
        }
        OpCode::SetWatches => &[Long, Paths, Paths, Paths],
        OpCode::SetWatches2 => &[Long, Paths, Paths, Paths, Paths, Paths],
        OpCode::Auth => {
            0i32.write(out);
            &[Text, Buffer]
        }
        OpCode::Sasl => &[Buffer],
        OpCode::Reconfig => &[Text, Text, Text, Long],
        OpCode::Multi | OpCode::MultiRead => return several(arguments, out),
        OpCode::Ping
        | OpCode::WhoAmI
        | OpCode::CloseSession
        | OpCode::CreateSession
        | OpCode::DeleteContainer => &[],
    };
    if arguments.len() > kinds.len() {
        return Err(format!("{opcode} has {} arguments", kinds.len()));
    }
    for (index, kind) in kinds.iter().enumerate() {
        kind.write(arguments, index, out)?;
    }
    Ok(())
}

/// Operations with commas between them, each with its header.
fn several(arguments: &[Word], out: &mut BytesMut) -> Result<(), Failure> {
    let header = |kind: i32, done: bool, out: &mut BytesMut| {
        kind.write(out);
        done.write(out);
        (-1i32).write(out);
    };
    for op in arguments.split(|word| word.is(",")) {
        let Some((verb, arguments)) = op.split_first() else {
            continue;
        };
        let (number, body) = of_verb(verb.text()?, arguments)?;
        header(number, false, out);
        out.put_slice(&body);
    }
    header(-1, true, out);
    Ok(())
}

/// A field.
enum Kind {
    Text,
    Buffer,
    Acls,
    Int,
    Long,
    /// The word `watch`, or nothing.
    Flag,
    Paths,
}

impl Kind {
    fn write(&self, arguments: &[Word], index: usize, out: &mut BytesMut) -> Result<(), Failure> {
        if matches!(self, Self::Flag) {
            let flag = arguments.get(index);
            flag.is_some_and(|word| word.is("watch")).write(out);
            return Ok(());
        }
        let word = argument(arguments, index)?;
        match self {
            // The bytes as they stand, UTF-8 or not.
            Self::Text => word.0.clone().map(Bytes::from).write(out),
            Self::Buffer => data(word)?.write(out),
            Self::Acls => acls(word, out)?,
            Self::Int => word.int()?.write(out),
            Self::Long => word.number()?.write(out),
            Self::Paths => paths(word)?.write(out),
            Self::Flag => {}
        }
        Ok(())
    }
}

fn data(word: &Word) -> Result<Option<Bytes>, Failure> {
    let Some(bytes) = &word.0 else {
        return Ok(None);
    };
    let Some(length) = bytes.strip_prefix(b"bytes:") else {
        return Ok(Some(Bytes::from(bytes.clone())));
    };
    let length = String::from_utf8_lossy(length);
    let length = length
        .parse()
        .map_err(|_| format!("`{length}` is no length"))?;
    Ok(Some(vec![b'x'; length].into()))
}

fn paths(word: &Word) -> Result<Option<Vec<synod_jute::Text>>, Failure> {
    if word.0.is_none() {
        return Ok(None);
    }
    let paths = match word.text()? {
        "-" => Vec::new(),
        list => list.split(',').map(synod_jute::Text::from).collect(),
    };
    Ok(Some(paths))
}

/// Writes an access list.
fn acls(word: &Word, out: &mut BytesMut) -> Result<(), Failure> {
    let list = match word.text()? {
        "~" => {
            (-1i32).write(out);
            return Ok(());
        }
        "open" => "cdrwa:world:anyone",
        other => other,
    };
    let entries: Vec<_> = list.split('&').filter(|entry| *entry != "none").collect();
    i32::try_from(entries.len()).unwrap_or(i32::MAX).write(out);
    for entry in entries {
        let mut parts = entry.splitn(3, ':');
        let mut part = || parts.next().ok_or_else(|| format!("`{entry}` is no entry"));
        permissions(part()?)?.write(out);
        for text in [part()?, part()?] {
            let text = (text != "~").then(|| synod_jute::Text::from(text));
            text.write(out);
        }
    }
    Ok(())
}

fn permissions(text: &str) -> Result<i32, Failure> {
    if let Ok(number) = text.parse() {
        return Ok(number);
    }
    let bit = |letter| match letter {
        'r' => Ok(1),
        'w' => Ok(2),
        'c' => Ok(4),
        'd' => Ok(8),
        'a' => Ok(16),
        _ => Err(format!("`{letter}` is no permission")),
    };
    text.chars().map(bit).sum()
}
