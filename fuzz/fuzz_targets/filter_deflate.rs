#![no_main]

use flate2::{Decompress, FlushDecompress, Status};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    hdfive::fuzzing::filter_deflate(data);
    compare(data);
});

/// What another decoder decodes, this one does as well, and nothing else. Its input begins as that of the
/// target: level (1 byte), limit (2). Checksums are not compared.
fn compare(data: &[u8]) {
    let Some(([_, low, high], stream)) = data.split_first_chunk() else { return };
    let limit = u16::from_le_bytes([*low, *high]);
    let ours = hdfive::fuzzing::inflate(stream, limit);
    let Some((head, blocks)) = stream.split_first_chunk() else { return };
    let is_head = u16::from_be_bytes(*head) % 31 == 0
        && head[0] & 15 == 8
        && head[0] >> 4 <= 7
        && head[1] & 32 == 0;
    let mut decoder = Decompress::new(false);
    let mut output = vec![0; usize::from(limit) + 1];
    let status = decoder.decompress(blocks, &mut output, FlushDecompress::Finish);
    let (used, len) = (decoder.total_in() as usize, decoder.total_out() as usize);
    let is_whole = is_head
        && matches!(status, Ok(Status::StreamEnd))
        && len <= usize::from(limit)
        && used + 4 <= blocks.len();
    assert_eq!(ours, is_whole.then(|| output[..len].to_vec()));
}
