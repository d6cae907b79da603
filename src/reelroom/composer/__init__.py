"""The composer: a take and a timeline become a film; only this package imports PyAV."""
