"""Near the engine: the taps, and who holds them."""
