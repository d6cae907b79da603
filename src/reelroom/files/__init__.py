"""All bytes: films, what lies beside them, and how a file survives a crash."""
