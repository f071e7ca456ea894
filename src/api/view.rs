//! What views of elements have in common.

/// What a view says of the elements it is of.
macro_rules! of_elements {
    () => {
        /// What the elements are of.
        #[must_use]
        pub fn container(&self) -> &Container {
            &self.elements
        }

        /// The same, with values that convert in this mode.
        #[must_use]
        pub fn mode(self, mode: ConversionMode) -> Self {
            Self { elements: self.elements.in_mode(mode), ..self }
        }

        /// The same, where it is an error that a value does not survive.
        #[must_use]
        pub fn exact(self) -> Self {
            self.mode(ConversionMode::Exact)
        }

        /// Elements along each axis.
        #[must_use]
        pub fn shape(&self) -> Vec<usize> {
            self.elements.shape()
        }

        /// Number of axes.
        #[must_use]
        pub fn ndim(&self) -> usize {
            self.elements.ndim()
        }

        /// Number of elements.
        #[must_use]
        pub fn size(&self) -> usize {
            self.elements.size()
        }

        /// Elements along the first axis, as Python's `len` has it; of a scalar 1.
        #[must_use]
        pub fn len(&self) -> usize {
            self.shape().first().copied().unwrap_or_else(|| self.size())
        }

        /// Whether there is no element.
        #[must_use]
        pub fn is_empty(&self) -> bool {
            self.size() == 0
        }
    };
}
pub(super) use of_elements;
