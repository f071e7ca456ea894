//! Links of groups: what they are, where they lead, and in which order they come.

use super::group::Group;
use super::iteration::{IndexType, IterationCursor, IterationOrder};
use super::location::{Location, LocationToken};
use crate::error::{Error, Result};
use crate::format::datatype::CharacterSet;
use crate::format::message::{Link, LinkTarget as StoredTarget};
use crate::object::path::{follow, into_text, resolve_link};

/// What a link is.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// use hdfive::LinkType;
/// let file = hdfive::File::in_memory()?;
/// file.link_soft("/run", "latest")?;
/// assert_eq!(file.link_info("latest")?.link_type, LinkType::Soft);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LinkType {
    /// Leads to an object of the same file.
    Hard,
    /// Leads to a path of the same file, which need not exist.
    Soft,
    /// Leads elsewhere: to another file, or wherever a program that knows it says. Which of these it
    /// is, and where it leads, is the [`target`](LinkInfo::target).
    External,
}

/// Where a link leads.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// use hdfive::LinkTarget;
/// let file = hdfive::File::in_memory()?;
/// file.link_soft("/run", "latest")?;
/// assert_eq!(file.link_info("latest")?.target, LinkTarget::Soft("/run".to_owned()));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LinkTarget {
    /// To an object of the same file.
    Hard(LocationToken),
    /// To a path of the same file, which need not exist.
    Soft(String),
    /// To a path of another file.
    External {
        /// Name of the file, as stored.
        file: String,
        /// Path of the object in it.
        object: String,
    },
    /// Wherever a program that knows its type says.
    UserDefined {
        /// Number of the type, 64 to 255.
        kind: u8,
        /// What the program stored.
        data: Vec<u8>,
    },
}

/// How the bytes of a name are marked.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// use hdfive::plist::CharEncoding;
/// let file = hdfive::File::in_memory()?;
/// file.create_group("größe")?;
/// assert_eq!(file.all_links()?[0].char_encoding, CharEncoding::Utf8);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CharEncoding {
    /// As ASCII.
    Ascii,
    /// As UTF-8.
    Utf8,
}

impl CharEncoding {
    pub(super) fn of(charset: CharacterSet) -> Self {
        if charset == CharacterSet::Utf8 { Self::Utf8 } else { Self::Ascii }
    }

    pub(super) fn stored(self) -> CharacterSet {
        match self {
            Self::Ascii => CharacterSet::Ascii,
            Self::Utf8 => CharacterSet::Utf8,
        }
    }
}

/// A link of a group.
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// # let file = hdfive::File::open("tests/fixtures/tour_latest.h5")?;
/// for link in file.all_links()? {
///     println!("{}: {:?}", link.name, link.target);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LinkInfo {
    /// Its name; bytes that are not UTF-8 are escaped as `\xff`.
    pub name: String,
    /// What it is.
    pub link_type: LinkType,
    /// Where it leads.
    pub target: LinkTarget,
    /// Its place in the order the links were made in, where the group tracks that.
    pub creation_order: Option<i64>,
    /// How its name is marked.
    pub char_encoding: CharEncoding,
}

impl LinkInfo {
    pub(super) fn of(link: Link) -> Self {
        let (link_type, target) = match link.target {
            StoredTarget::Hard(at) => (LinkType::Hard, LinkTarget::Hard(LocationToken(at))),
            StoredTarget::Soft(path) => (LinkType::Soft, LinkTarget::Soft(into_text(path))),
            StoredTarget::External { file, object, .. } => {
                let (file, object) = (into_text(file), into_text(object));
                (LinkType::External, LinkTarget::External { file, object })
            }
            StoredTarget::UserDefined { kind, data } => {
                (LinkType::External, LinkTarget::UserDefined { kind, data })
            }
        };
        Self {
            name: into_text(link.name),
            link_type,
            target,
            creation_order: link.creation_order,
            char_encoding: CharEncoding::of(link.charset),
        }
    }
}

impl Group {
    /// The object that a link of this group leads to.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) where the link leads nowhere.
    pub fn follow(&self, link: &LinkInfo) -> Result<Location> {
        let (charset, creation_order) = (CharacterSet::Utf8, link.creation_order);
        let target = match &link.target {
            LinkTarget::Hard(token) => StoredTarget::Hard(token.0),
            LinkTarget::Soft(path) => StoredTarget::Soft(path.clone().into_bytes()),
            LinkTarget::External { file, object } => {
                let (file, object) = (file.clone().into_bytes(), object.clone().into_bytes());
                StoredTarget::External { flags: 0, file, object }
            }
            LinkTarget::UserDefined { kind, data } => {
                StoredTarget::UserDefined { kind: *kind, data: data.clone() }
            }
        };
        let name = link.name.clone().into_bytes();
        let link = Link { name, charset, creation_order, target };
        follow(&self.found, &link).map(Location::new)
    }

    /// The link at the end of `path`, not followed.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) where there is none.
    pub fn link_info(&self, path: &str) -> Result<LinkInfo> {
        let found = resolve_link(&self.found, path.as_bytes())?;
        let missing = || self.missing(format!("link {path:?}"));
        found.map(|(_, link)| LinkInfo::of(link)).ok_or_else(missing)
    }

    /// All links in the order asked for, by name.
    ///
    /// # Errors
    ///
    /// As [`member_names_by`](Self::member_names_by).
    pub fn links(
        &self,
        index_type: IndexType,
        iteration_order: IterationOrder,
    ) -> Result<Vec<(String, LinkInfo)>> {
        let links = self.ordered_links(index_type, iteration_order)?;
        Ok(links.into_iter().map(|link| (link.name.clone(), link)).collect())
    }

