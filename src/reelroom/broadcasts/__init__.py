"""Broadcasts: a session shown live elsewhere."""
