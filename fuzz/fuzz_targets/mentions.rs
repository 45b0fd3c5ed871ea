#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| regcli_fuzz::mentions::check(data));
