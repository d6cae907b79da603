"""Renders: a room, or a page, shown live in a session of its own."""
