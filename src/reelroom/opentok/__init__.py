"""OpenTok's protocol: tokens, credentials, streams and signatures."""
