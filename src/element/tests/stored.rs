//! Stored elements of one type to those of another.

use proptest::prelude::*;

use super::floats::float;
use super::*;
use crate::element::layout::{Exact, ExactLayout, Int};
use crate::element::unpacked::{Format, Unpacked};
use crate::error::ErrorKind;
use crate::format::datatype::testing::{any_datatype, any_integer};

fn run(from: &Datatype, to: &Datatype, stored: &[u8], background: &[u8]) -> Result<Vec<u8>> {
    let mut out = background.to_vec();
    StoredConversion::new(from, to)?.run(stored, &mut out)?;
    Ok(out)
}

fn one(from: &Datatype, to: &Datatype, stored: &[u8]) -> Result<Vec<u8>> {
    run(from, to, stored, &vec![0; to.size as usize])
}

fn layout(of: &Datatype) -> ExactLayout {
    ExactLayout::of(of).unwrap().unwrap()
}

#[test]
fn elements_become_what_they_should() {
    let step = if cfg!(miri) { 20 } else { 1 };
    for line in include_str!("stored.txt").lines().step_by(step) {
        let [from, to, stored, background, wanted] = *line.split(' ').collect::<Vec<_>>() else {
            panic!("{line}")
        };
        let (from, to) = (datatype(from), datatype(to));
        let found = run(&from, &to, &bytes(stored), &bytes(background)).unwrap();
        let wanted = bytes(wanted);
        let (here, there) = (from.size as usize, to.size as usize);
        for (index, (found, wanted)) in found.chunks(there).zip(wanted.chunks(there)).enumerate() {
            let element = &bytes(stored)[index * here..][..here];
            assert_eq!(found, wanted, "{element:x?} of {from:?} to {to:?}");
        }
    }
}

/// A float of any layout: parts in any order, gaps between and around them, any bias.
fn any_float() -> impl Strategy<Value = Datatype> {
    let widths = (any::<u16>(), any::<u16>(), any::<u16>(), any::<u32>());
    (1_u32..=20, widths, 0..9_usize, 0..6_usize, any::<[bool; 3]>()).prop_map(float_of)
}

/// Bytes; exponent, mantissa, gap and bias; order and normalization; order of the parts; padding.
type FloatRecipe = (u32, (u16, u16, u16, u32), usize, usize, [bool; 3]);

fn float_of(recipe: FloatRecipe) -> Datatype {
    let (size, (exponent, mantissa, gap, bias), kind, permutation, pads) = recipe;
    let order = [FloatOrder::Little, FloatOrder::Big, FloatOrder::Vax][kind % 3];
    let normalization = match kind / 3 {
        0 if order != FloatOrder::Vax => Normalization::None,
        1 if order != FloatOrder::Vax => Normalization::MsbSet,
        _ => Normalization::Implied,
    };
    let size = if order == FloatOrder::Vax { size.next_multiple_of(2) } else { size };
    let bits = u16::try_from(size * 8).unwrap();
    let exponent = 1 + exponent % (bits - 2).min(32);
    // With one bit of exponent and a leading bit stored, finite numbers have patterns that are not
    // theirs.
    let explicit = normalization != Normalization::Implied;
    let exponent = if explicit { exponent.max(2) } else { exponent };
    let mantissa = 1 + mantissa % (bits - 1 - exponent).min(126);
    let gap = gap % (bits - exponent - mantissa);
    let widths = [1, exponent, mantissa];
    let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
    let mut positions = [0; 3];
    let mut at = gap / 2;
    for (rank, part) in orders[permutation].into_iter().enumerate() {
        at += if rank == 1 { gap - gap / 2 } else { 0 };
        positions[part] = u8::try_from(at).unwrap();
        at += widths[part];
    }
    let float = Float {
        order,
        low_pad: pads[0],
        high_pad: pads[1],
        internal_pad: pads[2],
        normalization,
        sign_position: positions[0],
        offset: gap / 2,
        precision: at - gap / 2,
        exponent_position: positions[1],
        exponent_size: u8::try_from(exponent).unwrap(),
        mantissa_position: positions[2],
        mantissa_size: u8::try_from(mantissa).unwrap(),
        exponent_bias: bias >> (32 - exponent),
    };
    Datatype { version: 3, size, class: Class::Float(float) }
}

