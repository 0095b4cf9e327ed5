"""A labelled set for hints: 40 made-up apps with 2,000 actions, and tasks in people's words with the right actions."""
