"""The form that adds documents: files, a text or a web page."""

from dataclasses import dataclass, field
from typing import Any

from django import forms

from agents.knowledge import services
from agents.knowledge.kinds import LONGEST, Upload, check_size
from agents.knowledge.site_services import MOST_PAGES, USUAL_PAGES, add_site
from agents.knowledge.upload_services import Outcome, upload
from agents.models import DocumentSite
from automatos.errors import AppError, wrong_field
from automatos.fields import TypedForm, text_field
from tools.documents import TAKEN
from workspaces.models import User, Workspace

WAYS = {"upload": "Upload files", "paste": "Paste a text", "url": "Add a web page", "site": "Add a website"}
FIELDS = {
    "upload": ("file", "title", "keep_both"),
    "paste": ("title", "pasted"),
    "url": ("url", "title"),
    "site": ("url", "most_pages"),
}
OPTIONAL_TITLE = {"upload": "Of a single file; by default its name.", "url": "By default the page's own."}


SITE_HINT = (
    "Pages below this address on the same host are read, as far as links lead to them and robots.txt allows it. "
    "The same address again reads them anew."
)


class FilesInput(forms.FileInput):
    """A field for one file or several."""

    allow_multiple_selected = True


@dataclass(slots=True)
class Added:
    """What became of what was sent. said: a sentence each; refused: (name, why) of what was not taken."""

    said: list[str] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    site: DocumentSite | None = None


class DocumentForm(TypedForm):
    """One way to add a document; `way` says which, and only its fields are there."""

    file = forms.FileField(
        label="Files",
        required=False,
        help_text=f"Send {TAKEN}, up to 20 MB and 2 million characters each.",
        widget=FilesInput(attrs={"class": "input"}),
    )
    keep_both = forms.BooleanField(
        label="Keep a document of the same name beside it",
        required=False,
        help_text="Otherwise the new file's text takes its place.",
        widget=forms.CheckboxInput(attrs={"class": "check"}),
    )
    url = text_field("Address", hint="Of a public page or PDF, beginning with https://.", inputmode="url")
    title = text_field("Title", autocomplete="off", maxlength=200)
    most_pages = forms.IntegerField(
        label="Pages at most",
        required=False,
        initial=USUAL_PAGES,
        help_text=f"1 to {MOST_PAGES}.",
        widget=forms.NumberInput(attrs={"class": "input", "min": 1, "max": MOST_PAGES}),
    )
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
        if self.way == "site":
            self.fields["url"].help_text = SITE_HINT
        if hint := OPTIONAL_TITLE.get(self.way):
            self.fields["title"].label, self.fields["title"].help_text = "Title (optional)", hint

    def add(self, workspace: Workspace, user: User) -> Added:
        """Keep what was filled in; raises AppError, whose fields name the form's. Of several files each counts."""
        self.is_valid()
        if self.way == "site":
            return self._site(workspace, user)
        title = self.text("title")
        if self.way == "paste":
            row = services.paste(workspace=workspace, user=user, text=self.data.get("pasted", ""), title=title)
            return Added([f"{row.title} was added. It is being read."])
        if self.way == "url":
            row = services.add_page(workspace=workspace, user=user, url=self.text("url"), title=title)
            return Added([f"{row.title} was added. It is being read."])
        return self._files(workspace, user, title)

    def _site(self, workspace: Workspace, user: User) -> Added:
        most = self.cleaned_data.get("most_pages")
        if most is None:
            raise wrong_field("most_pages", f"Say how many, 1 to {MOST_PAGES}.")
        site = add_site(workspace=workspace, user=user, url=self.text("url"), most_pages=most)
        return Added([f"The pages below {site.below} are being read, at most {site.most_pages}."], site=site)

    def _files(self, workspace: Workspace, user: User, title: str) -> Added:
        files = self.files.getlist("file")
        if not files:
            raise wrong_field("file", "Choose a file.")
        added = Added()
        for file in files:
            try:
                check_size(file.size or 0)
                # A script says in which folder a file lay; of several the title would be everybody's.
                sent = Upload((self.data.get("path") if len(files) == 1 else "") or file.name or "", file.read())
                kept = upload(
                    workspace=workspace,
                    user=user,
                    file=sent,
                    title=title if len(files) == 1 else "",
                    keep_both=bool(self.data.get("keep_both")),
                )
            except AppError as error:
                if len(files) == 1:
                    raise
                added.refused.append((file.name or "", why_of(error)))
            else:
                added.said.append(kept.said)
                added.outcomes.append(kept.outcome)
        return added

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


def why_of(error: AppError) -> str:
    """Why one file was not taken, in a sentence."""
    return " ".join(text for texts in error.fields.values() for text in texts) or error.message
