"""Django's SQLite backend on the SQLite that the pysqlite3 wheel brings (since 3.40 a WAL-reset race is mended)."""
