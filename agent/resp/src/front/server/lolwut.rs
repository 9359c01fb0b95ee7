//! `LOLWUT [VERSION version] [argument …]`: a drawing, and the version.

use std::fmt::Write as _;

use synod_cache::command::Error;
use synod_cache::integer;

use crate::REDIS_VERSION;
use crate::front::FrontCall;

/// How large it may be asked for.
const COLUMNS_MAX: i64 = 1000;
const ROWS_MAX: i64 = 200;

pub(super) fn run(call: &mut FrontCall<'_>) -> Result<(), Error> {
    let mut args = &call.args[1..];
    if let [word, version, rest @ ..] = args
        && word.eq_ignore_ascii_case(b"version")
    {
        integer(version).ok_or(Error::NotInteger)?;
        args = rest;
    }
    let size = |argument: Option<&&[u8]>, usual: i64, most: i64| {
        let asked = argument.and_then(|text| integer(text));
        asked.unwrap_or(usual).clamp(1, most)
    };
    let columns = size(args.first(), 64, COLUMNS_MAX);
    let rows = size(args.get(1), 8, ROWS_MAX);
    let mut text = waves(columns, rows);
    let _ = writeln!(text, "Redis ver. {REDIS_VERSION}");
    call.session.reply.verbatim("txt", &text);
    Ok(())
}

/// Three waves that meet.
fn waves(columns: i64, rows: i64) -> String {
    const MARKS: [char; 6] = [' ', '.', ':', '-', '=', '#'];
    let mut text = String::new();
    for row in 0..rows {
        for column in 0..columns {
            let (x, y) = (column as f64 / 6.0, row as f64 / 2.0);
            let height = (x).sin() + (y + x / 2.0).sin() + (x / 3.0 - y).cos();
            let mark = ((height + 3.0) / 6.0 * MARKS.len() as f64) as usize;
            text.push(MARKS[mark.min(MARKS.len() - 1)]);
        }
        text.push('\n');
    }
    text
}
