"""The steps by which the tables came to be, for Alembic."""
