//! What is to be otherwise in copies of datasets than in the datasets.

use std::fmt;
use std::sync::Arc;

use super::copy::CopyBuilder;
use super::dataset::Dataset;
use super::filters::Filter;
use super::group::Group;
use super::iteration::{IndexType, IterationOrder};
use super::links::LinkInfo;
use super::location::Location;
use crate::codec::wide;
use crate::error::{Error, Result};
use crate::format::datatype::Datatype as Definition;
use crate::format::message::Link;
use crate::object::copy::changes::{Changes, DatasetWish, LayoutWish, LinkOrder};
use crate::object::path::Found;

/// What is to be otherwise in the copy of a dataset, for [`CopyBuilder::datasets`].
///
/// ```
/// # fn main() -> hdfive::Result<()> {
/// use hdfive::filters::Filter;
/// use hdfive::{DatasetChanges, File};
/// let source = File::in_memory()?;
/// source.create_dataset("x", vec![7_i32; 1000])?;
/// let file = File::in_memory()?;
/// let smaller = source.copy_options().datasets(|_| {
///     Ok(DatasetChanges::new().chunk(&[250]).filters(&[Filter::shuffle(), Filter::deflate(6)]))
/// });
/// smaller.copy_all_to(&file)?;
/// assert_eq!(file.dataset("x")?.chunk(), Some(vec![250]));
/// assert!(file.dataset("x")?.storage_size() < 400);
/// assert_eq!(file.dataset("x")?.read_raw::<i32>()?, vec![7; 1000]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DatasetChanges {
    layout: Option<LayoutWish>,
    filters: Option<Vec<(Filter, Option<bool>)>>,
    datatype: Option<Definition>,
    fixed: bool,
}

impl DatasetChanges {
    /// None.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Chunks of so many elements along each axis.
    #[must_use]
    pub fn chunk(mut self, shape: &[usize]) -> Self {
        self.layout = Some(LayoutWish::Chunked(shape.iter().map(|len| wide(*len)).collect()));
        self
    }

    /// The elements in the object header. Filters have to go, with an empty list of
    /// [`filters`](Self::filters), and so has an extent that can grow, with
    /// [`fixed_extent`](Self::fixed_extent).
    #[must_use]
    pub fn compact(mut self) -> Self {
        self.layout = Some(LayoutWish::Compact);
        self
    }

    /// The elements in one block; for the rest as [`compact`](Self::compact).
    #[must_use]
    pub fn contiguous(mut self) -> Self {
        self.layout = Some(LayoutWish::Contiguous);
        self
    }

    /// These filters instead of those that the dataset has. Where nobody asks for them, its own
    /// stay.
    #[must_use]
    pub fn filters(mut self, filters: &[Filter]) -> Self {
        self.filters = Some(filters.iter().map(|filter| (filter.clone(), None)).collect());
        self
    }

    /// One more filter behind those asked for, which a chunk may do without where `optional`.
    #[must_use]
    pub fn push_filter(mut self, filter: Filter, optional: bool) -> Self {
        self.filters.get_or_insert_default().push((filter, Some(optional)));
        self
    }

    /// Elements of this type, to which those of the dataset are converted by the rules of HDF5.
    #[must_use]
    pub fn datatype(mut self, datatype: &Definition) -> Self {
        self.datatype = Some(datatype.clone());
        self
    }

    /// An extent that cannot grow.
    #[must_use]
    pub fn fixed_extent(mut self) -> Self {
        self.fixed = true;
        self
    }

    fn wish(&self) -> Result<DatasetWish> {
        let wish = |(filter, optional): &(Filter, Option<bool>)| {
            let mut wish = filter.wish()?;
            wish.optional = optional.unwrap_or(wish.optional);
            Ok(wish)
        };
        let filters = self.filters.as_ref();
        Ok(DatasetWish {
            layout: self.layout.clone(),
            filters: filters.map(|all| all.iter().map(wish).collect::<Result<_>>()).transpose()?,
            datatype: self.datatype.clone(),
            fixed: self.fixed,
        })
    }
}

type Ask = Arc<dyn Fn(&Dataset) -> Result<DatasetChanges> + Send + Sync>;
type Refused = Arc<dyn Fn(&Dataset, &Error) + Send + Sync>;
type Keeps = Arc<dyn Fn(&Group, &LinkInfo) -> bool + Send + Sync>;