/// The same value, its mantissa odd.
fn reduced(value: Unpacked) -> Unpacked {
    match value {
        Unpacked::Finite { negative, mantissa: 0, .. } => {
            Unpacked::Finite { negative, mantissa: 0, exponent: 0 }
        }
        Unpacked::Finite { negative, mantissa, exponent } => {
            let zeros = mantissa.trailing_zeros();
            let exponent = exponent + i64::from(zeros);
            Unpacked::Finite { negative, mantissa: mantissa >> zeros, exponent }
        }
        other => other,
    }
}

fn any_unpacked() -> impl Strategy<Value = Unpacked> {
    let exponent = prop_oneof![-1250_i64..1150, -200_i64..100, -40_i64..20];
    let mantissa = (any::<u128>(), 0_u32..128).prop_map(|(bits, shift)| bits >> shift);
    (any::<bool>(), mantissa, exponent).prop_map(|(negative, mantissa, exponent)| {
        Unpacked::Finite { negative, mantissa, exponent }
    })
}

/// The bits of an element that are no part of the number.
fn padding(stored: &Datatype, element: &[u8]) -> Vec<bool> {
    let Class::Integer(integer) = &stored.class else { panic!("an integer") };
    let mut bytes = element.to_vec();
    if integer.order == ByteOrder::Big {
        bytes.reverse();
    }
    let (start, end) = (integer.offset, integer.offset + integer.precision);
    let set = |at: u16| bytes[usize::from(at) / 8] >> (at % 8) & 1 == 1;
    let low = (0..start).map(|at| set(at) == integer.low_pad);
    let high = (end..u16::try_from(bytes.len() * 8).unwrap()).map(|at| set(at) == integer.high_pad);
    low.chain(high).collect()
}

