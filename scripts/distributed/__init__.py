"""``make test-distributed``: every question of the catalogue on DuckDB, on Spark and on ClickHouse's engine."""
