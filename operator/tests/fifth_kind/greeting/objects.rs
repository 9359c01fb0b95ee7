//! The card, as it should be.

use k8s_openapi::api::core::v1::ConfigMap;
use kube::{Resource, ResourceExt};
use synod_operator::child::Child;
use synod_operator::names::{LABEL_KIND, LABEL_NAME, Names};

use crate::greeting_type::Greeting;

/// Short name of the kind, part of all names made from an object's.
const SHORT: &str = "gr";

/// The card.
pub(super) fn card(greeting: &Greeting) -> Child {
    let name = greeting.name_any();
    let mut card = ConfigMap::default();
    card.metadata.name = Some(Names::new(&name, SHORT).base().to_owned());
    card.metadata.namespace = greeting.namespace();
    card.metadata.owner_references = greeting.controller_owner_ref(&()).map(|owner| vec![owner]);
    let labels = [(LABEL_KIND, "Greeting"), (LABEL_NAME, &name)];
    let labels = labels.map(|(label, value)| (label.to_owned(), value.to_owned()));
    card.metadata.labels = Some(labels.into());
    let text = format!("{}, {name}", greeting.spec.word);
    card.data = Some([("text".to_owned(), text)].into());
    card.into()
}
