//! Options as the HDF5 tools take them: letters in clusters, whole words, values that may be left
//! out, and files behind all of them.

use std::ffi::OsString;

/// Whether an option has a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Takes {
    Nothing,
    Value,
    /// A value, where one follows.
    Maybe,
    /// A value, where one stands in the same word.
    Attached,
}

/// An option: its letter, and the words that stand for it. A letter that is a digit is no option of
/// its own.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row(pub(crate) char, pub(crate) Takes, pub(crate) &'static [&'static str]);

/// An option as given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Given {
    pub(crate) letter: char,
    pub(crate) value: Option<String>,
}

/// Options, and what stands behind them.
#[derive(Debug, Default)]
pub(crate) struct Parsed {
    pub(crate) options: Vec<Given>,
    pub(crate) rest: Vec<OsString>,
    /// What is not understood behind the options, in words.
    pub(crate) problem: Option<String>,
}

/// What an option is given by.
struct Words<'a> {
    table: &'a [Row],
    words: Vec<String>,
    at: usize,
}

/// Reads `arguments`, without the name of the program, up to what is not understood.
pub(crate) fn parse(table: &[Row], arguments: &[OsString]) -> Parsed {
    let words = arguments.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    let mut reader = Words { table, words, at: 0 };
    let mut parsed = Parsed::default();
    parsed.problem = reader.read(&mut parsed.options).err();
    parsed.rest = arguments.get(reader.at..).unwrap_or_default().to_vec();
    parsed
}

impl Words<'_> {
    fn read(&mut self, options: &mut Vec<Given>) -> Result<(), String> {
        while let Some(word) = self.words.get(self.at).cloned() {
            if word == "--" {
                self.next();
                break;
            }
            if let Some(long) = word.strip_prefix("--") {
                self.next();
                options.push(self.long(long)?);
            } else if let Some(letters) = word.strip_prefix('-').filter(|rest| !rest.is_empty()) {
                self.next();
                self.letters(letters, options)?;
            } else {
                break;
            }
        }
        Ok(())
    }

    fn next(&mut self) {
        self.at = self.at.saturating_add(1);
    }

    /// The next word, unless it is an option.
    fn value(&mut self) -> Option<String> {
        let word = self.words.get(self.at).filter(|word| !word.starts_with('-')).cloned()?;
        self.next();
        Some(word)
    }

    /// The next word, unless it is an option or the last one, which is a file.
    fn value_before_last(&mut self) -> Option<String> {
        let is_last = self.at.saturating_add(1) >= self.words.len();
        if is_last { None } else { self.value() }
    }

    fn long(&mut self, text: &str) -> Result<Given, String> {
        let (name, value) = match text.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (text, None),
        };
        let known = |row: &&Row| row.2.contains(&name);
        let row = *self.table.iter().find(known).ok_or(format!("unknown option \"--{name}\""))?;
        let value = match (row.1, value) {
            (Takes::Nothing, Some(_)) => return Err(format!("no value is taken by \"--{name}\"")),
            (Takes::Nothing, None) => None,
            (Takes::Maybe | Takes::Attached, value) => value,
            (Takes::Value, Some(value)) => Some(value),
            (Takes::Value, None) => {
                Some(self.value().ok_or(format!("a value is missing behind \"--{name}\""))?)
            }
        };
        Ok(Given { letter: row.0, value })
    }

    fn letters(&mut self, text: &str, out: &mut Vec<Given>) -> Result<(), String> {
        let mut letters = text.chars();
        while let Some(letter) = letters.next() {
            let known = |row: &&Row| row.0 == letter && !letter.is_ascii_digit();
            let row =
                *self.table.iter().find(known).ok_or(format!("unknown option \"-{letter}\""))?;
            let rest = letters.as_str();
            let value = match row.1 {
                Takes::Nothing => None,
                Takes::Value if rest.is_empty() => {
                    let word = self.words.get(self.at).cloned();
                    self.next();
                    Some(word.ok_or(format!("a value is missing behind \"-{letter}\""))?)
                }
                Takes::Maybe if rest.is_empty() => self.value_before_last(),
                Takes::Attached if rest.is_empty() => None,
                Takes::Value | Takes::Maybe | Takes::Attached => Some(rest.to_owned()),
            };
            out.push(Given { letter, value });
            if row.1 != Takes::Nothing {
                break;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: [Row; 4] = [
        Row('d', Takes::Value, &["dataset"]),
        Row('n', Takes::Maybe, &["contents"]),
        Row('p', Takes::Nothing, &["properties"]),
        Row('1', Takes::Value, &["vol-value"]),
    ];

    type Read = (Vec<(char, Option<String>)>, Vec<OsString>);

    fn read(words: &[&str]) -> Result<Read, String> {
        let words: Vec<OsString> = words.iter().map(OsString::from).collect();
        let parsed = parse(&TABLE, &words);
        parsed.problem.map_or(Ok(()), Err)?;
        Ok((parsed.options.into_iter().map(|o| (o.letter, o.value)).collect(), parsed.rest))
    }

    #[test]
    fn letters_and_words_are_options() {
        let some = |text: &str| Some(text.to_owned());
        let cases = [
            (vec!["-pd", "/a", "f"], vec![('p', None), ('d', some("/a"))]),
            (
                vec!["-d/a", "--dataset=/b", "--dataset", "/c", "f"],
                vec![('d', some("/a")), ('d', some("/b")), ('d', some("/c"))],
            ),
            (vec!["-n", "f"], vec![('n', None)]),
            (vec!["-n", "1", "f"], vec![('n', some("1"))]),
            (vec!["--contents", "f"], vec![('n', None)]),
            (vec!["--vol-value=7", "f"], vec![('1', some("7"))]),
        ];
        for (words, options) in cases {
            assert_eq!(read(&words).unwrap(), (options, vec![OsString::from("f")]));
        }
    }

    #[test]
    fn what_is_not_known_is_named() {
        assert!(read(&["-x"]).unwrap_err().contains("-x"));
        assert!(read(&["-1", "7"]).unwrap_err().contains("-1"));
        assert!(read(&["-d"]).unwrap_err().contains("-d"));
        assert!(read(&["--properties=1"]).unwrap_err().contains("properties"));
    }
}
