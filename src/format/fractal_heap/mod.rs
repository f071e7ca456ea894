//! Fractal heap (specification III.G).
