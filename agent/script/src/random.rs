//! Numbers that look random, and are the same after every start: the 48 bits of `lrand48`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use mlua::{Lua, MultiValue, Table};

use crate::argument::Arguments;
use crate::host;
use crate::number::truncated;

const MULTIPLIER: u64 = 0x5_deec_e66d;
const ADDEND: u64 = 0xb;
const MASK: u64 = (1 << 48) - 1;
const LOW: u64 = 0x330e;

/// Where the sequence is.
#[derive(Clone, Debug)]
pub(crate) struct Sequence(Arc<AtomicU64>);

/// It begins where that of Redis does.
const FIRST: u64 = 0x1234_abcd_330e;

impl Default for Sequence {
    fn default() -> Self {
        Self(Arc::new(AtomicU64::new(FIRST)))
    }
}

impl Sequence {
    fn seed(&self, seed: i32) {
        let state = (u64::from(seed as u32) << 16) | LOW;
        self.0.store(state, Ordering::Relaxed);
    }

    /// Between 0 and 2^31.
    fn next(&self) -> i32 {
        let state = self.0.load(Ordering::Relaxed);
        let state = state.wrapping_mul(MULTIPLIER).wrapping_add(ADDEND) & MASK;
        self.0.store(state, Ordering::Relaxed);
        (state >> 17) as i32
    }

    /// From 0 up to 1.
    fn fraction(&self) -> f64 {
        f64::from(self.next() % i32::MAX) / f64::from(i32::MAX)
    }
}

/// Puts `random` and `randomseed` into `math`.
pub(crate) fn install(lua: &Lua, math: &Table, sequence: &Sequence) -> mlua::Result<()> {
    let numbers = sequence.clone();
    let random = lua.create_function(move |lua, values: MultiValue| {
        let args = Arguments::new(lua, &values);
        inside(&args, "math.random")?;
        random(&args, numbers.fraction())
    })?;
    let numbers = sequence.clone();
    let randomseed = lua.create_function(move |lua, values: MultiValue| {
        let args = Arguments::new(lua, &values);
        inside(&args, "math.randomseed")?;
        numbers.seed(args.integer(1)? as i32);
        Ok(())
    })?;
    math.raw_set("random", random)?;
    math.raw_set("randomseed", randomseed)
}

fn inside(args: &Arguments<'_>, what: &str) -> mlua::Result<()> {
    let text = || format!("{what} can only be called inside a script invocation");
    host::host(|_| ()).ok_or_else(|| args.error(text()))
}

fn random(args: &Arguments<'_>, fraction: f64) -> mlua::Result<f64> {
    let bound = |number| args.integer(number).map(|it| f64::from(it as i32));
    match args.len() {
        0 => Ok(fraction),
        1 => {
            let upper = bound(1)?;
            if upper < 1.0 {
                return Err(args.wrong(1, "interval is empty"));
            }
            Ok((fraction * upper).floor() + 1.0)
        }
        2 => {
            let (lower, upper) = (bound(1)?, bound(2)?);
            if lower > upper {
                return Err(args.wrong(2, "interval is empty"));
            }
            let width = truncated(upper - lower + 1.0) as f64;
            Ok((fraction * width).floor() + lower)
        }
        _ => Err(args.error("wrong number of arguments")),
    }
}
