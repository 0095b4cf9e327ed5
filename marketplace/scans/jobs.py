"""A worker scans a version: rules, then a model, then the verdict. A scan that lost its worker goes on where it was."""

import logging
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, connection

from automatos.errors import AppError
from automatos.llm.registry import LOCAL_MODEL, default_model
from marketplace.models import ModelState, PluginScan
from marketplace.packages.package import Package
from marketplace.scanning.model_report import ModelReport
from marketplace.scanning.report import StaticReport, unread_report
from marketplace.scanning.scale import RULES_VERSION
from marketplace.scans import engines, holding, known_bad, outcome, set_aside
from marketplace.scans.record import Record
from marketplace.versions import contents
from workspaces.scope.acting import SYSTEM, acting_as
from workspaces.scope.tenancy import Purpose, system_scope

logger = logging.getLogger(__name__)

TOO_SMALL = "the model on this machine is too small to judge a package; set SCAN_LLM_MODEL to a larger one"
BROKEN = "Scanning it failed; this was noted for the operator."
CUT_OFF = f"Scanning it was cut off {holding.MOST_ATTEMPTS} times, so it may be too much for this installation."


def run_scan(scan_id: UUID, *, ask_model: bool = True) -> None:
    """Scan the version, unless another worker does. ask_model: False leaves the model out, and says so."""
    scan = holding.claim(scan_id)
    if scan is None:
        return
    try:
        with acting_as(SYSTEM), holding.alive(scan):
            _scan(scan, ask_model)
    except holding.Superseded:
        logger.info("Scan %s is another worker's by now", scan_id)
    except DatabaseError:
        # Nothing can be noted; the sweep finds it once the database is there again.
        logger.warning("Scan %s lost the database and will be resumed", scan_id, exc_info=True)
        connection.close()


def model_of_scans() -> str:
    """The model that reads packages, `provider:model`."""
    return settings.SCAN_LLM_MODEL or default_model()


def _scan(scan: PluginScan, ask_model: bool) -> None:
    static = _by_rules(scan)
    if static.critical:
        report = ModelReport("skipped", "", reason="the rules alone block it")
    elif not ask_model:
        report = ModelReport("not_scanned", "", reason="it comes with the product and is scanned by rules alone")
    else:
        report = _by_model(scan, static)
    holding.note(scan, stage=PluginScan.Stage.VERDICT)
    outcome.settle(scan, static, report)


def _by_rules(scan: PluginScan) -> StaticReport:
    """What the rules say; kept, so that a scan that is resumed need not ask them again."""
    if scan.static_report and scan.rules_version == RULES_VERSION:
        return StaticReport.from_json(scan.static_report)
    holding.note(scan, stage=PluginScan.Stage.STATIC, rules_version=RULES_VERSION)
    try:
        if scan.attempts > holding.MOST_ATTEMPTS:
            raise Unscannable(CUT_OFF)
        package, before = _packages(scan)
        report = known_bad.marked(engines.static_scan(package, before), scan.version_id)
        report = set_aside.applied(report, scan.version_id)
    except AppError as error:
        report = unread_report(scan.sha256, error.message)
    except DatabaseError:
        raise
    except Exception:
        logger.exception("The rules broke on the version %s", scan.version_id)
        report = unread_report(scan.sha256, BROKEN)
    holding.note(scan, static_report=report.to_json(), static_score=report.static_score)
    return report


class Unscannable(AppError):
    """It cannot be scanned, so a person has to look."""


def _packages(scan: PluginScan) -> tuple[Package, Package | None]:
    """The version, and the one approved before it."""
    with system_scope(Purpose.SCAN):
        version = scan.version
        before = contents.approved_before(version)
        package = contents.package_of(version)
        older = contents.package_of(before) if before else None
    if package.digest != scan.sha256:
        raise Unscannable("Its files are not those that were submitted; somebody has to look at the storage.")
    return package, older


def _by_model(scan: PluginScan, static: StaticReport) -> ModelReport:
    """What the model says; anything but a whole answer in form counts as not scanned."""
    model = model_of_scans()
    holding.note(scan, stage=PluginScan.Stage.MODEL, model=model, review_version=engines.REVIEW_VERSION)
    if model == f"local:{LOCAL_MODEL}":
        return ModelReport("not_scanned", model, reason=TOO_SMALL)
    if scan.attempts > holding.MOST_ATTEMPTS:
        return ModelReport("not_scanned", model, reason=CUT_OFF)
    if kept := _read_before(scan):
        return kept
    record = Record(scan.pk, scan.workspace_id)

    def progress(done: int, total: int) -> None:
        holding.note(scan, done=done, total=total)

    try:
        package, _ = _packages(scan)
        report = engines.model_review(package, static, model, record.ask, progress)
    except AppError as error:
        report = ModelReport("not_scanned", model, reason=error.message)
    except (DatabaseError, holding.Superseded):
        raise
    except Exception:
        logger.exception("The model's part broke on the version %s", scan.version_id)
        report = ModelReport("not_scanned", model, reason=BROKEN)
    holding.note(scan, **record.paid())
    return report


def _read_before(scan: PluginScan) -> ModelReport | None:
    """What the same model said of the same bytes under the same rules."""
    with system_scope(Purpose.SCAN):
        rows = PluginScan.objects.filter(
            sha256=scan.sha256, rules_version=scan.rules_version, model=scan.model, review_version=scan.review_version
        )
        done = rows.filter(state=PluginScan.State.DONE, model_state=ModelState.REVIEWED).exclude(pk=scan.pk)
        found = done.order_by("-created_at").first()
    if found is None:
        return None
    holding.note(scan, reused_from=found.pk)
    return ModelReport.from_json(found.model_report)
