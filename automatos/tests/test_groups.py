"""Tests of one group run in one process; without this, each process starts what a group needs once."""

import os

import pytest

pytestmark = pytest.mark.xdist_group("kept together")


@pytest.mark.skipif("PYTEST_XDIST_WORKER" not in os.environ, reason="One process runs everything.")
def test_the_group_stands_where_the_distribution_of_tests_reads_it(request: pytest.FixtureRequest) -> None:
    assert request.node.nodeid.endswith("@kept together")
