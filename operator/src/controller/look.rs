//! One look at one object: decide, act, report, tell.
//!
//! Whatever goes wrong in a look, a panic too, is that object's own failure: it waits its pause, the others go on.

use std::any::Any;
use std::collections::HashSet;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::FutureExt;
use kube::core::ApiResource;

use super::rival::Written;
use crate::act::{ActError, Actor, Context, Herald};
use crate::action::Action;
use crate::agents::Target;
use crate::events::{self, Event};
use crate::kinds::{Decision, Kind, Strand, Undecodable};
use crate::metrics::Metrics;
use crate::mutation::mutated;
use crate::names::Key;
use crate::observe::{Failure, Floor, Observed};
use crate::queue::Ended;
use crate::reasons;

/// While something is being done, look again after this time even if no event comes.
const BACKSTOP: Duration = Duration::from_secs(5);

/// How a look at an object ended.
pub(super) struct Look {
    pub(super) key: Key,
    pub(super) targets: Option<Vec<Target>>,
    pub(super) ended: Ended,
    pub(super) failure: Option<Failure>,
    /// The newest configuration that its calls led to.
    pub(super) floor: Option<Floor>,
    /// The status that was written.
    pub(super) written: Option<Written>,
}

/// One look at one object, to be run.
pub(super) struct Task {
    pub(super) observed: Observed,
    pub(super) context: Context,
    pub(super) actor: Actor,
    pub(super) resource: ApiResource,
    pub(super) kind: Arc<dyn Kind>,
    pub(super) heard: HashSet<Target>,
    /// The status that was written last.
    pub(super) written: Option<Written>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) herald: Option<Herald>,
}

/// Why a look did not come to its end.
#[derive(Debug, thiserror::Error)]
enum LookError {
    #[error(transparent)]
    Act(#[from] ActError),
    #[error(transparent)]
    Undecodable(#[from] Undecodable),
    #[error(
        "the operator made a mistake at this object ({0}); the others go on, this one is tried again"
    )]
    Panicked(String),
}

impl LookError {
    /// The closed set of words for the metrics.
    const fn word(&self) -> &'static str {
        match self {
            Self::Act(error) => error.word(),
            Self::Undecodable(_) => "undecodable",
            Self::Panicked(_) => "panic",
        }
    }

    const fn reason(&self) -> &'static str {
        match self {
            Self::Act(ActError::NameConflict { .. }) => reasons::NAME_CONFLICT,
            Self::Act(_) => reasons::CALL_FAILED,
            Self::Undecodable(_) => reasons::INVALID,
            Self::Panicked(_) => reasons::OPERATOR_MISTAKE,
        }
    }
}

impl Task {
    /// Looks, and says how it ended, whatever happens.
    pub(super) async fn run(self) -> Look {
        let began = Instant::now();
        let mut look = Look {
            key: self.observed.key.clone(),
            targets: None,
            ended: Ended::Failed,
            failure: None,
            floor: None,
            written: None,
        };
        // A panic leaves nothing half-done behind but what a crash would: what is shared is behind locks that bear it.
        let result = AssertUnwindSafe(self.look(&mut look))
            .catch_unwind()
            .await
            .unwrap_or_else(|panic| {
                if mutated("fall-with-one-object") {
                    std::panic::resume_unwind(panic);
                }
                Err(LookError::Panicked(words(&*panic)))
            });
        let word = self.conclude(&mut look, result);
        self.metrics
            .reconciled(&look.key.kind, word, began.elapsed());
        look
    }

