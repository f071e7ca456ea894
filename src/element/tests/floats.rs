//! Floats that are not IEEE 754 numbers of 2, 4 or 8 bytes.

use super::*;

/// A float of `size` bytes whose parts follow each other from bit 0: mantissa, exponent, sign.
pub(super) fn float(
    size: u32,
    order: FloatOrder,
    exponent_size: u8,
    mantissa_size: u8,
    bias: u32,
) -> Datatype {
    let Class::Float(template) = Datatype::float(4, ByteOrder::Little).unwrap().class else {
        panic!("a float")
    };
    let sign_position = exponent_size + mantissa_size;
    let class = Class::Float(Float {
        order,
        sign_position,
        precision: u16::from(sign_position) + 1,
        exponent_position: mantissa_size,
        exponent_size,
        mantissa_size,
        exponent_bias: bias,
        ..template
    });
    Datatype { version: 3, size, class }
}

fn read(stored: &Datatype, bytes: &[u8]) -> Vec<f64> {
    convert(stored, bytes).unwrap()
}

#[test]
fn eight_bits_have_one_nan_or_all() {
    let e4m3 = float(1, FloatOrder::Little, 4, 3, 7);
    let found = read(&e4m3, &[0x7e, 0x78, 0x08, 0x01, 0x80, 0xfe]);
    assert_eq!(found, [448.0, 256.0, 0.015_625, 0.001_953_125, -0.0, -448.0]);
    assert!(read(&e4m3, &[0x7f, 0xff]).iter().all(|value| value.is_nan()));
    let e5m2 = float(1, FloatOrder::Little, 5, 2, 15);
    assert_eq!(read(&e5m2, &[0x7b, 0x7c, 0xfc]), [57344.0, f64::INFINITY, f64::NEG_INFINITY]);
    assert!(read(&e5m2, &[0x7d, 0x7f]).iter().all(|value| value.is_nan()));
}

#[test]
fn six_and_four_bits_are_all_finite() {
    let e2m1 = float(1, FloatOrder::Little, 2, 1, 1);
    let all: Vec<u8> = (0..16).collect();
    let positive = [0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0];
    let found = read(&e2m1, &all);
    assert_eq!(found[..8], positive);
    assert_eq!(found[8..], positive.map(|value: f64| -value));
    assert_eq!(read(&float(1, FloatOrder::Little, 2, 3, 1), &[0x1f, 1]), [7.5, 0.125]);
    assert_eq!(read(&float(1, FloatOrder::Little, 3, 2, 3), &[0x1f, 1]), [28.0, 0.0625]);
}

#[test]
fn vax_floats_have_their_words_in_order() {
    let f = float(4, FloatOrder::Vax, 8, 23, 0x81);
    let found = read(&f, &[0x80, 0x40, 0, 0, 0xd0, 0xc1, 0, 0, 0, 0, 1, 0]);
    assert_eq!(found, [1.0, -6.5, 0.0]);
    assert!(read(&f, &[0, 0x80, 0, 0])[0].is_nan());
    assert_eq!(read(&f, &[0x7f, 0x7f, 0, 0]), [255.0 * 2_f64.powi(118)]);
    let d = float(8, FloatOrder::Vax, 8, 55, 0x81);
    assert_eq!(read(&d, &[0x80, 0x40, 0, 0, 0, 0, 0, 0]), [1.0]);
    let g = float(8, FloatOrder::Vax, 11, 52, 0x401);
    assert_eq!(read(&g, &[0x10, 0x40, 0, 0, 0, 0, 1, 0]), [1.0 + f64::EPSILON]);
}

#[test]
fn the_specials_of_ieee_survive() {
    for (size, exponent, mantissa, bias) in [(2, 5, 10, 15), (2, 8, 7, 127), (3, 7, 16, 63)] {
        let stored = float(size, FloatOrder::Little, exponent, mantissa, bias);
        let element = |bits: u32| bits.to_le_bytes()[..size as usize].to_vec();
        let infinity = ((1 << exponent) - 1) << mantissa;
        assert_eq!(read(&stored, &element(infinity)), [f64::INFINITY]);
        assert!(read(&stored, &element(infinity | 1))[0].is_nan());
        assert_eq!(convert::<i32>(&stored, &element(infinity | 1)).unwrap(), [0]);
        assert_eq!(convert::<u32>(&stored, &element(infinity)).unwrap(), [u32::MAX]);
        assert_eq!(read(&stored, &element(1 << (exponent + mantissa)))[0].to_bits(), 1 << 63);
    }
}

#[test]
fn nonsense_layouts_do_not_panic() {
    for (size, exponent, mantissa) in [(40, 32, 250), (17, 1, 130), (20, 33, 100), (16, 15, 112)] {
        let class = Class::Float(Float {
            order: FloatOrder::Big,
            low_pad: false,
            high_pad: false,
            internal_pad: false,
            normalization: Normalization::None,
            sign_position: 0,
            offset: 0,
            precision: 1,
            exponent_position: 1,
            exponent_size: exponent,
            mantissa_position: exponent + 1,
            mantissa_size: mantissa - exponent,
            exponent_bias: u32::MAX,
        });
        let stored = Datatype { version: 1, size, class };
        let bytes = vec![0xff; size as usize];
        let _ = convert::<f64>(&stored, &bytes);
        let _ = convert::<i128>(&stored, &bytes);
        let _ = Value::read(&stored, &bytes, &NoHeap);
    }
}

#[cfg(feature = "half")]
#[test]
#[cfg_attr(miri, ignore = "many values take long under Miri")]
fn halves_are_rounded_once() {
    // Just above halfway between two halves, by less than a single can tell.
    let above = 1.0 + 2_f64.powi(-11) + 2_f64.powi(-40);
    let f64 = Datatype::float(8, ByteOrder::Little).unwrap();
    let found = convert::<half::f16>(&f64, &above.to_le_bytes()).unwrap();
    assert_eq!(found[0].to_bits(), 0x3c01);
    let all: Vec<u8> = (0..=u16::MAX).flat_map(u16::to_le_bytes).collect();
    let stored = Datatype::float(2, ByteOrder::Little).unwrap();
    let (ours, theirs) = (convert::<f32>(&stored, &all).unwrap(), all.as_chunks::<2>().0);
    for (ours, theirs) in ours.into_iter().zip(theirs) {
        let theirs = half::f16::from_le_bytes(*theirs).to_f32();
        assert!(ours.to_bits() == theirs.to_bits() || (ours.is_nan() && theirs.is_nan()));
    }
}
