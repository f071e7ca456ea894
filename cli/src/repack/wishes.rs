//! What filters and layouts `h5repack` is asked for, as its options `-f` and `-l` say it.

use std::ops::ControlFlow;

/// A filter that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FilterWish {
    /// Its number; 0 for none at all.
    pub(super) id: i32,
    pub(super) values: Vec<u32>,
    /// Whether chunks may do without it, where that is said.
    pub(super) optional: Option<bool>,
}

/// A layout that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum LayoutWish {
    Compact,
    /// `removed`: chunks that are not wanted.
    Contiguous {
        removed: bool,
    },
    Chunked(Vec<usize>),
}

/// Objects that a wish is for; none for all.
pub(super) type Names = Option<Vec<String>>;

impl FilterWish {
    pub(super) const DEFLATE: i32 = 1;
    pub(super) const SHUFFLE: i32 = 2;
    pub(super) const FLETCHER32: i32 = 3;
    pub(super) const SZIP: i32 = 4;
    pub(super) const NBIT: i32 = 5;
    pub(super) const SCALE_OFFSET: i32 = 6;

    /// Reads `OBJECTS:NAME=PARAMETERS`, the objects of which may be missing.
    pub(super) fn parse(text: &str) -> Result<(Names, Self), String> {
        let (names, spec) = match text.split_once(':') {
            Some((names, spec)) => (Some(listed(names)), spec),
            None => (None, text),
        };
        if spec.is_empty() {
            return Err(format!("input Error: Invalid compression type in <{text}>"));
        }
        let (name, parameters) = match spec.split_once('=') {
            Some((name, parameters)) => (name, Some(parameters)),
            None => (spec, None),
        };
        Self::of(text, name, parameters).map(|wish| (names, wish))
    }

    fn of(text: &str, name: &str, parameters: Option<&str>) -> Result<Self, String> {
        let plain = |id| Self { id, values: Vec::new(), optional: None };
        let missing = || format!("missing compression parameter in <{text}>");
        let bare = |id| match parameters {
            Some(parameters) if !parameters.is_empty() => {
                Err(format!("extra parameter in {name} <{text}>"))
            }
            _ => Ok(plain(id)),
        };
        match name {
            "NONE" => Ok(plain(0)),
            "GZIP" => {
                let level = number(parameters.ok_or_else(missing)?, text, " is")?;
                if level > 9 {
                    return Err(format!("invalid compression parameter in <{text}>"));
                }
                Ok(Self { values: vec![level], ..plain(Self::DEFLATE) })
            }
            "SZIP" => szip(text, parameters.ok_or_else(missing)?),
            "SHUF" => bare(Self::SHUFFLE),
            "FLET" => bare(Self::FLETCHER32),
            "NBIT" => bare(Self::NBIT),
            "SOFF" => scale_offset(text, parameters.ok_or_else(missing)?),
            "UD" => user_defined(text, parameters.unwrap_or_default()),
            _ => Err(format!("invalid filter type in <{text}>")),
        }
    }

    /// What the tool calls the filter when it tells what it is going to do.
    pub(super) fn name(&self) -> &'static str {
        match self.id {
            0 => "NONE",
            Self::DEFLATE => "GZIP",
            Self::SZIP => "SZIP",
            Self::SHUFFLE => "SHUFFLE",
            Self::FLETCHER32 => "FLETCHER32",
            Self::NBIT => "NBIT",
            Self::SCALE_OFFSET => "SOFF",
            _ => "UD",
        }
    }
}

