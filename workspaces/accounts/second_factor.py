"""The second factor's secrets at rest, and how an authenticator app and a passkey name this installation."""

import base64

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.utils.functional import cached_property
from qrcode.main import QRCode

from automatos.errors import Unavailable
from workspaces.models import User


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Hooks of django-allauth's second factor."""

    @cached_property
    def cipher(self) -> MultiFernet:
        """Encrypts with SECRET_KEY; also reads what older keys encrypted."""
        return MultiFernet([_fernet(str(key)) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])

    def encrypt(self, text: str) -> str:
        """The secret as it is kept in the database."""
        return self.cipher.encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """The secret; raises Unavailable, naming the cure, when another SECRET_KEY encrypted it."""
        try:
            return self.cipher.decrypt(encrypted_text.encode()).decode()
        except InvalidToken as error:
            raise Unavailable(
                "Your second step was set up under another SECRET_KEY of this installation and cannot be read. Use a "
                "passkey, or ask whoever runs this installation to put the old key into SECRET_KEY_FALLBACKS."
            ) from error

    def build_totp_svg(self, url: str) -> str:
        """The app's address as a QR code: a drawing of one path, for the page itself."""
        code = QRCode(border=3)
        code.add_data(url)
        rows = code.get_matrix()
        dark = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, on in enumerate(row) if on)
        size = len(rows)
        return (
            f'<svg viewBox="0 0 {size} {size}" role="img" aria-label="QR code with the key">'
            f'<path d="{dark}" shape-rendering="crispEdges" fill="#000"/></svg>'
        )

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:
        """What a passkey is called until its owner names it."""
        return f"Passkey {Authenticator.objects.filter(user=user, type=type).count() + 1}"


def _fernet(secret: str) -> Fernet:
    derive = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"automatos second factor")
    return Fernet(base64.urlsafe_b64encode(derive.derive(secret.encode())))
