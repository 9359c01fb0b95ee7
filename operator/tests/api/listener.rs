//! The listener: who is let in.

use kube::Client;
use kube::api::PostParams;
use synod_operator::local::api::{self};

use crate::{map, maps, refusal, server};

#[tokio::test]
async fn only_the_token_opens_the_listener() {
    let access = api::Access::generate().unwrap();
    let listener = api::Listener::bind(server(), access.clone(), None)
        .await
        .unwrap();
    let kubeconfig = access.kubeconfig(listener.address());
    let serving = tokio::spawn(listener.serve());
    let client = async |text: &str| {
        let kubeconfig = kube::config::Kubeconfig::from_yaml(text).unwrap();
        let config = kube::Config::from_custom_kubeconfig(
            kubeconfig,
            &kube::config::KubeConfigOptions::default(),
        )
        .await
        .unwrap();
        Client::try_from(config).unwrap()
    };
    let good = client(&kubeconfig).await;
    maps(&good)
        .create(&PostParams::default(), &map("a", "1"))
        .await
        .unwrap();
    let stranger = client(&kubeconfig.replace("token: ", "token: x")).await;
    assert_eq!(refusal(maps(&stranger).get("a").await).0, 401);
    serving.abort();
}
