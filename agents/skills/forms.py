"""The forms of skills' sources: what a person types, with a service's problems at their fields."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django import forms

from agents.models import SkillSource
from automatos.errors import wrong_field
from automatos.fields import TypedForm, choice_field, text_field, whole
from workspaces.credentials import queries as credential_queries
from workspaces.credentials.types import HTTP_TYPES, SSH_KEY
from workspaces.models import Workspace

HOURS = [("0", "Only when somebody syncs"), ("6", "Every 6 hours"), ("24", "Every day"), ("168", "Every week")]


class SourceForm(TypedForm):
    """What the forms of a source share."""

    def take_problems(self, fields: Mapping[str, Sequence[str]]) -> None:
        """A service's texts at their fields; the rest above the form."""
        schedule = ("frequency_hours", "auto_update")
        super().take_problems({"every" if name in schedule else name: texts for name, texts in fields.items()})

    def schedule(self) -> dict[str, Any]:
        """How often to look for updates, as the service takes it."""
        hours = whole(self.text("every"), 0)
        return {"auto_update": bool(hours), "frequency_hours": hours or 24}


class RepositoryForm(SourceForm):
    """A git repository to add."""

    url = text_field(
        "Address", hint="Such as https://github.com/anthropics/skills; with a key git@github.com:owner/repository.",
        inputmode="url", autocomplete="off", spellcheck="false",
    )  # fmt: skip
    ref = text_field("Branch, tag or commit (optional)", hint="Empty for the default branch.", autocomplete="off")
    folder = text_field(
        "Folder (optional)", hint="To take only what is in it, such as plugins/office.", autocomplete="off"
    )
    credential_id = choice_field("Credential", [], hint="For a private repository: a login or a token for its host.")
    name = text_field("Name (optional)", hint="By default that of the repository.", autocomplete="off", maxlength=160)
    every = choice_field("Look for updates", HOURS, hint="An update takes effect when somebody here accepts it.")

    def __init__(self, workspace: Workspace, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer_credentials(self, workspace)

    def credential(self) -> UUID | None:
        """The chosen one."""
        return chosen_credential(self)


class UploadForm(SourceForm):
    """A ZIP file or a SKILL.md."""

    file = forms.FileField(
        label="File",
        required=False,
        help_text="A ZIP file with one or more skills, or a SKILL.md, up to 20 MB.",
        widget=forms.FileInput(attrs={"class": "input", "accept": ".zip,.md"}),
    )
    name = text_field("Name (optional)", hint="By default that of the file.", autocomplete="off", maxlength=160)


class SourceSettings(SourceForm):
    """What can be changed about a source."""

    name = text_field("Name", autocomplete="off", maxlength=160)
    ref = text_field("Branch, tag or commit", hint="Empty for the default branch.", autocomplete="off")
    credential_id = choice_field("Credential", [], hint="What opens a private repository.")
    every = choice_field("Look for updates", HOURS)

    def __init__(self, source: SkillSource, *args: Any, **kwargs: Any) -> None:
        hours = str(source.frequency_hours if source.auto_update else 0)
        now = {"name": source.name, "ref": source.ref, "every": hours, "credential_id": source.credential_id or ""}
        super().__init__(*args, initial=now, **kwargs)
        offer_credentials(self, source.workspace)
        if hours not in dict(HOURS):
            choices = [*HOURS, (hours, f"Every {hours} hours")]
            self.fields["every"].widget = forms.Select(choices=choices, attrs={"class": "select"})
        if source.kind != SkillSource.Kind.GIT:
            del self.fields["ref"], self.fields["every"], self.fields["credential_id"]

    def changes(self) -> dict[str, Any]:
        """For change_source."""
        if "ref" not in self.fields:
            return {"name": self.text("name")}
        return {
            "name": self.text("name"),
            "ref": self.text("ref"),
            "credential_id": chosen_credential(self),
            **self.schedule(),
        }


def offer_credentials(form: TypedForm, workspace: Workspace) -> None:
    """The workspace's credentials for HTTP, and its SSH keys, as the choices of a form."""
    rows = credential_queries.credentials_of(workspace).filter(type_id__in=(*HTTP_TYPES, SSH_KEY))
    choices = [("", "None: it is public"), *((str(row.pk), row.name) for row in rows)]
    form.fields["credential_id"].widget = forms.Select(choices=choices, attrs={"class": "select"})


def chosen_credential(form: TypedForm) -> UUID | None:
    """The credential that was chosen; None without one. Raises InvalidInput for what is none."""
    try:
        return UUID(form.text("credential_id")) if form.text("credential_id") else None
    except ValueError:
        raise wrong_field("credential_id", "There is no such credential in this workspace.") from None
