"""The forms of a publisher: its name, and a key."""

from automatos.fields import TypedForm, text_field
from marketplace.publishers.services import LONGEST_NAME, LONGEST_WEBSITE


class PublisherForm(TypedForm):
    """Under which name a workspace publishes."""

    name = text_field("Name", maxlength=LONGEST_NAME, autocomplete="organization")
    website = text_field(
        "Website", hint="The full address, beginning with https://.", inputmode="url", maxlength=LONGEST_WEBSITE
    )


class KeyForm(TypedForm):
    """A public key to sign with."""

    name = text_field("Name of the key", hint="Where it lies: a laptop, a build server.", maxlength=LONGEST_NAME)
    public_key = text_field(
        "Public key",
        rows=4,
        hint="Ed25519, as PEM or as 32 bytes in Base64. The private half never leaves you.",
        autocomplete="off",
        spellcheck="false",
    )
