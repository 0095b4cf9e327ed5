"""The form of a package: a file or a repository, with what is said beside it."""

from django import forms

from automatos.fields import TypedForm, choice_field, text_field
from marketplace.plugins import queries
from marketplace.plugins.services import LARGEST_UPLOAD, Words

FILE_HINT = (
    "Up to 10 MB, 500 files, 50 MB unpacked: a manifest.json package, a Claude Code plugin, a folder of skills, "
    "or a collection of several."
)


class PackageForm(TypedForm):
    """A package to submit."""

    file = forms.FileField(
        label="ZIP file",
        required=False,
        help_text=FILE_HINT,
        widget=forms.FileInput(attrs={"class": "input", "accept": ".zip", "data-largest": LARGEST_UPLOAD}),
    )
    url = text_field("Repository", inputmode="url", autocomplete="off", spellcheck="false", placeholder="https://…")
    ref = text_field(
        "Commit, tag or branch",
        hint="What it points to now is fetched, scanned and served; later commits change nothing.",
        autocomplete="off",
        spellcheck="false",
    )
    folder = text_field("Folder in it", hint="Only this folder of the repository.", autocomplete="off")
    category = choice_field("Category", [("", "As the package says")])
    notes = text_field("For the moderators", rows=3, hint="What it is for, and what is new in it.")
    signature = text_field(
        "Signature",
        hint="Ed25519 in Base64, made with a key of your publisher. Only for a file with one package.",
        autocomplete="off",
        spellcheck="false",
        maxlength=120,
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        choices = [(row.slug, row.name) for row in queries.categories()]
        self.fields["category"].widget.choices = [("", "As the package says"), *choices]

    def words(self) -> Words:
        """What is said beside the package."""
        said = {name: self.text(name) for name in ("category", "notes", "signature") if name in self.fields}
        return Words(**said)