proptest! {
    #[test]
    fn integers_are_read_as_written(stored in any_integer(), value in any::<i128>(), rubbish: u8) {
        let Class::Integer(integer) = &stored.class else { panic!("an integer") };
        let mut element = vec![rubbish; stored.size as usize];
        layout(&stored).write(Exact::Int(Int::Signed(value)), &mut element);
        let bits = u32::from(integer.precision) - u32::from(integer.signed);
        let most = 1_i128.checked_shl(bits).map_or(i128::MAX, |end| end.wrapping_sub(1));
        let least = if integer.signed { -most - 1 } else { 0 };
        let wanted = value.clamp(least, most);
        prop_assert_eq!(convert::<i128>(&stored, &element).unwrap(), [wanted]);
        prop_assert!(padding(&stored, &element).into_iter().all(|kept| kept));
    }

    #[test]
    fn integers_come_back_from_wider_ones(
        stored in any_integer(),
        bytes in any::<[u8; 16]>(),
        big: bool,
    ) {
        let Class::Integer(integer) = &stored.class else { panic!("an integer") };
        let order = if big { ByteOrder::Big } else { ByteOrder::Little };
        let wide = Datatype::integer(17, integer.signed, order).unwrap();
        let element = &bytes[..stored.size as usize];
        let back = one(&wide, &stored, &one(&stored, &wide, element).unwrap()).unwrap();
        let (before, after) = (layout(&stored).read(element), layout(&stored).read(&back));
        prop_assert_eq!(before, after);
    }

    #[test]
    fn floats_are_read_as_written(stored in any_float(), bytes in any::<[u8; 20]>(), rubbish: u8) {
        let ExactLayout::Float(layout) = layout(&stored) else { panic!("a float") };
        let size = stored.size as usize;
        let value = layout.read(&bytes[..size]);
        let mut element = vec![rubbish; size];
        layout.write(value, &mut element);
        prop_assert_eq!(reduced(layout.read(&element)), reduced(value));
        let mut again = vec![!rubbish; size];
        layout.write(value, &mut again);
        prop_assert_eq!(element, again);
    }

    #[test]
    fn native_floats_are_written_as_they_are_rounded(value in any_unpacked(), big: bool) {
        let order = if big { ByteOrder::Big } else { ByteOrder::Little };
        let formats = [
            (Datatype::float(8, order).unwrap(), Format::F64),
            (Datatype::float(4, order).unwrap(), Format::F32),
            (Datatype::float(2, order).unwrap(), Format::F16),
            (Datatype::bfloat16(order), Format::BF16),
        ];
        for (stored, format) in formats {
            let mut element = vec![0; stored.size as usize];
            layout(&stored).write(Exact::Float(value), &mut element);
            let found = convert::<f64>(&stored, &element).unwrap()[0];
            prop_assert_eq!(found.to_bits(), value.round(format).to_bits());
        }
    }

    #[test]
    fn no_number_is_nearer_than_the_one_written(stored in any_float(), value in any_unpacked()) {
        let ExactLayout::Float(layout) = layout(&stored) else { panic!("a float") };
        let mut element = vec![0; stored.size as usize];
        layout.write(value, &mut element);
        let written = layout.read(&element);
        let mut again = element.clone();
        layout.write(written, &mut again);
        prop_assert_eq!(&element, &again);
        // What lies a little further from zero, or nearer to it, is written as no less, no more.
        if let Unpacked::Finite { negative, mantissa, exponent } = value
            && mantissa > 2 && mantissa < u128::MAX
        {
            let other = |mantissa| {
                let mut element = vec![0; stored.size as usize];
                layout.write(Unpacked::Finite { negative, mantissa, exponent }, &mut element);
                magnitude(layout.read(&element))
            };
            prop_assert!(!less(other(mantissa + 1), magnitude(written)));
            prop_assert!(!less(magnitude(written), other(mantissa - 1)));
        }
    }

    #[test]
    fn any_type_converts_to_any_or_says_why_not(
        from in any_datatype(),
        to in any_datatype(),
        seed in proptest::collection::vec(any::<u8>(), 1..40),
    ) {
        prop_assume!(from.size < 1 << 14 && to.size < 1 << 14);
        let stored: Vec<u8> = seed.iter().copied().cycle().take(from.size as usize * 3).collect();
        let same = run(&from, &from, &stored, &vec![0; stored.len()]).unwrap();
        prop_assert_eq!(&same, &stored);
        match run(&from, &to, &stored, &vec![7; to.size as usize * 3]) {
            Ok(out) => prop_assert_eq!(out.len(), to.size as usize * 3),
            Err(error) => {
                prop_assert!(matches!(
                    error.kind(),
                    ErrorKind::Conversion(_) | ErrorKind::Unsupported(_)
                ));
            }
        }
    }
}

/// A magnitude as its highest bit's exponent and its bits from there on; the largest for what is
/// not finite.
fn magnitude(value: Unpacked) -> Option<(i64, u128)> {
    match value {
        Unpacked::Finite { mantissa: 0, .. } => Some((i64::MIN, 0)),
        Unpacked::Finite { mantissa, exponent, .. } => {
            let zeros = mantissa.leading_zeros();
            Some((exponent + 127 - i64::from(zeros), mantissa << zeros))
        }
        _ => None,
    }
}

fn less(a: Option<(i64, u128)>, b: Option<(i64, u128)>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => a < b,
        (Some(_), None) => true,
        (None, _) => false,
    }
}

