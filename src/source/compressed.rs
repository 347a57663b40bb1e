use std::io::{self, BufRead, Read, Write};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use liblzma::stream::{CONCATENATED, Stream};
use lz4_flex::frame::{FrameDecoder, FrameEncoder, FrameInfo};

/// How the bytes of a file are compressed. Files of several streams, one behind the other (`cat a.gz b.gz`; parallel
/// compressors write such), are read as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    Gzip,
    Zstd,
    Xz,
    Bzip2,
    Lz4,
}

impl Compression {
    /// How many bytes of a file [`Compression::sniff`] looks at.
    pub const SNIFFED: usize = 512;

    /// What a file that begins with `bytes` is compressed with, whatever its name says.
    pub fn sniff(bytes: &[u8]) -> Option<Self> {
        const ZSTD: [u8; 4] = 0xFD2F_B528_u32.to_le_bytes();
        const LZ4: [u8; 4] = 0x184D_2204_u32.to_le_bytes();
        match bytes {
            // Deflate, and none of the flags that RFC 1952 reserves.
            [0x1F, 0x8B, 8, flags, ..] if flags & 0xE0 == 0 => Some(Self::Gzip),
            [0xFD, b'7', b'z', b'X', b'Z', 0, ..] => Some(Self::Xz),
            // A block, or the end of a file without blocks.
            [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, 0x59, 0x26, 0x53, 0x59, ..]
            | [b'B', b'Z', b'h', b'1'..=b'9', 0x17, 0x72, 0x45, 0x38, 0x50, 0x90, ..] => Some(Self::Bzip2),
            // Version 1 of the frame, the only one.
            [a, b, c, d, flags, ..] if [*a, *b, *c, *d] == LZ4 && flags >> 6 == 1 => Some(Self::Lz4),
            [a, b, c, d, ..] if [*a, *b, *c, *d] == ZSTD => Some(Self::Zstd),
            // A frame to be skipped, with its length. pzstd begins its files with one; LZ4 knows the same.
            [0x50..=0x5F, 0x2A, 0x4D, 0x18, len @ ..] => {
                let (len, rest) = len.split_first_chunk::<4>()?;
                let behind = rest.get(u32::from_le_bytes(*len) as usize..).unwrap_or_default();
                Self::sniff(behind).filter(|behind| matches!(behind, Self::Zstd))
            }
            _ => None,
        }
    }

    /// Could what begins with `bytes` still turn out to be compressed, when more of it is seen?
    pub(super) fn may_begin(bytes: &[u8]) -> bool {
        // With how many bytes it takes to tell.
        let beginnings: [(&[u8], usize); 6] = [
            (&[0x1F, 0x8B, 8], 4),
            (b"\xFD7zXZ\0", 6),
            (b"BZh", 10),
            (&0x184D_2204_u32.to_le_bytes(), 5),
            (&0xFD2F_B528_u32.to_le_bytes(), 4),
            // Behind the nibble that is anything.
            (&[0x2A, 0x4D, 0x18], Self::SNIFFED),
        ];
        let may_be = |(beginning, told): &(&[u8], usize)| {
            let bytes = match bytes {
                [0x50..=0x5F, rest @ ..] if *told == Self::SNIFFED => rest,
                _ if *told == Self::SNIFFED => return bytes.is_empty(),
                bytes => bytes,
            };
            bytes.len() < *told && bytes.iter().zip(*beginning).all(|(a, b)| a == b)
        };
        beginnings.iter().any(may_be)
    }

    /// What the format is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zstd => "Zstandard",
            Self::Xz => "XZ",
            Self::Bzip2 => "bzip2",
            Self::Lz4 => "LZ4",
        }
    }

    /// How names of such files end, without the dot.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Gzip => "gz",
            Self::Zstd => "zst",
            Self::Xz => "xz",
            Self::Bzip2 => "bz2",
            Self::Lz4 => "lz4",
        }
    }

    /// Reads the bytes that `input` holds compressed, beginning at once. What is damaged is an error, after all that
    /// came before it.
    pub fn decoder(self, input: impl Read + Send + 'static) -> io::Result<Box<dyn Read + Send>> {
        self.metered(Box::new(input), Arc::default())
    }

    /// [`Compression::decoder`], observed by `meter`.
    pub(super) fn metered(
        self,
        input: Box<dyn Read + Send>,
        meter: Arc<Meter>,
    ) -> io::Result<Box<dyn Read + Send>> {
        use bzip2::bufread::BzDecoder;
        use flate2::bufread::GzDecoder;
        use liblzma::bufread::XzDecoder;
        let input = Member(Taken { input, buffer: vec![0; BUFFER].into(), held: 0..0, meter });
        Ok(match self {
            Self::Gzip => Box::new(Members::new(input, GzDecoder::new, GzDecoder::into_inner)),
            Self::Bzip2 => Box::new(Members::new(input, BzDecoder::new, BzDecoder::into_inner)),
            Self::Lz4 => Box::new(Members::new(input, FrameDecoder::new, FrameDecoder::into_inner)),
            Self::Xz => {
                let decoder = Stream::new_stream_decoder(u64::MAX, CONCATENATED)?;
                Box::new(XzDecoder::new_stream(input.0, decoder))
            }
            Self::Zstd => {
                let mut decoder = zstd::stream::read::Decoder::with_buffer(input.0)?;
                // As far as `zstd --long=31` goes. The memory is only taken when the file fills it.
                decoder.window_log_max(31)?;
                Box::new(decoder)
            }
        })
    }

    /// Writes to `output` what is written to it, compressed as the format's own program does unasked.
    pub fn encoder<W: Write>(self, output: W) -> io::Result<Encoder<W>> {
        let encoder = match self {
            Self::Gzip => Kind::Gzip(flate2::write::GzEncoder::new(output, flate2::Compression::default())),
            Self::Zstd => {
                let mut encoder = zstd::stream::write::Encoder::new(output, 0)?;
                encoder.include_checksum(true)?;
                Kind::Zstd(encoder)
            }
            Self::Xz => Kind::Xz(liblzma::write::XzEncoder::new(output, 6)),
            Self::Bzip2 => Kind::Bzip2(bzip2::write::BzEncoder::new(output, bzip2::Compression::best())),
            Self::Lz4 => {
                let frame = FrameInfo::new().content_checksum(true);
                Kind::Lz4(Box::new(FrameEncoder::with_frame_info(frame, output)))
            }
        };
        Ok(Encoder(encoder))
    }
}

