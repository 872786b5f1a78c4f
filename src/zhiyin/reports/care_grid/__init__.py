"""九经四纬, cell by cell: nine touchpoints by four dimensions, what is known of each and what would make it known."""
