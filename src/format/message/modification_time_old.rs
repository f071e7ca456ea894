//! Object Modification Time (Old) message (specification IV.A.2.o).

use crate::codec::{Decoder, Encoder, Structure};
use crate::error::Result;

/// Object Modification Time (Old) message: a date and time in digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ModificationTimeOld {
    /// `YYYYMMDDhhmmss` in ASCII, UTC.
    pub(crate) digits: [u8; 14],
}

impl ModificationTimeOld {
    /// Seconds since the start of 1970; `None` where the digits name no date.
    pub(crate) fn seconds(&self) -> Option<i64> {
        let mut digits = self.digits.iter().map(|digit| i64::from(digit.wrapping_sub(b'0')));
        let mut number = |len| {
            digits.by_ref().take(len).fold(0_i64, |n, digit| n.wrapping_mul(10).wrapping_add(digit))
        };
        let (year, month, day) = (number(4), number(2), number(2));
        let (hour, minute, second) = (number(2), number(2), number(2));
        let date = (1..=12).contains(&month) && (1..=31).contains(&day);
        if !date || hour > 23 || minute > 59 || second > 60 {
            return None;
        }
        let days = days_since_1970(year, month, day)?;
        let minutes =
            days.checked_mul(24)?.checked_add(hour)?.checked_mul(60)?.checked_add(minute)?;
        minutes.checked_mul(60)?.checked_add(second)
    }
}

/// Days from the first of January 1970 to a day of the Gregorian calendar.
fn days_since_1970(year: i64, month: i64, day: i64) -> Option<i64> {
    /// Days from the first of March of year 0 to the first of January 1970.
    const EPOCH: i64 = 719_468;
    // Years start in March, so that the leap day is a year's last.
    let year = if month <= 2 { year.checked_sub(1)? } else { year };
    let month = month.checked_add(9)?.rem_euclid(12);
    let leaps =
        year.div_euclid(4).checked_sub(year.div_euclid(100))?.checked_add(year.div_euclid(400))?;
    let before_month = month.checked_mul(153)?.checked_add(2)?.div_euclid(5);
    let days = year.checked_mul(365)?.checked_add(leaps)?.checked_add(before_month)?;
    days.checked_add(day)?.checked_sub(1)?.checked_sub(EPOCH)
}

impl Structure for ModificationTimeOld {
    const NAME: &'static str = "Object Modification Time (Old) Message";

    fn decode(d: &mut Decoder<'_>) -> Result<Self> {
        let start = d.clone();
        let digits: [u8; 14] = d.array("Year")?;
        if !digits.iter().all(u8::is_ascii_digit) {
            return Err(start.broken("Year", "the time holds something that is not a digit"));
        }
        d.skip("Reserved", 2)?;
        Ok(Self { digits })
    }

    fn encode(&self, e: &mut Encoder) -> Result<()> {
        e.bytes(&self.digits);
        e.zeros(2);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::testing::check_round_trip;

    #[test]
    fn round_trips() {
        check_round_trip(&ModificationTimeOld { digits: *b"19990131235959" });
    }

    #[test]
    fn dates_are_seconds() {
        let seconds = |digits| ModificationTimeOld { digits }.seconds();
        assert_eq!(seconds(*b"19700101000000"), Some(0));
        assert_eq!(seconds(*b"20000229120001"), Some(951_825_601));
        assert_eq!(seconds(*b"19691231235959"), Some(-1));
        assert_eq!(seconds(*b"19991301000000"), None);
    }
}