#[test]
fn what_a_float_cannot_be_becomes_what_it_can() {
    let f64 = Datatype::float(8, ByteOrder::Little).unwrap();
    let write = |to: &Datatype, value: f64| one(&f64, to, &value.to_le_bytes()).unwrap();
    let (nan, inf) = (f64::NAN, f64::INFINITY);
    let e4m3 = float(1, FloatOrder::Little, 4, 3, 7);
    let all = |to: &Datatype| [nan, inf, -inf, 1e300, -0.0].map(|value| write(to, value));
    assert_eq!(all(&e4m3), [[0x7f], [0x7f], [0xff], [0x7f], [0x80]]);
    let e5m2 = float(1, FloatOrder::Little, 5, 2, 15);
    assert_eq!(all(&e5m2), [[0x7e], [0x7c], [0xfc], [0x7c], [0x80]]);
    let e2m1 = float(1, FloatOrder::Little, 2, 1, 1);
    assert_eq!(all(&e2m1), [[0], [7], [0xf], [7], [8]]);
    let vax = float(4, FloatOrder::Vax, 8, 23, 0x81);
    let most = [0xff, 0x7f, 0xff, 0xff];
    let least = [0xff, 0xff, 0xff, 0xff];
    assert_eq!(all(&vax), [[0, 0x80, 0, 0], most, least, most, [0; 4]]);
    let half = Datatype::float(2, ByteOrder::Big).unwrap();
    assert_eq!(all(&half), [[0x7e, 0], [0x7c, 0], [0xfc, 0], [0x7c, 0], [0x80, 0]]);
}

#[test]
fn numbers_are_no_infinities_and_no_nans() {
    let f32 = Datatype::float(4, ByteOrder::Big).unwrap();
    let odd = Class::Integer(Integer {
        order: ByteOrder::Little,
        signed: true,
        low_pad: false,
        high_pad: false,
        offset: 4,
        precision: 8,
    });
    let odd = Datatype { version: 1, size: 2, class: odd };
    let write = |value: f32| one(&f32, &odd, &value.to_be_bytes()).unwrap();
    assert_eq!(write(f32::NAN), [0, 0]);
    assert_eq!(write(f32::INFINITY), [0xf0, 0x07]);
    assert_eq!(write(f32::NEG_INFINITY), [0, 0x08]);
    assert_eq!(write(-1.9), [0xf0, 0x0f]);
}

#[test]
fn wide_integers_keep_all_their_bits() {
    let wide = |order| Datatype::integer(40, true, order).unwrap();
    let stored: Vec<u8> = (1..=40).collect();
    let found = one(&wide(ByteOrder::Little), &wide(ByteOrder::Big), &stored).unwrap();
    assert!(found.iter().eq(stored.iter().rev()));
    let unsigned = Datatype::integer(40, false, ByteOrder::Little).unwrap();
    let minus = one(&Datatype::integer(1, true, ByteOrder::Little).unwrap(), &unsigned, &[0xff]);
    assert_eq!(minus.unwrap(), [0; 40]);
    let minus = Datatype::integer(1, true, ByteOrder::Little).unwrap();
    assert_eq!(one(&minus, &wide(ByteOrder::Big), &[0xfe]).unwrap()[..39], [0xff; 39]);
}

#[test]
fn strings_change_their_character_set_where_they_can() {
    let text = |set| Datatype::fixed_string(4, StringPadding::NullPadded, set).unwrap();
    let (ascii, utf8) = (text(CharacterSet::Ascii), text(CharacterSet::Utf8));
    assert_eq!(one(&ascii, &utf8, b"abc\0").unwrap(), b"abc\0");
    assert_eq!(one(&utf8, &ascii, b"abcd").unwrap(), b"abcd");
    assert_eq!(one(&ascii, &utf8, "\u{e9}a\0".as_bytes()).unwrap(), "\u{e9}a\0".as_bytes());
    for wrong in [one(&utf8, &ascii, "\u{e9}a\0".as_bytes()), one(&ascii, &utf8, b"\xe9abc")] {
        assert!(matches!(wrong.unwrap_err().kind(), ErrorKind::Conversion(_)));
    }
    let odd = text(CharacterSet::Reserved(7));
    assert!(one(&ascii, &odd, b"abcd").unwrap_err().is_unsupported());
}

