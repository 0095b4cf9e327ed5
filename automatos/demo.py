"""The demo: who cooks in it."""

DEMO_EMAIL = "demo@automatos.local"
