//! `synod kv`: a tiny client of a group, for those without etcdctl.

use super::connection::Connection;
use super::endpoints::{self, Access};
use super::{Failure, kinds};
use clap::Subcommand;
use std::time::{Duration, Instant};
use synod_agent_api::Kind as AgentKind;
use synod_proto::etcdserverpb::kv_client::KvClient;
use synod_proto::etcdserverpb::watch_client::WatchClient;
use synod_proto::etcdserverpb::watch_request::RequestUnion;
use synod_proto::etcdserverpb::{
    DeleteRangeRequest, PutRequest, RangeRequest, WatchCreateRequest, WatchRequest,
};
use synod_proto::mvccpb::event::EventType;
use tokio::time::sleep;
use tokio_stream::StreamExt;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};

/// How long one request may take; an election may be under way.
const REQUEST_MAX: Duration = Duration::from_secs(10);
const CONNECT_MAX: Duration = Duration::from_secs(2);
/// How long some member is tried to be reached, and how often all are.
const ANSWER_MAX: Duration = Duration::from_secs(5);
const ANSWER_RETRY: Duration = Duration::from_millis(100);
/// Certificates hold for this name wherever the member is.
const TLS_NAME: &str = "localhost";

const EXAMPLES: &str = "\
Examples:
  synod kv put hello world
  synod kv get hello
  synod kv get app/ --prefix
  synod kv watch app/ --prefix       shows changes until Ctrl-C
  synod kv del app/ --prefix
  synod kv -g other put a b          in the group `other`";

/// Put, get, watch and delete keys, without etcdctl
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// The ConsensusGroup [default: the only one]
    #[arg(short, long, value_name = "NAME", global = true)]
    group: Option<String>,
    /// Talk to these endpoints instead (http://host:port, without TLS), comma-separated
    #[arg(long, value_name = "URLS", value_delimiter = ',', global = true)]
    endpoints: Vec<String>,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Subcommand)]
enum Command {
    /// Store a value under a key
    Put {
        /// The key
        key: String,
        /// The value
        value: String,
    },
    /// Print a key's value
    Get {
        /// The key
        key: String,
        /// All keys that begin with it, as key and value
        #[arg(long)]
        prefix: bool,
    },
    /// Print changes of a key until Ctrl-C
    Watch {
        /// The key
        key: String,
        /// All keys that begin with it
        #[arg(long)]
        prefix: bool,
        /// Begin with this revision instead of now
        #[arg(long, default_value_t = 0)]
        revision: i64,
    },
    /// Delete a key
    Del {
        /// The key
        key: String,
        /// All keys that begin with it
        #[arg(long)]
        prefix: bool,
    },
}

pub(crate) async fn run(arguments: Arguments) -> Result<(), Failure> {
    let access = match arguments.endpoints.is_empty() {
        false => Access {
            endpoints: arguments.endpoints.clone(),
            ..Access::default()
        },
        true => {
            let client = arguments.connection.client().await?;
            let word = arguments.group.as_ref().map(|group| {
                if group.contains('/') {
                    group.clone()
                } else {
                    format!("cg/{group}")
                }
            });
            if let Some(word) = &word {
                kinds::split(word)?;
            }
            // The only kind that holds keys.
            let groups = endpoints::profile_of(AgentKind::ConsensusGroup);
            let group = endpoints::object(&client, word.as_deref(), &[groups]).await?;
            endpoints::access(&client, &group).await?
        }
    };
    let channel = channel(&access).await?;
    match arguments.command {
        Command::Put { key, value } => put(channel, key, value).await,
        Command::Get { key, prefix } => get(channel, key, prefix).await,
        Command::Watch {
            key,
            prefix,
            revision,
        } => watch(channel, key, prefix, revision).await,
        Command::Del { key, prefix } => del(channel, key, prefix).await,
    }
}

/// A channel to the first member that answers. A Service leads nowhere until all nodes know of its members, a moment after the
/// group is Ready, so a refusal is not taken as the last word at once.
async fn channel(access: &Access) -> Result<Channel, Failure> {
    let members = access.endpoints.iter().map(|url| endpoint(url, access));
    let members = members.collect::<Result<Vec<_>, _>>()?;
    let began = Instant::now();
    loop {
        let mut last = String::new();
        for member in &members {
            match member.connect().await {
                Ok(channel) => return Ok(channel),
                Err(error) => last = format!("{}: {}", member.uri(), root(&error)),
            }
        }
        if began.elapsed() > ANSWER_MAX {
            return Err(Failure::new(format!(
                "no member answers ({last}); see `synod status`"
            )));
        }
        sleep(ANSWER_RETRY).await;
    }
}

fn endpoint(url: &str, access: &Access) -> Result<Endpoint, Failure> {
    let endpoint = Endpoint::from_shared(url.to_owned())
        .map_err(|error| Failure::new(format!("{url}: {error}")))?;
    let endpoint = endpoint.connect_timeout(CONNECT_MAX).tcp_nodelay(true);
    let Some(tls) = &access.tls else {
        return Ok(endpoint);
    };
    let config = ClientTlsConfig::new()
        .ca_certificate(Certificate::from_pem(&tls.authority))
        .identity(Identity::from_pem(&tls.certificate, &tls.key))
        .domain_name(TLS_NAME);
    let cannot = |error| Failure::new(format!("the certificates cannot be used: {error}"));
    endpoint.tls_config(config).map_err(cannot)
}

