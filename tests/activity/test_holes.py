"""Ids that were passed over are looked into again until they appear or are given up."""

from hypothesis import given
from hypothesis import strategies as st

from aaa_dashboard.activity.feed.holes import KEEP_SECONDS, MOST, YOUNG_SECONDS, Holes


def test_ids_in_order_leave_no_hole() -> None:
    holes = Holes(10)
    holes.advance([11, 12, 13], now=0)
    assert (holes.watermark, len(holes)) == (13, 0)


def test_the_watermark_stays_below_what_was_passed_over() -> None:
    holes = Holes(10)
    holes.advance([11, 15], now=0)
    assert holes.due(now=0) == [(12, 14)]
    assert (holes.top, holes.watermark) == (15, 11)


def test_a_late_id_splits_its_hole() -> None:
    holes = Holes(10)
    holes.advance([20], now=0)
    holes.fill([15])
    assert holes.due(now=0) == [(11, 14), (16, 19)]
    holes.fill([11, 12, 13, 14])
    assert holes.watermark == 15


def test_an_id_outside_every_hole_changes_nothing() -> None:
    holes = Holes(10)
    holes.advance([13], now=0)
    holes.fill([5, 13, 99])
    assert holes.due(now=0) == [(11, 12)]


def test_a_hole_is_given_up_after_its_time_and_the_watermark_moves_on() -> None:
    holes = Holes(10)
    holes.advance([12], now=0)
    holes.advance([14], now=5)
    holes.due(now=KEEP_SECONDS)
    assert holes.watermark == 12


def test_the_rest_of_a_hole_keeps_its_age() -> None:
    holes = Holes(0)
    holes.advance([10], now=0)
    holes.due(now=KEEP_SECONDS - 1)
    holes.fill([5])
    assert holes.due(now=KEEP_SECONDS) == []


def test_young_holes_are_looked_into_always_and_old_ones_now_and_then() -> None:
    holes = Holes(0)
    holes.advance([2], now=0)
    assert holes.due(now=0) == [(1, 1)]
    later = YOUNG_SECONDS + 0.5
    assert holes.due(now=later) == [(1, 1)]
    holes.advance([4], now=later)
    assert holes.due(now=later + 0.1) == [(3, 3)]
    assert holes.due(now=later + YOUNG_SECONDS) == [(1, 1), (3, 3)]


def test_a_flood_of_unused_ids_is_bounded_and_the_oldest_go_first() -> None:
    holes = Holes(0)
    holes.advance([2], now=0)
    holes.advance(range(4, 2 * MOST + 4, 2), now=1)
    assert len(holes) == MOST
    assert holes.due(now=1)[0] == (3, 3)


@given(st.lists(st.lists(st.integers(1, 60), max_size=8), max_size=30))
def test_every_id_is_found_exactly_once_in_whatever_order_commits_land(ticks: list[list[int]]) -> None:
    holes, visible, found = Holes(0), set[int](), list[int]()
    now = 0.0
    for landing in ticks:
        visible |= set(landing)
        now += YOUNG_SECONDS / 10  # less than three seconds in all: nothing is given up
        filled = sorted(id_ for low, high in holes.due(now) for id_ in visible if low <= id_ <= high)
        holes.fill(filled)
        above = sorted(id_ for id_ in visible if id_ > holes.top)
        holes.advance(above, now)
        found += filled + above
        assert set(range(1, holes.watermark + 1)) <= visible
    # Old holes are looked into once a second.
    now += YOUNG_SECONDS
    found += [id_ for low, high in holes.due(now) for id_ in visible if low <= id_ <= high]
    assert sorted(found) == sorted(visible)
