//! `PFDEBUG GETREG | DECODE | ENCODING | TODENSE key`

use super::pfadd::put;
use crate::command::shown;
use crate::command::{Call, Error};
use crate::hyperloglog::{Encoding, REGISTERS, Sketch, View, sparse};

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let (what, key) = (call.args[1], call.args[2]);
    let Some(string) = call.keys.string(key)? else {
        return Err(Error::text("ERR The specified key does not exist"));
    };
    let view = View::of(string)?;
    let is = |name: &str| what.eq_ignore_ascii_case(name.as_bytes());
    match () {
        () if is("getreg") => registers(call, key)?,
        () if is("decode") => {
            let runs = runs(view)?;
            call.reply.bulk(runs.as_bytes());
        }
        () if is("encoding") => call.reply.simple(match view.encoding() {
            Encoding::Dense => "dense",
            Encoding::Sparse => "sparse",
        }),
        () if is("todense") => {
            let was_sparse = make_dense(call, key)?;
            call.reply.integer(i64::from(was_sparse));
        }
        () => {
            let words = format!("ERR Unknown PFDEBUG subcommand '{}'", shown(what));
            return Err(Error::Other(words.into()));
        }
    }
    Ok(())
}

/// As in Redis, it is dense from then on.
fn registers(call: &mut Call<'_>, key: &[u8]) -> Result<(), Error> {
    make_dense(call, key)?;
    let mut registers = [0; REGISTERS];
    if let Some(string) = call.keys.string(key)? {
        View::of(string)?.merge_into(&mut registers)?;
    }
    call.reply.array(REGISTERS);
    for register in registers {
        call.reply.integer(i64::from(register));
    }
    Ok(())
}

fn make_dense(call: &mut Call<'_>, key: &[u8]) -> Result<bool, Error> {
    let view = call.keys.string(key)?.map(View::of).transpose()?;
    let mut sketch = view.map_or_else(Sketch::empty, Sketch::of);
    let was_sparse = sketch.make_dense()?;
    if was_sparse {
        put(call, key, &sketch)?;
    }
    Ok(was_sparse)
}

fn runs(view: View<'_>) -> Result<String, Error> {
    if view.encoding() != Encoding::Sparse {
        return Err(Error::text("ERR HLL encoding is not sparse"));
    }
    let runs = sparse::runs(view.body(), 0).map(|run| match run.value {
        0 if run.is_long => format!("Z:{}", run.length),
        0 => format!("z:{}", run.length),
        value => format!("v:{value},{}", run.length),
    });
    Ok(runs.collect::<Vec<_>>().join(" "))
}
