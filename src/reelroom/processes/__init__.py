"""Child processes: kept running, adopted after a crash, and their side of it."""
