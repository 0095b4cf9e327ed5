"""Run the quick model server for benchmarks."""

from automatos.llm.testing.instant_server import main

main()
