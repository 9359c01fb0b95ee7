//! What pins the known differences: `differences.txt`, played at both servers before anything else.

use std::io;
use std::path::Path;

use crate::compare::Compare;
use crate::differences;
use crate::peer::Peer;
use crate::play::Stage;
use crate::reply::Value;
use crate::words::words;

/// Commands whose last one is answered in two ways.
#[derive(Clone, Debug)]
pub(crate) struct Pin {
    /// Of which kind the difference is.
    pub(crate) kind: String,
    pub(crate) commands: Vec<Vec<Vec<u8>>>,
    pub(crate) compare: Compare,
    /// As they were recorded, told.
    pub(crate) theirs: String,
    pub(crate) ours: String,
}

/// All of them.
pub(crate) fn all() -> Vec<Pin> {
    let text = include_str!("../differences.txt");
    let blocks = text.split("\n## ").skip(1);
    blocks.map(pin).collect()
}

fn pin(block: &str) -> Pin {
    let mut lines = block.lines();
    let mut pin = Pin {
        kind: lines.next().unwrap_or_default().to_owned(),
        commands: Vec::new(),
        compare: Compare::Exact,
        theirs: String::new(),
        ours: String::new(),
    };
    for line in lines {
        match line.split_once(' ') {
            Some((">", command)) => pin.commands.push(words(command)),
            Some(("=", compare)) => pin.compare = Compare::named(compare),
            Some(("theirs:", told)) => told.clone_into(&mut pin.theirs),
            Some(("ours:", told)) => told.clone_into(&mut pin.ours),
            _ => {}
        }
    }
    pin
}

/// What both answer to the last command of a pin.
fn play(pin: &Pin, stage: &mut Stage) -> io::Result<(Value, Value)> {
    stage.renew()?;
    let mut last = None;
    for command in &pin.commands {
        last = Some(stage.ask(Peer::LOOKS, command, pin.compare));
    }
    last.ok_or_else(|| io::Error::other("a pin has a command"))
}

/// The beginning of an answer, which is all of most.
fn shown(value: &Value) -> String {
    const SHOWN_BYTES_MAX: usize = 120;
    value.told().chars().take(SHOWN_BYTES_MAX).collect()
}

/// Whether both answer as it was recorded, and the difference is of the kind that is said.
pub(crate) fn check(pin: &Pin, stage: &mut Stage) -> io::Result<Result<(), String>> {
    let (ours, theirs) = play(pin, stage)?;
    let command = pin.commands.last().expect("it has one");
    for (who, came, recorded) in [("ours", &ours, &pin.ours), ("theirs", &theirs, &pin.theirs)] {
        let came = shown(came);
        if pin.compare == Compare::Exact && came != *recorded {
            return Ok(Err(format!("{who}: {came}, recorded: {recorded}")));
        }
    }
    if pin.compare.are_equal(&ours, &theirs) {
        return Ok(Err("they do not differ".to_owned()));
    }
    let known = differences::known(command, pin.compare, &ours, &theirs);
    Ok(if known == Some(pin.kind.as_str()) {
        Ok(())
    } else {
        Err(format!("it is taken for {known:?}"))
    })
}

/// Writes what is answered now into `differences.txt`.
pub(crate) fn record(stage: &mut Stage) -> io::Result<()> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("differences.txt");
    let text = std::fs::read_to_string(&path)?;
    let mut blocks = text.split("\n## ");
    let mut written = blocks.next().unwrap_or_default().to_owned();
    for block in blocks {
        let kept = block.lines();
        let kept = kept.filter(|line| !line.starts_with("ours:") && !line.starts_with("theirs:"));
        let kept = kept.collect::<Vec<_>>().join("\n");
        let (ours, theirs) = play(&pin(block), stage)?;
        written += &format!(
            "\n## {}\ntheirs: {}\nours: {}\n",
            kept.trim_end(),
            shown(&theirs),
            shown(&ours)
        );
    }
    std::fs::write(path, written)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::peer;
    use crate::peer::Client;

    #[test]
    fn every_kind_is_pinned_and_there_are_few() {
        let pinned: BTreeSet<_> = all().into_iter().map(|pin| pin.kind).collect();
        let kinds: BTreeSet<_> = differences::KINDS
            .iter()
            .map(|kind| kind.name.to_owned())
            .collect();
        assert_eq!(pinned, kinds);
        assert!(kinds.len() <= 20);
        assert!(
            differences::KINDS
                .iter()
                .all(|kind| !kind.reason.is_empty())
        );
    }

    #[test]
    fn ours_are_as_recorded() {
        let server = peer::ours().expect("it starts");
        for pin in all() {
            let mut client = Client::of(server.address()).expect("it listens");
            client.ask(&words("flushall"));
            let answers = pin.commands.iter().map(|command| client.ask(command));
            let last = answers.last().expect("it has a command");
            if pin.compare == Compare::Exact {
                assert_eq!(shown(&last), pin.ours, "{}", pin.kind);
            }
        }
        server.stop();
    }
}
