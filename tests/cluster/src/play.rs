//! Playing the script at both servers.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::Failure;
use crate::client::{Answer, Call, Client};
use crate::compare::{Difference, differences, fits, selected};
use crate::mapping::Mapping;
use crate::script::{Answers, Area, Request};

/// What is asked again until it is so, is so in this time.
const UNTIL_MAX: Duration = Duration::from_secs(15);
const UNTIL_POLL: Duration = Duration::from_millis(200);

/// One request with what differed in its answers.
pub struct Played {
    /// `area/request`.
    pub name: String,
    /// What differed.
    pub differences: Vec<Difference>,
}

/// One server and what it answered so far.
struct Side {
    client: Client,
    answers: Answers,
}

/// Both servers, and what was learnt of their names for things.
pub struct Play<'a> {
    real: Side,
    embedded: Side,
    mapping: Mapping,
    root: &'a Path,
}

impl<'a> Play<'a> {
    /// Clients of the servers that two kubeconfigs describe; `root` is where the script's files are found from.
    ///
    /// # Errors
    /// When a kubeconfig cannot be used.
    pub async fn new(real: &str, embedded: &str, root: &'a Path) -> Result<Self, Failure> {
        Ok(Self {
            real: Side::new(real).await?,
            embedded: Side::new(embedded).await?,
            mapping: Mapping::default(),
            root,
        })
    }

    /// Plays one area.
    ///
    /// # Errors
    /// When a request cannot be sent. Refusals are answers.
    pub async fn area(&mut self, area: &Area) -> Result<Vec<Played>, Failure> {
        if area.namespaced {
            self.real.make_namespace(area).await?;
            self.embedded.make_namespace(area).await?;
        }
        let mut played = Vec::new();
        for request in &area.requests {
            played.push(self.request(area, request).await?);
        }
        Ok(played)
    }

    async fn request(&mut self, area: &Area, request: &Request) -> Result<Played, Failure> {
        let name = format!("{}/{}", area.name, request.name);
        let (real, embedded) = tokio::join!(
            self.real.ask(area, request, self.root),
            self.embedded.ask(area, request, self.root)
        );
        let of = |side: &str, error: Failure| format!("{name}: {side}: {error}");
        let real = real.map_err(|e| of("kube-apiserver", e))?;
        let embedded = embedded.map_err(|e| of("embedded", e))?;
        if request.generated {
            let made_up = |answer: &Value| {
                answer["body"]["metadata"]["name"]
                    .as_str()
                    .map(str::to_owned)
            };
            if let (Some(a), Some(b)) = (made_up(&real), made_up(&embedded)) {
                self.mapping.learn_name(&a, &b);
            }
        }
        let (real, embedded) = (
            selected(&real, &request.only),
            selected(&embedded, &request.only),
        );
        let mut found = differences(&real, &embedded, &mut self.mapping);
        found.retain(|difference| {
            !request
                .ignore
                .iter()
                .any(|pattern| fits(pattern, &difference.path))
        });
        Ok(Played {
            name,
            differences: found,
        })
    }
}

impl Side {
    async fn new(kubeconfig: &str) -> Result<Self, Failure> {
        Ok(Self {
            client: Client::new(kubeconfig).await?,
            answers: Answers::default(),
        })
    }

    async fn make_namespace(&self, area: &Area) -> Result<(), Failure> {
        let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": area.namespace()}});
        let call = Call {
            method: "POST".to_owned(),
            path: "/api/v1/namespaces".to_owned(),
            content_type: "application/json".to_owned(),
            body: namespace.to_string().into_bytes(),
            ..Call::default()
        };
        let answer = self.client.send(&call).await?;
        match answer.code {
            201 => Ok(()),
            code => Err(format!(
                "namespace {}: {code}: {}",
                area.namespace(),
                answer.body
            )),
        }
    }

    /// Sends a request, again and again if it waits for something, and remembers the answer.
    async fn ask(&mut self, area: &Area, request: &Request, root: &Path) -> Result<Value, Failure> {
        let call = request.call(area, &self.answers, root)?;
        let deadline = Instant::now() + UNTIL_MAX;
        loop {
            let answer = self.client.send(&call).await?;
            let waited = request
                .until
                .as_deref()
                .is_none_or(|wanted| is_so(&answer, wanted));
            if waited || Instant::now() > deadline {
                self.answers
                    .insert(request.name.clone(), answer.body.clone());
                return Ok(answer.to_value());
            }
            tokio::time::sleep(UNTIL_POLL).await;
        }
    }
}

/// Whether the answer has the code, or the value at the path, that is waited for.
fn is_so(answer: &Answer, wanted: &str) -> bool {
    match wanted.split_once('=') {
        None => answer.code.to_string() == wanted,
        Some((path, value)) => {
            let found =
                path.split('.')
                    .try_fold(&answer.body, |at, part| match part.parse::<usize>() {
                        Ok(index) => at.get(index),
                        Err(_) => at.get(part),
                    });
            found.is_some_and(|found| {
                found
                    .as_str()
                    .map_or_else(|| found.to_string(), str::to_owned)
                    == value
            })
        }
    }
}
