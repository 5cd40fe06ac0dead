"""The live view in the console."""

from collections.abc import Callable

import pytest

from tests.conftest import FakeClock
from tests.console.conftest import Staff, Tree

As = Callable[..., Staff]


def test_it_is_a_page_and_with_htmx_its_numbers_alone(staff: As, tree: Tree, clock: FakeClock) -> None:
    admin = staff("city_admin", tree.city)
    page = admin.get("/live").text
    assert "正在学习" in page
    assert 'hx-trigger="every 5s"' in page
    part = admin.get("/live?beats=0&at=0", headers={"HX-Request": "true"}).text
    assert "<html" not in part
    assert "正在学习" in part


@pytest.mark.parametrize("query", ["beats=x&at=y", "beats=&at=", "beats=-1&at=1", "beats=" + "9" * 50])
def test_nonsense_in_its_address_is_passed_over(staff: As, tree: Tree, query: str) -> None:
    assert staff("operator").get(f"/live?{query}").status_code == 200


def test_counties_and_schools_do_not_see_it(staff: As, tree: Tree) -> None:
    assert staff("county_admin", tree.east).get("/live").status_code == 403
