//! What a path names: an object, or a link that leads to one, or nowhere.

use hdfive::{Error, Group, LinkInfo, LinkTarget, Location};

use super::walk::Kind;

/// What a path names.
pub(super) enum Found {
    /// The object itself.
    Object(Location),
    /// A link, and what it leads to where that is wanted.
    Link(LinkInfo, Option<Location>),
    /// A link that leads nowhere.
    Dangling,
}

impl Found {
    /// What is at `path`; `follow` says that what a link leads to is wanted.
    pub(super) fn at(root: &Group, path: &str, follow: bool) -> Result<Self, Error> {
        if path == "/" {
            return root.location(path).map(Self::Object);
        }
        let link = root.link_info(path)?;
        match link.target {
            LinkTarget::Hard(_) => root.location(path).map(Self::Object),
            _ if !follow => Ok(Self::Link(link, None)),
            _ => Ok(match root.location(path) {
                Ok(target) => Self::Link(link, Some(target)),
                Err(_) => Self::Dangling,
            }),
        }
    }

    pub(super) fn is_dangling(&self) -> bool {
        matches!(self, Self::Dangling)
    }

    /// The kind of what is there: of a link that is followed, of what it leads to; `None` of one that
    /// leads nowhere.
    pub(super) fn kind(&self) -> Option<Kind> {
        match self {
            Self::Object(location) | Self::Link(_, Some(location)) => Some(Kind::of(location)),
            Self::Link(link, None) => Kind::of_link(link),
            Self::Dangling => None,
        }
    }

    pub(super) fn target(&self) -> Option<&Location> {
        match self {
            Self::Object(location) | Self::Link(_, Some(location)) => Some(location),
            _ => None,
        }
    }

    /// What a link says.
    pub(super) fn says(&self) -> Option<&LinkTarget> {
        match self {
            Self::Link(link, _) => Some(&link.target),
            _ => None,
        }
    }
}
