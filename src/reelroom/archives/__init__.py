"""Archives: films in the making, and what becomes of them."""
