//! Greeting: one card, a ConfigMap.

mod objects;
mod plan;
mod status;

use kube::Resource;
use kube::core::ApiResource;
use synod_operator::child::{Child, ChildKind};
use synod_operator::kinds::{self, Decision, Facts, Undecodable};
use synod_operator::observe::Observed;

use crate::greeting_type::Greeting;

/// The kind Greeting.
pub(crate) struct Kind;

impl kinds::Kind for Kind {
    fn resource(&self) -> ApiResource {
        let mut resource = ApiResource::erase::<Greeting>(&());
        resource.plural = Greeting::plural(&()).into_owned();
        resource
    }

    fn decide(&self, observed: &Observed) -> Result<Decision, Undecodable> {
        let wrong = |error: serde_json::Error| Undecodable(error.to_string());
        let object = serde_json::to_value(&*observed.object).map_err(wrong)?;
        let greeting: Greeting = serde_json::from_value(object).map_err(wrong)?;
        let mut children = observed.children.iter().map(|child| &**child);
        let card = children.find(|child| child.kind() == ChildKind::ConfigMap);
        let actions = plan::plan(&greeting, card);
        let done = card.is_some() && actions.is_empty();
        let status = status::status(&greeting, observed.failure.as_ref(), done);
        Ok(Decision {
            targets: Vec::new(),
            strands: vec![actions],
            facts: Facts {
                state: status.state.clone().unwrap_or_default(),
                wanted: 1,
                ready: done.into(),
            },
            status: serde_json::to_value(status).map_err(wrong)?,
            again: None,
            events: Vec::new(),
        })
    }
}

/// The card as it was found.
type Found<'a> = Option<&'a Child>;
