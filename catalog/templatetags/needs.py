"""What the admin's home shows above its list of tables."""

from typing import TYPE_CHECKING, Any

from django import template

from catalog.models import Department
from jobs.needs import needs_of

if TYPE_CHECKING:
    from django.contrib.auth.models import User

register = template.Library()


@register.inclusion_tag("admin/needs.html")
def needs(user: "User") -> dict[str, Any]:
    """Show what needs this person now, and where they label."""
    may_label = user.has_perm("catalog.add_annotation")
    return {"needs": needs_of(user), "departments": Department.choices if may_label else []}
