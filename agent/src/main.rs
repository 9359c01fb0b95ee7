//! The binary `synod-agent`: configuration -> role -> drain, all of it in the library.

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    synod_agent::cli::main()
}
