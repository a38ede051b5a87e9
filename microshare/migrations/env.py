"""Runs the migrations on the application's own engine."""

from alembic import context

from microshare.db import Base, db

with db.engine.connect() as connection:
    context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
