"""What X takes for a window, in whole minutes of UTC."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from aaa_dashboard.replays import windows
from aaa_dashboard.replays.windows import MINUTE, Window, around

pytestmark = pytest.mark.any_database

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
minutes = st.integers(1, 5 * 24 * 60)


@given(begin=minutes, length=minutes)
def test_parts_lie_end_to_end_and_none_is_longer_than_two_hours(begin: int, length: int) -> None:
    window = Window(NOON - begin * MINUTE, NOON + (length - begin) * MINUTE)
    parts = list(window.jobs())
    assert parts[0].begin == window.begin
    assert parts[-1].end == window.end
    assert [one.end for one in parts[:-1]] == [one.begin for one in parts[1:]]
    assert all(MINUTE <= one.length <= windows.LONGEST_JOB for one in parts)
    assert len(parts) == -(-length // 120)


def test_parts_are_about_as_long_as_each_other_so_that_none_is_too_young_by_itself() -> None:
    lengths = [one.length for one in Window(NOON, NOON + timedelta(minutes=250)).jobs()]
    assert max(lengths) - min(lengths) <= MINUTE


@pytest.mark.parametrize(
    ("begin", "end", "wait"),
    [(31, 10, 0), (30, 10, 1), (31, 9, 1), (31, 5, 5), (300, 0, 10), (5 * 24 * 60, 60, -50)],
)
def test_a_window_is_taken_when_its_begin_is_31_and_its_end_10_minutes_old(begin: int, end: int, wait: int) -> None:
    window = Window(NOON - begin * MINUTE, NOON - end * MINUTE)
    assert window.askable_at == NOON + wait * MINUTE + windows.CLOCKS_DIFFER


def test_both_ages_are_settings(settings: Settings) -> None:
    settings.X_REPLAY_FROM_MINUTES, settings.X_REPLAY_TO_MINUTES = 2, 1
    assert Window(NOON - 2 * MINUTE, NOON - MINUTE).askable_at == NOON + windows.CLOCKS_DIFFER


def test_around_a_stretch_lies_a_minute_more_at_each_side() -> None:
    window = around(NOON + timedelta(seconds=20), NOON + timedelta(minutes=20, seconds=1))
    assert window == Window(NOON - MINUTE, NOON + 22 * MINUTE)


def test_minutes_are_those_of_utc_whatever_the_zone() -> None:
    india = timezone(timedelta(hours=5, minutes=30))
    assert windows.down(NOON.astimezone(india) + timedelta(seconds=59)) == NOON
    assert windows.up(NOON.astimezone(india) + timedelta(seconds=1)) == NOON + MINUTE
    assert windows.up(NOON) == NOON


def test_what_x_has_thrown_away_is_left_out() -> None:
    oldest = NOON - timedelta(days=5) + MINUTE
    assert Window(NOON - timedelta(days=6), NOON).within_reach(NOON) == Window(oldest, NOON)
    assert Window(NOON - timedelta(days=6), oldest).within_reach(NOON) is None
    assert Window(oldest, NOON).within_reach(NOON) == Window(oldest, NOON)
