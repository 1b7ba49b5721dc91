#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| express_session_native_fuzz::whole_text(data));
