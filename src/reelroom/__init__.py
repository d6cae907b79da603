"""Reelroom: video rooms that record themselves; record first, cut afterwards."""
