"""The suite's ground: real PostgreSQL and Valkey in a folder that is thrown away, no network, and the running product.

Settings are read when pytest-django starts, so the environment is put right here, at import, before anything else.
"""

import atexit
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from _pytest.nodeid import NodeId
from pytest_django import DjangoDbBlocker

from automatos.tests import kept

kept.keep_bytecode()
# A shell that puts the suite into the background has it ignore Ctrl-C, and so would everything that tests start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

if "automatos.settings" in sys.modules:
    pytest.exit("Settings were read before the tests could choose their own: unset DJANGO_SETTINGS_MODULE.", 3)

DATA = Path(tempfile.mkdtemp(prefix="automatos-test-"))
atexit.register(shutil.rmtree, DATA, ignore_errors=True)
os.environ["DATA"] = str(DATA)
os.environ["DJANGO_SETTINGS_MODULE"] = "automatos.settings"
os.environ["LLM_OUTSIDE_CALLS"] = "false"
os.environ["DEBUG"] = "false"
os.environ.setdefault("SECRET_KEY", "only-for-tests-" + "x" * 50)
os.environ["CREDENTIALS_KEYS"] = "tests:" + "dGVzdHMtb25seS0zMi1ieXRlcy1sb25nLWtleSEhISE="
for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", "PUBLIC_URL"):
    os.environ[name] = ""

import django  # noqa: E402
from django.conf import settings  # noqa: E402
from django.test.utils import setup_databases, teardown_databases  # noqa: E402

from automatos.local import servers  # noqa: E402
from automatos.quick_start import no_collection  # noqa: E402
from automatos.testing import Stack, cut_network  # noqa: E402
from automatos.tests.app_role import doors_have_the_app_role  # noqa: E402

settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Tests make tables and rows of any workspace as the owner; the product's doors change to their own role by themselves.
settings.DATABASES["default"] = settings.DATABASES.pop("owner")
with no_collection():
    django.setup()
doors_have_the_app_role()
# Whoever this process starts finds its settings by itself; pytest-xdist's workers have to choose their own first.
del os.environ["DJANGO_SETTINGS_MODULE"]

pytest_plugins = ["automatos.tests.browser", "automatos.tests.s3_server"]


@pytest.fixture(scope="session", autouse=True)
def embedded_servers() -> Iterator[None]:
    """PostgreSQL, migrated, and Valkey of this session; none where DATABASE_URL and REDIS_URL name others."""
    cut_network()
    needed = servers.needed()
    if settings.EMBEDDED_DATABASE:
        kept.provide_database(DATA)
    held = servers.hold(DATA, needed, temporary=True) if needed else None
    yield
    if held:
        django.db.connections.close_all()
        held.release()


@pytest.fixture(scope="session")
def django_db_setup(
    embedded_servers: None, django_test_environment: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """The tables are there. In place of pytest-django's: the embedded database is migrated already."""
    if settings.EMBEDDED_DATABASE:
        yield
        return
    with django_db_blocker.unblock():
        made = setup_databases(verbosity=0, interactive=False)
    yield
    with django_db_blocker.unblock():
        teardown_databases(made, verbosity=0)


@pytest.fixture(scope="session")
def stack(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Stack]:
    """The running product: web and worker as processes, on the test database, with a scripted model server.

    What such a test writes stays until the session ends: it works in a workspace of its own.
    """
    from automatos.llm.testing.server import ScriptedServer

    with django_db_blocker.unblock(), ScriptedServer() as models, Stack(models, kept.static_files()) as running:
        yield running


@pytest.fixture(autouse=True)
def own_rules(request: pytest.FixtureRequest) -> None:
    """No test is answered by a rule that another one made for the scripted model server."""
    if "stack" in request.fixturenames:
        request.getfixturevalue("stack").models.clear()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection() -> Generator[None, object, object]:
    """Tests that were found stay; to look for garbage among them takes a sixth of the time of finding them."""
    with no_collection():
        return (yield)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A file whose tests use the running product stays in one process; what takes longest begins first."""
    for item in items:
        if "stack" in getattr(item, "fixturenames", ()) and not item.get_closest_marker("xdist_group"):
            item.add_marker(pytest.mark.xdist_group(item.nodeid.partition("::")[0]))
        if config.getoption("loadgroup", default=False):
            _tell_group(item)
    items.sort(key=_place)


def _tell_group(item: pytest.Item) -> None:
    """Write a test's group into its id, where pytest-xdist looks for it.

    By itself pytest-xdist 3.8 writes it where pytest 9.2 does not read it any more: every test went to whoever was
    free, and each process started what a file starts once (https://github.com/pytest-dev/pytest-xdist/issues/1386).
    """
    if mark := item.get_closest_marker("xdist_group"):
        item._id = NodeId.parse(f"{item.nodeid}@{mark.args[0]}")


def _place(item: pytest.Item) -> int:
    """What commits comes before any product runs, whose worker would take its tasks.

    Then files in one piece, the longest first, those with a browser before those without; then what fills the gaps.
    """
    used = getattr(item, "fixturenames", ())
    database = item.get_closest_marker("django_db")
    if "stack" not in used and database and database.kwargs.get("transaction"):
        return 0
    groups = [mark.args[0] for mark in item.iter_markers("xdist_group")]
    if groups == ["up"]:
        return 1
    if not groups:
        return 4
    return 2 if "chromium" in used else 3


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What web and worker wrote last, beside a failure of a test that used them."""
    report = yield
    running = getattr(item, "funcargs", {}).get("stack")
    if report.failed and running:
        report.sections.append(("log of web and worker", running.logs(most=5000)))
    return report
