//! A proxy by a configuration file, for measurements: `serve config.json [threads]`.

use synod_proxy::{Proxy, Settings};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("which configuration file?")?;
    let threads = arguments.next().map_or(Ok(1), |it| it.parse())?;
    let config = serde_json::from_str(&std::fs::read_to_string(path)?)?;
    let settings = Settings {
        threads,
        seed: 1,
        secret: 1,
        logs_access: false,
    };
    let proxy = Proxy::start(config, &settings)?;
    for (name, address) in proxy.addresses() {
        println!("{name}: {address}");
    }
    loop {
        std::thread::park();
    }
}
