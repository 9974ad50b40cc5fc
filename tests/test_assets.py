import pytest

from gruviz._assets import asset
from gruviz.errors import GruvizError


def test_the_sample_text_is_found() -> None:
    assert "summer's day" in asset("data/sonnets.txt").read_text(encoding="ascii")


def test_a_missing_asset_is_one_line_that_says_what_to_do() -> None:
    with pytest.raises(GruvizError, match=r"^nonsense\.h5 is missing .*install it anew.*$"):
        asset("nonsense.h5")