#[test]
fn what_does_not_convert_says_so() {
    let int = Datatype::integer(4, true, ByteOrder::Little).unwrap();
    let bits = Datatype::bitfield(4, ByteOrder::Little).unwrap();
    let text = Datatype::fixed_string(4, StringPadding::NullPadded, CharacterSet::Ascii).unwrap();
    let error = |from: &Datatype, to: &Datatype| StoredConversion::new(from, to).unwrap_err();
    assert_eq!(
        error(&int, &text).to_string(),
        "elements of class integer (4 bytes) do not convert to class string (4 bytes)"
    );
    let names = |names: &[&str]| {
        let member = |(at, name): (usize, &&str)| {
            EnumerationMember::new(*name, u32::try_from(at).unwrap().to_le_bytes())
        };
        Datatype::enumeration(int.clone(), names.iter().enumerate().map(member).collect()).unwrap()
    };
    let (few, many) = (names(&["A"]), names(&["B", "A"]));
    assert_eq!(one(&few, &many, &[0; 4]).unwrap(), [1, 0, 0, 0]);
    assert_eq!(error(&many, &few).to_string(), "the enumeration has no value named \"B\"");
    let tagged = |tag| Datatype::opaque(4, tag).unwrap();
    let pair = |dimensions: &[u32]| Datatype::array(int.clone(), dimensions).unwrap();
    for (from, to) in [
        (&int, &few),
        (&int, &bits),
        (&bits, &int),
        (&tagged("a"), &tagged("b")),
        (&pair(&[2]), &pair(&[3])),
        (&pair(&[2, 3]), &pair(&[6])),
        (&pair(&[1]), &int),
    ] {
        assert!(matches!(error(from, to).kind(), ErrorKind::Conversion(_)), "{from:?} {to:?}");
    }
    let heap = Datatype::string(CharacterSet::Utf8, WIDTHS);
    let sequence = Datatype::sequence(int.clone(), WIDTHS);
    let reference = Datatype::reference(ReferenceKind::Object, WIDTHS);
    for (from, to) in [(&heap, &text), (&text, &heap), (&sequence, &heap), (&reference, &int)] {
        assert!(error(from, to).is_unsupported());
    }
    assert!(StoredConversion::new(&reference, &reference).unwrap().is_copy());
    let member = |datatype: &Datatype| {
        Datatype::compound(16, vec![Member::new("m", 0, datatype.clone())]).unwrap()
    };
    assert_eq!(
        error(&member(&heap), &member(&sequence)).to_string(),
        "member \"m\": the conversion of a variable-length string to another variable-length \
         sequence is not supported"
    );
    let error = run(&int, &bits.clone(), &[0; 4], &[0; 4]).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Conversion(_)));
    let short = Datatype::integer(2, true, ByteOrder::Little).unwrap();
    assert!(run(&int, &short, &[0; 8], &[0; 2]).is_err());
    assert!(run(&int, &short, &[0; 7], &[0; 2]).is_err());
}

#[test]
#[cfg_attr(miri, ignore = "many values take long under Miri")]
fn many_elements_are_converted_in_batches() {
    let short = Datatype::integer(2, true, ByteOrder::Little).unwrap();
    let f64 = Datatype::float(8, ByteOrder::Big).unwrap();
    let stored: Vec<u8> = (0..3000_i16).flat_map(i16::to_le_bytes).collect();
    let wanted: Vec<u8> = (0..3000_i16).flat_map(|value| f64::from(value).to_be_bytes()).collect();
    assert_eq!(run(&short, &f64, &stored, &vec![0; 24_000]).unwrap(), wanted);
    let of = |size, at, datatype: &Datatype| {
        Datatype::compound(size, vec![Member::new("m", at, datatype.clone())]).unwrap()
    };
    let stored: Vec<u8> =
        (0..3000_i16).flat_map(|value| [[9; 2], value.to_le_bytes()].concat()).collect();
    let found = run(&of(4, 2, &short), &of(10, 1, &f64), &stored, &vec![5; 30_000]).unwrap();
    for (element, value) in found.chunks(10).zip(wanted.chunks(8)) {
        assert_eq!((element[0], &element[1..9], element[9]), (5, value, 5));
    }
}
