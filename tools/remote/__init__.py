"""Tools of services outside: pinned as a person accepted them, given to agents, called."""
