"""The clock of a process goes evenly, whatever is done to the system's."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from server.clock import SLEW, SteadyClock

START = 1_700_000_000.0


class Machine:
    def __init__(self):
        self.wall, self.seconds = START, 50.0

    def pass_(self, seconds):
        self.wall += seconds
        self.seconds += seconds


def clock_of(machine):
    return SteadyClock(lambda: machine.wall, lambda: machine.seconds)


@given(st.lists(st.tuples(st.floats(0, 600), st.floats(-3600, 3600)), max_size=20))
def test_it_never_jumps_and_never_goes_back(steps):
    machine = Machine()
    clock = clock_of(machine)
    before = clock()
    for passed, step in steps:
        machine.wall += step
        machine.pass_(passed)
        now = clock()
        assert abs((now - before).total_seconds() - passed) <= SLEW * passed + 1e-4
        before = now


def test_it_starts_with_the_systems_clock_and_comes_back_to_it():
    machine = Machine()
    clock = clock_of(machine)
    assert clock() == datetime.fromtimestamp(START, UTC)
    machine.wall += 3
    assert 2.99 < clock.gap_s < 3.01
    for _ in range(3600):
        machine.pass_(1)
        clock()
    assert abs(clock.gap_s) < 0.01
    assert abs((clock() - datetime.fromtimestamp(machine.wall, UTC)).total_seconds()) < 0.01
