"""Pages outside of workspaces: a form that starts a recipe, and what became of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from automatos.errors import AppError, InvalidInput, NotAllowed
from recipes.cook_forms import CookForm
from recipes.models import RecipeTrigger
from recipes.triggers import form_services
from workspaces.models import User
from workspaces.scope.client_address import client_ip, network_of
from workspaces.scope.tenancy import workspace_scope


@contextmanager
def _inside(request: HttpRequest, form_id: UUID, token: str) -> Iterator[tuple[RecipeTrigger, User | None]]:
    """The form and who is asking, in the scope of its workspace."""
    workspace_id = form_services.workspace_of(form_id, token)
    user = request.user if isinstance(request.user, User) else None
    with workspace_scope(workspace_id, user.pk if user else None):
        yield form_services.opened(form_id, workspace_id, user), user


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def form_fill(request: HttpRequest, hook_id: UUID, link_token: str) -> HttpResponse:
    """The form; a POST starts a run, once, and leads to what becomes of it."""
    with _inside(request, hook_id, link_token) as (trigger, user):
        is_sent = request.method == "POST"
        form = CookForm(trigger.recipe, request.POST if is_sent else None, request.FILES if is_sent else None)
        for name in trigger.input_data:
            form.fields.pop(name, None)
        if request.method != "POST":
            return _page(request, trigger, form)
        address = network_of(client_ip(request))
        try:
            values = form.input_data()
            sender = form_services.Sender(user, address)
            taken = form_services.fill_in(trigger, values, form.token, sender, form.uploads())
        except AppError as error:
            return _page(request, trigger, form, error)
        if taken.error is not None:
            return _page(request, trigger, form, taken.error)
        return redirect("form_run", hook_id, link_token, form_services.ticket_of(trigger, taken.delivery))


def _page(request: HttpRequest, trigger: RecipeTrigger, form: CookForm, error: AppError | None = None) -> HttpResponse:
    if isinstance(error, InvalidInput) and error.fields:
        form.is_valid()
        form.take_problems(error.fields)
    elif error is not None:
        # What is wrong inside is for the form's owner, who finds it in the list of deliveries.
        inside = error.http_status == 409 or isinstance(error, NotAllowed)
        form.is_valid()
        form.add_error(None, "This form takes nothing in at the moment. Try again later." if inside else error.message)
    context = {
        "trigger": trigger,
        "form": form,
        "complaints": form.complaints() if error else [],
        "general": list(form.non_field_errors()) if error else [],
    }
    return render(request, "recipes/form_fill.html", context, status=(422 if error else 200))


@never_cache
@require_safe
def form_run(request: HttpRequest, hook_id: UUID, link_token: str, ticket: str) -> HttpResponse:
    """What becomes of what was sent: its state, and the result where the form's owner shows it."""
    with _inside(request, hook_id, link_token) as (trigger, _):
        run = form_services.run_of(trigger, ticket)
        shows = trigger.config.get("shows_output") and run.status == "completed"
        output = (run.output_data or {}).get("final_output", "") if shows else ""
        context = {
            "trigger": trigger,
            "run": run,
            "output": output,
            "again": request.path.rpartition("/runs/")[0] + "/",
        }
        return render(request, "recipes/form_run.html", context)
