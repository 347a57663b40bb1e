#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| hextant::editor::fuzzing::index(bytes));
