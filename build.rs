//! Settings for the linker.

fn main() {
    #[cfg(feature = "binding")]
    napi_build::setup();

    // Node unloads the library when the last worker that has loaded it ends. The thread that frees
    // expired sessions may still be running then, so the library stays.
    if std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|system| system == "linux") {
        println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
    }
}