    /// All links, in ascending order of their names' bytes.
    ///
    /// # Errors
    ///
    /// Where they cannot be read.
    pub fn all_links(&self) -> Result<Vec<LinkInfo>> {
        Ok(self.raw_links()?.into_iter().map(LinkInfo::of).collect())
    }

    /// All links by what is asked for, ascending; by name where the group does not track the order
    /// of creation.
    ///
    /// # Errors
    ///
    /// Where they cannot be read.
    pub fn links_in(&self, index: IndexType) -> Result<Vec<LinkInfo>> {
        let mut links = self.all_links()?;
        if index == IndexType::CreationOrder && self.creation_order_tracked() {
            links.sort_by_key(|link| link.creation_order);
        }
        Ok(links)
    }

    /// Names of all links: in the order they were made where the group tracks that, else in
    /// ascending order of their bytes.
    ///
    /// # Errors
    ///
    /// Where the links cannot be read.
    pub fn member_names(&self) -> Result<Vec<String>> {
        if !self.creation_order_tracked() {
            return Ok(self.raw_names()?.into_iter().map(into_text).collect());
        }
        let mut links = self.raw_links()?;
        links.sort_by_key(|link| link.creation_order);
        Ok(links.into_iter().map(|link| into_text(link.name)).collect())
    }

    /// Names of all links in the order asked for.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) where it is that of creation and the group does
    /// not track that; where the links cannot be read.
    pub fn member_names_by(
        &self,
        index_type: IndexType,
        iteration_order: IterationOrder,
    ) -> Result<Vec<String>> {
        let links = self.ordered_links(index_type, iteration_order)?;
        Ok(links.into_iter().map(|link| link.name).collect())
    }

    fn ordered_links(&self, index: IndexType, order: IterationOrder) -> Result<Vec<LinkInfo>> {
        if index == IndexType::CreationOrder && !self.creation_order_tracked() {
            let problem = "the group does not track the order in which links are made";
            return self.under(Err(Error::usage(problem)));
        }
        let mut links = self.links_in(index)?;
        if order == IterationOrder::Decreasing {
            links.reverse();
        }
        Ok(links)
    }

    /// Calls `op` for each link of the group, in the order asked for, until it gives an error.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// use hdfive::{IndexType, IterationOrder};
    /// let file = hdfive::File::in_memory()?;
    /// file.create_group("b")?;
    /// file.create_group("a")?;
    /// let mut names = Vec::new();
    /// file.iter_visit(IndexType::Name, IterationOrder::Decreasing, |name, _| {
    ///     names.push(name.to_owned());
    ///     Ok(())
    /// })?;
    /// assert_eq!(names, ["b", "a"]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// That of `op`; else as [`member_names_by`](Self::member_names_by).
    pub fn iter_visit<F>(
        &self,
        index_type: IndexType,
        iteration_order: IterationOrder,
        mut op: F,
    ) -> Result<()>
    where
        F: FnMut(&str, LinkInfo) -> Result<()>,
    {
        for link in self.ordered_links(index_type, iteration_order)? {
            op(&link.name.clone(), link)?;
        }
        Ok(())
    }

    /// Calls `op` for each link of the group, in ascending order of their names' bytes, until it
    /// gives an error.
    ///
    /// # Errors
    ///
    /// As [`iter_visit`](Self::iter_visit).
    pub fn iter_visit_default<F>(&self, op: F) -> Result<()>
    where
        F: FnMut(&str, LinkInfo) -> Result<()>,
    {
        self.iter_visit(IndexType::Name, IterationOrder::Native, op)
    }

    /// Calls `op` for each link of the group, in the order asked for, until it gives a value; gives
    /// that value.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// use hdfive::{IndexType, IterationOrder, LinkType};
    /// # let file = hdfive::File::open("tests/fixtures/tour_latest.h5")?;
    /// let soft = file.find_link(IndexType::Name, IterationOrder::Native, |name, link| {
    ///     Ok((link.link_type == LinkType::Soft).then(|| name.to_owned()))
    /// })?;
    /// # let _ = soft;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`iter_visit`](Self::iter_visit).
    pub fn find_link<B, F>(
        &self,
        index_type: IndexType,
        iteration_order: IterationOrder,
        op: F,
    ) -> Result<Option<B>>
    where
        F: FnMut(&str, LinkInfo) -> Result<Option<B>>,
    {
        let cursor = IterationCursor::start(index_type, iteration_order);
        Ok(self.iter_visit_from(cursor, op)?.map(|(value, _)| value))
    }

    /// Calls `op` for the links of the group from `cursor` on until it gives a value; gives that value,
    /// and where the next link is.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// use hdfive::{IndexType, IterationCursor, IterationOrder};
    /// let file = hdfive::File::in_memory()?;
    /// ["a", "b", "c"].iter().try_for_each(|name| file.create_group(name).map(|_| ()))?;
    /// let mut cursor = IterationCursor::start(IndexType::Name, IterationOrder::Increasing).skip(1);
    /// let mut names = Vec::new();
    /// while let Some((name, next)) =
    ///     file.iter_visit_from(cursor, |name, _| Ok(Some(name.to_owned())))?
    /// {
    ///     names.push(name);
    ///     cursor = next;
    /// }
    /// assert_eq!(names, ["b", "c"]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`iter_visit`](Self::iter_visit).
    pub fn iter_visit_from<B, F>(
        &self,
        cursor: IterationCursor,
        mut op: F,
    ) -> Result<Option<(B, IterationCursor)>>
    where
        F: FnMut(&str, LinkInfo) -> Result<Option<B>>,
    {
        let links = self.ordered_links(cursor.index_type(), cursor.iteration_order())?;
        cursor.find(links, |link| op(&link.name.clone(), link))
    }
}
