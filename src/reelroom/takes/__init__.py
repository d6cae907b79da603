"""The format of a take: its events, its files and their clocks."""
