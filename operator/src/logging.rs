//! Log lines: JSON objects with fixed fields for machines, or text for people.
//!
//! The fixed fields are `ts`, `level`, `msg`, and where they apply `kind`, `namespace`, `name` (the object), `action` and
//! `result` (closed sets of words). Whatever else a line says follows, `target` last. No line holds a key, a password or
//! the content of a Secret: actions are shown by kind and name, never by content.

use std::fmt;

use serde::ser::{SerializeMap, Serializer};
use serde_json::{Value, json};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, MakeWriter};
use tracing_subscriber::registry::LookupSpan;

/// How lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// One JSON object in a line, for machines
    Json,
    /// For people
    Text,
}

/// Begins to log to `writer`, for the rest of the process. A second time changes nothing.
pub fn start<W>(format: LogFormat, filter: EnvFilter, colours: bool, writer: W)
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(writer);
    let _ = match format {
        LogFormat::Json => lines.event_format(Json).try_init(),
        LogFormat::Text => lines.with_ansi(colours).try_init(),
    };
}

/// From now on a panic is a line like others, with its place: whoever collects lines would not find it otherwise.
pub fn log_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        let words = panic.payload_as_str().unwrap_or("without words");
        let backtrace = std::backtrace::Backtrace::force_capture().to_string();
        tracing::error!(place, backtrace, result = "panic", "panic: {words}");
    }));
}

/// Fields in the order in which they are written, if they are there.
const FIXED: &[&str] = &["kind", "namespace", "name", "action", "result"];

/// The JSON form.
pub struct Json;

impl<S, N> FormatEvent<S, N> for Json
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'w> FormatFields<'w> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut said = Said::default();
        event.record(&mut said);
        let now = jiff::Timestamp::now();
        let line = said
            .line(&format!("{now:.3}"), event.metadata())
            .map_err(|_| fmt::Error)?;
        writeln!(writer, "{line}")
    }
}

/// The fields of a line.
#[derive(Default)]
struct Said {
    message: String,
    fields: Vec<(&'static str, Value)>,
}

impl Said {
    fn line(&self, now: &str, about: &tracing::Metadata<'_>) -> serde_json::Result<String> {
        let mut bytes = Vec::new();
        let mut json = serde_json::Serializer::new(&mut bytes);
        let mut line = json.serialize_map(None)?;
        line.serialize_entry("ts", now)?;
        line.serialize_entry("level", &about.level().as_str().to_ascii_lowercase())?;
        line.serialize_entry("msg", &self.message)?;
        for name in FIXED {
            for (_, value) in self.fields.iter().filter(|(field, _)| field == name) {
                line.serialize_entry(name, value)?;
            }
        }
        for (name, value) in self
            .fields
            .iter()
            .filter(|(field, _)| !FIXED.contains(field))
        {
            line.serialize_entry(name, value)?;
        }
        line.serialize_entry("target", about.target())?;
        SerializeMap::end(line)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    fn put(&mut self, field: &Field, value: Value) {
        self.fields.push((field.name(), value));
    }
}

impl Visit for Said {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.message = format!("{value:?}");
        } else {
            self.put(field, json!(format!("{value:?}")));
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            value.clone_into(&mut self.message);
        } else {
            self.put(field, json!(value));
        }
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, json!(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, json!(value));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, json!(value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, json!(value));
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex, PoisonError};

    use super::*;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            all.write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_line_has_the_fixed_fields_first_and_in_order() {
        let written = Written::default();
        let writer = written.clone();
        let lines = tracing_subscriber::fmt()
            .event_format(Json)
            .with_writer(move || writer.clone())
            .finish();
        tracing::subscriber::with_default(lines, || {
            let error = "it said \"no\"\nand left";
            tracing::warn!(tries = 3, action = "create", %error, name = "config", kind = "ConsensusGroup", namespace = "ns", result = "failed", "create {} of {}", 1, 2);
        });
        let bytes = written
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let text = String::from_utf8(bytes).expect("text");
        let (time, rest) = text
            .strip_prefix("{\"ts\":\"")
            .and_then(|text| text.split_once("\","))
            .expect("a time first");
        assert!(time.parse::<jiff::Timestamp>().is_ok(), "{time}");
        let expected = concat!(
            r#""level":"warn","msg":"create 1 of 2","kind":"ConsensusGroup","namespace":"ns","name":"config","#,
            r#""action":"create","result":"failed","tries":3,"error":"it said \"no\"\nand left","#,
            r#""target":"synod_operator::logging::tests"}"#,
            "\n"
        );
        assert_eq!(rest, expected);
    }
}
