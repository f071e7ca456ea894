//! Headers that wait to be saved with more of what comes to them.

use super::Store;
use crate::codec::Address;
use crate::error::Result;
use crate::object::header::ObjectHeader;

/// Bytes of headers that wait. Few in tests, which are to see that they do not wait for ever.
const MOST: u64 = if cfg!(test) { 8 << 10 } else { 4 << 20 };

impl Store {
    /// Whether any header waits.
    pub(super) fn has_late_headers(&self) -> bool {
        self.space.late_bytes() > 0
    }

    /// Saves the headers that wait to be, in the step under way.
    pub(super) fn save_late_headers(&self) -> Result<()> {
        self.space.late_blocks().into_iter().try_for_each(|at| self.save_late_header(at))
    }

    /// Saves the header at `at`, in the step under way.
    pub(super) fn save_late_header(&self, at: Address) -> Result<()> {
        ObjectHeader::save_kept(&mut self.kept_header(at)?, &self.space)
    }

    /// As [`save_late_headers`](Self::save_late_headers), where they are many.
    pub(super) fn bound_late_headers(&self) -> Result<()> {
        if self.space.late_bytes() > MOST { self.save_late_headers() } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::io::SharedMemory;
    use crate::{File, FileBuilder, Group, LibraryVersion};

    fn new_file(storage: &SharedMemory) -> File {
        let (low, high) = (LibraryVersion::V110, LibraryVersion::V200);
        let versions = FileBuilder::library_versions(File::with_options(), low, high);
        versions.create_storage(Arc::new(storage.clone())).unwrap()
    }

    fn add(to: &Group, number: i32) -> crate::Result<()> {
        to.new_attr_builder().with_data(&[number]).create(&format!("a{number}")).map(|_| ())
    }

    fn names(of: &Group) -> Vec<String> {
        let mut names = of.attr_names().unwrap();
        names.sort();
        names
    }

    #[test]
    fn headers_wait_for_more_attributes() {
        let storage = SharedMemory::new(Vec::new());
        let file = new_file(&storage);
        let group = file.create_group("g").unwrap();
        let waits = || file.found.store.space().late_bytes() > 0;
        file.flush().unwrap();
        (0..5).for_each(|number| add(&group, number).unwrap());
        assert!(waits());
        let expected = |numbers: std::ops::Range<i32>| {
            numbers.map(|number| format!("a{number}")).collect::<Vec<_>>()
        };
        assert_eq!(names(&group), expected(0..5));
        assert_eq!(group.attr("a3").unwrap().read_scalar::<i32>().unwrap(), 3);
        // Steps that fail take back what is theirs.
        assert!(add(&group, 3).is_err());
        assert!(group.set_attrs([("a7", 7), ("", 8)]).is_err());
        assert_eq!(names(&group), expected(0..5));
        assert!(waits());
        // The header itself changes, with what waits.
        group.create_group("child").unwrap();
        assert!(!waits());
        add(&group, 5).unwrap();
        assert!(waits());
        group.delete_attr("a0").unwrap();
        assert!(!waits());
        assert_eq!(names(&group), expected(1..6));
        // Past what a header takes.
        (6..10).for_each(|number| add(&group, number).unwrap());
        assert_eq!(names(&group), expected(1..10));
        add(&file.create_group("other").unwrap(), 1).unwrap();
        file.unlink("other").unwrap();
        let account = file.account().unwrap();
        assert!(!waits(), "{account:?}");
        add(&file.create_group("other").unwrap(), 2).unwrap();
        file.close().unwrap();
        let file = File::from_storage(Arc::new(storage)).unwrap();
        assert_eq!(names(&file.group("g").unwrap()), expected(1..10));
        assert_eq!(names(&file.group("other").unwrap()), expected(2..3));
        assert!(file.link_exists("g/child"));
    }

    #[test]
    fn few_headers_wait() {
        let storage = SharedMemory::new(Vec::new());
        let file = new_file(&storage);
        let mut most = 0;
        for number in 0..100 {
            let group = file.create_group(&number.to_string()).unwrap();
            (0..3).for_each(|number| add(&group, number).unwrap());
            let waits = file.found.store.space().late_bytes();
            assert!(waits <= super::MOST);
            most = waits.max(most);
        }
        assert!(most > super::MOST / 2);
        file.close().unwrap();
        let file = File::from_storage(Arc::new(storage)).unwrap();
        for number in 0..100 {
            let group = file.group(&number.to_string()).unwrap();
            assert_eq!(names(&group), ["a0", "a1", "a2"]);
        }
    }
}
