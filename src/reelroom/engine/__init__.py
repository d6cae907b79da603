"""LiveKit's server: what it is asked, and the child process that it is on one machine."""
