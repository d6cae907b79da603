"""The whole product: real server, real engine, real media."""
