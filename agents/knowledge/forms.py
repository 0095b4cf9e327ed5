"""The form that adds a document: a file, a text or a web page."""

from typing import Any

from django import forms

from agents.knowledge import services
from agents.knowledge.kinds import LONGEST, Upload, check_size
from agents.knowledge.upload_services import upload
from automatos.errors import AppError, wrong_field
from automatos.fields import TypedForm, text_field
from tools.documents import TAKEN
from workspaces.models import User, Workspace

WAYS = {"upload": "Upload a file", "paste": "Paste a text", "url": "Add a web page"}
FIELDS = {"upload": ("file", "title", "keep_both"), "paste": ("title", "pasted"), "url": ("url", "title")}
OPTIONAL_TITLE = {"upload": "By default the file's name.", "url": "By default the page's own."}


class DocumentForm(TypedForm):
    """One way to add a document; `way` says which, and only its fields are there."""

    file = forms.FileField(
        label="File",
        required=False,
        help_text=f"Send {TAKEN}, up to 20 MB and 2 million characters.",
        widget=forms.FileInput(attrs={"class": "input"}),
    )
    keep_both = forms.BooleanField(
        label="Keep a document of the same name beside it",
        required=False,
        help_text="Otherwise the new file's text takes its place.",
        widget=forms.CheckboxInput(attrs={"class": "check"}),
    )
    url = text_field("Address", hint="Of a public page or PDF, beginning with https://.", inputmode="url")
    title = text_field("Title", autocomplete="off", maxlength=200)
    pasted = forms.CharField(
        label="Text",
        required=False,
        strip=False,
        help_text=f"Plain text or Markdown, up to {LONGEST:,} characters. Headings help to find things.",
        widget=forms.Textarea(attrs={"class": "textarea", "rows": 14}),
    )

    def __init__(self, query: Any, data: Any, files: Any) -> None:
        super().__init__(data, files if data is not None else None)
        way = (data if data is not None else query).get("way", "")
        self.way = way if way in WAYS else "upload"
        self.ways = WAYS.items()
        self.fields = {name: self.fields[name] for name in FIELDS[self.way]}
        if hint := OPTIONAL_TITLE.get(self.way):
            self.fields["title"].label, self.fields["title"].help_text = "Title (optional)", hint

    def add(self, workspace: Workspace, user: User) -> str:
        """Keep what was filled in and say what became of it; raises AppError, whose fields name the form's."""
        self.is_valid()
        title = self.text("title")
        if self.way == "paste":
            row = services.paste(workspace=workspace, user=user, text=self.data.get("pasted", ""), title=title)
            return f"{row.title} was added. It is being read."
        if self.way == "url":
            row = services.add_page(workspace=workspace, user=user, url=self.text("url"), title=title)
            return f"{row.title} was added. It is being read."
        file = self.files.get("file")
        if file is None:
            raise wrong_field("file", "Choose a file.")
        check_size(file.size or 0)
        sent = Upload(file.name or "", file.read())
        keep_both = bool(self.data.get("keep_both"))
        return upload(workspace=workspace, user=user, file=sent, title=title, keep_both=keep_both).said

    def refuse(self, error: AppError) -> None:
        """Show a service's refusal at its field, or above the form."""
        if not error.fields:
            self.add_error(None, error.message)
        for given, texts in error.fields.items():
            name = "pasted" if given == "text" else given
            if name in self.fields:
                self.take(name, texts)
            else:
                self.add_error(None, " ".join(texts))
