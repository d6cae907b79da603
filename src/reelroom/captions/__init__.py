"""Live captions: what is said in a session, shown to those who want to read it while it is said."""
