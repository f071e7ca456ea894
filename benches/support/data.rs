//! What the kernels are run on: the same bytes each time.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    dead_code,
    reason = "numbers of a bench, not each of which is in every bench"
)]

/// Pseudo-random numbers: splitmix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ mixed >> 31
    }

    /// About normally distributed, with a deviation of 1.
    fn noise(&mut self) -> f64 {
        let sum: u32 = (0..12).map(|_| (self.next() >> 40) as u32).sum();
        f64::from(sum) / f64::from(1 << 24) - 6.0
    }
}

/// A wave that needs no function of a mathematical library, which differ from machine to machine.
fn wave(at: f64) -> f64 {
    let phase = at - at.floor();
    16.0 * phase * (phase - 0.5) * (phase - 1.0)
}

/// A smooth field with noise, rows of 1024, in steps of 1/2048.
pub(crate) fn field(count: usize) -> Vec<u8> {
    let mut random = Random(1);
    let value = |index: usize| {
        let (x, y) = ((index % 1024) as f64, (index / 1024) as f64);
        let smooth =
            20.0 * wave(x / 1900.0) * wave(y / 1700.0 + 0.2) + 5.0 * wave((x + 2.0 * y) / 600.0);
        (((smooth + 0.02 * random.noise()) * 2048.0).round() / 2048.0) as f32
    };
    (0..count).map(value).flat_map(f32::to_le_bytes).collect()
}

/// Counts of a camera: a bright spot on a dark, noisy background.
pub(crate) fn image(count: usize) -> Vec<u8> {
    let mut random = Random(2);
    let value = |index: usize| {
        let (x, y) = ((index % 1024) as f64 - 400.0, (index / 1024) as f64 - 100.0);
        let mean = 100.0 + 3000.0 / (1.0 + (x * x + y * y) / 5000.0);
        (mean + mean.sqrt() * random.noise()).max(0.0) as u16
    };
    (0..count).map(value).flat_map(u16::to_le_bytes).collect()
}

/// Numbers that go up by small steps.
pub(crate) fn counters(count: usize) -> Vec<u8> {
    let (mut random, mut counter) = (Random(3), 0_i32);
    let value = |_| {
        counter += (random.next() % 9) as i32;
        counter
    };
    (0..count).map(value).flat_map(i32::to_le_bytes).collect()
}

/// Client data of the filter nbit: `count` elements of 4 bytes, of which 17 bits count.
pub(crate) fn nbit(count: usize) -> Vec<u32> {
    vec![8, 0, count as u32, 1, 4, 0, 17, 0]
}

/// Client data of the filter scaleoffset: `count` integers of 4 bytes, as many bits as it takes.
pub(crate) fn scale_offset(count: usize) -> Vec<u32> {
    let mut values = vec![2, 0, count as u32, 0, 4, 1];
    values.resize(20, 0);
    values
}

/// Client data of the filter szip: the nearest neighbour predicts, 16 pixels a block.
pub(crate) fn szip(bits: u32) -> Vec<u32> {
    vec![32 | 8 | 1 | 128, 16, bits, 1024]
}
