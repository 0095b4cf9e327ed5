"""The form that says what is wrong with a plugin."""

from automatos.fields import TypedForm, choice_field, text_field
from marketplace.models import PluginReport
from marketplace.plugins.services import LONGEST_REPORT


class ReportForm(TypedForm):
    """What somebody noticed."""

    kind = choice_field("What is wrong?", [("", "Choose"), *PluginReport.Kind.choices])
    details = text_field(
        "What happened", rows=6, maxlength=LONGEST_REPORT, hint="What you did, what it did, and where it can be seen."
    )
