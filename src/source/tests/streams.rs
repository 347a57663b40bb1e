use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use proptest::collection::vec;

use super::*;

const ALL: [Compression; 5] =
    [Compression::Gzip, Compression::Zstd, Compression::Xz, Compression::Bzip2, Compression::Lz4];

fn compress(compression: Compression, bytes: &[u8]) -> Vec<u8> {
    let mut encoder = compression.encoder(Vec::new()).unwrap();
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// What comes of compressed bytes, and the error after it.
fn decompress(compression: Compression, bytes: &[u8]) -> (Vec<u8>, Option<String>) {
    let mut out = Vec::new();
    let input = std::io::Cursor::new(bytes.to_vec());
    let read = compression.decoder(input).and_then(|mut decoder| decoder.read_to_end(&mut out));
    (out, read.err().map(|error| error.to_string()))
}

fn spool() -> (tempfile::TempDir, Spool) {
    let folder = tempfile::tempdir().unwrap();
    let spool = Spool::new(folder.path()).unwrap();
    (folder, spool)
}

fn spooled(spool: &Spool) -> Vec<u8> {
    let source = spool.reader().source();
    shown(&*source, 0..source.len()).unwrap()
}

fn go(input: &mut Input, spool: &mut Spool, limits: Limits) -> Result<u64, StreamError> {
    fill(input, spool, &limits, &Cancel::new(), &Progress::default())
}

/// What `gzip`, `zstd`, `xz`, `bzip2` and `lz4` of Debian 13 make of the same two lines.
const FOREIGN: [(Compression, &str); 5] = [
    (Compression::Gzip, "1f8b080891cf046b0003743100cbcf4b55c8c9cc4be52a29cf07338ab9001f46a22813000000"),
    (Compression::Zstd, "28b52ffd24139900006f6e65206c696e650a74776f206c696e65730ad39f03f3"),
    (
        Compression::Xz,
        "fd377a585a000004e6d6b4460200210116000000742fe5a30100126f6e65206c696e650a74776f206c696e65730a0000\
         6cc85836d408c58f00012b139c0948d21fb6f37d010000000004595a",
    ),
    (
        Compression::Bzip2,
        "425a68393141592653596d004f33000007d1800010400002258c80200021a01ea0400c0940c2c453f68fde2ee48a70a1\
         20da009e66",
    ),
    (Compression::Lz4, "04224d186440a7130000806f6e65206c696e650a74776f206c696e65730a000000002bff1967"),
];

fn unhex(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

#[test]
fn files_of_other_programs_are_known_and_read() {
    for (compression, hex) in FOREIGN {
        let bytes = unhex(hex);
        assert_eq!(Compression::sniff(&bytes), Some(compression));
        assert_eq!(decompress(compression, &bytes), (b"one line\ntwo lines\n".to_vec(), None));
    }
    // A frame that says "skip me" goes before, as pzstd writes it.
    let skipped = [b"\x51\x2a\x4d\x18\x03\0\0\0abc".as_slice(), &unhex(FOREIGN[1].1)].concat();
    assert_eq!(Compression::sniff(&skipped), Some(Compression::Zstd));
    assert_eq!(decompress(Compression::Zstd, &skipped).1, None);
}

#[test]
fn what_only_looks_compressed_is_not() {
    for bytes in [
        &b""[..],
        b"\x1f\x8b\x08",
        b"\x1f\x8b\x08\xe0 a reserved flag",
        b"\x1f\x8b\x07\x00 not deflate",
        b"BZh9 is how a text may begin",
        b"BZh01AY&SY",
        b"\x28\xb5\x2f\xfc",
        b"\x04\x22\x4d\x18\x00 no version of LZ4",
        b"\x51\x2a\x4d\x18\x02\0\0\0ab and then something else",
        b"\x51\x2a\x4d\x18\xff\xff\xff\xff",
        b"\xfd7zXZ",
    ] {
        assert_eq!(Compression::sniff(bytes), None, "{bytes:?}");
    }
}

fn content() -> impl Strategy<Value = Vec<u8>> {
    vec((any::<u8>(), 0..3000_usize), 0..6)
        .prop_map(|runs| runs.into_iter().flat_map(|(byte, len)| vec![byte; len % 50 * (len % 7)]).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn several_streams_in_one_file_are_read_as_one(contents in vec(content(), 1..4), padding in 0..3_usize) {
        for compression in ALL {
            let mut bytes = Vec::new();
            for content in &contents {
                bytes.extend(compress(compression, content));
                if compression != Compression::Zstd {
                    bytes.resize(bytes.len() + 4 * padding, 0);
                }
            }
            prop_assert_eq!(Compression::sniff(&bytes), Some(compression));
            let (out, error) = decompress(compression, &bytes);
            prop_assert_eq!((out, error), (contents.concat(), None), "{:?}", compression);
        }
    }
}

#[test]
fn a_file_cut_short_anywhere_is_not_taken_for_whole() {
    let contents = [noise(700), noise(300)];
    for compression in ALL {
        let first = compress(compression, &contents[0]);
        let whole = [&first[..], &compress(compression, &contents[1])].concat();
        for len in 1..whole.len() {
            let (out, error) = decompress(compression, &whole[..len]);
            assert!(contents.concat().starts_with(&out), "{compression:?} cut to {len}");
            assert_eq!(error.is_none(), len == first.len(), "{compression:?} cut to {len}: {error:?}");
            if len >= first.len() {
                assert!(out.starts_with(&contents[0]), "{compression:?} cut to {len}");
            }
        }
    }
}

#[test]
fn no_changed_bit_gives_other_bytes_in_silence() {
    let content = noise(300);
    for compression in ALL {
        let good = compress(compression, &content);
        for bit in 0..good.len() * 8 {
            let mut bad = good.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            let (out, error) = decompress(compression, &bad);
            assert!(error.is_some() || out == content, "{compression:?}, bit {bit}");
        }
    }
}

#[test]
fn what_stands_before_garbage_is_shown() {
    let content = noise(300);
    for compression in ALL {
        let bytes = [&compress(compression, &content)[..], b"and something else"].concat();
        let mut input = Input::compressed(compression, Arc::new(Memory::new(bytes))).unwrap();
        let (_folder, mut spool) = spool();
        let error = go(&mut input, &mut spool, Limits::default()).unwrap_err();
        assert!(matches!(error, StreamError::Damaged { .. }), "{compression:?}: {error}");
        let came = spooled(&spool);
        assert!(content.starts_with(&came) && came.len() > 200, "{compression:?}: {} bytes", came.len());
    }
}

#[test]
fn where_a_file_is_damaged_is_told_and_what_came_before_stays() {
    let content = noise(3 << 20);
    for compression in ALL {
        let mut bytes = compress(compression, &content);
        let damage = bytes.len() / 2;
        bytes[damage..damage + 100].fill(0x55);
        let mut input = Input::compressed(compression, Arc::new(Memory::new(bytes.clone()))).unwrap();
        let (_folder, mut spool) = spool();
        let error = go(&mut input, &mut spool, Limits::default()).unwrap_err();
        let StreamError::Damaged { at, .. } = error else { panic!("{compression:?}: {error}") };
        // Some damage only the checksum at the end tells.
        assert!((damage as u64..=bytes.len() as u64).contains(&at), "{compression:?}: {at} of {damage}");
        assert!(error.to_string().contains(&format!("damaged at byte {at} (")), "{error}");
        let came = spooled(&spool);
        assert!(came.len() > content.len() / 4, "{compression:?}: {}", came.len());
        assert!(came[..content.len() / 4] == content[..content.len() / 4]);
    }
}

/// A file on a failing disk is not called damaged, and what can be read of it is.
#[test]
fn a_failing_disk_is_no_damaged_file() {
    let content = noise(400_000);
    let bytes = compress(Compression::Gzip, &content);
    let len = bytes.len() as u64;
    let faulty = Arc::new(Faulty::new(Arc::new(Memory::new(bytes))));
    let lost = Lost::Unreadable("Input/output error (os error 5)".into());
    let whole = (len / 2) | 1;
    faulty.lose(whole..whole + 1, lost);
    let mut input = Input::compressed(Compression::Gzip, faulty).unwrap();
    let (_folder, mut spool) = spool();
    let progress = Progress::default();
    let error = fill(&mut input, &mut spool, &Limits::default(), &Cancel::new(), &progress).unwrap_err();
    assert_eq!(progress.done(), whole, "up to the very byte");
    assert_eq!(error.to_string(), "It cannot be read (Input/output error (os error 5)).");
    assert!(spool.len() > content.len() as u64 / 3, "{}", spool.len());
}

#[test]
fn a_bomb_is_asked_about_and_goes_on_where_it_stopped() {
    let content = vec![7; 400_000];
    let bytes = compress(Compression::Zstd, &content);
    let mut input = Input::compressed(Compression::Zstd, Arc::new(Memory::new(bytes.clone()))).unwrap();
    let (_folder, mut spool) = spool();
    let progress = Progress::default();
    let stop = fill(&mut input, &mut spool, &Limits::default(), &Cancel::new(), &progress).unwrap_err();
    let StreamError::Ratio { read, written } = stop else { panic!("{stop}") };
    assert!(written > 100 * read && read <= bytes.len() as u64);
    let len =
        fill(&mut input, &mut spool, &Limits::default().accepting(&stop), &Cancel::new(), &progress).unwrap();
    assert_eq!(len, 400_000);
    assert!(spooled(&spool) == content);
    assert_eq!(progress.done(), bytes.len() as u64);
    // What is compressed as usual, or is short, is not asked about.
    for content in [noise(400_000), vec![7; 60_000]] {
        let bytes = compress(Compression::Zstd, &content);
        let mut input = Input::compressed(Compression::Zstd, Arc::new(Memory::new(bytes))).unwrap();
        let (_folder, mut spool) = super::streams::spool();
        go(&mut input, &mut spool, Limits::default()).unwrap();
        assert!(spooled(&spool) == content);
    }
}

#[test]
fn little_space_is_asked_about_before_it_is_taken_and_nothing_is_lost() {
    let content = noise(500_000);
    let bytes = compress(Compression::Lz4, &content);
    let mut input = Input::compressed(Compression::Lz4, Arc::new(Memory::new(bytes))).unwrap();
    let (_folder, mut spool) = spool();
    let stop = go(&mut input, &mut spool, Limits::keeping(100)).unwrap_err();
    let StreamError::LowSpace { free, total } = stop else { panic!("{stop}") };
    assert!(free < total);
    assert!(spool.len() <= 64 << 10, "{}", spool.len());
    let waiting = spool.waiting();
    assert!(waiting > 0);
    let again = go(&mut input, &mut spool, Limits::keeping(100)).unwrap_err();
    assert!(matches!(again, StreamError::LowSpace { .. }) && spool.waiting() == waiting);
    assert_eq!(go(&mut input, &mut spool, Limits::keeping(100).accepting(&stop)).unwrap(), 500_000);
    assert!(spooled(&spool) == content);
    assert_eq!(
        StreamError::LowSpace { free: 3 << 20, total: 1 << 30 }.to_string(),
        "Only 3.0 MiB of 1.0 GiB are free where this is kept."
    );
}

fn fifo(folder: &Path) -> PathBuf {
    let path = folder.join("pipe");
    let mode = rustix::fs::Mode::from_raw_mode(0o600);
    rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, mode, 0).unwrap();
    path
}

/// Waits until `reader` has `len` bytes; panics when it takes longer than any machine needs.
fn wait_for(reader: &SpoolReader, len: u64) {
    let start = Instant::now();
    while reader.len() < len {
        assert!(start.elapsed() < Duration::from_secs(20), "{} of {len} bytes came", reader.len());
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn a_pipe_shows_each_line_at_once_and_ends_with_its_last_writer() {
    let (folder, mut spool) = spool();
    let path = fifo(folder.path());
    let reader = spool.reader();
    let mut input = Input::fifo(&path).unwrap();
    let filling = std::thread::spawn(move || go(&mut input, &mut spool, Limits::default()).unwrap());
    // Nobody writes yet: that is not the end.
    std::thread::sleep(Duration::from_millis(60));
    assert!(!reader.is_done());
    let mut writer = OpenOptions::new().write(true).open(&path).unwrap();
    writer.write_all(b"first\n").unwrap();
    wait_for(&reader, 6);
    assert_eq!(shown(&*reader.source(), 0..6).unwrap(), b"first\n");
    let other = OpenOptions::new().write(true).open(&path).unwrap();
    drop(writer);
    (&other).write_all(b"second\n").unwrap();
    wait_for(&reader, 13);
    assert!(!reader.is_done(), "one writer is left");
    let large = noise(1 << 20);
    (&other).write_all(&large).unwrap();
    drop(other);
    assert_eq!(filling.join().unwrap(), 13 + (1 << 20));
    assert!(reader.is_done());
    assert!(shown(&*reader.source(), 13..reader.len()).unwrap() == large);
}

/// A window shows it in its first frame, as it does a file.
#[test]
fn what_a_pipe_holds_already_is_taken_without_waiting() {
    let (folder, mut spool) = spool();
    let path = fifo(folder.path());
    let mut input = Input::fifo(&path).unwrap();
    let limits = Limits::default();
    fill_first(&mut input, &mut spool, &limits);
    assert!(spool.is_empty(), "nobody has opened it to write");
    let mut writer = OpenOptions::new().write(true).open(&path).unwrap();
    fill_first(&mut input, &mut spool, &limits);
    assert!(spool.is_empty(), "nobody has written");
    writer.write_all(b"first\n").unwrap();
    fill_first(&mut input, &mut spool, &limits);
    assert_eq!(spooled(&spool), b"first\n");
    writer.write_all(b"second\n").unwrap();
    drop(writer);
    assert_eq!(go(&mut input, &mut spool, limits).unwrap(), 13);
    assert_eq!(spooled(&spool), b"first\nsecond\n");
    // Its end is left to who fills the spool.
    fill_first(&mut input, &mut spool, &limits);
    assert_eq!(go(&mut input, &mut spool, limits).unwrap(), 13);

    // So is what is compressed.
    let packed = compress(Compression::Gzip, b"unpacked\n");
    for first in [1, 2, packed.len()] {
        let mut input = Input::fifo(&path).unwrap();
        let mut writer = OpenOptions::new().write(true).open(&path).unwrap();
        let (_folder, mut spool) = self::spool();
        writer.write_all(&packed[..first]).unwrap();
        fill_first(&mut input, &mut spool, &limits);
        assert!(spool.is_empty());
        writer.write_all(&packed[first..]).unwrap();
        drop(writer);
        go(&mut input, &mut spool, limits).unwrap();
        assert_eq!(spooled(&spool), b"unpacked\n");
    }
}

/// Whatever comes first of it, and however long the rest takes.
#[test]
fn what_is_compressed_in_a_pipe_comes_decompressed_as_it_flows() {
    let log: Vec<u8> = (0..5000).flat_map(|n| format!("line {n} of them\n").into_bytes()).collect();
    for compression in ALL {
        let packed = compress(compression, &log);
        let two = [packed.clone(), compress(compression, b"and more\n")].concat();
        for first in [1, 3, 9, packed.len()] {
            let (folder, mut spool) = spool();
            let path = fifo(folder.path());
            let reader = spool.reader();
            let mut input = Input::fifo(&path).unwrap();
            let mut writer = OpenOptions::new().write(true).open(&path).unwrap();
            let filling = std::thread::spawn(move || {
                go(&mut input, &mut spool, Limits::default()).map(|_| spooled(&spool))
            });
            writer.write_all(&two[..first]).unwrap();
            if first == packed.len() {
                // All of the first stream is seen while nothing else comes, but for what the decoder holds back.
                wait_for(&reader, log.len() as u64 / 2);
            }
            writer.write_all(&two[first..]).unwrap();
            drop(writer);
            let came = filling.join().unwrap().unwrap();
            assert!(came == [&log[..], b"and more\n"].concat(), "{compression:?} {first}");
        }
    }
}

#[test]
fn what_only_begins_like_something_compressed_comes_as_it_is() {
    let gzip = compress(Compression::Gzip, b"text");
    let begins: [&[u8]; 7] =
        [b"B", b"BZ", b"BZh, he said", b"\x1f", b"\x1f\x8b\x08\xff", b"\xfd7zXy", b"P*M"];
    for (bytes, raw) in begins.into_iter().map(|bytes| (bytes, false)).chain([(&gzip[..], true)]) {
        let (folder, mut spool) = spool();
        let path = fifo(folder.path());
        let mut input = Input::fifo(&path).unwrap();
        if raw {
            input = input.raw();
        }
        let mut writer = OpenOptions::new().write(true).open(&path).unwrap();
        writer.write_all(bytes).unwrap();
        drop(writer);
        assert_eq!(go(&mut input, &mut spool, Limits::default()).unwrap(), bytes.len() as u64);
        assert_eq!(spooled(&spool), bytes);
    }
}

#[test]
fn who_waits_for_the_rest_of_a_compressed_pipe_can_be_cancelled() {
    let (folder, mut spool) = spool();
    let path = fifo(folder.path());
    let mut input = Input::fifo(&path).unwrap();
    let mut writer = OpenOptions::new().write(true).open(&path).unwrap();
    writer.write_all(&compress(Compression::Zstd, b"text")[..6]).unwrap();
    let cancel = Cancel::new();
    let also = cancel.clone();
    let filling = std::thread::spawn(move || {
        fill(&mut input, &mut spool, &Limits::default(), &also, &Progress::default())
    });
    std::thread::sleep(Duration::from_millis(100));
    assert!(!filling.is_finished());
    cancel.cancel();
    assert!(matches!(filling.join().unwrap(), Err(StreamError::Cancelled)));
}

#[test]
fn who_waits_for_a_pipe_can_be_cancelled() {
    for somebody_writes in [false, true] {
        let (folder, mut spool) = spool();
        let path = fifo(folder.path());
        let mut input = Input::fifo(&path).unwrap();
        let writer = somebody_writes.then(|| OpenOptions::new().write(true).open(&path).unwrap());
        let cancel = Cancel::new();
        let also = cancel.clone();
        let filling = std::thread::spawn(move || {
            fill(&mut input, &mut spool, &Limits::default(), &also, &Progress::default())
        });
        std::thread::sleep(Duration::from_millis(20));
        assert!(!filling.is_finished());
        cancel.cancel();
        assert!(matches!(filling.join().unwrap(), Err(StreamError::Cancelled)));
        drop(writer);
    }
}

/// Not a test by itself: the process that the next one starts, with a pipe on its standard input.
#[test]
#[ignore = "reads standard input; started by the test that pipes something into it"]
fn stdin_reader() {
    let (_folder, mut spool) = spool();
    let mut input = Input::stdin().unwrap();
    go(&mut input, &mut spool, Limits::default()).unwrap();
    println!("came: {}", String::from_utf8(spooled(&spool)).unwrap());
}

#[test]
fn standard_input_is_read_to_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let file = File::open(written(folder.path(), "file", b"of a file")).unwrap();
    for (stdin, says) in
        [(Stdio::piped(), "came: of a pipe"), (file.into(), "came: of a file"), (Stdio::null(), "came: \n")]
    {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "source::tests::streams::stdin_reader", "--ignored", "--nocapture"])
            .stdin(stdin)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        if let Some(mut pipe) = child.stdin.take() {
            pipe.write_all(b"of a ").unwrap();
            std::thread::sleep(Duration::from_millis(30));
            pipe.write_all(b"pipe").unwrap();
        }
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && said.contains(says), "{said}");
    }
}
