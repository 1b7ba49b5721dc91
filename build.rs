//! Tells the linker how a Node addon is linked, when the binding is built.

fn main() {
    #[cfg(feature = "binding")]
    napi_build::setup();
}
