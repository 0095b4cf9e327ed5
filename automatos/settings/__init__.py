"""Settings, one file a subject, in the order of the configuration table; values come from the environment or `.env`.

A new setting goes into the file of its subject.
"""

import django_stubs_ext

from automatos.settings.folders import *
from automatos.settings.database import *
from automatos.settings.redis import *
from automatos.settings.accounts import *
from automatos.settings.model_providers import *
from automatos.settings.apps import *
from automatos.settings.outside import *
from automatos.settings.workers import *
from automatos.settings.workspaces import *
from automatos.settings.marketplace import *
from automatos.settings.web import *
from automatos.settings.mail import *
from automatos.settings.storage import *
from automatos.settings.wiring import *
from automatos.settings.rest import *
from automatos.settings.logs import *

django_stubs_ext.monkeypatch()
