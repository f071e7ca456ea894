//! Paths that are left out.

use super::walk::Kind;

/// Paths to leave out, each with what was found there.
#[derive(Debug)]
pub(super) struct Excluded(Vec<(String, Option<Kind>)>);

impl Excluded {
    pub(super) fn new(paths: &[String]) -> Self {
        Self(paths.iter().map(|path| (path.clone(), None)).collect())
    }

    /// Whether what is at `path` is left out. What is in a group that was found to be is left out,
    /// too.
    pub(super) fn holds(&mut self, path: &str, kind: Kind) -> bool {
        self.0.iter_mut().any(|(excluded, found)| {
            if *found == Some(Kind::Group) {
                let rest = path.strip_prefix(excluded.as_str());
                return rest.is_some_and(|rest| rest.starts_with('/'));
            }
            let same = excluded == path;
            if same {
                *found = Some(kind);
            }
            same
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_a_group_is_left_out_with_it() {
        let mut excluded = Excluded::new(&["/a".to_owned()]);
        assert!(!excluded.holds("/a/b", Kind::Dataset));
        assert!(excluded.holds("/a", Kind::Group));
        assert!(excluded.holds("/a/b", Kind::Dataset));
        assert!(!excluded.holds("/ab", Kind::Dataset));
    }
}
