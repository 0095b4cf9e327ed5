"""What may be spent on one recipe or agent, as its page shows it."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django import template

from workspaces.budgets.queries import budgets_for

register = template.Library()


@register.inclusion_tag("workspaces/budgets_of.html", takes_context=True)
def budgets_of(context: Mapping[str, Any], scope: str, key: UUID) -> dict[str, Any]:
    """Its budgets with what is spent of them, and the way to set one for whoever may."""
    request = context["request"]
    return {
        "request": request,
        "budgets": budgets_for(request.workspace, scope, key),
        "may_change": request.access.allows("budgets:write"),
        "target": f"{scope}:{key}",
        "scope": scope,
    }
