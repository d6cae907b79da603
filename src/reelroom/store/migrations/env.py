"""Runs the migrations, for Alembic: within the transaction of whoever asks (schema.py)."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], render_as_batch=True)
context.run_migrations()
