"""What a list is narrowed to. It lives in the address, so that a view can be kept and sent."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import Http404, QueryDict

from aaa_dashboard.deliveries.models import Category, Event


@dataclass(frozen=True, slots=True)
class Filters:
    """`category`: one of `Category`; `account`: X user id of one of our accounts. Empty: all."""

    category: str = ""
    account: str = ""

    @classmethod
    def from_query(cls, query: QueryDict) -> "Filters":
        """Read `?category=…&account=…`.

        Raises:
            Http404: There is no such category, or the account is no id.
        """
        category, account = query.get("category", ""), query.get("account", "")
        if category and category not in Category.values:
            raise Http404(f"There is no kind of event called “{category}”.")
        if account and not (account.isascii() and account.isdecimal() and len(account) <= 32):
            raise Http404("An account is named by its X user id, which is a number.")
        return cls(category, account)

    def __bool__(self) -> bool:
        return bool(self.category or self.account)

    def query_string(self, **more: str) -> str:
        """Return `?…` for a link to the same view, with `more` set; the empty string where nothing is."""
        values = {"category": self.category, "account": self.account, **more}
        kept = {name: value for name, value in values.items() if value}
        return f"?{urlencode(kept)}" if kept else ""

    def narrow(self, events: QuerySet[Event]) -> QuerySet[Event]:
        """Restrict a query. Each combination has an index that ends in the id."""
        if self.category:
            events = events.filter(category=self.category)
        if self.account:
            events = events.filter(for_user_id=self.account)
        return events

    def admit(self, category: str, for_user_id: str) -> bool:
        """Say whether an event belongs to the view, without the database."""
        return self.category in ("", category) and self.account in ("", for_user_id)
