"""Calls of apps' actions: who must say yes, the call itself, and the tools an agent is given for them."""
