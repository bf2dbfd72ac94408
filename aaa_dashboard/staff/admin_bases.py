"""How the admin shows what nobody may change and what is too much to count."""

from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property

if TYPE_CHECKING:  # generic to the type checker alone
    AnyPaginator = Paginator[Any]
    AnyModelAdmin = admin.ModelAdmin[Any]
else:
    AnyPaginator = Paginator
    AnyModelAdmin = admin.ModelAdmin


class NewestPaginator(AnyPaginator):
    """Pages through the newest rows and never counts a table. What lies deeper is found by filters or in Events."""

    MOST = 1_000

    @cached_property
    def count(self) -> int:
        # Optimization: at most a thousand entries of an index are read, where COUNT(*) would read all of them.
        rows = cast("QuerySet[Model]", self.object_list)
        return len(rows.values_list("pk")[: self.MOST])


# How filters of the admin compare; none of them finds out a value piece by piece.
_HARMLESS = {"exact", "id", "pk", "isnull", "gte", "lt", "in"}


class ReadOnlyAdmin(AnyModelAdmin):
    """Rows that a program wrote. They can be looked at by those who may view them, and nothing else."""

    actions: Any = None
    list_per_page = 50
    ordering = ["-pk"]
    paginator = NewestPaginator
    show_full_result_count = False
    # A sort by any other column than the key reads the whole table.
    sortable_by = ()

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:  # noqa: ARG002
        """Allow what the filters beside the list ask for, and nothing else.

        Django allows any field of the model in the address: `?text__startswith=` would read direct messages letter by
        letter, unrecorded and without the permission.
        """
        field, *rest = lookup.split("__")
        filters = {entry[0] if isinstance(entry, tuple) else entry for entry in self.list_filter}
        return field in filters and set(rest) <= _HARMLESS

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002 - Django's signature
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002
        return False
