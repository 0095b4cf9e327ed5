"""From the text of a task to the few of thousands of actions that would do it."""
