"""Thirty agents and sixty subtasks, each with the agents that a person would give it to."""
