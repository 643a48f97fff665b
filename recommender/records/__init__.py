"""Records in SQLite or PostgreSQL: shops, keys, catalogue items, configuration, imports, leases."""
