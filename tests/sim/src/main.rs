//! `synod-sim`: see [`synod_sim::cli`].

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let wanted = synod_sim::cli::Wanted::parse(std::env::args().skip(1));
    match wanted.and_then(|wanted| synod_sim::cli::perform(&wanted)) {
        Ok(code) => std::process::exit(code),
        Err(why) => {
            eprintln!("{why}");
            std::process::exit(2);
        }
    }
}