/// Compresses what is written to it. Nothing is whole before [`Encoder::finish`].
pub struct Encoder<W: Write>(Kind<W>);

enum Kind<W: Write> {
    Gzip(flate2::write::GzEncoder<W>),
    Zstd(zstd::stream::write::Encoder<'static, W>),
    Xz(liblzma::write::XzEncoder<W>),
    Bzip2(bzip2::write::BzEncoder<W>),
    Lz4(Box<FrameEncoder<W>>),
}

impl<W: Write> Encoder<W> {
    /// Writes the end, and gives the output back.
    pub fn finish(self) -> io::Result<W> {
        match self.0 {
            Kind::Gzip(encoder) => encoder.finish(),
            Kind::Zstd(encoder) => encoder.finish(),
            Kind::Xz(encoder) => encoder.finish(),
            Kind::Bzip2(encoder) => encoder.finish(),
            Kind::Lz4(encoder) => Ok(encoder.finish()?),
        }
    }

    fn inner(&mut self) -> &mut dyn Write {
        match &mut self.0 {
            Kind::Gzip(encoder) => encoder,
            Kind::Zstd(encoder) => encoder,
            Kind::Xz(encoder) => encoder,
            Kind::Bzip2(encoder) => encoder,
            Kind::Lz4(encoder) => encoder,
        }
    }
}

impl<W: Write> Write for Encoder<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.inner().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner().flush()
    }
}

/// What has been taken of the compressed bytes, for whoever watches.
#[derive(Debug, Default)]
pub(super) struct Meter {
    taken: AtomicU64,
    failed: AtomicBool,
}

impl Meter {
    /// How many bytes were needed so far.
    pub(super) fn taken(&self) -> u64 {
        self.taken.load(Ordering::Relaxed)
    }

    fn add(&self, bytes: usize) {
        self.taken.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Whether the bytes themselves could not be read; otherwise an error is the decoder's.
    pub(super) fn failed(&self) -> bool {
        self.failed.load(Ordering::Relaxed)
    }
}

/// How many compressed bytes are read at a time.
const BUFFER: usize = if cfg!(test) { 512 } else { 128 << 10 };

/// Compressed bytes, metered as a decoder consumes them.
struct Taken {
    input: Box<dyn Read + Send>,
    buffer: Box<[u8]>,
    held: Range<usize>,
    meter: Arc<Meter>,
}

impl BufRead for Taken {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.held.is_empty() {
            match self.input.read(&mut self.buffer) {
                Ok(0) => break,
                Ok(read) => self.held = 0..read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.meter.failed.store(true, Ordering::Relaxed);
                    return Err(error);
                }
            }
        }
        Ok(&self.buffer[self.held.clone()])
    }

    fn consume(&mut self, bytes: usize) {
        self.meter.add(bytes);
        self.held.start += bytes;
    }
}

impl Read for Taken {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(buf)?;
        self.consume(read);
        Ok(read)
    }
}

/// The input inside of one stream: where it ends, the stream is cut short. Not every decoder notices that by itself;
/// that of LZ4 does not between two blocks.
struct Member(Taken);

impl BufRead for Member {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        match self.0.fill_buf() {
            // Not `UnexpectedEof`, which the decoder of LZ4 takes for an end.
            Ok([]) => Err(io::Error::new(io::ErrorKind::InvalidData, "it ends too early")),
            answer => answer,
        }
    }

    fn consume(&mut self, bytes: usize) {
        self.0.consume(bytes);
    }
}

impl Read for Member {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(buf)?;
        self.consume(read);
        Ok(read)
    }
}

/// Streams of one format, one behind the other, with zeros between or behind them as tapes and `xz` pad.
struct Members<D> {
    /// `None` when all are read.
    decoder: Option<D>,
    start: fn(Member) -> D,
    end: fn(D) -> Member,
}

impl<D: Read> Members<D> {
    fn new(input: Member, start: fn(Member) -> D, end: fn(D) -> Member) -> Self {
        Self { decoder: Some(start(input)), start, end }
    }
}

/// Whether something follows the stream that has just ended.
fn another(input: &mut Taken) -> io::Result<bool> {
    loop {
        let ahead = input.fill_buf()?;
        let padding = ahead.iter().take_while(|&&byte| byte == 0).count();
        if padding == 0 {
            return Ok(!ahead.is_empty());
        }
        input.consume(padding);
    }
}

impl<D: Read> Read for Members<D> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        while let Some(decoder) = &mut self.decoder {
            let read = decoder.read(buf)?;
            if read > 0 || buf.is_empty() {
                return Ok(read);
            }
            let Some(decoder) = self.decoder.take() else { break };
            let mut input = (self.end)(decoder);
            if another(&mut input.0)? {
                self.decoder = Some((self.start)(input));
            }
        }
        Ok(0)
    }
}
