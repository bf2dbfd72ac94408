"""Arithmetic of stretches, held against sets of minutes; and what of an outage X's retries do not reach over."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from aaa_dashboard.deliveries.gaps.retries import beyond, share_lost
from aaa_dashboard.deliveries.gaps.stretches import Stretch, intersect, subtract, total, union

pytestmark = pytest.mark.any_database

START = datetime(2026, 3, 2, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def stretch(began_at: int, ended_at: int) -> Stretch:
    return Stretch(START + began_at * SECOND, START + ended_at * SECOND)


MOMENTS = some.integers(0, 60)
LISTS = some.lists(some.builds(stretch, MOMENTS, MOMENTS), max_size=12)


def seconds(stretches: list[Stretch]) -> set[int]:
    """The seconds that begin in one of the stretches."""
    return {at for at in range(61) for one in stretches if one.began_at <= START + at * SECOND < one.ended_at}


def is_in_order(stretches: list[Stretch]) -> bool:
    edges = [edge for one in stretches for edge in one]
    return edges == sorted(set(edges))


@given(LISTS)
def test_a_union_is_what_is_in_any(one: list[Stretch]) -> None:
    joined = union(one)
    assert seconds(joined) == seconds(one)
    assert is_in_order(joined)
    assert total(joined) == len(seconds(one)) * SECOND


@given(LISTS, LISTS)
def test_subtracting_leaves_what_is_in_none_of_the_others(one: list[Stretch], other: list[Stretch]) -> None:
    left = subtract(one, other)
    assert seconds(left) == seconds(one) - seconds(other)
    assert all(piece.began_at < piece.ended_at for piece in left)


@given(LISTS, LISTS)
def test_intersecting_leaves_what_is_in_both(one: list[Stretch], other: list[Stretch]) -> None:
    assert seconds(intersect(one, other)) == seconds(one) & seconds(other)


def test_bridging_joins_what_is_close() -> None:
    pieces = [stretch(0, 10), stretch(15, 20), stretch(26, 30)]
    assert union(pieces, bridging=5 * SECOND) == [stretch(0, 20), stretch(26, 30)]


def test_days_in_pieces_are_worked_out_in_one_go() -> None:
    many = [stretch(number * 60, number * 60 + 30) for number in range(20_000)]
    late = [piece.shifted(10 * SECOND) for piece in many]
    assert total(intersect(many, late)) == 20_000 * 20 * SECOND
    assert total(subtract(many, late)) == 20_000 * 10 * SECOND


@pytest.mark.parametrize(
    ("down", "lost"),
    [
        ([], []),
        ([stretch(0, 272)], []),
        ([stretch(0, 600)], [stretch(0, 328)]),
        ([stretch(0, 20), stretch(30, 300)], [stretch(0, 17)]),
        # Each attempt meets another outage: the first 0 s, the second 3 s, the third 30 s, the last 272 s after it.
        ([stretch(0, 1), stretch(3, 4), stretch(30, 31), stretch(272, 273)], [stretch(0, 1)]),
        ([stretch(0, 1), stretch(3, 4), stretch(30, 31)], []),
    ],
)
def test_lost_is_what_finds_nobody_at_any_of_four_attempts(down: list[Stretch], lost: list[Stretch]) -> None:
    assert beyond(down) == union(lost)


def test_of_answers_of_503_a_quarter_stands_for_a_loss_when_all_fail_and_none_when_few_do() -> None:
    assert share_lost(1.0) == 0.25
    assert share_lost(0.0) == 0
    assert share_lost(0.1) < 0.001
