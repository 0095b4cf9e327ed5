"""The message that carries an invitation's link."""

import logging
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse

from workspaces.models import Invitation, User

logger = logging.getLogger(__name__)


def link_of(request: HttpRequest, token: str) -> str:
    """The whole address of the page that accepts the invitation."""
    path = reverse("invitation", args=[token])
    return f"{settings.PUBLIC_URL.rstrip('/')}{path}" if settings.PUBLIC_URL else request.build_absolute_uri(path)


def send(invitation: Invitation, *, inviter: User, link: str) -> bool:
    """Whether the mail server took the message. Without one it is written to a file, where the operator finds it."""
    shown = {"invitation": invitation, "workspace": invitation.workspace, "inviter": inviter, "link": link}
    subject = " ".join(render_to_string("workspaces/email/invitation_subject.txt", shown).split())
    message = EmailMultiAlternatives(
        subject, render_to_string("workspaces/email/invitation_message.txt", shown), None, [invitation.email]
    )
    message.attach_alternative(render_to_string("workspaces/email/invitation_message.html", shown), "text/html")
    try:
        message.send()
    except (OSError, SMTPException) as error:
        logger.warning("The mail server did not take an invitation: %s", error)
        return False
    return True
