"""Skills: folders with a SKILL.md that teach an agent how to do something, in the Agent Skills format.

From outside to the prompt: `repository` (git) or `archive` (upload) gives a tree of files, `discovery` finds the skills
in it, `reading` reads each, `difference` tells two versions apart, `catalogue` puts them before a model in levels.
Nothing here knows a table or a page. The format: https://agentskills.io/specification
"""
