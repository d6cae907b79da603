"""Where tiles sit in a picture."""
