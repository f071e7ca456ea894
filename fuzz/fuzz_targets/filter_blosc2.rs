#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| hdfive::fuzzing::filter_blosc2(data));
