"""How Alembic runs a migration: on the connection that app.database hands over, the whole upgrade one transaction."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
with context.begin_transaction():
    context.run_migrations()