/// What a copy is to be asked for, by functions of the caller.
#[derive(Clone, Default)]
pub(super) struct Asked {
    datasets: Option<Ask>,
    refused: Option<Refused>,
    keeps: Option<Keeps>,
    link_phase_change: Option<(u16, u16)>,
    link_order: Option<LinkOrder>,
}

impl fmt::Debug for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Asked").finish_non_exhaustive()
    }
}

impl Changes for Asked {
    fn dataset(&self, source: Arc<Found>) -> Result<DatasetWish> {
        let Some(ask) = &self.datasets else { return Ok(DatasetWish::default()) };
        ask(&Dataset::of(Location::new(source))?)?.wish()
    }

    fn refused(&self, source: Arc<Found>, why: &Error) -> Result<bool> {
        let Some(tell) = &self.refused else { return Ok(false) };
        tell(&Dataset::of(Location::new(source))?, why);
        Ok(true)
    }

    fn keeps(&self, group: &Arc<Found>, link: &Link) -> Result<bool> {
        let Some(keeps) = &self.keeps else { return Ok(true) };
        let group = Group::of(Location::new(Arc::clone(group)))?;
        Ok(keeps(&group, &LinkInfo::of(link.clone())))
    }

    fn link_phase_change(&self) -> Option<(u16, u16)> {
        self.link_phase_change
    }

    fn link_order(&self) -> Option<LinkOrder> {
        self.link_order
    }
}

impl CopyBuilder {
    /// Asks `changes` of every dataset that is copied what is to be otherwise in its copy. What was
    /// stored in the same chunks, through the same filters is still moved as it is stored.
    ///
    /// The function is called while the file of the copy is being changed: it may read the source.
    #[must_use]
    pub fn datasets(
        self,
        changes: impl Fn(&Dataset) -> Result<DatasetChanges> + Send + Sync + 'static,
    ) -> Self {
        self.asked(|asked| asked.datasets = Some(Arc::new(changes)))
    }

    /// Lets copies be as their datasets are where they cannot be as [`datasets`](Self::datasets)
    /// has it; `told` gets to know why. Without it that ends the copy.
    #[must_use]
    pub fn or_unchanged(self, told: impl Fn(&Dataset, &Error) + Send + Sync + 'static) -> Self {
        self.asked(|asked| asked.refused = Some(Arc::new(told)))
    }

    /// Leaves links of groups out of their copies that `keeps` does not want there.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// use hdfive::{File, LinkType};
    /// let source = File::in_memory()?;
    /// source.create_group("run")?;
    /// source.link_soft("/run", "latest")?;
    /// let file = File::in_memory()?;
    /// let hard = source.copy_options().links(|_, link| link.link_type == LinkType::Hard);
    /// hard.copy_all_to(&file)?;
    /// assert_eq!(file.member_names()?, ["run"]);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn links(self, keeps: impl Fn(&Group, &LinkInfo) -> bool + Send + Sync + 'static) -> Self {
        self.asked(|asked| asked.keeps = Some(Arc::new(keeps)))
    }

    /// Lets copies of groups keep up to `most_compact` links in their header, and from
    /// `fewest_dense` on in a heap, where their format has both.
    #[must_use]
    pub fn link_phase_change(self, most_compact: u16, fewest_dense: u16) -> Self {
        self.asked(|asked| asked.link_phase_change = Some((most_compact, fewest_dense)))
    }

    /// Lets links be made in this order: copies of groups that know in which order their links were
    /// created have them in another one then, without gaps. Without it they keep their places.
    ///
    /// ```
    /// # fn main() -> hdfive::Result<()> {
    /// use hdfive::{File, IndexType, IterationOrder};
    /// let source = File::in_memory()?;
    /// let run = source.create_group_builder().track_order(true).create("run")?;
    /// run.create_group("first")?;
    /// run.create_group("another")?;
    /// let file = File::in_memory()?;
    /// let sorted = source.copy_options().link_order(IndexType::Name, IterationOrder::Increasing);
    /// sorted.copy_all_to(&file)?;
    /// let names: Vec<String> = file.group("run")?.links_in(IndexType::CreationOrder)?
    ///     .into_iter().map(|link| link.name).collect();
    /// assert_eq!(names, ["another", "first"]);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn link_order(self, index: IndexType, order: IterationOrder) -> Self {
        let by_name = index == IndexType::Name;
        let descending = order == IterationOrder::Decreasing;
        self.asked(|asked| asked.link_order = Some(LinkOrder { by_name, descending }))
    }
}
