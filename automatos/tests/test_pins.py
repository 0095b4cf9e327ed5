"""What is pinned is installed by hash."""

import pytest

from automatos.local import pins


def test_each_pin_has_its_hashes() -> None:
    assert pins.problems() == []


def test_patch_releases_are_told_from_others() -> None:
    said = [pins.is_patch("1.44.5", new) for new in ("1.44.8", "1.45.0", "2.44.5", "1.44.5")]
    assert said == [True, False, False, False]


def test_a_registry_that_does_not_tell_in_time_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pins, "PATIENCE", 0.01)
    assert "is not known" in pins.newer()[0]
