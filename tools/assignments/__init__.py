"""Which agent may use which app and action, and when a tool asks a person first."""