/// The innermost cause, which says most.
fn root(error: &dyn std::error::Error) -> String {
    let mut at = error;
    while let Some(source) = at.source() {
        at = source;
    }
    at.to_string()
}

fn limited<T>(message: T) -> tonic::Request<T> {
    let mut request = tonic::Request::new(message);
    request.set_timeout(REQUEST_MAX);
    request
}

fn refused(status: &tonic::Status) -> Failure {
    Failure::new(format!("{} ({:?})", status.message(), status.code()))
}

/// The end of the range of keys that begin with `key`: none for a single key.
fn range_end(key: &[u8], prefix: bool) -> Vec<u8> {
    if !prefix {
        return Vec::new();
    }
    let mut end = key.to_vec();
    while let Some(last) = end.pop() {
        if last < u8::MAX {
            end.push(last + 1);
            return end;
        }
    }
    // Every key: one zero byte means "to the end".
    vec![0]
}

async fn put(channel: Channel, key: String, value: String) -> Result<(), Failure> {
    let request = PutRequest {
        key: key.into(),
        value: value.into(),
        ..PutRequest::default()
    };
    KvClient::new(channel)
        .put(limited(request))
        .await
        .map_err(|status| refused(&status))?;
    say!("OK");
    Ok(())
}

async fn get(channel: Channel, key: String, prefix: bool) -> Result<(), Failure> {
    let end = range_end(key.as_bytes(), prefix);
    // "All keys from `key` on" needs a key; the least is one zero byte.
    let start = if prefix && key.is_empty() {
        vec![0]
    } else {
        key.clone().into_bytes()
    };
    let request = RangeRequest {
        key: start.into(),
        range_end: end.into(),
        ..RangeRequest::default()
    };
    let answer = KvClient::new(channel)
        .range(limited(request))
        .await
        .map_err(|status| refused(&status))?
        .into_inner();
    if answer.kvs.is_empty() && !prefix {
        return Err(Failure::new(format!("there is no key {key:?}")));
    }
    for pair in answer.kvs {
        if prefix {
            say!("{}", String::from_utf8_lossy(&pair.key));
        }
        say!("{}", String::from_utf8_lossy(&pair.value));
    }
    Ok(())
}

async fn del(channel: Channel, key: String, prefix: bool) -> Result<(), Failure> {
    let end = range_end(key.as_bytes(), prefix);
    let start = if prefix && key.is_empty() {
        vec![0]
    } else {
        key.into_bytes()
    };
    let request = DeleteRangeRequest {
        key: start.into(),
        range_end: end.into(),
        ..DeleteRangeRequest::default()
    };
    let answer = KvClient::new(channel)
        .delete_range(limited(request))
        .await
        .map_err(|status| refused(&status))?;
    say!("{}", answer.into_inner().deleted);
    Ok(())
}

async fn watch(channel: Channel, key: String, prefix: bool, revision: i64) -> Result<(), Failure> {
    let end = range_end(key.as_bytes(), prefix);
    let start = if prefix && key.is_empty() {
        vec![0]
    } else {
        key.into_bytes()
    };
    let create = WatchCreateRequest {
        key: start.into(),
        range_end: end.into(),
        start_revision: revision,
        ..WatchCreateRequest::default()
    };
    let request = WatchRequest {
        request_union: Some(RequestUnion::CreateRequest(create)),
    };
    // The stream of requests stays open as long as the watch is wanted.
    let requests = tokio_stream::once(request).chain(tokio_stream::pending());
    let mut answers = WatchClient::new(channel)
        .watch(requests)
        .await
        .map_err(|status| refused(&status))?
        .into_inner();
    while let Some(answer) = answers.next().await {
        let answer = answer.map_err(|status| refused(&status))?;
        if answer.canceled {
            return Err(Failure::new(format!(
                "the watch was cancelled: {}",
                answer.cancel_reason
            )));
        }
        for event in answer.events {
            let word = if event.r#type() == EventType::Delete {
                "DELETE"
            } else {
                "PUT"
            };
            let Some(pair) = event.kv else { continue };
            say!(
                "{word}\n{}\n{}",
                String::from_utf8_lossy(&pair.key),
                String::from_utf8_lossy(&pair.value)
            );
        }
    }
    Err(Failure::new(
        "the member ended the watch; run the command again",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes() {
        let table: [(&[u8], bool, &[u8]); 5] = [
            (b"a", false, b""),
            (b"a", true, b"b"),
            (b"a\xff", true, b"b"),
            (b"\xff", true, b"\0"),
            (b"", true, b"\0"),
        ];
        for (key, prefix, end) in table {
            assert_eq!(range_end(key, prefix), end, "{key:?} {prefix}");
        }
    }
}
