"""Projects: the applications that use this server, and what they are called back about."""