    /// Notes how it ended for the queue, the next look, the log, the metrics and the events.
    fn conclude(
        &self,
        look: &mut Look,
        result: Result<Option<Duration>, LookError>,
    ) -> &'static str {
        let Key {
            kind,
            namespace,
            name,
        } = &look.key;
        match result {
            Ok(again) => {
                look.ended = Ended::Well(again);
                return "ok";
            }
            Err(LookError::Act(ActError::Outdated(why))) => {
                tracing::debug!(kind, namespace, name, result = "outdated", "{why}");
                look.failure.clone_from(&self.observed.failure);
                return "outdated";
            }
            Err(error) => {
                let (reason, message) = (error.reason(), error.to_string());
                self.metrics.reconcile_failed(kind, error.word());
                self.tell([Event::warning(reason, "reconcile", &message)]);
                match error {
                    // Only its author can help, and a change wakes it.
                    LookError::Undecodable(_) => {
                        tracing::error!(kind, namespace, name, result = "undecodable", "{message}");
                        look.ended = Ended::Well(None);
                    }
                    LookError::Panicked(_) => {
                        tracing::error!(kind, namespace, name, result = "panic", "{message}");
                        look.failure = Some(Failure { reason, message });
                    }
                    LookError::Act(_) => {
                        tracing::warn!(kind, namespace, name, result = "failed", "{message}");
                        look.failure = Some(Failure { reason, message });
                    }
                }
            }
        }
        "failed"
    }

    async fn look(&self, look: &mut Look) -> Result<Option<Duration>, LookError> {
        let decision = self.kind.decide(&self.observed)?;
        let heard = decision
            .targets
            .iter()
            .all(|target| self.heard.contains(target));
        look.targets = Some(decision.targets.clone());
        let done = self.carry_out(look, &decision.strands).await;
        // What was seen is told even if something could not be done about it, but not before all agents were asked: a
        // controller that has just started knows of no leader yet.
        let pause = match heard {
            true => self.report(look, &decision).await?,
            false => None,
        };
        done?;
        if mutated("look-again-after-each-status") && self.differs(&decision) {
            return Ok(Some(Duration::ZERO));
        }
        // What failed before and does not fail any more is not told from now on; nothing else may wake this object for long.
        if self.observed.failure.is_some() && !mutated("tell-of-what-is-over") {
            return Ok(Some(Duration::ZERO));
        }
        let idle = decision.strands.iter().all(Vec::is_empty);
        let again = if idle { decision.again } else { Some(BACKSTOP) };
        Ok(again.into_iter().chain(pause).min())
    }

    /// Carries the strands out, one after the other; returns the first failure.
    async fn carry_out(&self, look: &mut Look, strands: &[Strand]) -> Result<(), ActError> {
        let mut done = Ok(());
        for strand in strands {
            let ended = self.carry_out_strand(look, strand).await;
            let ends_all = ended.as_ref().is_err_and(|error| !error.is_of_one_strand());
            done = done.and(ended);
            if ends_all {
                break;
            }
        }
        done
    }

    async fn carry_out_strand(&self, look: &mut Look, strand: &Strand) -> Result<(), ActError> {
        for action in strand {
            self.act(look, action).await?;
        }
        Ok(())
    }

    /// Whether the status reads differently from what it should.
    fn differs(&self, decision: &Decision) -> bool {
        self.observed.object.data.get("status") != Some(&decision.status)
    }

    /// Writes the status if it reads differently, and tells what changed with it. Returns how long it waits instead, if
    /// somebody else overwrites it.
    async fn report(
        &self,
        look: &mut Look,
        decision: &Decision,
    ) -> Result<Option<Duration>, ActError> {
        self.metrics.object(&self.observed.key, &decision.facts);
        if !self.differs(decision) && !mutated("write-the-status-each-time") {
            return Ok(None);
        }
        let (last, now) = (self.written.as_ref(), tokio::time::Instant::now());
        let pause = last.and_then(|last| last.pause(&decision.status, now));
        if pause.is_some() && self.differs(decision) {
            return Ok(pause);
        }
        self.context.may_act()?;
        self.actor
            .report(
                &self.resource,
                &self.observed.object,
                decision.status.clone(),
            )
            .await?;
        look.written = Some(Written::new(&decision.status, last, now));
        self.metrics.acted("status", "ok");
        self.tell(decision.events.iter().cloned());
        Ok(None)
    }

    async fn act(&self, look: &mut Look, action: &Action) -> Result<(), ActError> {
        self.context.may_act()?;
        let result = self.actor.act(&self.context, action).await;
        let word = match &result {
            Ok(_) => "ok",
            Err(ActError::Outdated(_)) => "outdated",
            Err(_) => "failed",
        };
        let Key {
            kind,
            namespace,
            name,
        } = &look.key;
        let did = action.word();
        tracing::info!(
            kind,
            namespace,
            name,
            action = did,
            result = word,
            "{action}"
        );
        self.metrics.acted(did, word);
        if let Some(floor) = result? {
            look.floor = Some(floor);
        }
        self.tell(events::of_action(action));
        Ok(())
    }

    fn tell(&self, events: impl IntoIterator<Item = Event>) {
        let Some(herald) = &self.herald else { return };
        for event in events {
            herald.tell(
                &self.observed.key,
                &self.resource,
                &self.observed.object,
                event,
            );
        }
    }
}

/// What a panic said.
fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned());
    text.unwrap_or_else(|| "without words".to_owned())
}
