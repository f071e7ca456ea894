//! Objects of fractal heaps.
