"""The vendors' own server SDKs, unmodified, against a running server."""
