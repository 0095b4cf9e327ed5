"""Jobs for a process of its own (see `tools.confinement`). Nothing is imported here: each process loads its one job."""
