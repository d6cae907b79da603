"""Telephones in sessions: called by SIP, heard and seen like everybody else."""
