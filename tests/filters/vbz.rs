//! VBZ, of which hdf5plugin has nothing: chunks as the plugin for h5py of Oxford Nanopore (1.0.1) wrote
//! them.

use hdfive::filters::Filter;
use hdfive::{File, H5Type};

/// Client data, and what becomes of the numbers below.
const THEIRS: [([u32; 4], &str); 24] = [
    ([0, 1, 0, 0], "0b00000033cc30f7ffffff05fcffffff0a01f8ffffff06fdffffff0b02f9ffffff"),
    (
        [0, 1, 0, 1],
        "0b00000028b52ffd201de9000033cc30f7ffffff05fcffffff0a01f8ffffff06fdffffff0b02f9ffffff",
    ),
    ([0, 1, 1, 0], "0b000000000000111c111c11111c111c1111"),
    ([0, 1, 1, 1], "0b00000028b52ffd200e710000000000111c111c11111c111c1111"),
    (
        [0, 2, 0, 0],
        "16000000d7571fa0f6ffff3e06510264feffff77faffff150a28063b024efeffff61faffffff09",
    ),
    (
        [0, 2, 0, 1],
        "1600000028b52ffd2023190100d7571fa0f6ffff3e06510264feffff77faffff150a28063b024efeffff61faffffff09",
    ),
    ([0, 2, 1, 0], "16000000555515bf123c1fd907d907d9073c1fd907d907d907d9073c1f"),
    ([0, 2, 1, 1], "1600000028b52ffd2019c90000555515bf123c1fd907d907d9073c1fd907d907d907d9073c1f"),
    (
        [0, 4, 0, 0],
        "2c000000ffbf2a4039d2ffb14ad3ff047fd6ff39d6dbff5050e3ff49edecff24adf8ffe18f0680951601be2864093d",
    ),
    (
        [0, 4, 0, 1],
        "2c00000028b52ffd202b590100ffbf2a4039d2ffb14ad3ff047fd6ff39d6dbff5050e3ff49edecff24adf8ffe18f0680951601be2864093d",
    ),
    (
        [0, 4, 1, 0],
        "2c000000aaaa2a7f8d5be22202a668066aae0a2ef40ef23913b67f177ac51b3e0b20025124c69628",
    ),
    (
        [0, 4, 1, 1],
        "2c00000028b52ffd2024210100aaaa2a7f8d5be22202a668066aae0a2ef40ef23913b67f177ac51b3e0b20025124c69628",
    ),
    ([1, 1, 0, 0], "0b00000077dd35f7ffc5ffaf81ff6ffdff2bf9ff"),
    ([1, 1, 0, 1], "0b00000028b52ffd201081000077dd35f7ffc5ffaf81ff6ffdff2bf9ff"),
    ([1, 1, 1, 0], "0b000000aaaa2a111c111c11111c111c1111"),
    ([1, 1, 1, 1], "0b00000028b52ffd200e710000aaaa2a111c111c11111c111c1111"),
    (
        [1, 2, 0, 0],
        "16000000d7571fa0f6ffff3e06510264feffff77faffff150a28063b024efeffff61faffffff09",
    ),
    (
        [1, 2, 0, 1],
        "1600000028b52ffd2023190100d7571fa0f6ffff3e06510264feffff77faffff150a28063b024efeffff61faffffff09",
    ),
    ([1, 2, 1, 0], "16000000555515bf123c1fd907d907d9073c1fd907d907d907d9073c1f"),
    ([1, 2, 1, 1], "1600000028b52ffd2019c90000555515bf123c1fd907d907d9073c1fd907d907d907d9073c1f"),
    (
        [1, 4, 0, 0],
        "2c000000ffbf2a4039d2ffb14ad3ff047fd6ff39d6dbff5050e3ff49edecff24adf8ffe18f0680951601be2864093d",
    ),
    (
        [1, 4, 0, 1],
        "2c00000028b52ffd202b590100ffbf2a4039d2ffb14ad3ff047fd6ff39d6dbff5050e3ff49edecff24adf8ffe18f0680951601be2864093d",
    ),
    (
        [1, 4, 1, 0],
        "2c000000aaaa2a7f8d5be22202a668066aae0a2ef40ef23913b67f177ac51b3e0b20025124c69628",
    ),
    (
        [1, 4, 1, 1],
        "2c00000028b52ffd2024210100aaaa2a7f8d5be22202a668066aae0a2ef40ef23913b67f177ac51b3e0b20025124c69628",
    ),
];

#[test]
fn vbz() {
    let at = || 0..11_i32;
    let bytes: Vec<i8> = at().map(|n| (n * 37 % 23 - 9) as i8).collect();
    let shorts: Vec<i16> = at().map(|n| (n * 9001 % 5003 - 2400) as i16).collect();
    let ints: Vec<i32> = at().map(|n| n * n * 70_001 - 3_000_000).collect();
    for (client_data, stored) in THEIRS {
        match client_data[1] {
            1 => check(client_data, stored, &bytes),
            2 => check(client_data, stored, &shorts),
            _ => check(client_data, stored, &ints),
        }
    }
    assert_eq!(Filter::vbz(4, false, 1), Filter::User(32_020, vec![1, 4, 0, 1]));
}

fn check<T: H5Type + PartialEq + std::fmt::Debug>(
    client_data: [u32; 4],
    stored: &str,
    values: &[T],
) {
    let stored: Vec<u8> = (0..stored.len() / 2)
        .map(|n| u8::from_str_radix(&stored[2 * n..2 * n + 2], 16).unwrap())
        .collect();
    let file = File::in_memory().unwrap();
    let new = file.new_dataset::<T>().shape(11).chunk(11).add_filter(32_020, &client_data);
    let dataset = new.create("x").unwrap();
    dataset.write_chunk(&[0], 0, &stored).unwrap();
    assert_eq!(dataset.read_raw::<T>().unwrap(), values, "{client_data:?}");
    dataset.write_raw(values).unwrap();
    file.flush().unwrap();
    assert_eq!(dataset.read_chunk(&[0]).unwrap(), Some((0, stored)), "{client_data:?}");
}
