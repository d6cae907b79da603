"""What we claim about speed: each claim one file, measured beside something that you know."""