/// Names between commas.
fn listed(names: &str) -> Vec<String> {
    names.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

fn number(digits: &str, text: &str, verb: &str) -> Result<u32, String> {
    let only_digits = digits.bytes().all(|byte| byte.is_ascii_digit());
    let value = if digits.is_empty() { Some(0) } else { digits.parse().ok() };
    let wrong = || match verb {
        "" => format!("compression parameter not digit in <{text}>"),
        _ => format!("compression parameter{verb} not a digit in <{text}>"),
    };
    value.filter(|_| only_digits).ok_or_else(wrong)
}

fn szip(text: &str, parameters: &str) -> Result<FilterWish, String> {
    const ENTROPY: u32 = 4;
    const NEAREST_NEIGHBOR: u32 = 32;
    let (pixels, coding) = parameters.split_once(',').unwrap_or((parameters, ""));
    let pixels = number(pixels, text, "")?;
    let wrong = || "szip mask must be 'NN' or 'EC' ".to_owned();
    let coding = match coding {
        "NN" => NEAREST_NEIGHBOR,
        "EC" => ENTROPY,
        _ => return Err(wrong()),
    };
    if !pixels.is_multiple_of(2) {
        return Err(format!("pixels_per_block is not even in <{text}>"));
    }
    if pixels > 32 {
        return Err(format!("pixels_per_block is too large in <{text}>"));
    }
    Ok(FilterWish { id: FilterWish::SZIP, values: vec![coding, pixels], optional: None })
}

fn scale_offset(text: &str, parameters: &str) -> Result<FilterWish, String> {
    const FLOAT_DECIMAL: u32 = 0;
    const INTEGER: u32 = 2;
    let (factor, kind) = parameters.split_once(',').unwrap_or((parameters, ""));
    let factor = number(factor, text, " is")?;
    let kind = match kind {
        "IN" => INTEGER,
        "DS" => FLOAT_DECIMAL,
        _ => return Err("scale type must be 'IN' or 'DS' ".to_owned()),
    };
    Ok(FilterWish { id: FilterWish::SCALE_OFFSET, values: vec![kind, factor], optional: None })
}

/// Number, flag, count of the values, values.
fn user_defined(text: &str, parameters: &str) -> Result<FilterWish, String> {
    let mut parts = parameters.split(',');
    let mut next = |what: &str| {
        let part = parts.next().unwrap_or_default();
        let wrong = || format!("{what} parameter is not a digit in <{text}>");
        part.parse::<u32>().map_err(|_| wrong())
    };
    let id = next("filter number")?;
    let flag = next("filter flag")?;
    let wrong = || format!("incorrect number of compression parameters in <{text}>");
    let count = next("filter count").map_err(|_| wrong())?;
    let values: Result<Vec<u32>, _> = parts.map(str::parse).collect();
    let values = values.map_err(|_| wrong())?;
    if usize::try_from(count) != Ok(values.len()) {
        return Err(wrong());
    }
    let id = i32::try_from(id).map_err(|_| wrong())?;
    Ok(FilterWish { id, values, optional: Some(flag & 1 == 1) })
}

impl LayoutWish {
    /// Reads `OBJECTS:LAYOUT=PARAMETERS`, the objects of which may be missing.
    pub(super) fn parse(text: &str) -> Result<(Names, Self), String> {
        let (names, spec) = match text.rsplit_once(':') {
            Some((names, spec)) => (Some(listed(names)), spec),
            None => (None, text),
        };
        if spec.is_empty() {
            return Err(format!("in parse layout, no characters after : in <{text}>"));
        }
        let (layout, rest) = spec.split_at_checked(5).unwrap_or((spec, ""));
        let wish = match layout {
            "COMPA" => Self::Compact,
            "CONTI" => Self::Contiguous { removed: false },
            "CHUNK" => chunk(text, rest.get(1..).unwrap_or_default())?,
            _ => return Err(format!("in parse layout, not a valid layout in <{text}>")),
        };
        Ok((names, wish))
    }
}

fn chunk(text: &str, lens: &str) -> Result<LayoutWish, String> {
    if lens.is_empty() {
        return Err(format!("in parse layout,  <{text}> Chunk dimensions missing"));
    }
    // What is read so far of one length, for who has to find the mistake.
    let mut read = String::new();
    let odd = lens.chars().try_for_each(|c| {
        read.push(c);
        match c {
            'x' => read.clear(),
            c if c.is_ascii_digit() || "NOE".contains(c) => {}
            _ => return ControlFlow::Break(()),
        }
        ControlFlow::Continue(())
    });
    if odd.is_break() {
        return Err(format!("in parse layout, <{read}> Not a valid character in <{text}>"));
    }
    if lens.rsplit('x').next() == Some("NONE") {
        return Ok(LayoutWish::Contiguous { removed: true });
    }
    let len = |len: &str| {
        let wrong = || format!("in parse layout, <{len}> conversion to number in <{text}>");
        len.parse().ok().filter(|len: &usize| *len > 0).ok_or_else(wrong)
    };
    lens.split('x').map(len).collect::<Result<_, _>>().map(LayoutWish::Chunked)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(text: &str) -> (Names, i32, Vec<u32>) {
        let (names, wish) = FilterWish::parse(text).unwrap();
        (names, wish.id, wish.values)
    }

    #[test]
    fn filters_are_read() {
        let some = |names: &[&str]| Some(names.iter().map(|n| (*n).to_owned()).collect());
        assert_eq!(filter("GZIP=6"), (None, 1, vec![6]));
        assert_eq!(filter("a,/b/c:SHUF"), (some(&["a", "/b/c"]), 2, vec![]));
        assert_eq!(filter("a:SZIP=8,EC"), (some(&["a"]), 4, vec![4, 8]));
        assert_eq!(filter("SOFF=31,IN"), (None, 6, vec![2, 31]));
        assert_eq!(filter("UD=307,0,1,9"), (None, 307, vec![9]));
        assert_eq!(filter("UD=250,1,0"), (None, 250, vec![]));
        assert_eq!(filter("NONE"), (None, 0, vec![]));
    }

    #[test]
    fn filters_that_cannot_be_are_named() {
        for (text, words) in [
            ("BLA", "invalid filter type in <BLA>"),
            ("a:", "input Error: Invalid compression type in <a:>"),
            ("GZIP", "missing compression parameter in <GZIP>"),
            ("GZIP=x", "compression parameter is not a digit in <GZIP=x>"),
            ("GZIP=10", "invalid compression parameter in <GZIP=10>"),
            ("SZIP=7,NN", "pixels_per_block is not even in <SZIP=7,NN>"),
            ("SZIP=34,NN", "pixels_per_block is too large in <SZIP=34,NN>"),
            ("SZIP=8,XX", "szip mask must be 'NN' or 'EC' "),
            ("FLET=1", "extra parameter in FLET <FLET=1>"),
            ("UD=307,0,2,9", "incorrect number of compression parameters in <UD=307,0,2,9>"),
            ("UD=a,0,1,9", "filter number parameter is not a digit in <UD=a,0,1,9>"),
        ] {
            assert_eq!(FilterWish::parse(text).unwrap_err(), words);
        }
    }

    #[test]
    fn layouts_are_read() {
        let layout = |text: &str| LayoutWish::parse(text).map(|(_, wish)| wish);
        assert_eq!(layout("a,b:CHUNK=20x10"), Ok(LayoutWish::Chunked(vec![20, 10])));
        assert_eq!(layout("COMPA"), Ok(LayoutWish::Compact));
        assert_eq!(layout("a:CHUNK=NONE"), Ok(LayoutWish::Contiguous { removed: true }));
        for (text, words) in [
            ("BLA", "in parse layout, not a valid layout in <BLA>"),
            ("a:", "in parse layout, no characters after : in <a:>"),
            ("CHUNK", "in parse layout,  <CHUNK> Chunk dimensions missing"),
            ("CHUNK=0x5", "in parse layout, <0> conversion to number in <CHUNK=0x5>"),
            ("CHUNK=5x6y", "in parse layout, <6y> Not a valid character in <CHUNK=5x6y>"),
        ] {
            assert_eq!(layout(text).unwrap_err(), words);
        }
    }
}
