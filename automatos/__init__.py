"""Automatos AI: people create AI agents, put them to work together in recipes, and watch the kitchen live."""
