"""The two PostgreSQL roles the product runs as; `row_security.py` makes them and says what each may see."""

APP_ROLE, SYSTEM_ROLE = "automatos_app", "automatos_system"
