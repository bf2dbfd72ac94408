from django.contrib import admin

from .models import Account


@admin.register(Account)
class AccountAdmin(admin.ModelAdmin):  # type: ignore[type-arg] # generic to the type checker alone
    list_display = ["screen_name", "name", "x_user_id", "protected", "created_at"]
    search_fields = ["screen_name", "name", "=x_user_id"]
    readonly_fields = ["created_at"]
