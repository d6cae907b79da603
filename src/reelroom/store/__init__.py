"""All state: tables, and the queries that read and move their rows."""
