"""Each cell of the table of families, languages and forms comes before a person, and says why."""

import pytest

from marketplace.scanning.tests.family_table import CELLS
from marketplace.scanning.tests.test_rules import found


@pytest.mark.parametrize("cell", CELLS)
def test_each_form_comes_before_a_person(cell: str) -> None:
    asks, findings = found(CELLS[cell])
    assert asks, findings
    assert any(finding.why for finding in findings)
