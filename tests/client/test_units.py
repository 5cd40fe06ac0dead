"""The client's own tests: pure logic, by properties where they fit."""

from collections.abc import Callable


def test_the_units_of_the_client_hold(vitest: Callable[..., None]) -> None:
    vitest()
