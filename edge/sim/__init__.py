"""The simulated world, shipped as a product."""
