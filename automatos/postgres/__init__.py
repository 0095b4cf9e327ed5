"""Django's PostgreSQL backend, with a pool that is well again at once after the server restarted."""
