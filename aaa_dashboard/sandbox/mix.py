"""What is sent how often: kinds or payloads with weights."""

import random
from collections.abc import Mapping, Sequence
from itertools import accumulate

from . import payloads

# What a support team's accounts live through on an ordinary day: mostly being spoken to.
EVERYDAY: Mapping[str, float] = {
    "tweet_create_events__mention": 26,
    "tweet_create_events__mention_of_two_accounts": 3,
    "tweet_create_events__mention_blocked_as_text": 2,
    "tweet_create_events__mention_by_blocked_user": 1,
    "tweet_create_events__mention_in_japanese": 2,
    "tweet_create_events__mention_in_arabic": 1,
    "tweet_create_events__mention_with_emoji": 2,
    "tweet_create_events__mention_by_blocked_user_as_text": 1,
    "tweet_create_events__from_protected_account": 1,
    "tweet_create_events__with_place": 1,
    "tweet_create_events__media": 3,
    "tweet_create_events__extended": 3,
    "tweet_create_events__several": 1,
    "tweet_create_events__reply_to_us": 6,
    "tweet_create_events__reply_hidden_mentions": 2,
    "tweet_create_events__reply": 8,
    "tweet_create_events__reply_in_thread": 1,
    "tweet_create_events__post": 3,
    "tweet_create_events__post_with_link": 1,
    "tweet_create_events__media_two_photos": 0.5,
    "tweet_create_events__media_video": 0.5,
    "tweet_create_events__extended_media": 0.5,
    "tweet_create_events__edited": 1,
    "tweet_create_events__repost": 6,
    "tweet_create_events__repost_of_quote": 1,
    "tweet_create_events__repost_by_us": 0.5,
    "tweet_create_events__quote": 2,
    "tweet_create_events__quote_by_us": 1,
    "tweet_delete_events__deleted": 1,
    "favorite_events__like": 22,
    "favorite_events__like_by_us": 2,
    "follow_events__follow": 7,
    "follow_events__follow_by_us": 1,
    "follow_events__unfollow": 1,
    "block_events": 0.5,
    "mute_events": 0.5,
    "direct_message_events__text": 9,
    "direct_message_events__sent": 7,
    "direct_message_events__media": 1,
    "direct_message_events__quick_reply": 1,
    "direct_message_events__quick_reply_response": 1,
    "direct_message_events__with_link": 1,
    "direct_message_events__in_japanese": 1,
    "direct_message_events__call_to_action": 0.5,
    "direct_message_indicate_typing_events": 6,
    "direct_message_mark_read_events": 6,
    "several_kinds__post_and_like": 0.5,
    "community_note_events__added": 0.3,
}


def parse(text: str) -> dict[str, float]:
    """Read a mix as people write it: `tweet_create_events=5,favorite_events__like=1`. A weight left out is 1.

    Raises:
        ValueError: A word is neither a payload nor a kind, or a weight is not a number above 0.
    """
    mix: dict[str, float] = {}
    for word in filter(None, (word.strip() for word in text.split(","))):
        name, _, weight = word.partition("=")
        try:
            mix[name] = float(weight or 1)
        except ValueError:
            raise ValueError(f"“{weight}” is not a weight.") from None
        if mix[name] <= 0:
            raise ValueError(f"The weight of {name} must be above 0.")
    if not mix:
        raise ValueError("The mix is empty.")
    Chooser(mix, random.Random())
    return mix


class Chooser:
    """Draws payload names from a mix; a kind stands for its variants, each equally often.

    Args:
        own: Names of payloads beside those of the mix, each with weight 1.

    Raises:
        ValueError: A word of the mix is neither a payload nor a kind.
    """

    def __init__(self, mix: Mapping[str, float], rng: random.Random, own: Sequence[str] = ()) -> None:
        weights: dict[str, float] = dict.fromkeys(own, 1.0)
        for word, weight in mix.items():
            try:
                found = payloads.of(word)
            except LookupError as error:
                raise ValueError(f"{error} See --list for what there is.") from None
            for name in found:
                weights[name] = weights.get(name, 0) + weight / len(found)
        self.names = list(weights)
        self._cumulated = list(accumulate(weights.values()))
        self._random = rng

    def name(self) -> str:
        """The next payload."""
        return self._random.choices(self.names, cum_weights=self._cumulated)[0]
