//! Colors of values.

use plotters::style::colors::colormaps::ViridisRGB;

/// Red, green, blue.
pub(super) type Rgb = (u8, u8, u8);

/// The color of cells without a value.
pub(super) const NONE: Rgb = (224, 224, 224);

/// The color of a value in a range: from violet over green to yellow, brighter with every step.
pub(super) fn of(value: f64, range: (f64, f64)) -> Rgb {
    match share(value, range) {
        Some(share) => {
            let color = ViridisRGB::get_color(share);
            (color.0, color.1, color.2)
        }
        None => NONE,
    }
}

/// Where in a range a value lies, from 0 to 1; `None` where it is no number.
pub(super) fn share(value: f64, (least, greatest): (f64, f64)) -> Option<f64> {
    if value.is_nan() {
        return None;
    }
    // Halves, as the difference of two doubles may be no double.
    let span = greatest / 2.0 - least / 2.0;
    let share = (value / 2.0 - least / 2.0) / span;
    Some(if span > 0.0 { share.clamp(0.0, 1.0) } else { 0.5 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colors_grow_brighter() {
        let sum = |share: f64| {
            let (red, green, blue) = of(share, (0.0, 1.0));
            u32::from(red) * 2 + u32::from(green) * 5 + u32::from(blue)
        };
        let steps: Vec<u32> = (0..=10).map(|step| sum(f64::from(step) / 10.0)).collect();
        assert!(steps.is_sorted(), "{steps:?}");
        assert_eq!(of(f64::NAN, (0.0, 1.0)), NONE);
        assert_eq!(share(f64::MAX, (f64::MIN, f64::MAX)), Some(1.0));
        assert_eq!(share(7.0, (7.0, 7.0)), Some(0.5));
    }
}
